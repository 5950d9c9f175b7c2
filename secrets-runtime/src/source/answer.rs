//! What a source answers.

use super::{Identity, Key};
use crate::error::SourceError;
use crate::value::Payload;

/// A source's answer for one key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Answer {
    /// The value, and which secret and version it is, as far as the source knows.
    Found(Payload, Identity),
    /// The source knows that it has no such key.
    Missing(Missing),
    /// The source could not tell.
    Failed(SourceError),
}

impl Answer {
    /// The value.
    pub fn found(payload: impl Into<Payload>) -> Self {
        Self::Found(payload.into(), Identity::default())
    }

    /// Adds which secret and version a value is. Nothing changes if there is none.
    #[must_use]
    pub fn identified_by(self, identity: Identity) -> Self {
        match self {
            Self::Found(payload, _) => Self::Found(payload, identity),
            other => other,
        }
    }

    /// The source has no such key.
    pub const fn missing() -> Self {
        Self::Missing(Missing { answer: "not there", similar: None })
    }

    /// The source has no such key, in its own word for that: `"not set"`.
    pub const fn missing_because(answer: &'static str) -> Self {
        Self::Missing(Missing { answer, similar: None })
    }
}

impl From<SourceError> for Answer {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

/// That a source has no such key.
#[derive(Debug, Clone)]
pub struct Missing {
    pub(crate) answer: &'static str,
    /// A key that it has and that differs by a slip.
    pub(crate) similar: Option<String>,
}

/// A source's answers, in the order of the keys, and what is wrong with the source itself.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    pub(crate) answers: Vec<Answer>,
    pub(crate) problems: Vec<SourceError>,
}

impl Fetched {
    /// The same answer to every key: a source that cannot be reached at all.
    pub fn failed(keys: &[Key], error: &SourceError) -> Self {
        keys.iter().map(|_| Answer::Failed(error.clone())).collect()
    }

    /// The answers, in the order of the keys.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// The faults that belong to no key.
    pub fn problems(&self) -> &[SourceError] {
        &self.problems
    }

    /// Adds a fault that belongs to no key, such as a line of a file that cannot be read. It fails the load.
    #[must_use]
    pub fn with_problem(mut self, problem: SourceError) -> Self {
        self.problems.push(problem);
        self
    }
}

impl FromIterator<Answer> for Fetched {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        Self { answers: answers.into_iter().collect(), problems: Vec::new() }
    }
}
