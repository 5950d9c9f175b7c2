//! [`Fallback`]: when a lookup goes on to the next source of the chain.

use crate::error::{ErrorKind, SourceError};

pub(super) const SECRET_FALLBACK: &str = "SECRET_FALLBACK";

pub(super) const INVALID_FALLBACK: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not the name of a fallback policy")
    .with_help("one of missing, unavailable, error and never");

/// When the loader goes on to the next source of the chain.
///
/// Unless the code sets it, an operator can, in the variable `SECRET_FALLBACK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fallback {
    /// When a source answers that it has no such setting. A source that denies access, throttles or cannot
    /// be reached is an error. `SECRET_FALLBACK=missing`.
    #[default]
    OnMissing,
    /// Also when a source cannot be reached, throttles, or fails with an internal error or a time-out. A
    /// source that denies access is an error. If no other source has the setting, the first failure is the
    /// error. `SECRET_FALLBACK=unavailable`.
    OnUnavailable,
    /// Also when a source fails for any other reason. If no other source has the setting, the first failure
    /// is the error. `SECRET_FALLBACK=error`.
    OnError,
    /// Never. Each setting is looked for in the first source that can hold it, and nowhere else.
    /// `SECRET_FALLBACK=never`.
    Never,
}

impl Fallback {
    /// Reads the variable's text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "missing" => Some(Self::OnMissing),
            "unavailable" => Some(Self::OnUnavailable),
            "error" => Some(Self::OnError),
            "never" => Some(Self::Never),
            _ => None,
        }
    }

    /// Whether the next source is asked after a failure of this kind. A value that exists and cannot be used
    /// is not replaced by another source's.
    pub(super) const fn passes_on(self, kind: ErrorKind) -> bool {
        match self {
            Self::OnMissing | Self::Never => false,
            Self::OnUnavailable => kind.is_transient(),
            Self::OnError => !matches!(kind, ErrorKind::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_pass_on_by_the_policy() {
        use ErrorKind::{AccessDenied, Configuration, Invalid, Throttled, Unavailable};

        let passing = |fallback: Fallback| {
            [Unavailable, Throttled, AccessDenied, Configuration, Invalid]
                .map(|kind| fallback.passes_on(kind))
        };
        assert_eq!(passing(Fallback::OnMissing), [false; 5]);
        assert_eq!(passing(Fallback::OnUnavailable), [true, true, false, false, false]);
        assert_eq!(passing(Fallback::OnError), [true, true, true, true, false]);
        assert_eq!(passing(Fallback::Never), [false; 5]);
    }

    #[test]
    fn each_policy_has_a_name_for_operators() {
        assert_eq!(
            ["missing", " Unavailable ", "ERROR", "never", "OnError", ""].map(Fallback::parse),
            [
                Some(Fallback::OnMissing),
                Some(Fallback::OnUnavailable),
                Some(Fallback::OnError),
                Some(Fallback::Never),
                None,
                None
            ]
        );
    }
}
