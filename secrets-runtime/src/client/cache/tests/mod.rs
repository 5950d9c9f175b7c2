//! The cache's state machine as a specification: what a reader gets, when the source is asked, what is kept.

mod aliases;
mod failures;
mod freshness;
mod invariants;
mod order;
mod random;
mod room;
mod scene;
