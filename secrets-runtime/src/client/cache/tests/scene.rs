//! A cache with a hand-driven clock and calls, and short words for what readers get.

use std::time::Duration;

use super::super::{Cache, Departure, Flight, Looked, Policy, Trip};
use crate::client::cache::Wish;
use crate::client::clock::Moment;
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::source::{Answer, Identity, Key};
use crate::value::Payload;

/// Round numbers: fresh for 90 s at least and 110 s at most, then stale for 1000 s.
pub(super) const POLICY: Policy =
    Policy { ttl: Duration::from_secs(100), max_stale: Duration::from_secs(1000), capacity: 10 };

pub(super) const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";

/// The same secret's ARN without its random end, by which it can be asked for, too.
pub(super) const PARTIAL_ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db";

/// Another secret of the same name, made after the first was deleted.
pub(super) const NEW_ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-GhIjKl";

pub(super) struct Scene {
    pub(super) cache: Cache,
    pub(super) now: Moment,
}

/// What a reader gets, in a form that compares and prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    Value(String),
    Missing,
    Failed(ErrorKind),
    Waits(Flight),
    /// Waits for a call that began before the reader came, and looks again then.
    WaitsToLookAgain(Flight),
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(POLICY)
    }

    pub(super) fn with(policy: Policy) -> Self {
        Self { cache: Cache::new(policy, 7), now: Moment::from_millis(1_000_000) }
    }

    pub(super) fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
    }

    pub(super) fn pass_secs(&mut self, secs: u64) {
        self.pass(Duration::from_secs(secs));
    }

    pub(super) fn read(&mut self, name: &str) -> Read {
        self.read_with(name, Wish::Cached)
    }

    pub(super) fn read_with(&mut self, name: &str, wish: Wish) -> Read {
        let looked = self.cache.look_up(&Key::new(name), wish, self.now);
        self.cache.check_invariants();
        match looked {
            Looked::Known(answer) => read_of(&answer),
            Looked::Awaited { flight, counts: true } => Read::Waits(flight),
            Looked::Awaited { flight, counts: false } => Read::WaitsToLookAgain(flight),
        }
    }

    /// The handle that readers share.
    pub(super) fn handle(&mut self, name: &str) -> Secret<String> {
        match self.cache.look_up(&Key::new(name), Wish::Cached, self.now) {
            Looked::Known(Answer::Found(Payload::Text(text), _)) => text,
            _ => panic!("{name} is not there"),
        }
    }

    pub(super) fn depart(&mut self) -> Departure {
        let departure = self.cache.depart(self.now).expect("somebody waits");
        self.cache.check_invariants();
        departure
    }

    /// Lands what a call has brought for one key; gives what those who wait get.
    pub(super) fn land(&mut self, departure: &Departure, name: &str, answer: Answer) -> Read {
        let (flight, key) =
            departure.aboard.iter().find(|(_, key)| key.name() == name).expect("it is aboard");
        let answer = self.cache.land(departure.trip, *flight, key, answer, self.now);
        self.cache.make_room();
        self.cache.check_invariants();
        read_of(&answer)
    }

    /// Asks for a key that is not known, at once.
    pub(super) fn fetch(&mut self, name: &str, answer: Answer) -> Read {
        assert!(matches!(self.read(name), Read::Waits(_)), "{name} is known");
        let departure = self.depart();
        self.land(&departure, name, answer)
    }

    /// Asks for a key whatever is known of it.
    pub(super) fn refresh(&mut self, name: &str, answer: Answer) -> Read {
        assert!(matches!(self.read_with(name, Wish::After(self.cache.trip())), Read::Waits(_)));
        let departure = self.depart();
        self.land(&departure, name, answer)
    }
}

impl Departure {
    /// The names aboard, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.aboard.iter().map(|(_, key)| key.name()).collect();
        names.sort_unstable();
        names
    }
}

pub(super) fn read_of(answer: &Answer) -> Read {
    match answer {
        Answer::Found(Payload::Text(text), _) => value(text.expose_secret()),
        Answer::Found(Payload::Binary(_), _) => panic!("nothing here is binary"),
        Answer::Missing(_) => Read::Missing,
        Answer::Failed(error) => Read::Failed(error.kind()),
    }
}

pub(super) fn value(text: &str) -> Read {
    Read::Value(text.to_owned())
}

pub(super) fn found(text: &str) -> Answer {
    Answer::found(text)
}

pub(super) fn found_as(text: &str, arn: &str) -> Answer {
    Answer::found(text).identified_by(Identity::new(arn).with_name("db"))
}

pub(super) fn denied() -> Answer {
    SourceError::new(ErrorKind::AccessDenied).into()
}

pub(super) fn throttled() -> Answer {
    SourceError::new(ErrorKind::Throttled).into()
}

impl Trip {
    /// Three trips, in their order.
    pub(in crate::client) const fn three() -> [Self; 3] {
        [Self(1), Self(2), Self(3)]
    }
}
