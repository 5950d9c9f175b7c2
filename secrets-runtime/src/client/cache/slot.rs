//! What is known of one secret in one version.

use std::sync::Arc;
use std::time::Duration;

use super::policy::is_refusal;
use super::{Flight, Trip};
use crate::client::clock::Moment;
use crate::client::lease::Lease;
use crate::error::SourceError;
use crate::source::{Answer, Identity, Key};
use crate::value::Payload;

/// One secret in one version, under all the keys that mean it.
pub(super) struct Slot {
    /// What it is asked for by.
    pub(super) key: Key,
    /// Other keys that mean the same: the ARN of a name.
    pub(super) others: Vec<Key>,
    /// The one of them that the last answer bore as its id.
    pub(super) canonical: Option<Key>,
    pub(super) held: Option<Held>,
    /// The answer without a value that was given last, if no value is held.
    pub(super) remembered: Option<Remembered>,
    /// Who is asking for it.
    pub(super) flight: Option<Airborne>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// The last of them.
    pub(super) failure: Option<SourceError>,
    /// When another try is worth it.
    pub(super) retry_at: Moment,
    /// When it was last asked for through the cache.
    used: Moment,
    /// Whether anybody has asked for it since it was last fetched, or read it again while it was.
    pub(super) wanted: bool,
}

/// A value.
pub(in crate::client) struct Held {
    pub(super) payload: Payload,
    pub(super) identity: Identity,
    /// The call that brought it.
    pub(in crate::client) trip: Trip,
    pub(in crate::client) fetched_at: Moment,
    pub(in crate::client) fresh_until: Moment,
    pub(super) stale_until: Moment,
    pub(super) lease: Arc<Lease>,
}

impl Held {
    /// When a value that is watched is asked for: a moment before it is stale.
    pub(in crate::client) fn ahead(&self) -> Moment {
        self.fetched_at.after(self.fresh_until.since(self.fetched_at).mul_f64(0.98))
    }

    pub(super) fn answer(&self) -> Answer {
        Answer::Found(self.payload.clone(), self.identity.clone())
    }
}

/// An answer without a value, and how long it is given again.
pub(super) struct Remembered {
    pub(super) answer: Answer,
    pub(super) trip: Trip,
    pub(super) landed_at: Moment,
    pub(super) until: Moment,
}

/// Who watches what cannot be had asks no more often: during an outage it is remembered for moments only.
const WATCH_PAUSE: Duration = Duration::from_secs(1);

/// One asking for a key, before and after its call has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Airborne {
    pub(super) flight: Flight,
    /// The call that it travels with, once that has begun.
    pub(super) trip: Option<Trip>,
    pub(super) asked_at: Moment,
    /// By then every call has ended. If this one has not, the runtime that carries it is not being run.
    pub(super) lost_at: Moment,
}

impl Slot {
    pub(super) const fn new(key: Key) -> Self {
        Self {
            key,
            others: Vec::new(),
            canonical: None,
            held: None,
            remembered: None,
            flight: None,
            failures: 0,
            failure: None,
            retry_at: Moment::PAST,
            used: Moment::PAST,
            wanted: false,
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.key).chain(&self.others)
    }

    pub(super) const fn touch(&mut self, now: Moment) {
        self.used = now;
        self.wanted = true;
    }

    /// When it was last asked for, through the cache or past it.
    pub(super) fn used(&self) -> Moment {
        self.held.as_ref().map_or(self.used, |held| held.lease.used().max(self.used))
    }

    /// Whether anybody has read it since it was fetched, or in the same tick of the clock, or read it again while it was:
    /// what nobody reads is not refreshed.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted || self.held.as_ref().is_some_and(|held| held.lease.used() >= held.fetched_at)
    }

    /// Whether it is to be refreshed along with others that are asked for.
    pub(super) fn is_due(&self, by: Moment, now: Moment) -> bool {
        self.flight.is_none()
            && now >= self.retry_at
            && self.held.as_ref().is_some_and(|held| by >= held.fresh_until)
            && self.is_wanted()
    }

    /// Whether a later trip has brought a definite answer without a value.
    pub(super) fn is_refused_after(&self, trip: Trip) -> bool {
        self.remembered
            .as_ref()
            .is_some_and(|remembered| remembered.trip > trip && is_refusal(&remembered.answer))
    }

    /// Whether it holds something that costs memory: a value, or the memory of an answer.
    pub(super) const fn is_kept(&self) -> bool {
        self.held.is_some() || self.remembered.is_some()
    }

    pub(super) fn hold(&mut self, held: Held) {
        self.remembered = None;
        self.failures = 0;
        self.failure = None;
        self.retry_at = Moment::PAST;
        self.held = Some(held);
        self.renew_lease();
    }

    /// When who watches it asks again. None if the answer was that it cannot be had: whoever watches it looks again in any
    /// case once in a TTL, and an optional secret that nobody has is no reason for more requests.
    pub(super) fn due_at(&self) -> Option<Moment> {
        // Beside a value it is remembered only if that may not be served any more.
        if let Some(Remembered { answer, landed_at, until, .. }) = &self.remembered {
            return (!is_refusal(answer)).then(|| landed_at.after(WATCH_PAUSE).max(*until));
        }
        let held = self.held.as_ref()?;
        Some(held.ahead().max(self.retry_at).min(held.stale_until))
    }

    /// Whether its flight takes longer than any does that is carried out.
    pub(super) fn is_overdue(&self, now: Moment) -> bool {
        self.flight.is_some_and(|airborne| now >= airborne.lost_at)
    }

    /// Gives its flight up if its call had begun. One that waits for a call goes on waiting.
    pub(super) fn lose_flight(&mut self, now: Moment, patience: Duration) -> Option<Flight> {
        self.flight.as_mut()?.lost_at = now.after(patience);
        let lost = self.flight.take_if(|airborne| airborne.trip.is_some());
        self.renew_lease();
        lost.map(|airborne| airborne.flight)
    }

    /// Ends the entry: its readers see nothing of it any more.
    pub(super) fn drop_held(&mut self) {
        self.used = self.used();
        if let Some(held) = self.held.take() {
            held.lease.revoke();
        }
    }

    /// The same slot with nothing known of its secret, for whoever is asking under this key.
    pub(super) fn afresh(&self, key: Key) -> Self {
        Self { flight: self.flight, used: self.used(), wanted: self.wanted, ..Self::new(key) }
    }

    /// Takes over what another slot of the same secret knows: the newer value, and those who wait.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.others.push(other.key.clone());
        self.others.append(&mut other.others);
        // They become one when a flight has landed, so that at most one of them has another.
        self.flight = self.flight.or(other.flight);
        self.used = self.used().max(other.used());
        self.wanted |= other.wanted;
        let trip = |slot: &Self| slot.held.as_ref().map(|held| held.trip);
        if trip(&other) > trip(self) {
            std::mem::swap(&mut self.held, &mut other.held);
        }
        other.drop_held();
        if self.held.is_some() {
            self.remembered = None;
        }
        self.renew_lease();
    }

    /// Says from when on readers are to ask again: not while a refresh is under way, nor before another is worth it.
    pub(super) fn renew_lease(&self) {
        let Some(held) = &self.held else { return };
        let check_at = self.flight.map_or(held.fresh_until.max(self.retry_at), |airborne| airborne.lost_at);
        held.lease.set(held.fresh_until, check_at.min(held.stale_until));
    }
}
