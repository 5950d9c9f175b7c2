//! Removes values from the cache: on request, when they may no longer be served, and when the cache is full.

use std::collections::HashSet;

use super::aliases::canonical_name;
use super::clock::Moment;
use super::event::CacheEvent;
use super::ids::{FetchSeq, SlotId};
use super::slot::Slot;
use super::state::Cache;
use crate::source::Identity;

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
            let held = slot.held.as_ref().and_then(|held| held.identity.name());
            held == Some(name) || slot.keys().any(|key| key.name() == name)
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
        let queued = self.queued.iter().find(|(queued, _)| Some(*queued) == pending);
        let emptied =
            queued.and_then(|(_, key)| Some((key.clone(), self.slots.get(&id)?.emptied(key.clone()))));
        self.remove(id);
        if let Some((key, slot)) = emptied {
            self.keys.insert(key, id);
            self.slots.insert(id, slot);
        }
    }

    /// Drops values that may no longer be served, so that they are wiped, and everything else that has run
    /// out.
    pub(super) fn sweep(&mut self, now: Moment) {
        for slot in self.slots.values_mut() {
            if slot.held.as_ref().is_some_and(|held| now >= held.stale_until) {
                let (key, after_failures) = (slot.key.clone(), slot.failures > 0);
                self.events.push(CacheEvent::Expired { key, after_failures });
                slot.drop_held();
                self.ended = true;
            }
            slot.remembered.take_if(|remembered| now >= remembered.until);
        }
        let all: Vec<SlotId> = self.slots.keys().copied().collect();
        for id in all {
            self.remove_if_idle(id);
        }
    }

    /// Evicts until the capacity is kept: first slots without a value, then the least recently used. Slots
    /// with a pending request stay.
    pub(in crate::client) fn make_room(&mut self) {
        let capacity = self.policy.capacity;
        if self.slots.len() <= capacity {
            return;
        }
        let kept = || self.slots.iter().filter(|(_, slot)| slot.is_kept());
        let excess = kept().count().saturating_sub(capacity);
        if excess == 0 {
            return;
        }
        // Of two used in the same moment the one that was not read again goes, then the older one. Each rank
        // is computed once: readers of the fast path change `used` meanwhile.
        let rank = |(id, slot): (&SlotId, &Slot)| (slot.held.is_some(), slot.used(), slot.is_wanted(), *id);
        let mut evicted: Vec<_> = kept().filter(|(_, slot)| slot.pending.is_none()).map(rank).collect();
        if excess < evicted.len() {
            evicted.select_nth_unstable(excess);
            evicted.truncate(excess);
        }
        for (_, _, _, id) in evicted {
            self.counts.evictions += 1;
            let key = self.slots.get(&id).map(|slot| slot.key.clone());
            self.events.extend(key.map(CacheEvent::Evicted));
            self.remove(id);
        }
    }

    pub(super) fn remove_if_idle(&mut self, id: SlotId) {
        if self.slots.get(&id).is_some_and(|slot| slot.pending.is_none() && !slot.is_kept()) {
            self.remove(id);
        }
    }

    pub(super) fn remove(&mut self, id: SlotId) {
        let Some(mut slot) = self.slots.remove(&id) else { return };
        self.ended |= slot.held.is_some();
        slot.drop_held();
        for key in slot.keys() {
            if self.keys.get(key) == Some(&id) {
                self.keys.remove(key);
            }
        }
    }
}
