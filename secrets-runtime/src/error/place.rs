//! One place where a setting was looked for, and what was found there.

use std::fmt;

use super::SourceError;
use crate::secret_id::display_id;

/// One place where a setting was looked for, and the answer.
#[derive(Clone)]
pub struct Place {
    source: String,
    location: String,
    outcome: Outcome,
}

impl Place {
    pub(crate) fn new(source: &str, locations: &[&str], outcome: Outcome) -> Self {
        let shown: Vec<&str> = locations.iter().map(|location| display_id(location)).collect();
        Self::shown(source, shown.join(", "), outcome)
    }

    /// A place whose text may be shown as it is.
    pub(crate) fn shown(source: &str, location: String, outcome: Outcome) -> Self {
        Self { source: source.to_owned(), location, outcome }
    }

    /// Returns the name of the source: `aws`, `env`.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns where in the source: a secret id or the name of a variable, or several that gave the same
    /// answer.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns the answer of the source, without a value: `ResourceNotFoundException`, `not set`.
    pub fn outcome(&self) -> String {
        self.outcome.to_string()
    }

    /// Whether the source does not have the secret or variable at all.
    pub(super) const fn is_absent(&self) -> bool {
        matches!(self.outcome, Outcome::Missing { similar: None, .. })
    }

    /// The source and its answer, without what differs between settings of one cause.
    pub(super) fn cause(&self) -> (&str, String) {
        let answer = match &self.outcome {
            Outcome::Failed(error) => error.without_request_id().to_string(),
            Outcome::Found { .. } => String::new(),
            outcome => outcome.to_string(),
        };
        (&self.source, answer)
    }

    /// The outcome in one line, and the lines with its details. For several settings, without what differs
    /// between them: the id of a request, the key of a JSON secret.
    pub(super) fn lines(&self, is_of_one: bool) -> (String, &[String]) {
        match &self.outcome {
            Outcome::Failed(error) if is_of_one => (error.headline().to_string(), error.details()),
            Outcome::Failed(error) => (error.headline().without_request_id().to_string(), error.details()),
            Outcome::Found { .. } if !is_of_one => (String::new(), &[]),
            outcome => (outcome.to_string(), &[]),
        }
    }

    /// Whether the source has answered with a value.
    pub(super) const fn has_value(&self) -> bool {
        matches!(self.outcome, Outcome::Found { .. })
    }

    /// Returns the error of the source, if it failed.
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

/// What was found in one place.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// A value. If it is invalid, the setting's reason says why.
    Found {
        /// The key within a JSON secret.
        key: Option<String>,
    },
    Missing {
        /// How the source reports that: `not set`.
        reason: &'static str,
        /// A name that differs by a typo.
        similar: Option<String>,
    },
    /// A secret that exists without a value, in the words of its source.
    NoValue(&'static str),
    /// A text without content: empty, or `null`.
    Unfilled(&'static str),
    /// A JSON document without the key.
    NoKey {
        key: String,
        similar: Option<String>,
    },
    Failed(SourceError),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let similar = match self {
            Self::Found { key: None } => return Ok(()),
            Self::Found { key: Some(key) } => return write!(f, "key {key}"),
            Self::Failed(error) => return fmt::Display::fmt(error, f),
            Self::NoValue(answer) | Self::Unfilled(answer) => return f.write_str(answer),
            Self::Missing { reason, similar } => {
                f.write_str(reason)?;
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
