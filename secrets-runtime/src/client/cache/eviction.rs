//! What leaves the cache: the least recently used, what may no longer be served, what somebody clears.

use std::collections::HashSet;
use std::sync::Arc;

use super::aliases::canonical_name;
use super::{Cache, Event, Lease, Slot, SlotId, Trip};
use crate::client::clock::Moment;
use crate::secret::Secret;
use crate::source::{Identity, Key};
use crate::value::Payload;

impl Cache {
    /// Forgets everything. Calls under way still answer those who wait for them, and change nothing here.
    pub(in crate::client) fn clear(&mut self) {
        let all: Vec<SlotId> = self.slots.keys().copied().collect();
        for id in all {
            self.forget(id);
        }
    }

    /// Forgets a secret under all its keys and in all its versions.
    pub(in crate::client) fn clear_name(&mut self, name: &str, now: Moment) {
        // What is lost may still land one day: given up, it changes nothing then, and nothing need be known for it.
        self.lose_flights(now);
        let is_called_so = |slot: &&Slot| {
            let held = slot.held.as_ref().and_then(|held| held.identity.name());
            held == Some(name) || slot.keys().any(|key| key.name() == name)
        };
        let keys = self.slots.values().filter(is_called_so).flat_map(Slot::keys);
        let mut names: HashSet<String> = keys.map(|key| key.name().to_owned()).collect();
        let means_it = |id: &SlotId| {
            self.slots.get(id).is_some_and(|slot| slot.keys().any(|key| names.contains(key.name())))
        };
        let ids: Vec<SlotId> = self.slots.keys().copied().filter(means_it).collect();
        for id in ids {
            self.forget(id);
        }
        // A call under way may turn out to be of this secret.
        let oldest = self.slots.values().filter_map(|slot| slot.flight?.trip).min();
        self.cleared.retain(|_, trip| oldest.is_some_and(|oldest| oldest <= *trip));
        if oldest.is_some() {
            names.insert(name.to_owned());
            self.cleared.extend(names.into_iter().map(|name| (name, self.trip)));
        }
    }

    fn lose_flights(&mut self, now: Moment) {
        let overdue = self.slots.iter().filter(|(_, slot)| slot.is_overdue(now)).map(|(id, _)| *id);
        for id in overdue.collect::<Vec<_>>() {
            let lost = self.slots.get_mut(&id).and_then(|slot| slot.lose_flight(now, self.patience));
            self.lost.extend(lost);
            self.remove_if_idle(id);
        }
        self.make_room();
    }

    /// Whether the answer of a trip is of a secret that was cleared after the trip had begun.
    pub(super) fn is_cleared(&self, identity: &Identity, trip: Trip) -> bool {
        let names = [canonical_name(identity), identity.name()];
        names.into_iter().flatten().any(|name| self.cleared.get(name).is_some_and(|last| trip <= *last))
    }

    /// Forgets a secret. A call that has yet to begin is late enough to be kept, and is not made twice.
    fn forget(&mut self, id: SlotId) {
        let flight = self.slots.get(&id).and_then(|slot| slot.flight).map(|airborne| airborne.flight);
        let waiting = self.waiting.iter().find(|(waiting, _)| Some(*waiting) == flight);
        let afresh =
            waiting.and_then(|(_, key)| Some((key.clone(), self.slots.get(&id)?.afresh(key.clone()))));
        self.remove(id);
        if let Some((key, slot)) = afresh {
            self.keys.insert(key, id);
            self.slots.insert(id, slot);
        }
    }

    /// The lease by which a value that is held may be read without asking.
    pub(in crate::client) fn lease_of(&self, key: &Key, value: &Secret<String>) -> Option<Arc<Lease>> {
        let held = self.slots.get(self.keys.get(key)?)?.held.as_ref()?;
        match &held.payload {
            Payload::Text(text) if text.is_shared_with(value) => Some(Arc::clone(&held.lease)),
            _ => None,
        }
    }

    /// Drops values that may no longer be served, so that they are wiped, and what else is of no use.
    pub(super) fn sweep(&mut self, now: Moment) {
        for slot in self.slots.values_mut() {
            if slot.held.as_ref().is_some_and(|held| now >= held.stale_until) {
                let (key, after_failures) = (slot.key.clone(), slot.failures > 0);
                self.events.push(Event::Expired { key, after_failures });
                slot.drop_held();
                self.ended = true;
            }
            slot.remembered.take_if(|remembered| now >= remembered.until);
        }
        let idle: Vec<SlotId> = self.slots.keys().copied().collect();
        for id in idle {
            self.remove_if_idle(id);
        }
    }

    /// Evicts until no more is kept than may be: first what holds no value, then the least recently used. What somebody
    /// is waiting for stays.
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
        // Of two used in the same moment the one that nobody has read again goes, then the older one. Looked up once:
        // readers past the cache go on reading meanwhile.
        let rank = |(id, slot): (&SlotId, &Slot)| (slot.held.is_some(), slot.used(), slot.is_wanted(), *id);
        let mut evicted: Vec<_> = kept().filter(|(_, slot)| slot.flight.is_none()).map(rank).collect();
        if excess < evicted.len() {
            evicted.select_nth_unstable(excess);
            evicted.truncate(excess);
        }
        for (_, _, _, id) in evicted {
            self.counts.evictions += 1;
            let key = self.slots.get(&id).map(|slot| slot.key.clone());
            self.events.extend(key.map(Event::Evicted));
            self.remove(id);
        }
    }

    pub(super) fn remove_if_idle(&mut self, id: SlotId) {
        if self.slots.get(&id).is_some_and(|slot| slot.flight.is_none() && !slot.is_kept()) {
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
