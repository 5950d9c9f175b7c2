//! Numbers that identify what the cache deals with.

/// One request for a key, from the moment it is queued until its answer is in. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::client) struct PendingId(pub(super) u64);

/// One call of the source. Later calls have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::client) struct FetchSeq(pub(super) u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SlotId(pub(super) u64);
