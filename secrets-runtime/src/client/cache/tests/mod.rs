//! The cache's state machine as a specification: what a reader gets, when the source is asked, what is kept.

mod aliases;
mod eviction;
mod failures;
mod fetch_order;
mod freshness;
mod invariants;
mod random;
mod scene;
