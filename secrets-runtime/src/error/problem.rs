//! One error in the setup that does not belong to a single setting.

use std::fmt;

use super::source_error::SourceError;

/// An error in the setup that does not belong to a single setting.
#[derive(Clone)]
pub struct Problem {
    place: String,
    error: SourceError,
}

impl Problem {
    /// Where the error is: the name of a variable, a source, the id of a secret.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there.
    pub const fn error(&self) -> &SourceError {
        &self.error
    }

    /// `place` is shown: it must not be an id or a variable that may be a value pasted by mistake.
    pub(crate) fn new(place: impl Into<String>, error: SourceError) -> Self {
        Self { place: place.into(), error }
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.place(), self.error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.error)
    }
}
