//! The cache of one source: what is known of each secret, and what to fetch next. [`Cache`] has no clock and
//! no network: `single_flight` passes the time in, carries out the fetches and wakes the readers.
//!
//! A key is *pending* from the moment it is queued, for a reader or a refresh, until its answer is in. This
//! has nothing to do with the *pending version* of a secret, which is the one labelled `AWSPENDING`. A
//! *fetch* is one call of the source for many pending keys. Fetches are numbered in the order in which they
//! start.

mod acceptance;
mod aliases;
mod clock;
mod counts;
mod event;
mod eviction;
mod fast_path;
mod fetch;
mod ids;
mod lease;
#[cfg(all(test, secrets_loom))]
mod loom_tests;
mod order;
mod policy;
mod read;
mod slot;
mod snapshot;
mod state;
mod striped_counter;
mod sync;
#[cfg(test)]
mod tests;

pub(super) use acceptance::Acceptance;
pub use clock::Clock;
#[cfg(test)]
pub(crate) use clock::suspension;
pub(super) use clock::{Moment, Timer};
pub(super) use counts::{AlreadyCounted, Counts};
pub(super) use event::CacheEvent;
pub(super) use fast_path::FastPath;
pub(super) use fetch::FetchBatch;
pub(super) use ids::{FetchSeq, PendingId};
pub(super) use lease::Lease;
pub(super) use policy::{Policy, failure_kind};
pub(super) use read::CacheRead;
pub(super) use snapshot::{EntrySnapshot, SnapshotState};
pub(super) use state::Cache;
