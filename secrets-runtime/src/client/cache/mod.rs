//! What is known of the secrets of one source, and what is to be asked for next: a state machine without clock, network or
//! waiting. Whoever drives it says what time it is, carries out its calls and wakes those who wait.
//!
//! A *flight* is one key's being asked for, with all who wait for it. A *trip* is one call of the source, with many flights
//! aboard. Trips are numbered in the order in which they begin: of two answers the one of the later trip is the newer.

mod acceptance;
mod aliases;
mod counts;
mod entries;
mod eviction;
mod policy;
mod slot;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) use acceptance::Wish;
pub(super) use counts::{Counted, Counts, Event};
pub(super) use entries::{Entry, Standing};
pub(super) use policy::Policy;
use policy::{backoff, is_refusal, remembered_for, rng_of};
pub(super) use slot::Held;
use slot::{Airborne, Remembered, Slot};

use super::clock::Moment;
use super::lease::Lease;
use crate::error::{ErrorKind, SourceError};
use crate::source::{Answer, Identity, Key};
use crate::value::Payload;

/// One asking for a key. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Flight(u64);

/// One call of the source. Later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Trip(u64);

/// What a reader gets.
pub(super) enum Looked {
    /// The answer is known.
    Known(Answer),
    /// It is being asked for.
    Awaited {
        flight: Flight,
        /// Whether its answer will do. Otherwise it began too early for this reader, who looks again after it.
        counts: bool,
    },
}

/// A call that is to be made now.
pub(super) struct Departure {
    pub(super) trip: Trip,
    pub(super) aboard: Vec<(Flight, Key)>,
    /// How long it may take if nobody waits for it.
    pub(super) refresh_limit: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct SlotId(u64);

/// Where a flight has landed.
struct Landing {
    id: SlotId,
    /// Whether somebody who had a value before has read it since it was asked for. Who reads less often than once in a TTL
    /// never does so between two flights.
    was_read_again: bool,
}

/// The secrets of one source.
pub(super) struct Cache {
    policy: Policy,
    /// How long a flight takes at most.
    patience: Duration,
    /// What trips make their own randomness of.
    seed: u64,
    slots: HashMap<SlotId, Slot>,
    /// Every key that means a slot.
    keys: HashMap<Key, SlotId>,
    /// Askings that no trip has taken yet.
    waiting: Vec<(Flight, Key)>,
    /// Names that were cleared during calls that are still under way, each with the last trip before that.
    cleared: HashMap<String, Trip>,
    /// Flights that were given up since somebody asked, although others wait for them.
    lost: Vec<Flight>,
    /// The number given last, to whatever it was.
    last: u64,
    /// The trip that began last.
    trip: Trip,
    counts: Counts,
    /// What has happened since somebody asked.
    events: Vec<Event>,
    /// Whether a value has ended since somebody asked.
    ended: bool,
    changes: u64,
}

impl Cache {
    pub(super) fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            patience: Duration::MAX,
            seed,
            slots: HashMap::new(),
            keys: HashMap::new(),
            waiting: Vec::new(),
            cleared: HashMap::new(),
            lost: Vec::new(),
            last: 0,
            trip: Trip(0),
            counts: Counts::default(),
            events: Vec::new(),
            ended: false,
            changes: 0,
        }
    }

    /// Says how long a flight takes at most. One that takes longer is not waited for.
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    pub(super) const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The trip that began last: answers of later ones are newer than this moment.
    pub(super) const fn trip(&self) -> Trip {
        self.trip
    }

    /// Whether values have ended since this was last asked.
    pub(super) fn take_ended(&mut self) -> bool {
        std::mem::take(&mut self.ended)
    }

    /// Flights that nobody is to wait for any more, since this was last asked: who does looks again.
    pub(super) fn take_lost(&mut self) -> Vec<Flight> {
        std::mem::take(&mut self.lost)
    }

    /// Whether no trip has taken a flight yet.
    pub(super) fn is_waiting(&self, flight: Flight) -> bool {
        self.waiting.iter().any(|(waiting, _)| *waiting == flight)
    }

    /// What has happened since this was last asked. Kept until then.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Counts reads that ask the source past the cache.
    pub(super) const fn count_uncached(&mut self, reads: u64) {
        self.counts.misses += reads;
    }

    /// Whether a trip would have anybody aboard who waits for it.
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// What there is for a reader who looks for the first time.
    #[cfg(test)]
    pub(super) fn look_up(&mut self, key: &Key, wish: Wish, now: Moment) -> Looked {
        self.look_again(key, wish, now, &mut Counted::default())
    }

    /// What there is for a reader, who otherwise waits for a flight. However often one looks, it counts once.
    pub(super) fn look_again(&mut self, key: &Key, wish: Wish, now: Moment, counted: &mut Counted) -> Looked {
        let id = self.slot_of(key);
        let Some(slot) = self.slots.get_mut(&id) else {
            return self.await_flight(id, key, wish, now, counted);
        };
        slot.touch(now);
        let first = u64::from(!counted.read);
        let held = slot.held.as_ref().filter(|held| now < held.stale_until && wish.fits(held, now));
        if let Some(held) = held {
            self.counts.hits += first;
            return Looked::Known(held.answer());
        }
        // Where nobody carries the flight out any more, this reader waits for another: his runtime is being run.
        if slot.is_overdue(now) {
            self.lost.extend(slot.lose_flight(now, self.patience));
            return self.await_flight(id, key, wish, now, counted);
        }
        let waits_for_retry = now < slot.retry_at;
        if let Some(held) = slot.held.as_ref().filter(|held| now < held.stale_until)
            && wish.accepts_stale(waits_for_retry)
        {
            self.counts.stale += first;
            let answer = held.answer();
            if slot.flight.is_none() && !waits_for_retry {
                self.ask(id, key, now);
            }
            return Looked::Known(answer);
        }
        if let Some(remembered) = &slot.remembered
            && now < remembered.until
            && wish.accepts_answer_of(remembered.trip)
        {
            self.counts.remembered += first;
            return Looked::Known(remembered.answer.clone());
        }
        self.await_flight(id, key, wish, now, counted)
    }

    /// Joins whoever asks for it already, or asks.
    fn await_flight(
        &mut self,
        id: SlotId,
        key: &Key,
        wish: Wish,
        now: Moment,
        counted: &mut Counted,
    ) -> Looked {
        self.counts.misses += u64::from(!std::mem::replace(&mut counted.read, true));
        let joined = self.slots.get(&id).and_then(|slot| slot.flight);
        if let Some(Airborne { flight, trip, .. }) = joined {
            let counts = trip.is_none_or(|trip| wish.accepts_answer_of(trip));
            if counts {
                self.counts.coalesced += u64::from(!std::mem::replace(&mut counted.coalesced, true));
            }
            return Looked::Awaited { flight, counts };
        }
        Looked::Awaited { flight: self.ask(id, key, now), counts: true }
    }

    /// The value for a reader whose wish for a younger one could not be fulfilled for a passing reason.
    pub(super) fn held_despite_failure(&self, key: &Key, now: Moment) -> Option<Answer> {
        let held = self.slots.get(self.keys.get(key)?)?.held.as_ref()?;
        (now < held.stale_until).then(|| held.answer())
    }

    /// When what is watched is to be asked for again. None if it is being asked for, or nothing is known of it.
    pub(super) fn due_at(&self, key: &Key) -> Option<Moment> {
        let slot = self.slots.get(self.keys.get(key)?)?;
        slot.flight.is_none().then(|| slot.due_at()).flatten()
    }

    /// Why what is served could not be refreshed.
    pub(super) fn refresh_failure(&self, key: &Key) -> Option<SourceError> {
        let slot = self.slots.get(self.keys.get(key)?)?;
        slot.held.as_ref().and(slot.failure.clone())
    }

    /// Grows whenever the source gives another value than what is held, or ends it.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Puts a key on the list of the next trip.
    fn ask(&mut self, id: SlotId, key: &Key, now: Moment) -> Flight {
        let flight = Flight(self.next());
        let mut asked = key;
        if let Some(slot) = self.slots.get_mut(&id) {
            let lost_at = now.after(self.patience);
            slot.flight = Some(Airborne { flight, trip: None, asked_at: now, lost_at });
            slot.renew_lease();
            asked = &slot.key;
            self.counts.refreshes += u64::from(slot.held.is_some());
        }
        self.waiting.push((flight, asked.clone()));
        flight
    }

    /// Begins a trip with everybody who waits for one, and with what is due or soon will be: a call has room for many.
    pub(super) fn depart(&mut self, now: Moment) -> Option<Departure> {
        if self.waiting.is_empty() {
            return None;
        }
        self.sweep(now);
        let soon = now.after(self.policy.early());
        let due: Vec<SlotId> =
            self.slots.iter().filter(|(_, slot)| slot.is_due(soon, now)).map(|(id, _)| *id).collect();
        for id in due {
            if let Some(key) = self.slots.get(&id).map(|slot| slot.key.clone()) {
                self.ask(id, &key, now);
            }
        }
        let trip = Trip(self.next());
        self.trip = trip;
        let aboard = std::mem::take(&mut self.waiting);
        let mut failures = 0;
        for (flight, key) in &aboard {
            if let Some(slot) = self.keys.get(key).and_then(|id| self.slots.get_mut(id))
                && let Some(airborne) = slot.flight.as_mut().filter(|airborne| airborne.flight == *flight)
            {
                airborne.trip = Some(trip);
                airborne.lost_at = now.after(self.patience);
                failures = failures.max(slot.failures);
                slot.renew_lease();
            }
        }
        Some(Departure { trip, aboard, refresh_limit: policy::refresh_limit(failures) })
    }

    /// Takes in what a trip has brought for one of its flights, and gives what those who wait for it get. Once all that
    /// landed together is in, there is room to be made.
    pub(super) fn land(
        &mut self,
        trip: Trip,
        flight: Flight,
        key: &Key,
        answer: Answer,
        now: Moment,
    ) -> Answer {
        // Whoever cleared the cache meanwhile knows of a newer value.
        let Some(Landing { id, was_read_again }) = self.end_flight(flight, key) else { return answer };
        if self.policy.keeps_nothing() {
            self.remove_if_idle(id);
            return answer;
        }
        if let Some(newer) = self.overtaken(id, trip, &answer, now) {
            return newer;
        }
        match &answer {
            Answer::Found(payload, identity) => {
                let united =
                    if self.is_cleared(identity, trip) { None } else { self.unite(id, key, identity, trip) };
                let Some(id) = united else {
                    self.remove(id);
                    return answer;
                };
                // Under another key more may be known of it.
                if let Some(newer) = self.overtaken(id, trip, &answer, now) {
                    return newer;
                }
                self.keep(id, payload, identity, trip, now);
                if let Some(slot) = self.slots.get_mut(&id) {
                    slot.wanted = was_read_again;
                }
            }
            _ if is_refusal(&answer) => self.refuse(id, key, &answer, trip, now),
            _ => self.fail(id, &answer, trip, now),
        }
        answer
    }

    /// What those get who wait for an answer that is not to be kept, because a later trip has brought another.
    fn overtaken(&self, id: SlotId, trip: Trip, answer: &Answer, now: Moment) -> Option<Answer> {
        let slot = self.slots.get(&id)?;
        if let Some(held) = slot.held.as_ref().filter(|held| held.trip > trip) {
            return Some(if now < held.stale_until { held.answer() } else { answer.clone() });
        }
        let remembered = slot.remembered.as_ref().filter(|remembered| remembered.trip > trip)?;
        // That a later trip failed says nothing against what this one has found out.
        let has_found_out = matches!(answer, Answer::Found(..)) || is_refusal(answer);
        (is_refusal(&remembered.answer) || !has_found_out).then(|| answer.clone())
    }

    /// Gives up a flight that no answer will come for. Then there is room to be made, too.
    pub(super) fn abandon(&mut self, flight: Flight, key: &Key) {
        if let Some(Landing { id, .. }) = self.end_flight(flight, key) {
            self.remove_if_idle(id);
        }
    }

    /// Gives up what no trip has taken yet.
    pub(super) fn cancel_waiting(&mut self) -> Vec<Flight> {
        let waiting = std::mem::take(&mut self.waiting);
        for (flight, key) in &waiting {
            self.abandon(*flight, key);
        }
        self.make_room();
        waiting.into_iter().map(|(flight, _)| flight).collect()
    }

    fn end_flight(&mut self, flight: Flight, key: &Key) -> Option<Landing> {
        let id = *self.keys.get(key)?;
        let slot = self.slots.get_mut(&id)?;
        let airborne = slot.flight.take_if(|airborne| airborne.flight == flight)?;
        let was_read_again = slot.held.is_some() && slot.used() >= airborne.asked_at;
        slot.renew_lease();
        Some(Landing { id, was_read_again })
    }

    /// Lets a value be the one that is held. If it is what was held, readers keep the copy that they have.
    fn keep(&mut self, id: SlotId, payload: &Payload, identity: &Identity, trip: Trip, now: Moment) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let fresh_until = now.after(self.policy.spread_ttl(&mut rng_of(self.seed, trip)));
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
            self.events.push(Event::Recovered(slot.key.clone()));
        }
        slot.hold(Held {
            payload,
            identity: identity.clone(),
            trip,
            fetched_at: now,
            fresh_until,
            stale_until: fresh_until.after(self.policy.max_stale),
            lease,
        });
    }

    /// Keeps what is held, and waits a little longer each time.
    fn fail(&mut self, id: SlotId, answer: &Answer, trip: Trip, now: Moment) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let serves = slot.held.as_ref().is_some_and(|held| now < held.stale_until);
        slot.failures = slot.failures.saturating_add(1);
        if let Answer::Failed(error) = answer {
            slot.failure = Some(error.clone());
        }
        slot.retry_at = now.after(backoff(slot.failures, serves, &mut rng_of(self.seed, trip)));
        if serves {
            self.counts.refresh_failures += 1;
            self.events.push(Event::RefreshFailed { key: slot.key.clone(), first: slot.failures == 1 });
        } else {
            let (answer, until) = (answer.clone(), slot.retry_at);
            slot.remembered = Some(Remembered { answer, trip, landed_at: now, until });
        }
        slot.renew_lease();
    }

    /// Ends what is held, for all keys; only for the one that was asked for it is remembered why.
    fn refuse(&mut self, id: SlotId, key: &Key, answer: &Answer, trip: Trip, now: Moment) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let is_missing = matches!(answer, Answer::Missing(_));
        if slot.held.is_some() {
            let kind = if let Answer::Failed(error) = answer { error.kind() } else { ErrorKind::Missing };
            self.events.push(Event::Ended(slot.key.clone(), kind));
            self.ended = true;
            self.changes += 1;
        }
        slot.drop_held();
        let until = now.after(remembered_for(is_missing, &mut rng_of(self.seed, trip)));
        slot.remembered = Some(Remembered { answer: answer.clone(), trip, landed_at: now, until });
        slot.failures = 0;
        slot.failure = None;
        slot.retry_at = Moment::PAST;
        // Asked for under another key, it may still be there: deleted and made anew it has another ARN.
        let mut gone: Vec<Key> = std::mem::take(&mut slot.others);
        if slot.key != *key {
            gone.push(std::mem::replace(&mut slot.key, key.clone()));
        }
        slot.canonical.take_if(|canonical| canonical != key);
        for other in gone.iter().filter(|other| *other != key) {
            self.keys.remove(other);
        }
    }
}
