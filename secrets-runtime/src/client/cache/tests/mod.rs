//! The specification of the cache: what a reader gets, when a key is fetched, and what is kept.

mod aliases;
mod batching;
mod bounds;
mod eviction;
mod failures;
mod fetch_order;
mod freshness;
mod invariants;
mod other_caches;
mod random;
mod scene;
