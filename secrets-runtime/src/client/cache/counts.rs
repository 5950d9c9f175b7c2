//! How often what has happened, and what of it is worth telling.

use crate::error::ErrorKind;
use crate::source::Key;

/// How often what has happened. Each read is one of `hits`, `stale`, `remembered` and `misses`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::client) struct Counts {
    pub(in crate::client) hits: u64,
    /// Reads that had to wait for the source.
    pub(in crate::client) misses: u64,
    pub(in crate::client) stale: u64,
    pub(in crate::client) remembered: u64,
    /// Misses that joined a flight which another read had begun.
    pub(in crate::client) coalesced: u64,
    pub(in crate::client) refreshes: u64,
    /// Refreshes that left the older value to be served.
    pub(in crate::client) refresh_failures: u64,
    pub(in crate::client) evictions: u64,
}

/// What has been counted of one read, which may look more than once.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::client) struct Counted {
    pub(super) read: bool,
    pub(super) coalesced: bool,
}

impl Counted {
    /// For what is not to be counted.
    pub(in crate::client) const ALREADY: Self = Self { read: true, coalesced: true };
}

/// What nobody was waiting for, and somebody may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum Event {
    /// A refresh failed for a passing reason, and the value that is held is served on.
    RefreshFailed {
        key: Key,
        /// Whether it is the first of a series.
        first: bool,
    },
    /// A value came after failures.
    Recovered(Key),
    /// The source says of a secret whose value is held that there is none for us.
    Ended(Key, ErrorKind),
    /// A value is past the time for which it may be served.
    Expired {
        key: Key,
        /// Whether that is because its refreshes failed. Otherwise nobody has asked for it.
        after_failures: bool,
    },
    /// Others needed the room.
    Evicted(Key),
}
