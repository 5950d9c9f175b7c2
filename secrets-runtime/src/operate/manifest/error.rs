//! The error of policies and templates that cannot be generated from a manifest.

use std::fmt;

use super::required_secrets::RequiredSecret;

/// Why a policy or a template cannot be generated from a [`Manifest`](crate::manifest::Manifest). It names
/// the parameter or the setting, and does not repeat what was given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// A parameter, or a setting by its path.
    place: String,
    reason: &'static str,
    is_of_parameter: bool,
}

impl ManifestError {
    pub(crate) fn of_parameter(name: &str, reason: &'static str) -> Self {
        Self { place: name.to_owned(), reason, is_of_parameter: true }
    }

    pub(super) fn of_variable(name: &str, reason: &'static str) -> Self {
        Self { place: name.to_owned(), reason, is_of_parameter: false }
    }

    /// The same error of what a caller passed in the place of a variable.
    pub(super) fn in_parameter(self) -> Self {
        Self { place: "secret".to_owned(), is_of_parameter: true, ..self }
    }

    /// Whether a caller's parameter is wrong, and not the config or its set-up.
    #[cfg(feature = "cli")]
    pub(crate) const fn is_of_parameter(&self) -> bool {
        self.is_of_parameter
    }

    pub(super) fn invalid_secret_name(secret: &RequiredSecret<'_>) -> Self {
        Self {
            place: secret.paths().next().unwrap_or_default().to_owned(),
            reason: "not a valid secret name; check the prefix",
            is_of_parameter: false,
        }
    }

    pub(super) fn nothing_to_allow(config: &str) -> Self {
        Self {
            place: config.to_owned(),
            reason: "it reads no secret of AWS Secrets Manager, so there is nothing to allow",
            is_of_parameter: false,
        }
    }

    pub(super) fn nothing_to_create(config: &str) -> Self {
        Self {
            place: config.to_owned(),
            reason: "there is no secret of AWS Secrets Manager to create",
            is_of_parameter: false,
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl std::error::Error for ManifestError {}
