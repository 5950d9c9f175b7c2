//! Puts a cache before a remote source. At most one fetch of a key runs at a time, even if the reader that
//! caused it is dropped, and keys that are requested together share one call.
//!
//! The cache decides what to fetch. This module carries the fetches out on Tokio tasks and wakes the waiting
//! readers.

mod cached_source;
mod call;
mod carrier;
mod read;
mod report;
mod shared;
#[cfg(test)]
mod tests;

pub(super) use cached_source::CachedSource;
