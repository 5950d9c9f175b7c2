//! Which keys belong to one secret: a name and its ARN do, as soon as an answer says so.

use super::ids::{FetchSeq, SlotId};
use super::slot::Slot;
use super::state::Cache;
use crate::secret_id::Arn;
use crate::source::{Identity, Key};

/// The id of an identity, if the source can be asked by it. Only an ARN is never the name of another secret.
pub(super) fn canonical_name(identity: &Identity) -> Option<&str> {
    identity.id().filter(|id| Arn::parse(id).is_some())
}

impl Cache {
    /// The slot of a key, created if there is none.
    pub(super) fn slot_of(&mut self, key: &Key) -> SlotId {
        if let Some(id) = self.keys.get(key) {
            return *id;
        }
        let id = SlotId(self.next_number());
        self.keys.insert(key.clone(), id);
        self.slots.insert(id, Slot::new(key.clone()));
        id
    }

    /// Whether an answer for the requested key, once it is taken in, is an answer for the other key too.
    pub(in crate::client) fn is_same_secret(&self, requested: &Key, key: &Key) -> bool {
        requested == key || self.keys.get(key).is_some_and(|id| self.keys.get(requested) == Some(id))
    }

    /// Links the ARN in an answer to the slot of its key, and returns the slot that the answer belongs to.
    /// `None` if a later fetch was refused that ARN.
    pub(super) fn link_identity(
        &mut self,
        id: SlotId,
        requested: &Key,
        identity: &Identity,
        fetch: FetchSeq,
    ) -> Option<SlotId> {
        let Some(arn) = canonical_name(identity) else { return Some(id) };
        let canonical = Key::new(arn).with_version(requested.version().clone());
        let known = self.keys.get(&canonical).copied();
        if known.and_then(|known| self.slots.get(&known)).is_some_and(|slot| slot.is_refused_after(fetch)) {
            return None;
        }
        self.unlink_old_arn(id, &canonical);
        match known {
            Some(same) if same == id => {}
            Some(other) => return Some(self.merge(id, other)),
            None => {
                if let Some(slot) = self.slots.get_mut(&id) {
                    slot.aliases.push(canonical.clone());
                    self.keys.insert(canonical, id);
                }
            }
        }
        Some(id)
    }

    /// A secret that was deleted and created again has another ARN: the old one is no longer an alias.
    fn unlink_old_arn(&mut self, id: SlotId, canonical: &Key) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let old = slot.canonical.replace(canonical.clone());
        if let Some(old) = old.filter(|old| old != canonical && *old != slot.key) {
            slot.aliases.retain(|alias| *alias != old);
            self.keys.remove(&old);
        }
    }

    /// Merges two slots of one secret. It is then fetched by its name: a name outlives an ARN.
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
