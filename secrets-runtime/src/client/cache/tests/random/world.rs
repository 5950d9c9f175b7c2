//! The cache, the readers, the calls under way and the server; and what all of them must never do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::scene::{POLICY, denied, throttled};
use super::server::{Ask, Server, Version};
use crate::client::cache::Wish;
use crate::client::cache::{Cache, Flight, Looked, Policy, Trip};
use crate::client::clock::Moment;
use crate::client::freshness::Freshness;
use crate::client::lease::{Age, Lease};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::source::{Answer, Key};
use crate::value::Payload;

const FRESH: Duration = Duration::from_secs(110);
const SERVED: Duration = Duration::from_secs(110 + 1000);

/// What becomes of a flight.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// The server's answer as of one of the moments of the call.
    Honest(usize),
    Denied,
    Throttled,
}

/// A flight under way.
struct InAir {
    trip: Trip,
    departed: Moment,
    flight: Flight,
    ask: Ask,
}

/// Somebody who waits for a flight.
#[derive(Clone, Copy)]
struct Reader {
    ask: Ask,
    wish: Wish,
    flight: Flight,
    counts: bool,
}

/// Something that the cache has taken in.
struct Landing {
    ask: Ask,
    trip: Trip,
    at: Moment,
    brought: Brought,
    /// Whether the cache may have let go of it.
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
    in_air: Vec<InAir>,
    readers: Vec<Reader>,
    landings: Vec<Landing>,
    /// What was cleared by name, with the last trip before.
    cleared: Vec<(Ask, Trip)>,
    leases: Vec<(Ask, Secret<String>, Arc<Lease>)>,
    /// Whatever was asked for, by its key.
    asks: HashMap<Key, Ask>,
}

impl World {
    pub(super) fn new(seed: u64, capacity: usize) -> Self {
        let now = Moment::from_millis(1_000_000);
        Self {
            cache: Cache::new(Policy { capacity, ..POLICY }, seed).with_patience(Duration::from_secs(30)),
            server: Server::new(now),
            now,
            in_air: Vec::new(),
            readers: Vec::new(),
            landings: Vec::new(),
            cleared: Vec::new(),
            leases: Vec::new(),
            asks: HashMap::new(),
        }
    }

    pub(super) fn read(&mut self, ask: Ask, freshness: Freshness) {
        let wish = match freshness {
            Freshness::Cached | Freshness::Uncached => Wish::Cached,
            Freshness::Watched => Wish::Ahead,
            Freshness::YoungerThan(age) => Wish::YoungerThan(age),
            Freshness::Refreshed => Wish::After(self.cache.trip()),
        };
        self.look(ask, wish);
    }

    fn look(&mut self, ask: Ask, wish: Wish) {
        let key = ask.key();
        self.asks.insert(key.clone(), ask);
        let before = *self.cache.counts();
        match self.cache.look_up(&key, wish, self.now) {
            Looked::Awaited { flight, counts } => self.readers.push(Reader { ask, wish, flight, counts }),
            Looked::Known(answer) => {
                let is_hit = self.cache.counts().hits > before.hits;
                self.check_known(ask, wish, &answer, is_hit);
                if let Answer::Found(Payload::Text(value), _) = answer {
                    let lease = self.cache.lease_of(&key, &value).expect("it is held");
                    self.leases.push((ask, value, lease));
                }
            }
        }
        self.look_again_for_lost();
    }

    fn look_again_for_lost(&mut self) {
        for flight in self.cache.take_lost() {
            self.look_again(flight);
        }
    }

    pub(super) fn read_hot(&mut self, index: usize) {
        if self.leases.is_empty() {
            return;
        }
        let (ask, value, lease) = &self.leases[index % self.leases.len()];
        if let Some(age) = lease.read(self.now) {
            let answer = Answer::found(value.clone());
            self.check_known(*ask, Wish::Cached, &answer, age == Age::Fresh);
        }
    }

    pub(super) fn depart(&mut self) {
        let Some(departure) = self.cache.depart(self.now) else { return };
        for (flight, key) in departure.aboard {
            let ask = *self.asks.get(&key).expect("somebody has asked for it");
            let twice = self.in_air.iter().any(|other| other.ask == ask && self.is_expected(other.flight));
            assert!(!twice, "{key:?} is asked for twice at once");
            let trip = departure.trip;
            self.in_air.push(InAir { trip, departed: self.now, flight, ask });
        }
    }

    pub(super) fn land_one(&mut self, index: usize, outcome: Outcome) {
        if !self.in_air.is_empty() {
            let landing = self.in_air.swap_remove(index % self.in_air.len());
            self.land(&landing, outcome);
        }
    }

    pub(super) fn land_all(&mut self, outcome: Outcome) {
        for landing in std::mem::take(&mut self.in_air) {
            self.land(&landing, outcome);
        }
    }

    fn land(&mut self, landing: &InAir, outcome: Outcome) {
        let &InAir { trip, departed, flight, ask } = landing;
        let answer = match outcome {
            Outcome::Honest(index) => self.server.answer(ask, departed, |len| index % len),
            Outcome::Denied => denied(),
            Outcome::Throttled => throttled(),
        };
        let own = brought(&answer);
        let is_of_cleared = |(cleared, last): &(Ask, Trip)| match own {
            Brought::Value(version) => trip <= *last && version.is_of(*cleared),
            Brought::Refusal | Brought::Failure => false,
        };
        if self.is_expected(flight) && !self.cleared.iter().any(is_of_cleared) {
            self.landings.push(Landing { ask, trip, at: self.now, brought: own, is_forgotten: false });
        }
        let is_taken_in = self.cache.expects(flight, &ask.key());
        let evictions = self.cache.counts().evictions;
        let answer = self.cache.land(trip, flight, &ask.key(), answer, self.now);
        self.cache.make_room();
        if self.cache.counts().evictions > evictions {
            self.forget();
        }
        let arrived = brought(&answer);
        for reader in self.take_readers(flight) {
            let is_for_him =
                reader.ask == ask || is_taken_in && self.cache.means_the_same(&ask.key(), &reader.ask.key());
            if !reader.counts || !is_for_him {
                self.look(reader.ask, reader.wish);
                continue;
            }
            assert!(
                reader.wish.accepts_answer_of(trip),
                "a reader got the answer of a call that began too early"
            );
            if let Brought::Value(version) = arrived {
                assert!(version.is_of(reader.ask), "{:?} got {version:?}", reader.ask);
                let is_newer = |other: &Landing| other.brought == arrived && other.trip >= trip;
                assert!(arrived == own || self.landings.iter().any(is_newer), "{version:?} is older");
            } else {
                assert!(arrived == own, "a failure came from nowhere");
            }
        }
    }

    pub(super) fn abandon(&mut self, index: usize) {
        if !self.in_air.is_empty() {
            let InAir { flight, ask, .. } = self.in_air.swap_remove(index % self.in_air.len());
            self.cache.abandon(flight, &ask.key());
            self.cache.make_room();
            self.look_again(flight);
        }
    }

    pub(super) fn cancel_waiting(&mut self) {
        for flight in self.cache.cancel_waiting() {
            self.look_again(flight);
        }
    }

    fn look_again(&mut self, flight: Flight) {
        for reader in self.take_readers(flight) {
            self.look(reader.ask, reader.wish);
        }
    }

    fn take_readers(&mut self, flight: Flight) -> Vec<Reader> {
        let (taken, rest) = self.readers.iter().partition(|reader| reader.flight == flight);
        self.readers = rest;
        taken
    }

    pub(super) fn clear(&mut self) {
        self.cache.clear();
        self.forget();
        assert!(self.cache.slots.values().all(|slot| slot.flight.is_none_or(|it| it.trip.is_none())));
        assert!(
            self.leases.iter().all(|(_, _, lease)| lease.is_revoked()),
            "a reader still reads by a lease"
        );
    }

    pub(super) fn clear_name(&mut self, ask: Ask) {
        self.cache.clear_name(ask.key().name(), self.now);
        self.forget();
        self.look_again_for_lost();
        if !matches!(ask, Ask::PartialArn { .. }) {
            self.cleared.push((ask, self.cache.trip()));
        }
        for (_, value, lease) in &self.leases {
            let is_cleared =
                Version::of(value.expose_secret()).is_of(ask) && !matches!(ask, Ask::PartialArn { .. });
            assert!(!is_cleared || lease.is_revoked(), "a reader still reads by a lease what was cleared");
        }
    }

    /// Whether the cache has not given up a flight, nor was told to forget what it will bring.
    fn is_expected(&self, flight: Flight) -> bool {
        self.cache.slots.values().any(|slot| slot.flight.is_some_and(|airborne| airborne.flight == flight))
    }

    fn forget(&mut self) {
        self.landings.iter_mut().for_each(|landing| landing.is_forgotten = true);
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

    /// Whether what a reader gets at once may be given to him.
    fn check_known(&self, ask: Ask, wish: Wish, answer: &Answer, is_hit: bool) {
        let brought = brought(answer);
        let ago = |landing: &Landing| self.now.since(landing.at);
        // The last that was found out under the very key, as far as that is known for sure.
        let is_known = |landing: &&Landing| {
            let for_ms = match landing.brought {
                Brought::Value(_) => 1_090_000,
                Brought::Refusal => 500,
                Brought::Failure => 0,
            };
            landing.ask == ask && !landing.is_forgotten && ago(landing) < Duration::from_millis(for_ms)
        };
        let known = self.landings.iter().filter(is_known).map(|landing| landing.trip).max();
        let same = self.landings.iter().filter(|landing| landing.brought == brought);
        let may_be_given = |landing: &Landing| match brought {
            Brought::Value(_) => {
                let limit = match wish {
                    Wish::YoungerThan(age) if is_hit => age.min(SERVED),
                    Wish::Cached | Wish::Ahead if is_hit => FRESH,
                    Wish::Cached | Wish::Ahead | Wish::YoungerThan(_) | Wish::After(_) => SERVED,
                };
                ago(landing) < limit && Some(landing.trip) >= known
            }
            Brought::Refusal => {
                landing.ask == ask && ago(landing) < Duration::from_secs(5) && Some(landing.trip) >= known
            }
            Brought::Failure => landing.ask.secret() == ask.secret() && ago(landing) < Duration::from_secs(5),
        };
        let is_asked_for = |landing: &Landing| wish.accepts_answer_of(landing.trip);
        assert!(same.filter(|landing| may_be_given(landing)).any(is_asked_for), "{ask:?} got {answer:?}");
        if let Brought::Value(version) = brought {
            assert!(version.is_of(ask), "{ask:?} got {version:?}");
        }
        if matches!(wish, Wish::YoungerThan(_)) && !is_hit && matches!(brought, Brought::Value(_)) {
            let failed = |landing: &Landing| {
                landing.brought == Brought::Failure && ago(landing) < Duration::from_secs(30)
            };
            assert!(self.landings.iter().any(failed), "an older value than wanted, for no reason");
        }
    }

    /// What holds between any two steps.
    pub(super) fn check(&self) {
        self.cache.check_invariants();
        for reader in &self.readers {
            let in_air = self.in_air.iter().any(|landing| landing.flight == reader.flight);
            let waits = self.cache.waiting.iter().any(|(flight, _)| *flight == reader.flight);
            assert!(in_air != waits, "a reader waits for {:?}, which will never land", reader.flight);
        }
        for slot in self.cache.slots.values() {
            let in_air = |flight| self.in_air.iter().any(|landing| landing.flight == flight);
            assert!(
                slot.flight.is_none_or(|it| it.trip.is_none() || in_air(it.flight)),
                "{:?} hangs",
                slot.key
            );
        }
    }

    /// Lets everything land that there is to land: then nobody waits any more.
    pub(super) fn end(&mut self) {
        for _ in 0..4 {
            self.depart();
            self.land_all(Outcome::Throttled);
        }
        assert!(self.readers.is_empty() && self.in_air.is_empty() && !self.cache.has_waiting());
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
