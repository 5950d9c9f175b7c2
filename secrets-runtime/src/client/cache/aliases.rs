//! Which keys mean one secret: a name and its ARN do, as soon as an answer says so.

use super::{Cache, Flight, Slot, SlotId, Trip};
use crate::secret_id::Arn;
use crate::source::{Identity, Key};

/// The id of an identity, if it is also a key to ask by. Only an ARN is never another secret's name.
pub(super) fn canonical_name(identity: &Identity) -> Option<&str> {
    identity.id().filter(|id| Arn::parse(id).is_some())
}

impl Cache {
    /// The slot of a key, made if there is none.
    pub(super) fn slot_of(&mut self, key: &Key) -> SlotId {
        if let Some(id) = self.keys.get(key) {
            return *id;
        }
        let id = SlotId(self.next());
        self.keys.insert(key.clone(), id);
        self.slots.insert(id, Slot::new(key.clone()));
        id
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Whether the cache takes in what a flight brings.
    pub(in crate::client) fn expects(&self, flight: Flight, key: &Key) -> bool {
        let slot = self.keys.get(key).and_then(|id| self.slots.get(id));
        slot.and_then(|slot| slot.flight).is_some_and(|airborne| airborne.flight == flight)
    }

    /// Whether the answer for one key is one for the other, too, after the cache has taken it in.
    pub(in crate::client) fn means_the_same(&self, asked: &Key, key: &Key) -> bool {
        asked == key || self.keys.get(key).is_some_and(|id| self.keys.get(asked) == Some(id))
    }

    /// Takes note of the id that an answer of this trip bears, and gives the slot that the answer belongs to: none if
    /// that id is known to mean nothing any more.
    pub(super) fn unite(
        &mut self,
        id: SlotId,
        asked: &Key,
        identity: &Identity,
        trip: Trip,
    ) -> Option<SlotId> {
        let Some(arn) = canonical_name(identity) else { return Some(id) };
        let canonical = Key::new(arn).with_version(asked.version().clone());
        let known = self.keys.get(&canonical).copied();
        if known.and_then(|known| self.slots.get(&known)).is_some_and(|slot| slot.is_refused_after(trip)) {
            return None;
        }
        self.part(id, &canonical);
        match known {
            Some(same) if same == id => {}
            Some(other) => return Some(self.merge(id, other)),
            None => {
                if let Some(slot) = self.slots.get_mut(&id) {
                    slot.others.push(canonical.clone());
                    self.keys.insert(canonical, id);
                }
            }
        }
        Some(id)
    }

    /// A secret that was deleted and made anew has another ARN: the old one means it no longer.
    fn part(&mut self, id: SlotId, canonical: &Key) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let before = slot.canonical.replace(canonical.clone());
        if let Some(before) = before.filter(|before| before != canonical && *before != slot.key) {
            slot.others.retain(|other| *other != before);
            self.keys.remove(&before);
        }
    }

    /// Makes one slot of two. The name stays what is asked for: an ARN does not outlive its secret, a name does.
    fn merge(&mut self, one: SlotId, other: SlotId) -> SlotId {
        let is_named = |id| self.slots.get(&id).is_some_and(|slot| Arn::parse(slot.key.name()).is_none());
        let (stays, goes) = if is_named(other) && !is_named(one) { (other, one) } else { (one, other) };
        let Some(gone) = self.slots.remove(&goes) else { return stays };
        for key in gone.keys() {
            self.keys.insert(key.clone(), stays);
        }
        let Some(slot) = self.slots.get_mut(&stays) else { return stays };
        let payloads = [&gone, slot].map(|slot| slot.held.as_ref().map(|held| &held.payload));
        let is_same = match payloads {
            [Some(one), Some(other)] => one.is_same(other),
            [one, other] => one.is_none() && other.is_none(),
        };
        // One of the keys has another value now.
        self.changes += u64::from(!is_same);
        slot.absorb(gone);
        self.ended = true;
        stays
    }
}
