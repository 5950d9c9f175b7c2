//! The state that reads, fetches and evictions share.

use std::collections::HashMap;
use std::time::Duration;

use fastrand::Rng;

use super::clock::Moment;
use super::counts::Counts;
use super::event::CacheEvent;
use super::ids::{FetchSeq, PendingId, SlotId};
use super::order::Orders;
use super::policy::Policy;
use super::slot::Slot;
use crate::error::SourceError;
use crate::source::{Answer, Key};

/// The secrets of one source.
pub(in crate::client) struct Cache {
    pub(super) policy: Policy,
    /// The longest time that a fetch takes, unless the runtime that carries it has stopped.
    pub(super) max_duration: Duration,
    seed: u64,
    pub(super) slots: HashMap<SlotId, Slot>,
    pub(super) orders: Orders,
    /// Every key of every slot.
    pub(super) keys: HashMap<Key, SlotId>,
    /// Pending keys that no fetch has taken yet, in the order of their ids.
    pub(super) queued: Vec<(PendingId, Key)>,
    /// Names that were cleared during fetches, each with the last fetch that started before.
    pub(super) cleared: HashMap<String, FetchSeq>,
    /// Pending requests that were given up although readers wait for them.
    pub(super) stalled: Vec<PendingId>,
    /// The last number that was given to a slot, a request or a fetch.
    last_number: u64,
    pub(super) last_fetch: FetchSeq,
    pub(super) counts: Counts,
    pub(super) events: Vec<CacheEvent>,
    /// Whether the fast path may hold values that have ended.
    pub(super) ended: bool,
    pub(super) changes: u64,
}

impl Cache {
    pub(in crate::client) fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            max_duration: Duration::MAX,
            seed,
            slots: HashMap::new(),
            orders: Orders::default(),
            keys: HashMap::new(),
            queued: Vec::new(),
            cleared: HashMap::new(),
            stalled: Vec::new(),
            last_number: 0,
            last_fetch: FetchSeq(0),
            counts: Counts::default(),
            events: Vec::new(),
            ended: false,
            changes: 0,
        }
    }

    /// Sets the longest time that a fetch takes. Readers do not wait for one that takes longer.
    pub(in crate::client) fn with_max_duration(self, max_duration: Duration) -> Self {
        Self { max_duration, ..self }
    }

    pub(super) const fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Randomness that is the same for all keys of one fetch, so that they stay together.
    pub(super) fn rng_of(&self, fetch: FetchSeq) -> Rng {
        Rng::with_seed(self.seed.wrapping_add(fetch.0))
    }

    pub(in crate::client) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts reads that bypass the cache.
    pub(in crate::client) const fn count_uncached(&mut self, reads: u64) {
        self.counts.misses += reads;
    }

    /// The fetch that started last: the answers of later ones are newer than this moment.
    pub(in crate::client) const fn last_fetch(&self) -> FetchSeq {
        self.last_fetch
    }

    /// Whether values have ended since the last call.
    pub(in crate::client) fn take_ended(&mut self) -> bool {
        std::mem::take(&mut self.ended)
    }

    /// The pending requests that were given up since the last call. Their readers must look up again.
    pub(in crate::client) fn take_stalled(&mut self) -> Vec<PendingId> {
        std::mem::take(&mut self.stalled)
    }

    /// The events since the last call.
    pub(in crate::client) fn take_events(&mut self) -> Vec<CacheEvent> {
        std::mem::take(&mut self.events)
    }

    pub(in crate::client) fn has_queued(&self) -> bool {
        !self.queued.is_empty()
    }

    /// Whether no fetch has taken a request yet.
    pub(in crate::client) fn is_queued(&self, id: PendingId) -> bool {
        self.queued_key(id).is_some()
    }

    /// The key of a request that no fetch has taken yet.
    pub(super) fn queued_key(&self, id: PendingId) -> Option<&Key> {
        let index = self.queued.binary_search_by_key(&id, |(queued, _)| *queued).ok()?;
        self.queued.get(index).map(|(_, key)| key)
    }

    /// Grows whenever the source gives another value than the held one, or ends it.
    pub(in crate::client) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Moves a slot to its places in the orders. Must be called after every change of a slot except a read.
    pub(super) fn reorder(&mut self, id: SlotId) {
        if let Some(slot) = self.slots.get_mut(&id) {
            let places = slot.places_now(self.policy.early());
            self.orders.place(id, &mut slot.places, places);
        }
    }

    pub(super) fn slot(&self, key: &Key) -> Option<&Slot> {
        self.slots.get(self.keys.get(key)?)
    }

    /// The value for a reader whose request for a younger one failed for a transient reason.
    pub(in crate::client) fn held_despite_failure(&self, key: &Key, now: Moment) -> Option<Answer> {
        let held = self.slot(key)?.held.as_ref()?;
        (now < held.stale_until).then(|| held.answer())
    }

    /// When a watched key is to be fetched again. `None` if it is pending, or unknown.
    pub(in crate::client) fn due_at(&self, key: &Key) -> Option<Moment> {
        let slot = self.slot(key)?;
        slot.pending.is_none().then(|| slot.due_at()).flatten()
    }

    /// Why the held value could not be refreshed.
    pub(in crate::client) fn refresh_failure(&self, key: &Key) -> Option<SourceError> {
        let slot = self.slot(key)?;
        slot.held.as_ref().and(slot.last_failure.clone())
    }
}
