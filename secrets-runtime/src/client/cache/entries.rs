//! What there is in the cache, for people: names and states.

use std::time::Duration;

use super::{Cache, Slot};
use crate::client::clock::Moment;
use crate::error::ErrorKind;
use crate::source::{Answer, Identity, Key};

/// One secret in one version as it stands.
pub(in crate::client) struct Entry {
    pub(in crate::client) key: Key,
    /// Other keys that it is asked for by.
    pub(in crate::client) others: Vec<Key>,
    pub(in crate::client) standing: Standing,
}

/// What a reader who comes now would find.
pub(in crate::client) enum Standing {
    Held {
        identity: Identity,
        fetched_ago: Duration,
        is_fresh: bool,
        /// Whether it may still be served.
        is_served: bool,
    },
    /// An answer without a value is remembered.
    Without(ErrorKind),
}

impl Cache {
    /// Every secret of which something is known, in no order.
    pub(in crate::client) fn entries(&self, now: Moment) -> Vec<Entry> {
        let entry = |slot: &Slot| {
            let standing = slot.standing(now)?;
            // What a source calls the secret is no name that somebody has asked for.
            let is_asked_for = |key: &&Key| slot.canonical.as_ref() != Some(*key);
            let others = slot.others.iter().filter(is_asked_for).cloned().collect();
            Some(Entry { key: slot.key.clone(), others, standing })
        };
        self.slots.values().filter_map(entry).collect()
    }
}

impl Slot {
    fn standing(&self, now: Moment) -> Option<Standing> {
        if let Some(held) = &self.held {
            return Some(Standing::Held {
                identity: held.identity.clone(),
                fetched_ago: now.since(held.fetched_at),
                is_fresh: now < held.fresh_until,
                is_served: now < held.stale_until,
            });
        }
        let remembered = self.remembered.as_ref().filter(|remembered| now < remembered.until)?;
        match &remembered.answer {
            Answer::Found(..) => None,
            Answer::Missing(_) => Some(Standing::Without(ErrorKind::Missing)),
            Answer::Failed(error) => Some(Standing::Without(error.kind())),
        }
    }
}
