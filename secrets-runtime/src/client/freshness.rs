//! How recent a value a request asks for.

use std::time::Duration;

/// How a request says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Freshness {
    /// As the cache has it.
    #[default]
    Cached,
    /// As the cache has it, but asked for a little before its time is over.
    Watched,
    /// At most so old.
    YoungerThan(Duration),
    /// Asked for after the request was made.
    Refreshed,
    /// Past the cache.
    Uncached,
}
