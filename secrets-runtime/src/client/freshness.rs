//! How recent a value must be for a request.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// As the cache serves it.
    Cached,
    /// As the cache serves it, but refreshed a little before its TTL ends.
    Watched,
    /// Fetched at most this long ago.
    YoungerThan(Duration),
    /// Fetched after the request began.
    Refreshed,
    /// Fetched without reading or filling the cache.
    Uncached,
}
