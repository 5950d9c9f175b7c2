//! Counters of reads, refreshes and evictions.

/// What a cache has done so far. Each read is one of `hits`, `stale`, `remembered` and `misses`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::client) struct Counts {
    pub(in crate::client) hits: u64,
    /// Reads that had to wait for the source.
    pub(in crate::client) misses: u64,
    pub(in crate::client) stale: u64,
    pub(in crate::client) remembered: u64,
    /// Misses that joined a request which another read had made.
    pub(in crate::client) coalesced: u64,
    pub(in crate::client) refreshes: u64,
    /// Refreshes that failed while the older value could still be served.
    pub(in crate::client) refresh_failures: u64,
    pub(in crate::client) evictions: u64,
}

/// The counters that a read has raised already: a read may look up its key several times, and counts once.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::client) struct AlreadyCounted {
    pub(super) read: bool,
    pub(super) coalesced: bool,
}

impl AlreadyCounted {
    /// For reads in the background, which are not counted.
    pub(in crate::client) const ALL: Self = Self { read: true, coalesced: true };
}
