//! A cache whose clock and fetches a test drives, with short names for what readers get.

use std::time::Duration;

use crate::client::cache::{
    Acceptance, AlreadyCounted, Cache, CacheRead, FetchBatch, FetchSeq, Moment, PendingId, Policy,
};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::source::{Answer, Identity, Key};
use crate::value::Payload;

/// Round numbers: fresh for 90 s at least and 110 s at most, then stale for 1000 s.
pub(super) const POLICY: Policy =
    Policy { ttl: Duration::from_secs(100), max_stale: Duration::from_secs(1000), capacity: 10 };

pub(super) const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";

/// The same secret's ARN without its random suffix, by which it can be requested too.
pub(super) const PARTIAL_ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db";

/// Another secret of the same name, created after the first was deleted.
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
    Waits(PendingId),
    /// Waits for a fetch that started before the reader came, and looks up again after it.
    WaitsToLookAgain(PendingId),
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
        self.read_with(name, Acceptance::Cached)
    }

    pub(super) fn read_with(&mut self, name: &str, acceptance: Acceptance) -> Read {
        let read = self.look_up(&Key::new(name), acceptance);
        self.cache.check_invariants();
        match read {
            CacheRead::Ready(answer) => read_of(&answer),
            CacheRead::Wait { id, is_acceptable: true } => Read::Waits(id),
            CacheRead::Wait { id, is_acceptable: false } => Read::WaitsToLookAgain(id),
        }
    }

    pub(super) fn look_up(&mut self, key: &Key, acceptance: Acceptance) -> CacheRead {
        self.cache.look_up(key, acceptance, self.now, &mut AlreadyCounted::default())
    }

    /// The handle that readers share.
    pub(super) fn handle(&mut self, name: &str) -> Secret<String> {
        match self.look_up(&Key::new(name), Acceptance::Cached) {
            CacheRead::Ready(Answer::Found(Payload::Text(text), _)) => text,
            _ => panic!("{name} is not there"),
        }
    }

    pub(super) fn start(&mut self) -> FetchBatch {
        let batch = self.cache.start(self.now).expect("a key is queued");
        self.cache.check_invariants();
        batch
    }

    /// Completes one key of a fetch, and returns what its readers get.
    pub(super) fn complete(&mut self, batch: &FetchBatch, name: &str, answer: Answer) -> Read {
        let (id, key) = batch.keys.iter().find(|(_, key)| key.name() == name).expect("it is fetched");
        let answer = self.cache.complete(batch.seq, *id, key, answer, self.now);
        self.cache.make_room();
        self.cache.check_invariants();
        read_of(&answer)
    }

    /// Fetches a key that is not known.
    pub(super) fn fetch(&mut self, name: &str, answer: Answer) -> Read {
        assert!(matches!(self.read(name), Read::Waits(_)), "{name} is known");
        let batch = self.start();
        self.complete(&batch, name, answer)
    }

    /// Fetches a key whatever is known of it.
    pub(super) fn refresh(&mut self, name: &str, answer: Answer) -> Read {
        assert!(matches!(self.read_with(name, Acceptance::After(self.cache.last_fetch())), Read::Waits(_)));
        let batch = self.start();
        self.complete(&batch, name, answer)
    }
}

impl FetchBatch {
    /// The names, sorted.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.keys.iter().map(|(_, key)| key.name()).collect();
        names.sort_unstable();
        names
    }
}

pub(super) fn read_of(answer: &Answer) -> Read {
    match answer {
        Answer::Found(Payload::Text(text), _) => value(text.expose_secret()),
        Answer::Found(Payload::Binary(_) | Payload::File(_), _) => panic!("nothing here is binary"),
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

impl FetchSeq {
    /// Three fetches, in their order.
    pub(in crate::client) const fn three() -> [Self; 3] {
        [Self(1), Self(2), Self(3)]
    }
}
