//! Events of the cache that are worth a log line.

use crate::error::ErrorKind;
use crate::source::Key;

/// Something that happened to a slot and that no reader's answer tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) enum CacheEvent {
    /// A refresh failed for a transient reason. The held value is still served.
    RefreshFailed {
        key: Key,
        /// Whether it is the first of a series.
        first: bool,
    },
    /// A value came after failures.
    Recovered(Key),
    /// The source answered that a secret whose value is held does not exist or may not be read.
    Ended(Key, ErrorKind),
    /// A value is past the time until which it may be served.
    Expired {
        key: Key,
        /// Whether its refreshes failed. Otherwise it was not read.
        after_failures: bool,
    },
    /// The cache was full.
    Evicted(Key),
}
