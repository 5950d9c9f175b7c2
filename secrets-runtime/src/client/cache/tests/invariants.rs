//! What holds between any two calls of the cache.

use std::collections::HashSet;

use super::super::aliases::canonical_name;
use super::super::{Cache, Flight};
use crate::source::Key;

impl Cache {
    /// Panics if the cache contradicts itself.
    pub(super) fn check_invariants(&self) {
        let mut listed = 0;
        let mut airborne: HashSet<Flight> = HashSet::new();
        for (id, slot) in &self.slots {
            for key in slot.keys() {
                listed += 1;
                assert_eq!(self.keys.get(key), Some(id), "{key:?} does not lead to the slot that lists it");
            }
            assert!(slot.is_kept() || slot.flight.is_some(), "an empty slot is left: {:?}", slot.key);
            airborne.extend(slot.flight.map(|airborne| airborne.flight));
            if let Some(held) = &slot.held {
                assert!(!held.lease.is_revoked(), "readers cannot read {:?} past the cache", slot.key);
                assert!(held.trip <= self.trip && held.fresh_until <= held.stale_until);
                let canonical = canonical_name(&held.identity)
                    .map(|id| Key::new(id).with_version(slot.key.version().clone()));
                let canonical = canonical.and_then(|key| self.keys.get(&key));
                assert!(canonical.is_none_or(|it| it == id), "one secret is held twice: {:?}", slot.key);
            }
            if let Some(remembered) = &slot.remembered {
                assert!(remembered.trip <= self.trip);
            }
            if let Some(trip) = slot.flight.and_then(|airborne| airborne.trip) {
                assert!(trip <= self.trip);
            }
        }
        assert_eq!(listed, self.keys.len(), "a key leads to a slot that does not list it");

        let waiting: HashSet<Flight> = self.waiting.iter().map(|(flight, _)| *flight).collect();
        let keys: HashSet<_> = self.waiting.iter().map(|(_, key)| key).collect();
        assert_eq!(keys.len(), self.waiting.len(), "a call would be asked for the same key twice");
        for airborne in self.slots.values().filter_map(|slot| slot.flight) {
            let waits = waiting.contains(&airborne.flight);
            assert_eq!(waits, airborne.trip.is_none(), "{airborne:?} has neither left nor does it wait");
        }
        for flight in &waiting {
            assert!(airborne.contains(flight), "{flight:?} waits to leave, and its answer would be lost");
        }
        let kept = || self.slots.values().filter(|slot| slot.is_kept());
        let may_go = kept().any(|slot| slot.flight.is_none());
        assert!(kept().count() <= self.policy.capacity || !may_go, "{} are kept", kept().count());
    }
}
