//! What the cache holds, for statistics: keys, states and ages.

use std::time::Duration;

use super::clock::Moment;
use super::policy::failure_kind;
use super::slot::Slot;
use super::state::Cache;
use crate::error::ErrorKind;
use crate::source::{Identity, Key};

/// One secret in one version.
pub(in crate::client) struct EntrySnapshot {
    pub(in crate::client) key: Key,
    /// Other keys by which callers asked for it.
    pub(in crate::client) aliases: Vec<Key>,
    pub(in crate::client) state: SnapshotState,
}

/// What a reader would find.
pub(in crate::client) enum SnapshotState {
    Held {
        identity: Identity,
        fetched_ago: Duration,
        is_fresh: bool,
        /// Whether it may still be served.
        is_served: bool,
    },
    /// An answer without a value is remembered.
    Failed(ErrorKind),
}

impl Cache {
    /// Every secret with a value or a remembered answer, in no order.
    pub(in crate::client) fn entries(&self, now: Moment) -> Vec<EntrySnapshot> {
        let entry = |slot: &Slot| {
            let state = slot.snapshot_state(now)?;
            // The ARN in an answer is not a key that a caller asked for.
            let is_asked_for = |key: &&Key| slot.canonical.as_ref() != Some(*key);
            let aliases = slot.aliases.iter().filter(is_asked_for).cloned().collect();
            Some(EntrySnapshot { key: slot.key.clone(), aliases, state })
        };
        self.slots.values().filter_map(entry).collect()
    }
}

impl Slot {
    fn snapshot_state(&self, now: Moment) -> Option<SnapshotState> {
        if let Some(held) = &self.held {
            return Some(SnapshotState::Held {
                identity: held.identity.clone(),
                fetched_ago: now.since(held.fetched_at),
                is_fresh: now < held.fresh_until,
                is_served: now < held.stale_until,
            });
        }
        let remembered = self.remembered.as_ref().filter(|remembered| now < remembered.until)?;
        failure_kind(&remembered.answer).map(SnapshotState::Failed)
    }
}
