//! Removes values from the cache: on request, when they may no longer be served, and when the cache is full.

use std::collections::HashSet;

use super::aliases::canonical_name;
use super::clock::Moment;
use super::event::CacheEvent;
use super::ids::{FetchSeq, SlotId};
use super::order::Places;
use super::slot::Slot;
use super::state::Cache;
use crate::source::Identity;

/// How many slots one fetch visits to drop or to refresh them. Every reader waits meanwhile: 500 take less
/// than a millisecond. As keys of one fetch they are 25 batches.
pub(super) const MAX_VISITS: usize = 500;

/// How many slots are looked at to evict one. Of so many that were read since the last eviction, the least
/// recently used one is found exactly; of more, one of the least recently used.
pub(super) const MAX_CANDIDATES: usize = 64;

impl Cache {
    /// Forgets everything. Fetches in flight still answer their readers, and change nothing here.
    pub(in crate::client) fn clear(&mut self) {
        let all: Vec<SlotId> = self.slots.keys().copied().collect();
        for id in all {
            self.forget(id);
        }
    }

    /// Forgets a secret under all its keys and in all its versions.
    pub(in crate::client) fn clear_name(&mut self, name: &str, now: Moment) {
        // Stalled fetches are given up first: no name need be noted for their answers.
        self.give_up_stalled(now);
        let has_name = |slot: &&Slot| {
            let identity = slot.held.as_ref().map(|held| &held.identity);
            let is_held =
                |identity: &Identity| [identity.name(), canonical_name(identity)].contains(&Some(name));
            identity.is_some_and(is_held) || slot.keys().any(|key| key.name() == name)
        };
        let keys = self.slots.values().filter(has_name).flat_map(Slot::keys);
        let mut names: HashSet<String> = keys.map(|key| key.name().to_owned()).collect();
        let has_any = |slot: &Slot| slot.keys().any(|key| names.contains(key.name()));
        let ids = self.slots.iter().filter(|(_, slot)| has_any(slot)).map(|(id, _)| *id);
        for id in ids.collect::<Vec<_>>() {
            self.forget(id);
        }
        // The answer of a fetch in flight may turn out to be of this secret.
        let oldest = self.slots.values().filter_map(|slot| slot.pending?.fetch).min();
        self.cleared.retain(|_, fetch| oldest.is_some_and(|oldest| oldest <= *fetch));
        if oldest.is_some() {
            names.insert(name.to_owned());
            self.cleared.extend(names.into_iter().map(|name| (name, self.last_fetch)));
        }
    }

    fn give_up_stalled(&mut self, now: Moment) {
        let stalled = self.slots.iter().filter(|(_, slot)| slot.is_stalled(now)).map(|(id, _)| *id);
        for id in stalled.collect::<Vec<_>>() {
            let given_up =
                self.slots.get_mut(&id).and_then(|slot| slot.give_up_fetch(now, self.max_duration));
            self.stalled.extend(given_up);
            self.remove_if_idle(id);
            self.reorder(id);
        }
        self.make_room();
    }

    /// Whether the answer of a fetch is of a secret that was cleared after the fetch started.
    pub(super) fn is_cleared(&self, identity: &Identity, fetch: FetchSeq) -> bool {
        let names = [canonical_name(identity), identity.name()];
        names.into_iter().flatten().any(|name| self.cleared.get(name).is_some_and(|last| fetch <= *last))
    }

    /// Forgets a secret. A request that is still queued stays: its answer will be new enough.
    fn forget(&mut self, id: SlotId) {
        let pending = self.slots.get(&id).and_then(|slot| slot.pending).map(|pending| pending.id);
        let queued = pending.and_then(|pending| self.queued_key(pending));
        let emptied = queued.and_then(|key| Some((key.clone(), self.slots.get(&id)?.emptied(key.clone()))));
        self.remove(id);
        if let Some((key, slot)) = emptied {
            self.keys.insert(key, id);
            self.slots.insert(id, slot);
        }
    }

    /// Drops values that may no longer be served, so that they are wiped, and everything else that has run
    /// out. Returns whether there is more: the cache is not to be locked for all of it at once.
    pub(in crate::client) fn sweep(&mut self, now: Moment) -> bool {
        for _ in 0..MAX_VISITS {
            let Some((_, id)) = self.orders.ends.first().filter(|(ends, _)| *ends <= now) else {
                return false;
            };
            let Some(slot) = self.slots.get_mut(&id) else { return false };
            if slot.held.as_ref().is_some_and(|held| now >= held.stale_until) {
                let (key, after_failures) = (slot.key.clone(), slot.failures > 0);
                self.events.push(CacheEvent::Expired { key, after_failures });
                slot.drop_held();
                self.ended = true;
            }
            slot.remembered.take_if(|remembered| now >= remembered.until);
            self.remove_if_idle(id);
            self.reorder(id);
        }
        true
    }

    /// Evicts until the capacity is kept, in the order of [`Rank`](super::order::Rank). Slots with a pending
    /// request stay.
    pub(in crate::client) fn make_room(&mut self) {
        while self.orders.ends.len() > self.policy.capacity {
            let Some(id) = self.least_used() else { return };
            self.counts.evictions += 1;
            let key = self.slots.get(&id).map(|slot| slot.key.clone());
            self.events.extend(key.map(CacheEvent::Evicted));
            self.remove(id);
        }
    }

    /// The slot to evict. Its place may be out of date, since reads do not change it.
    fn least_used(&mut self) -> Option<SlotId> {
        let mut least = None;
        for _ in 0..MAX_CANDIDATES {
            let (placed, id) = self.orders.ranks.first()?;
            let slot = self.slots.get_mut(&id)?;
            let rank = slot.rank();
            if rank == placed {
                return Some(id);
            }
            self.orders.ranks.place(id, &mut slot.places.rank, Some(rank));
            least = least.into_iter().chain([(rank, id)]).min();
        }
        least.map(|(_, id)| id)
    }

    pub(super) fn remove_if_idle(&mut self, id: SlotId) {
        if self.slots.get(&id).is_some_and(|slot| slot.pending.is_none() && !slot.is_kept()) {
            self.remove(id);
        }
    }

    pub(super) fn remove(&mut self, id: SlotId) {
        let Some(mut slot) = self.slots.remove(&id) else { return };
        self.orders.place(id, &mut slot.places, Places::NOWHERE);
        self.ended |= slot.held.is_some();
        slot.drop_held();
        for key in slot.keys() {
            if self.keys.get(key) == Some(&id) {
                self.keys.remove(key);
            }
        }
    }
}
