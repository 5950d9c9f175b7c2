//! A store that changes under the cache, and keeps its history.

use std::fmt::Write as _;

use crate::client::cache::Moment;
use crate::source::{Answer, Identity, Key};

pub(super) const NAMES: [&str; 2] = ["a", "b"];

/// The id in a key: a name, or a full or partial ARN. `secret` is an index of [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Name {
        secret: usize,
    },
    PartialArn {
        secret: usize,
    },
    /// The ARN of the secret after it was created this many times.
    Arn {
        secret: usize,
        making: usize,
    },
}

impl Ask {
    pub(super) const fn secret(self) -> usize {
        match self {
            Self::Name { secret } | Self::PartialArn { secret } | Self::Arn { secret, .. } => secret,
        }
    }

    pub(super) fn key(self) -> Key {
        let mut id = match self {
            Self::Name { secret } => return Key::new(NAMES[secret]),
            Self::PartialArn { secret } | Self::Arn { secret, .. } => {
                format!("arn:aws:secretsmanager:eu-west-1:111111111111:secret:{}", NAMES[secret])
            }
        };
        if let Self::Arn { making, .. } = self {
            write!(id, "-{making:06}").unwrap();
        }
        Key::new(id)
    }
}

/// One value that a secret had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) secret: usize,
    pub(super) making: usize,
    number: usize,
}

impl Version {
    pub(super) fn text(self) -> String {
        format!("{}/{}/{}", self.secret, self.making, self.number)
    }

    pub(super) fn of(text: &str) -> Self {
        let mut parts = text.split('/').map(|part| part.parse().expect("the server created it"));
        let mut next = || parts.next().expect("the server created it");
        Self { secret: next(), making: next(), number: next() }
    }

    /// Whether it was an answer to this key at some moment.
    pub(super) fn is_of(self, ask: Ask) -> bool {
        let right_making = !matches!(ask, Ask::Arn { making, .. } if making != self.making);
        ask.secret() == self.secret && right_making
    }
}

pub(super) struct Server {
    /// All states, each with the moment when it started.
    history: Vec<(Moment, [Option<Version>; NAMES.len()])>,
    numbers: usize,
    makings: [usize; NAMES.len()],
}

impl Server {
    pub(super) fn new(now: Moment) -> Self {
        let mut server =
            Self { history: vec![(now, [None; NAMES.len()])], numbers: 0, makings: [0; NAMES.len()] };
        server.rotate(0, now);
        server
    }

    /// Gives a secret another value, and creates it if it does not exist.
    pub(super) fn rotate(&mut self, secret: usize, now: Moment) {
        self.numbers += 1;
        let number = self.numbers;
        let making = match self.now()[secret] {
            Some(version) => version.making,
            None => {
                self.makings[secret] += 1;
                self.makings[secret]
            }
        };
        self.change(secret, Some(Version { secret, making, number }), now);
    }

    pub(super) fn delete(&mut self, secret: usize, now: Moment) {
        self.change(secret, None, now);
    }

    fn now(&self) -> [Option<Version>; NAMES.len()] {
        self.history[self.history.len() - 1].1
    }

    fn change(&mut self, secret: usize, version: Option<Version>, now: Moment) {
        let mut state = self.now();
        state[secret] = version;
        self.history.push((now, state));
    }

    /// The answer to a fetch that started at `since`: the state at one of the moments from then on.
    pub(super) fn answer(&self, ask: Ask, since: Moment, choose: impl Fn(usize) -> usize) -> Answer {
        let first = self.history.iter().rposition(|(began, _)| *began < since).unwrap_or(0);
        let states = &self.history[first..];
        let version = states[choose(states.len())].1[ask.secret()].filter(|version| version.is_of(ask));
        let Some(version) = version else { return Answer::missing() };
        let arn = Ask::Arn { secret: version.secret, making: version.making }.key();
        let identity = Identity::new(arn.name()).with_name(NAMES[version.secret]);
        Answer::found(version.text()).identified_by(identity)
    }
}
