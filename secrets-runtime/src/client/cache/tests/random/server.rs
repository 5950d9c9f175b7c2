//! A store that changes under the cache, and remembers how it was.

use std::fmt::Write as _;

use crate::client::cache::Moment;
use crate::source::{Answer, Identity, Key};

pub(super) const NAMES: [&str; 2] = ["a", "b"];

/// What a key is asked by: a name, or an ARN whole or in part. `secret` counts [`NAMES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Name {
        secret: usize,
    },
    PartialArn {
        secret: usize,
    },
    /// The ARN that the secret had the so many-th time it was made.
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
        let mut parts = text.split('/').map(|part| part.parse().expect("the server has made it"));
        let mut next = || parts.next().expect("the server has made it");
        Self { secret: next(), making: next(), number: next() }
    }

    /// Whether it is what was asked for, at some moment or other.
    pub(super) fn is_of(self, ask: Ask) -> bool {
        let right_making = !matches!(ask, Ask::Arn { making, .. } if making != self.making);
        ask.secret() == self.secret && right_making
    }
}

pub(super) struct Server {
    /// The states that there were, each with the moment it began.
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

    /// Gives a secret another value, and makes it if it is not there.
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

    /// What it answers to a call that began at `since`: as it was at one of the moments from then on.
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
