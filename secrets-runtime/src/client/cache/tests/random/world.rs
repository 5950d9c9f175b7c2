//! The cache, its readers, the fetches in flight and the server, with what none of them may ever do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::scene::{POLICY, denied, throttled};
use super::server::{Ask, Server, Version};
use crate::client::cache::lease::{Age, Lease};
use crate::client::cache::{
    Acceptance, AlreadyCounted, Cache, CacheRead, FetchSeq, Moment, PendingId, Policy,
};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::source::{Answer, Key};
use crate::value::Payload;

const FRESH: Duration = Duration::from_secs(110);
const SERVED: Duration = Duration::from_secs(110 + 1000);

/// How a request ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// The server's answer at one of the moments of the fetch.
    Honest(usize),
    Denied,
    Throttled,
}

/// A request in flight.
struct InFlight {
    fetch: FetchSeq,
    started: Moment,
    id: PendingId,
    ask: Ask,
}

/// A reader that waits for a request.
#[derive(Clone, Copy)]
struct Reader {
    ask: Ask,
    acceptance: Acceptance,
    id: PendingId,
    is_acceptable: bool,
}

/// An answer that the cache has taken in.
struct Completion {
    ask: Ask,
    fetch: FetchSeq,
    at: Moment,
    brought: Brought,
    /// Whether the cache may have dropped it.
    is_forgotten: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Brought {
    Value(Version),
    Refusal,
    Failure,
}

pub(super) struct World {
    cache: Cache,
    server: Server,
    now: Moment,
    in_flight: Vec<InFlight>,
    readers: Vec<Reader>,
    completions: Vec<Completion>,
    /// The names that were cleared, each with the last fetch before.
    cleared: Vec<(Ask, FetchSeq)>,
    leases: Vec<(Ask, Secret<String>, Arc<Lease>)>,
    /// Everything that was requested, by its key.
    asks: HashMap<Key, Ask>,
}

impl World {
    pub(super) fn new(seed: u64, capacity: usize) -> Self {
        let now = Moment::from_millis(1_000_000);
        Self {
            cache: Cache::new(Policy { capacity, ..POLICY }, seed).with_max_duration(Duration::from_secs(30)),
            server: Server::new(now),
            now,
            in_flight: Vec::new(),
            readers: Vec::new(),
            completions: Vec::new(),
            cleared: Vec::new(),
            leases: Vec::new(),
            asks: HashMap::new(),
        }
    }

    pub(super) fn refresh(&mut self, ask: Ask) {
        self.read(ask, Acceptance::After(self.cache.last_fetch()));
    }

    pub(super) fn read(&mut self, ask: Ask, acceptance: Acceptance) {
        let key = ask.key();
        self.asks.insert(key.clone(), ask);
        let before = *self.cache.counts();
        match self.cache.look_up(&key, acceptance, self.now, &mut AlreadyCounted::default()) {
            CacheRead::Wait { id, is_acceptable } => {
                self.readers.push(Reader { ask, acceptance, id, is_acceptable });
            }
            CacheRead::Ready(answer) => {
                let is_hit = self.cache.counts().hits > before.hits;
                self.check_ready(ask, acceptance, &answer, is_hit);
                if let Answer::Found(Payload::Text(value), _) = answer {
                    let lease = self.cache.lease_of(&key, &value).expect("it is held");
                    self.leases.push((ask, value, lease));
                }
            }
        }
        self.read_again_for_stalled();
    }

    fn read_again_for_stalled(&mut self) {
        for id in self.cache.take_stalled() {
            self.read_again(id);
        }
    }

    pub(super) fn read_by_lease(&mut self, index: usize) {
        if self.leases.is_empty() {
            return;
        }
        let (ask, value, lease) = &self.leases[index % self.leases.len()];
        if let Some(age) = lease.read(self.now) {
            let answer = Answer::found(value.clone());
            self.check_ready(*ask, Acceptance::Cached, &answer, age == Age::Fresh);
        }
    }

    pub(super) fn start(&mut self) {
        let Some(batch) = self.cache.start(self.now) else { return };
        for (id, key) in batch.keys {
            let ask = *self.asks.get(&key).expect("a reader has asked for it");
            let twice = self.in_flight.iter().any(|other| other.ask == ask && self.is_expected(other.id));
            assert!(!twice, "{key:?} is fetched twice at once");
            self.in_flight.push(InFlight { fetch: batch.seq, started: self.now, id, ask });
        }
    }

    pub(super) fn complete_one(&mut self, index: usize, outcome: Outcome) {
        if !self.in_flight.is_empty() {
            let request = self.in_flight.swap_remove(index % self.in_flight.len());
            self.complete(&request, outcome);
        }
    }

    pub(super) fn complete_all(&mut self, outcome: Outcome) {
        for request in std::mem::take(&mut self.in_flight) {
            self.complete(&request, outcome);
        }
    }

    fn complete(&mut self, request: &InFlight, outcome: Outcome) {
        let &InFlight { fetch, started, id, ask } = request;
        let answer = match outcome {
            Outcome::Honest(index) => self.server.answer(ask, started, |len| index % len),
            Outcome::Denied => denied(),
            Outcome::Throttled => throttled(),
        };
        let own = brought(&answer);
        let is_of_cleared = |(cleared, last): &(Ask, FetchSeq)| match own {
            Brought::Value(version) => fetch <= *last && version.is_of(*cleared),
            Brought::Refusal | Brought::Failure => false,
        };
        if self.is_expected(id) && !self.cleared.iter().any(is_of_cleared) {
            self.completions.push(Completion { ask, fetch, at: self.now, brought: own, is_forgotten: false });
        }
        let is_taken_in = self.cache.expects(id, &ask.key());
        let evictions = self.cache.counts().evictions;
        let answer = self.cache.complete(fetch, id, &ask.key(), answer, self.now);
        self.cache.make_room();
        if self.cache.counts().evictions > evictions {
            self.forget();
        }
        let arrived = brought(&answer);
        for reader in self.take_readers(id) {
            let is_for_it =
                reader.ask == ask || is_taken_in && self.cache.is_same_secret(&ask.key(), &reader.ask.key());
            if !reader.is_acceptable || !is_for_it {
                self.read(reader.ask, reader.acceptance);
                continue;
            }
            assert!(
                reader.acceptance.accepts_answer_of(fetch),
                "a reader got the answer of a fetch that started too early"
            );
            if let Brought::Value(version) = arrived {
                assert!(version.is_of(reader.ask), "{:?} got {version:?}", reader.ask);
                let is_newer = |other: &Completion| other.brought == arrived && other.fetch >= fetch;
                assert!(arrived == own || self.completions.iter().any(is_newer), "{version:?} is older");
            } else {
                assert!(arrived == own, "a failure came from nowhere");
            }
        }
    }

    pub(super) fn abandon(&mut self, index: usize) {
        if !self.in_flight.is_empty() {
            let InFlight { id, ask, .. } = self.in_flight.swap_remove(index % self.in_flight.len());
            self.cache.abandon(id, &ask.key());
            self.cache.make_room();
            self.read_again(id);
        }
    }

    pub(super) fn cancel_queued(&mut self) {
        for id in self.cache.cancel_queued() {
            self.read_again(id);
        }
    }

    fn read_again(&mut self, id: PendingId) {
        for reader in self.take_readers(id) {
            self.read(reader.ask, reader.acceptance);
        }
    }

    fn take_readers(&mut self, id: PendingId) -> Vec<Reader> {
        let (taken, rest) = self.readers.iter().partition(|reader| reader.id == id);
        self.readers = rest;
        taken
    }

    pub(super) fn clear(&mut self) {
        self.cache.clear();
        self.forget();
        assert!(self.cache.slots.values().all(|slot| slot.pending.is_none_or(|it| it.fetch.is_none())));
        assert!(
            self.leases.iter().all(|(_, _, lease)| lease.is_revoked()),
            "a reader still reads by a lease"
        );
    }

    pub(super) fn clear_name(&mut self, ask: Ask) {
        self.cache.clear_name(ask.key().name(), self.now);
        self.forget();
        self.read_again_for_stalled();
        if !matches!(ask, Ask::PartialArn { .. }) {
            self.cleared.push((ask, self.cache.last_fetch()));
        }
        for (_, value, lease) in &self.leases {
            let is_cleared =
                Version::of(value.expose_secret()).is_of(ask) && !matches!(ask, Ask::PartialArn { .. });
            assert!(!is_cleared || lease.is_revoked(), "a reader still reads by a lease what was cleared");
        }
    }

    /// Whether the cache has neither given a request up nor cleared it.
    fn is_expected(&self, id: PendingId) -> bool {
        self.cache.slots.values().any(|slot| slot.pending.is_some_and(|pending| pending.id == id))
    }

    fn forget(&mut self) {
        self.completions.iter_mut().for_each(|completion| completion.is_forgotten = true);
    }

    pub(super) fn rotate(&mut self, secret: usize) {
        self.server.rotate(secret, self.now);
    }

    pub(super) fn delete(&mut self, secret: usize) {
        self.server.delete(secret, self.now);
    }

    pub(super) fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
    }

    /// Whether a reader may get this answer at once.
    fn check_ready(&self, ask: Ask, acceptance: Acceptance, answer: &Answer, is_hit: bool) {
        let brought = brought(answer);
        let ago = |completion: &Completion| self.now.since(completion.at);
        // The last answer for exactly this key, if the cache must still know it.
        let is_known = |completion: &&Completion| {
            let for_ms = match completion.brought {
                Brought::Value(_) => 1_090_000,
                Brought::Refusal => 500,
                Brought::Failure => 0,
            };
            completion.ask == ask
                && !completion.is_forgotten
                && ago(completion) < Duration::from_millis(for_ms)
        };
        let known = self.completions.iter().filter(is_known).map(|completion| completion.fetch).max();
        let same = self.completions.iter().filter(|completion| completion.brought == brought);
        let may_be_given = |completion: &Completion| match brought {
            Brought::Value(_) => {
                let limit = match acceptance {
                    Acceptance::YoungerThan(age) if is_hit => age.min(SERVED),
                    Acceptance::Cached | Acceptance::RefreshAhead if is_hit => FRESH,
                    Acceptance::Cached
                    | Acceptance::RefreshAhead
                    | Acceptance::YoungerThan(_)
                    | Acceptance::After(_) => SERVED,
                };
                ago(completion) < limit && Some(completion.fetch) >= known
            }
            Brought::Refusal => {
                completion.ask == ask
                    && ago(completion) < Duration::from_secs(5)
                    && Some(completion.fetch) >= known
            }
            Brought::Failure => {
                completion.ask.secret() == ask.secret() && ago(completion) < Duration::from_secs(5)
            }
        };
        let is_asked_for = |completion: &Completion| acceptance.accepts_answer_of(completion.fetch);
        assert!(
            same.filter(|completion| may_be_given(completion)).any(is_asked_for),
            "{ask:?} got {answer:?}"
        );
        if let Brought::Value(version) = brought {
            assert!(version.is_of(ask), "{ask:?} got {version:?}");
        }
        if matches!(acceptance, Acceptance::YoungerThan(_)) && !is_hit && matches!(brought, Brought::Value(_))
        {
            let failed = |completion: &Completion| {
                completion.brought == Brought::Failure && ago(completion) < Duration::from_secs(30)
            };
            assert!(self.completions.iter().any(failed), "an older value than wanted, for no reason");
        }
    }

    /// What holds between any two steps.
    pub(super) fn check(&self) {
        self.cache.check_invariants();
        for reader in &self.readers {
            let in_flight = self.in_flight.iter().any(|request| request.id == reader.id);
            let queued = self.cache.queued.iter().any(|(id, _)| *id == reader.id);
            assert!(in_flight != queued, "a reader waits for {:?}, which will never end", reader.id);
        }
        for slot in self.cache.slots.values() {
            let in_flight = |id| self.in_flight.iter().any(|request| request.id == id);
            assert!(
                slot.pending.is_none_or(|it| it.fetch.is_none() || in_flight(it.id)),
                "{:?} hangs",
                slot.key
            );
        }
    }

    /// Completes everything: then no reader waits any more.
    pub(super) fn end(&mut self) {
        for _ in 0..4 {
            self.start();
            self.complete_all(Outcome::Throttled);
        }
        assert!(self.readers.is_empty() && self.in_flight.is_empty() && !self.cache.has_queued());
        self.check();
    }
}

fn brought(answer: &Answer) -> Brought {
    match answer {
        Answer::Found(Payload::Text(text), _) => Brought::Value(Version::of(text.expose_secret())),
        Answer::Failed(error) if *error == SourceError::new(ErrorKind::Throttled) => Brought::Failure,
        _ => Brought::Refusal,
    }
}
