//! The kinds of errors, as reports and programs name them.

use crate::text::names::texts;

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program or its environment is set up wrongly: a region is missing, an endpoint is not a URL.
    Configuration,
    /// The store denies access: a policy is missing, or the credentials are not valid.
    AccessDenied,
    /// The secret's key cannot be used.
    Decryption,
    /// The secret is marked for deletion.
    PendingDeletion,
    /// The value does not fit the setting.
    Invalid,
    /// No source has a value.
    Missing,
    /// The store did not answer in time, or answered with an internal error.
    Unavailable,
    /// The store asks for fewer requests.
    Throttled,
}

texts! {
    ErrorKind,
    /// Returns the kind as reports write it.
    #[must_use]
    {
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

impl ErrorKind {
    /// Whether the same request may succeed later without any change.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Unavailable | Self::Throttled)
    }

    /// The kind as programs read it, without spaces.
    pub(crate) const fn identifier(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::Decryption => "decryption_failed",
            Self::PendingDeletion => "pending_deletion",
            _ => self.as_str(),
        }
    }
}
