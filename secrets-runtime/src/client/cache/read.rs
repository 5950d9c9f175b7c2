//! Looks up a key for a reader: a value, a remembered answer, or a request to wait for.

use std::sync::Arc;

use super::acceptance::Acceptance;
use super::clock::Moment;
use super::counts::AlreadyCounted;
use super::ids::{PendingId, SlotId};
use super::lease::Lease;
use super::slot::Pending;
use super::state::Cache;
use crate::secret::Secret;
use crate::source::{Answer, Key};
use crate::value::Payload;

/// What a reader gets.
pub(in crate::client) enum CacheRead {
    Ready(Answer),
    Wait {
        id: PendingId,
        /// Whether the answer will do. Otherwise its fetch started too early, and the reader looks up again
        /// after it.
        is_acceptable: bool,
    },
}

impl Cache {
    /// Looks up a key, and requests it if no acceptable answer is known.
    pub(in crate::client) fn look_up(
        &mut self,
        key: &Key,
        acceptance: Acceptance,
        now: Moment,
        counted: &mut AlreadyCounted,
    ) -> CacheRead {
        let id = self.slot_of(key);
        let Some(slot) = self.slots.get_mut(&id) else {
            return self.join_or_enqueue(id, key, acceptance, now, counted);
        };
        slot.touch(now);
        if acceptance == Acceptance::RefreshAhead {
            slot.watched_at = Some(now);
        }
        let first = u64::from(!counted.read);
        let held = slot.held.as_ref().filter(|held| now < held.stale_until);
        if let Some(held) = held.filter(|held| acceptance.accepts(held, now)) {
            self.counts.hits += first;
            return CacheRead::Ready(held.answer());
        }
        // The runtime of the fetch has stopped. This reader's runtime is running.
        if slot.is_stalled(now) {
            self.stalled.extend(slot.give_up_fetch(now, self.max_duration));
            return self.join_or_enqueue(id, key, acceptance, now, counted);
        }
        let waits_for_retry = now < slot.retry_at;
        if let Some(held) = held
            && acceptance.accepts_stale(waits_for_retry)
        {
            self.counts.stale += first;
            let answer = held.answer();
            if slot.pending.is_none() && !waits_for_retry {
                self.enqueue(id, key, acceptance.needs_the_store(), now);
            }
            return CacheRead::Ready(answer);
        }
        if let Some(remembered) = &slot.remembered
            && now < remembered.until
            && acceptance.accepts_answer_of(remembered.fetch)
        {
            self.counts.remembered += first;
            return CacheRead::Ready(remembered.answer.clone());
        }
        self.join_or_enqueue(id, key, acceptance, now, counted)
    }

    fn join_or_enqueue(
        &mut self,
        id: SlotId,
        key: &Key,
        acceptance: Acceptance,
        now: Moment,
        counted: &mut AlreadyCounted,
    ) -> CacheRead {
        self.counts.misses += u64::from(!std::mem::replace(&mut counted.read, true));
        let uncached = acceptance.needs_the_store();
        let pending = self.slots.get_mut(&id).and_then(|slot| slot.pending.as_mut());
        let Some(pending) = pending else {
            return CacheRead::Wait { id: self.enqueue(id, key, uncached, now), is_acceptable: true };
        };
        if pending.fetch.is_none() {
            pending.uncached |= uncached;
        }
        let Pending { id, fetch, .. } = *pending;
        let is_acceptable = fetch.is_none_or(|fetch| acceptance.accepts_answer_of(fetch));
        if is_acceptable {
            self.counts.coalesced += u64::from(!std::mem::replace(&mut counted.coalesced, true));
        }
        CacheRead::Wait { id, is_acceptable }
    }

    /// The lease by which the fast path may serve a held value.
    pub(in crate::client) fn lease_of(&self, key: &Key, value: &Secret<String>) -> Option<Arc<Lease>> {
        let held = self.slot(key)?.held.as_ref()?;
        match &held.payload {
            Payload::Text(text) if text.is_shared_with(value) => Some(Arc::clone(&held.lease)),
            _ => None,
        }
    }
}
