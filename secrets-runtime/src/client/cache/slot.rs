//! One secret in one version: its value or remembered answer, its pending request, and when it is due.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Moment;
use super::ids::{FetchSeq, PendingId};
use super::lease::Lease;
use super::order::{Places, Rank};
use super::policy::is_refusal;
use crate::error::SourceError;
use crate::source::{Answer, Identity, Key};
use crate::value::Payload;

/// One secret in one version, under all its keys.
pub(super) struct Slot {
    /// The key that it is fetched by.
    pub(super) key: Key,
    /// Other keys of the same secret, such as the ARN of a name.
    pub(super) aliases: Vec<Key>,
    /// The ARN in the last answer, as a key.
    pub(super) canonical: Option<Key>,
    pub(super) held: Option<Held>,
    /// The last answer without a value, if no value is held.
    pub(super) remembered: Option<Remembered>,
    pub(super) pending: Option<Pending>,
    /// Failures in a row.
    pub(super) failures: u32,
    pub(super) last_failure: Option<SourceError>,
    /// No attempt starts before this.
    pub(super) retry_at: Moment,
    /// The last read through the cache. The lease notes reads that bypass it.
    used: Moment,
    /// Whether it was read since the last fetch, or read again during that fetch.
    pub(super) wanted: bool,
    /// Whether a watcher has read it. Its refreshes then go past other caches on the way to the store: the
    /// refresh along with other keys must not postpone the one that the watcher is due for.
    pub(super) watched_at: Option<Moment>,
    /// Where the orders of the cache have it.
    pub(super) places: Places,
}

/// A value.
pub(super) struct Held {
    pub(super) payload: Payload,
    pub(super) identity: Identity,
    /// The fetch that brought it.
    pub(super) fetch: FetchSeq,
    pub(super) fetched_at: Moment,
    pub(super) fresh_until: Moment,
    pub(super) stale_until: Moment,
    pub(super) lease: Arc<Lease>,
}

impl Held {
    /// When a watched value is fetched again: shortly before it is stale.
    pub(super) fn refresh_ahead_at(&self) -> Moment {
        self.fetched_at.after(self.fresh_until.since(self.fetched_at).mul_f64(0.98))
    }

    pub(super) fn answer(&self) -> Answer {
        Answer::Found(self.payload.clone(), self.identity.clone())
    }
}

/// An answer without a value, and how long it is given again.
pub(super) struct Remembered {
    pub(super) answer: Answer,
    pub(super) fetch: FetchSeq,
    pub(super) answered_at: Moment,
    pub(super) until: Moment,
}

/// The shortest interval between attempts for a watched secret without a value. Its failures are remembered
/// for less.
const WATCH_PAUSE: Duration = Duration::from_secs(1);

/// A request for a key, queued or part of a fetch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub(super) id: PendingId,
    /// The fetch that has taken it.
    pub(super) fetch: Option<FetchSeq>,
    pub(super) requested_at: Moment,
    /// Whether its fetch goes past other caches on the way to the store.
    pub(super) uncached: bool,
    /// By then every fetch has ended, unless the runtime that carries it has stopped.
    pub(super) stalled_at: Moment,
}

impl Slot {
    pub(super) const fn new(key: Key) -> Self {
        Self {
            key,
            aliases: Vec::new(),
            canonical: None,
            held: None,
            remembered: None,
            pending: None,
            failures: 0,
            last_failure: None,
            retry_at: Moment::PAST,
            used: Moment::PAST,
            wanted: false,
            watched_at: None,
            places: Places::NOWHERE,
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.key).chain(&self.aliases)
    }

    pub(super) const fn touch(&mut self, now: Moment) {
        self.used = now;
        self.wanted = true;
    }

    /// When it was last read, on either path.
    pub(super) fn used(&self) -> Moment {
        self.held.as_ref().map_or(self.used, |held| held.lease.used().max(self.used))
    }

    /// Whether it was read since it was fetched (or in the same tick of the clock), or read again during
    /// that fetch. A value that is not read is not refreshed.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted || self.held.as_ref().is_some_and(|held| held.lease.used() >= held.fetched_at)
    }

    /// Whether to refresh it along with other keys, because it expires before `by`.
    pub(super) fn is_due(&self, by: Moment, now: Moment) -> bool {
        self.pending.is_none()
            && now >= self.retry_at
            && self.held.as_ref().is_some_and(|held| by >= held.fresh_until)
            && self.is_wanted()
    }

    /// Whether a later fetch has brought a refusal.
    pub(super) fn is_refused_after(&self, fetch: FetchSeq) -> bool {
        let later = self.remembered.as_ref().filter(|remembered| remembered.fetch > fetch);
        later.is_some_and(|remembered| is_refusal(&remembered.answer))
    }

    /// Whether it counts against the capacity.
    pub(super) const fn is_kept(&self) -> bool {
        self.held.is_some() || self.remembered.is_some()
    }

    /// Where the orders must have it. The rank may be out of date: reads of the fast path change it.
    pub(super) fn places_now(&self, early: Duration) -> Places {
        let ends = self.held.as_ref().map(|held| held.stale_until);
        let forgotten = self.remembered.as_ref().map(|remembered| remembered.until);
        let due = |held: &Held| held.fresh_until.before(early).max(self.retry_at);
        Places {
            ends: ends.into_iter().chain(forgotten).min(),
            due: self.held.as_ref().filter(|_| self.pending.is_none()).map(due),
            rank: (self.is_kept() && self.pending.is_none()).then(|| self.rank()),
        }
    }

    pub(super) fn rank(&self) -> Rank {
        Rank { is_held: self.held.is_some(), used: self.used(), is_wanted: self.is_wanted() }
    }

    pub(super) fn hold(&mut self, held: Held) {
        self.remembered = None;
        self.failures = 0;
        self.last_failure = None;
        self.retry_at = Moment::PAST;
        self.held = Some(held);
        self.update_lease();
    }

    /// When a watcher fetches it again. `None` after a refusal: a watcher looks again once in a TTL anyway,
    /// and an optional secret that does not exist must not cause more requests.
    pub(super) fn due_at(&self) -> Option<Moment> {
        // Besides a value it is remembered only if that value may no longer be served.
        if let Some(Remembered { answer, answered_at, until, .. }) = &self.remembered {
            return (!is_refusal(answer)).then(|| answered_at.after(WATCH_PAUSE).max(*until));
        }
        let held = self.held.as_ref()?;
        Some(held.refresh_ahead_at().max(self.retry_at).min(held.stale_until))
    }

    /// Whether its request takes longer than any fetch on a running runtime.
    pub(super) fn is_stalled(&self, now: Moment) -> bool {
        self.pending.is_some_and(|pending| now >= pending.stalled_at)
    }

    /// Gives its request up if a fetch had taken it, and returns it. A queued request stays.
    pub(super) fn give_up_fetch(&mut self, now: Moment, max_duration: Duration) -> Option<PendingId> {
        self.pending.as_mut()?.stalled_at = now.after(max_duration);
        let stalled = self.pending.take_if(|pending| pending.fetch.is_some());
        self.update_lease();
        stalled.map(|pending| pending.id)
    }

    /// Whether a watcher reads it. One that exists reads it at least once in a TTL, unless others refresh it
    /// meanwhile.
    pub(super) fn is_watched(&self, ttl: Duration, now: Moment) -> bool {
        self.watched_at.is_some_and(|at| now.since(at) < ttl.saturating_mul(3))
    }

    /// Drops the value, and ends it for readers of the fast path.
    pub(super) fn drop_held(&mut self) {
        self.used = self.used();
        if let Some(held) = self.held.take() {
            held.lease.revoke();
        }
    }

    /// The same request under this key, without any knowledge of the secret.
    pub(super) fn emptied(&self, key: Key) -> Self {
        Self {
            pending: self.pending,
            used: self.used(),
            wanted: self.wanted,
            watched_at: self.watched_at,
            ..Self::new(key)
        }
    }

    /// Takes over the newer value and the request of another slot of the same secret.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.aliases.push(other.key.clone());
        self.aliases.append(&mut other.aliases);
        // Slots are merged when a request has completed, so at most one of them has another.
        self.pending = self.pending.or(other.pending);
        self.used = self.used().max(other.used());
        self.wanted |= other.wanted;
        self.watched_at = self.watched_at.max(other.watched_at);
        let fetch = |slot: &Self| slot.held.as_ref().map(|held| held.fetch);
        if fetch(&other) > fetch(self) {
            std::mem::swap(&mut self.held, &mut other.held);
        }
        other.drop_held();
        if self.held.is_some() {
            self.remembered = None;
        }
        self.update_lease();
    }

    /// Sets when readers of the fast path must come to the cache: not during a refresh, nor before another
    /// may start.
    pub(super) fn update_lease(&self) {
        let Some(held) = &self.held else { return };
        let check_at = self.pending.map_or(held.fresh_until.max(self.retry_at), |pending| pending.stalled_at);
        held.lease.set(held.fresh_until, check_at.min(held.stale_until));
    }
}
