//! One place that was looked at, and what it answered.

use std::fmt;

use super::SourceError;
use crate::secret_id::display_id;

/// One place where a setting was looked for, and its answer.
#[derive(Clone)]
pub struct Place {
    source: String,
    location: String,
    outcome: Outcome,
}

impl Place {
    pub(crate) fn new(source: &str, locations: &[&str], outcome: Outcome) -> Self {
        let shown: Vec<&str> = locations.iter().map(|location| display_id(location)).collect();
        Self { source: source.to_owned(), location: shown.join(", "), outcome }
    }

    /// The source's name: `aws`, `env`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where in the source: a secret id, a variable's name; several where they gave the same answer.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What the source answered, without a value: `ResourceNotFoundException`, `not set`.
    pub fn outcome(&self) -> String {
        self.outcome.to_string()
    }

    /// Why the source could not answer, if it could not.
    pub const fn error(&self) -> Option<&SourceError> {
        match &self.outcome {
            Outcome::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}   {}", self.source, self.location, self.outcome)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What came of looking at one place.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// The value was there; what is wrong with it stands beside the setting.
    Found,
    /// It was not there: the source's word for that, and a name that differs by a slip.
    Missing {
        answer: &'static str,
        similar: Option<String>,
    },
    /// It is there and holds nothing: empty, or `null`.
    Unfilled(&'static str),
    /// The JSON document has no such key, as the attribute writes it.
    NoKey {
        key: String,
        similar: Option<String>,
    },
    Failed(SourceError),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let similar = match self {
            Self::Found => return Ok(()),
            Self::Failed(error) => return fmt::Display::fmt(error, f),
            Self::Unfilled(answer) => return f.write_str(answer),
            Self::Missing { answer, similar } => {
                f.write_str(answer)?;
                similar
            }
            Self::NoKey { key, similar } => {
                write!(f, "no key {key}")?;
                similar
            }
        };
        match similar {
            Some(similar) => write!(f, " (did you mean {}?)", display_id(similar)),
            None => Ok(()),
        }
    }
}
