//! What kinds of things go wrong.

use std::fmt;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program or its surroundings are set up wrongly: a region is missing, an endpoint is no URL.
    Configuration,
    /// The store refuses: a policy is missing, or the credentials are not valid.
    AccessDenied,
    /// The secret's key cannot be used.
    Decryption,
    /// The secret is marked for deletion.
    PendingDeletion,
    /// There is a value, and it does not fit the setting.
    Invalid,
    /// No place that was looked at has it.
    Missing,
    /// The store did not answer in time, or with a fault of its own.
    Unavailable,
    /// The store asks for fewer requests.
    Throttled,
}

impl ErrorKind {
    /// Whether trying again later may help without anybody changing anything.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::Throttled)
    }

    /// The kind as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::AccessDenied => "access denied",
            Self::Decryption => "decryption failed",
            Self::PendingDeletion => "pending deletion",
            Self::Invalid => "invalid",
            Self::Missing => "missing",
            Self::Unavailable => "unavailable",
            Self::Throttled => "throttled",
        }
    }

    /// The same for programs, without spaces.
    pub(crate) const fn identifier(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::Decryption => "decryption_failed",
            Self::PendingDeletion => "pending_deletion",
            _ => self.as_str(),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
