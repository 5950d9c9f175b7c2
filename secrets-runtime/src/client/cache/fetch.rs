//! Fetches: which keys the next one takes, and how its answers change the cache.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Moment;
use super::event::CacheEvent;
use super::eviction::MAX_VISITS;
use super::ids::{FetchSeq, PendingId, SlotId};
use super::policy::{backoff, failure_kind, is_refusal, refresh_limit, remembered_for};
use super::slot::{Held, Pending, Remembered};
use super::state::Cache;
use crate::source::{Answer, Identity, Key};
use crate::value::Payload;

/// A fetch that is to be carried out now.
pub(in crate::client) struct FetchBatch {
    pub(in crate::client) seq: FetchSeq,
    pub(in crate::client) keys: Vec<(PendingId, Key)>,
    /// Whether it goes past other caches on the way to the store, because one of its keys has to.
    pub(in crate::client) uncached: bool,
    /// How long it may take if no reader waits for it.
    pub(in crate::client) refresh_limit: Duration,
}

/// A request that has ended.
#[derive(Clone, Copy)]
struct Completed {
    slot: SlotId,
    /// Whether the held value was read after the request. Callers that read less often than once in a TTL
    /// never do so between two fetches.
    was_read_again: bool,
}

/// The shortest time between two looks at whether a value was read: a tick of the cache's clock.
const SHORTEST_LOOK: Duration = Duration::from_millis(1);

impl Cache {
    /// Puts a key on the list of the next fetch, which goes past other caches if it says so, or if a watcher
    /// reads the key.
    pub(super) fn enqueue(&mut self, id: SlotId, key: &Key, uncached: bool, now: Moment) -> PendingId {
        let pending = PendingId(self.next_number());
        let mut fetched_by = key.clone();
        if let Some(slot) = self.slots.get_mut(&id) {
            let stalled_at = now.after(self.max_duration);
            let uncached = uncached || slot.is_watched(self.policy.ttl, now);
            slot.pending =
                Some(Pending { id: pending, fetch: None, requested_at: now, uncached, stalled_at });
            slot.update_lease();
            fetched_by = slot.key.clone();
            self.counts.refreshes += u64::from(slot.held.is_some());
        }
        self.reorder(id);
        self.queued.push((pending, fetched_by));
        pending
    }

    /// Starts a fetch of every queued key, and of the values that expire soon: one call has room for many.
    pub(in crate::client) fn start(&mut self, now: Moment) -> Option<FetchBatch> {
        if self.queued.is_empty() {
            return None;
        }
        self.sweep(now);
        self.enqueue_due(now);
        let seq = FetchSeq(self.next_number());
        self.last_fetch = seq;
        let keys = std::mem::take(&mut self.queued);
        let (mut failures, mut uncached) = (0, false);
        for (id, key) in &keys {
            if let Some(slot) = self.keys.get(key).and_then(|id| self.slots.get_mut(id))
                && let Some(pending) = slot.pending.as_mut().filter(|pending| pending.id == *id)
            {
                pending.fetch = Some(seq);
                pending.stalled_at = now.after(self.max_duration);
                uncached |= pending.uncached;
                failures = failures.max(slot.failures);
                slot.update_lease();
            }
        }
        Some(FetchBatch { seq, keys, uncached, refresh_limit: refresh_limit(failures) })
    }

    /// Requests the values that expire soon and are read.
    fn enqueue_due(&mut self, now: Moment) {
        let soon = now.after(self.policy.early());
        for _ in 0..MAX_VISITS {
            let Some((_, id)) = self.orders.due.first().filter(|(at, _)| *at <= now) else { return };
            let Some(slot) = self.slots.get_mut(&id) else { return };
            if slot.is_due(soon, now) {
                let key = slot.key.clone();
                self.enqueue(id, &key, false, now);
            } else {
                // It was not read, but may be until it is stale. From then on, a read refreshes it.
                let fresh_until = slot.held.as_ref().map(|held| held.fresh_until).filter(|at| now < *at);
                let look_again = fresh_until.map(|at| now.after((at.since(now) / 2).max(SHORTEST_LOOK)));
                self.orders.due.place(id, &mut slot.places.due, look_again);
            }
        }
    }

    /// Takes in an answer of a fetch, and returns what its readers get. After all answers that came
    /// together, [`make_room`](Self::make_room) must be called.
    pub(in crate::client) fn complete(
        &mut self,
        fetch: FetchSeq,
        id: PendingId,
        key: &Key,
        answer: Answer,
        now: Moment,
    ) -> Answer {
        // A request that is not expected was cleared meanwhile, or given up.
        let Some(completed) = self.end_pending(id, key) else { return answer };
        let answer = self.take_in(completed, fetch, key, answer, now);
        // The slot may have been merged with another.
        if let Some(id) = self.keys.get(key) {
            self.reorder(*id);
        }
        answer
    }

    fn take_in(
        &mut self,
        completed: Completed,
        fetch: FetchSeq,
        key: &Key,
        answer: Answer,
        now: Moment,
    ) -> Answer {
        let Completed { slot: id, was_read_again } = completed;
        if self.policy.keeps_nothing() {
            self.remove_if_idle(id);
            return answer;
        }
        if let Some(newer) = self.superseded(id, fetch, &answer, now) {
            return newer;
        }
        match &answer {
            Answer::Found(payload, identity) => {
                let slot = if self.is_cleared(identity, fetch) {
                    None
                } else {
                    self.link_identity(id, key, identity, fetch)
                };
                let Some(id) = slot else {
                    self.remove(id);
                    return answer;
                };
                // Under its other keys a newer answer may be known.
                if let Some(newer) = self.superseded(id, fetch, &answer, now) {
                    return newer;
                }
                self.store_value(id, payload, identity, fetch, now);
                if let Some(slot) = self.slots.get_mut(&id) {
                    slot.wanted = was_read_again;
                }
            }
            _ if is_refusal(&answer) => self.store_refusal(id, key, &answer, fetch, now),
            _ => self.store_failure(id, &answer, fetch, now),
        }
        answer
    }

    /// What readers get instead of an answer that is not to be kept, because a later fetch has brought
    /// another.
    fn superseded(&self, id: SlotId, fetch: FetchSeq, answer: &Answer, now: Moment) -> Option<Answer> {
        let slot = self.slots.get(&id)?;
        if let Some(held) = slot.held.as_ref().filter(|held| held.fetch > fetch) {
            return Some(if now < held.stale_until { held.answer() } else { answer.clone() });
        }
        let remembered = slot.remembered.as_ref().filter(|remembered| remembered.fetch > fetch)?;
        // A transient failure of a later fetch does not contradict a value or a refusal.
        let is_definitive = matches!(answer, Answer::Found(..)) || is_refusal(answer);
        (is_refusal(&remembered.answer) || !is_definitive).then(|| answer.clone())
    }

    /// Gives up a request that will not be answered. [`make_room`](Self::make_room) must be called
    /// afterwards.
    pub(in crate::client) fn abandon(&mut self, id: PendingId, key: &Key) {
        if let Some(Completed { slot, .. }) = self.end_pending(id, key) {
            self.remove_if_idle(slot);
            self.reorder(slot);
        }
    }

    /// Gives up the requests that no fetch has taken yet.
    pub(in crate::client) fn cancel_queued(&mut self) -> Vec<PendingId> {
        let queued = std::mem::take(&mut self.queued);
        for (id, key) in &queued {
            self.abandon(*id, key);
        }
        self.make_room();
        queued.into_iter().map(|(id, _)| id).collect()
    }

    /// Whether the answer to a request will be taken in.
    pub(in crate::client) fn expects(&self, id: PendingId, key: &Key) -> bool {
        self.slot(key).and_then(|slot| slot.pending).is_some_and(|pending| pending.id == id)
    }

    fn end_pending(&mut self, id: PendingId, key: &Key) -> Option<Completed> {
        let slot_id = *self.keys.get(key)?;
        let slot = self.slots.get_mut(&slot_id)?;
        let pending = slot.pending.take_if(|pending| pending.id == id)?;
        let was_read_again = slot.held.is_some() && slot.used() >= pending.requested_at;
        slot.update_lease();
        Some(Completed { slot: slot_id, was_read_again })
    }

    /// Holds a value. If it equals the held one, readers keep the copy that they have.
    fn store_value(
        &mut self,
        id: SlotId,
        payload: &Payload,
        identity: &Identity,
        fetch: FetchSeq,
        now: Moment,
    ) {
        let fresh_until = now.after(self.policy.spread_ttl(&mut self.rng_of(fetch)));
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let same = slot.held.take_if(|held| held.payload.is_same(payload));
        let (payload, lease) = match same {
            Some(held) => (held.payload, held.lease),
            None => {
                self.changes += 1;
                (payload.clone(), Arc::default())
            }
        };
        if slot.held.is_some() {
            slot.drop_held();
            self.ended = true;
        }
        if slot.failures > 0 {
            self.events.push(CacheEvent::Recovered(slot.key.clone()));
        }
        slot.hold(Held {
            payload,
            identity: identity.clone(),
            fetch,
            fetched_at: now,
            fresh_until,
            stale_until: fresh_until.after(self.policy.max_stale),
            lease,
        });
    }

    /// Notes a transient failure: the held value stays, and the next attempt waits longer.
    fn store_failure(&mut self, id: SlotId, answer: &Answer, fetch: FetchSeq, now: Moment) {
        let mut rng = self.rng_of(fetch);
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let serves = slot.held.as_ref().is_some_and(|held| now < held.stale_until);
        slot.failures = slot.failures.saturating_add(1);
        if let Answer::Failed(error) = answer {
            slot.last_failure = Some(error.clone());
        }
        slot.retry_at = now.after(backoff(slot.failures, serves, &mut rng));
        if serves {
            self.counts.refresh_failures += 1;
            self.events.push(CacheEvent::RefreshFailed { key: slot.key.clone(), first: slot.failures == 1 });
        } else {
            let (answer, until) = (answer.clone(), slot.retry_at);
            slot.remembered = Some(Remembered { answer, fetch, answered_at: now, until });
        }
        slot.update_lease();
    }

    /// Ends the held value for all its keys. Only the key that was fetched remembers why.
    fn store_refusal(&mut self, id: SlotId, key: &Key, answer: &Answer, fetch: FetchSeq, now: Moment) {
        let until = now.after(remembered_for(answer, &mut self.rng_of(fetch)));
        let Some(slot) = self.slots.get_mut(&id) else { return };
        if slot.held.is_some() {
            let ended = failure_kind(answer).map(|kind| CacheEvent::Ended(slot.key.clone(), kind));
            self.events.extend(ended);
            self.ended = true;
            self.changes += 1;
        }
        slot.drop_held();
        slot.remembered = Some(Remembered { answer: answer.clone(), fetch, answered_at: now, until });
        slot.failures = 0;
        slot.last_failure = None;
        slot.retry_at = Moment::PAST;
        // Another key may still work: a secret that was deleted and created again has another ARN.
        let mut gone: Vec<Key> = std::mem::take(&mut slot.aliases);
        if slot.key != *key {
            gone.push(std::mem::replace(&mut slot.key, key.clone()));
        }
        slot.canonical.take_if(|canonical| canonical != key);
        for other in gone.iter().filter(|other| *other != key) {
            self.keys.remove(other);
        }
    }
}
