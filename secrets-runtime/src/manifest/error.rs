//! Why something cannot be made of a manifest.

use std::fmt;

use super::Manifest;
use super::secrets::NeededSecret;

/// Why a policy or a template cannot be made of a [`Manifest`](crate::Manifest). It names the parameter or the setting, and
/// does not repeat what was given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// A parameter, or a setting by its path.
    place: String,
    reason: &'static str,
}

impl ManifestError {
    pub(super) fn of_parameter(name: &str, reason: &'static str) -> Self {
        Self { place: name.to_owned(), reason }
    }

    pub(super) fn no_secret_id(secret: &NeededSecret<'_>) -> Self {
        Self {
            place: secret.paths().next().unwrap_or_default().to_owned(),
            reason: "its name is none that a secret can have; see the prefix",
        }
    }

    pub(super) fn nothing_to_allow(manifest: &Manifest) -> Self {
        Self {
            place: manifest.name().to_owned(),
            reason: "it reads no secret of AWS Secrets Manager, so there is nothing to allow",
        }
    }

    pub(super) fn nothing_to_make(manifest: &Manifest) -> Self {
        Self {
            place: manifest.name().to_owned(),
            reason: "there is no secret of AWS Secrets Manager to make",
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl std::error::Error for ManifestError {}
