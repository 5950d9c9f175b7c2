//! What holds between any two calls of the cache.

use std::collections::HashSet;

use super::super::aliases::{canonical_name, is_id_of};
use super::super::order::Rank;
use super::super::{Cache, PendingId};
use crate::source::Key;

impl Cache {
    /// Panics if the cache contradicts itself.
    pub(super) fn check_invariants(&self) {
        let mut listed = 0;
        let mut pending: HashSet<PendingId> = HashSet::new();
        for (id, slot) in &self.slots {
            assert!(slot.keys().count() <= 3, "a secret has a name, an ARN and an ARN without suffix");
            for key in slot.keys() {
                listed += 1;
                assert_eq!(self.keys.get(key), Some(id), "{key:?} does not lead to the slot that lists it");
            }
            assert!(slot.is_kept() || slot.pending.is_some(), "an empty slot is left: {:?}", slot.key);
            pending.extend(slot.pending.map(|pending| pending.id));
            if let Some(held) = &slot.held {
                assert!(!held.lease.is_revoked(), "the fast path cannot serve {:?}", slot.key);
                assert!(held.fetch <= self.last_fetch && held.fresh_until <= held.stale_until);
                let canonical = canonical_name(&held.identity)
                    .filter(|arn| is_id_of(slot.key.name(), arn))
                    .map(|id| Key::new(id).with_version(slot.key.version().clone()));
                let canonical = canonical.and_then(|key| self.keys.get(&key));
                assert!(canonical.is_none_or(|it| it == id), "one secret is held twice: {:?}", slot.key);
            }
            if let Some(remembered) = &slot.remembered {
                assert!(remembered.fetch <= self.last_fetch);
            }
            if let Some(fetch) = slot.pending.and_then(|pending| pending.fetch) {
                assert!(fetch <= self.last_fetch);
            }
        }
        assert_eq!(listed, self.keys.len(), "a key leads to a slot that does not list it");
        self.check_orders();

        let queued: HashSet<PendingId> = self.queued.iter().map(|(id, _)| *id).collect();
        let keys: HashSet<_> = self.queued.iter().map(|(_, key)| key).collect();
        assert_eq!(keys.len(), self.queued.len(), "a fetch would request the same key twice");
        for pending in self.slots.values().filter_map(|slot| slot.pending) {
            let is_queued = queued.contains(&pending.id);
            assert_eq!(is_queued, pending.fetch.is_none(), "{pending:?} is neither queued nor fetched");
        }
        for id in &queued {
            assert!(pending.contains(id), "the answer of the queued {id:?} would be lost");
        }
        let kept = || self.slots.values().filter(|slot| slot.is_kept());
        let may_go = kept().any(|slot| slot.pending.is_none());
        assert!(kept().count() <= self.policy.capacity || !may_go, "{} are kept", kept().count());
    }

    /// A slot that is missing in an order would never be dropped, or be dropped too early.
    fn check_orders(&self) {
        let places = || self.slots.values().map(|slot| slot.places);
        for slot in self.slots.values() {
            let (places, now) = (slot.places, slot.places_now(self.policy.early()));
            assert_eq!(places.ends, now.ends, "{:?} does not end in time", slot.key);
            let is_held = |rank: Option<Rank>| rank.map(|rank| rank.is_held);
            assert_eq!(is_held(places.rank), is_held(now.rank), "{:?} is evicted in another order", slot.key);
            assert!(now.due.is_some() || places.due.is_none(), "{:?} is never due", slot.key);
        }
        assert_eq!(self.orders.ends.len(), places().filter(|places| places.ends.is_some()).count());
        assert_eq!(self.orders.due.len(), places().filter(|places| places.due.is_some()).count());
        assert_eq!(self.orders.ranks.len(), places().filter(|places| places.rank.is_some()).count());
    }
}
