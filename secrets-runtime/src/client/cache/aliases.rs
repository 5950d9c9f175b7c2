//! Which keys belong to one secret: a name and its ARN do, as soon as an answer says so.

use super::ids::{FetchSeq, SlotId};
use super::order::Places;
use super::slot::Slot;
use super::state::Cache;
use crate::secret_id::{Arn, without_suffix};
use crate::source::{Identity, Key};

/// The id of an identity, if the source can be asked by it. Only an ARN is never the name of another secret.
pub(super) fn canonical_name(identity: &Identity) -> Option<&str> {
    identity.id().filter(|id| Arn::parse(id).is_some())
}

/// Whether the secret with an ARN can be requested by an id. There are three such ids: the ARN, the ARN
/// without its suffix, and the name. So a secret has two aliases at most, whatever a source answers, and
/// names that differ are never merged.
pub(super) fn is_id_of(id: &str, arn: &str) -> bool {
    let is_name = |arn: Arn<'_>| without_suffix(arn.name) == Some(id);
    id == arn || without_suffix(arn) == Some(id) || Arn::parse(arn).is_some_and(is_name)
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
    /// `None` if the answer is not to be kept: a later fetch was refused that ARN, or the slot's own key is
    /// of another secret.
    pub(super) fn link_identity(
        &mut self,
        id: SlotId,
        requested: &Key,
        identity: &Identity,
        fetch: FetchSeq,
    ) -> Option<SlotId> {
        let Some(arn) = canonical_name(identity) else { return Some(id) };
        if !is_id_of(requested.name(), arn) {
            // The source knows the secret by a name of its own, or the answer is of another secret.
            return self.unlink_others(id, |key| key == requested).then_some(id);
        }
        let canonical = Key::new(arn).with_version(requested.version().clone());
        let known = self.keys.get(&canonical).copied();
        if known.and_then(|known| self.slots.get(&known)).is_some_and(|slot| slot.is_refused_after(fetch)) {
            return None;
        }
        // A secret that was deleted and created again has another ARN. The old ARN stops being an alias.
        if !self.unlink_others(id, |key| is_id_of(key.name(), arn)) {
            return None;
        }
        let id = known.filter(|known| *known != id).map_or(id, |other| self.merge(id, other));
        let slot = self.slots.get_mut(&id)?;
        if known.is_none() {
            slot.aliases.push(canonical.clone());
            self.keys.insert(canonical.clone(), id);
        }
        slot.canonical = Some(canonical);
        Some(id)
    }

    /// Takes the aliases away from a slot that are not of its secret. Returns whether its own key is.
    fn unlink_others(&mut self, id: SlotId, is_of_secret: impl Fn(&Key) -> bool) -> bool {
        let Some(slot) = self.slots.get_mut(&id) else { return false };
        for other in slot.aliases.extract_if(.., |alias| !is_of_secret(alias)) {
            self.keys.remove(&other);
        }
        slot.canonical.take_if(|canonical| !is_of_secret(canonical));
        is_of_secret(&slot.key)
    }

    /// Merges two slots of one secret. It is then fetched by its name: a name outlives an ARN.
    fn merge(&mut self, one: SlotId, other: SlotId) -> SlotId {
        let is_named = |id| self.slots.get(&id).is_some_and(|slot| Arn::parse(slot.key.name()).is_none());
        let (stays, goes) = if is_named(other) && !is_named(one) { (other, one) } else { (one, other) };
        let Some(mut gone) = self.slots.remove(&goes) else { return stays };
        self.orders.place(goes, &mut gone.places, Places::NOWHERE);
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
