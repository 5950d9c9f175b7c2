//! Reads the state of a rotation from the staging labels in a secret's description. Makes no calls.

use crate::error::{ErrorKind, SourceError};
use crate::operate::admin::{SecretDescription, SecretVersion};

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PENDING: &str = "AWSPENDING";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";

/// The label of a new version until it gets AWSPENDING. A version needs a label, or it becomes AWSCURRENT.
pub(super) const CANDIDATE: &str = "secrets-runtime-candidate";

/// The state of the version that a rotation creates.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum VersionState {
    Pending,
    /// The rotation is finished.
    Current,
}

const NOT_ENABLED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("rotation of the secret is not enabled")
    .with_help("set a rotation function for the secret in AWS; Rotation::rotate_now needs no schedule");

const UNKNOWN: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("no labelled version has this ClientRequestToken")
    .with_help("another rotation may have begun since: only one can run at a time");

const NOT_PENDING: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the version with this ClientRequestToken is not AWSPENDING")
    .with_help("another rotation may have begun since: only one can run at a time");

/// Fails if rotation by schedule is not enabled.
pub(super) fn check_enabled(description: &SecretDescription) -> Result<(), SourceError> {
    if description.rotation().is_enabled() { Ok(()) } else { Err(NOT_ENABLED) }
}

/// The state of the version with this id. The checks are in the order of AWS's own rotation functions.
pub(super) fn state_of(versions: &[SecretVersion], token: &str) -> Result<VersionState, SourceError> {
    match versions.iter().find(|version| version.id() == token) {
        None => Err(UNKNOWN),
        Some(version) if version.has_stage(CURRENT) => Ok(VersionState::Current),
        Some(version) if version.has_stage(PENDING) => Ok(VersionState::Pending),
        Some(_) => Err(NOT_PENDING),
    }
}

/// The version of an unfinished rotation.
///
/// A finished rotation leaves AWSPENDING on the version with AWSCURRENT. After a rollback that version is
/// AWSPREVIOUS, and continuing with it would undo the rollback.
pub(super) fn interrupted(versions: &[SecretVersion]) -> Option<&str> {
    let was_current = |version: &SecretVersion| version.has_stage(CURRENT) || version.has_stage(PREVIOUS);
    let mut pending = versions.iter().filter(|version| version.has_stage(PENDING));
    pending.find(|version| !was_current(version)).map(SecretVersion::id)
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;

    use super::*;

    fn described(enabled: Option<bool>, versions: &[(&str, &[&str])]) -> SecretDescription {
        let mut answer = DescribeSecretOutput::builder().name("shop/token").set_rotation_enabled(enabled);
        for (id, stages) in versions {
            let stages = stages.iter().map(|stage| (*stage).to_owned()).collect();
            answer = answer.version_ids_to_stages(*id, stages);
        }
        SecretDescription::from(answer.build())
    }

    #[test]
    fn rotation_must_be_enabled() {
        assert_eq!(check_enabled(&described(Some(true), &[])), Ok(()));
        for disabled in [None, Some(false)] {
            let error = check_enabled(&described(disabled, &[])).unwrap_err();
            assert_eq!(error.to_string(), "rotation of the secret is not enabled");
            assert_eq!(error.kind(), ErrorKind::Configuration);
        }
    }

    #[test]
    fn a_version_is_pending_or_current_or_of_another_rotation() {
        let description = described(
            None,
            &[
                ("1", &[PREVIOUS]),
                ("2", &[CURRENT]),
                ("3", &[PENDING]),
                ("4", &["blue"]),
                ("5", &[CURRENT, PENDING]),
            ],
        );
        assert_eq!(state_of(description.versions(), "2"), Ok(VersionState::Current));
        assert_eq!(state_of(description.versions(), "3"), Ok(VersionState::Pending));
        assert_eq!(state_of(description.versions(), "5"), Ok(VersionState::Current));
        for token in ["1", "4"] {
            assert_eq!(state_of(description.versions(), token), Err(NOT_PENDING));
        }
        for token in ["", "6"] {
            assert_eq!(state_of(description.versions(), token), Err(UNKNOWN));
        }
    }

    #[test]
    fn only_a_version_that_was_never_current_is_continued() {
        let interrupted = |versions| interrupted(described(None, versions).versions()).map(str::to_owned);
        assert_eq!(interrupted(&[("1", &[CURRENT]), ("2", &[PENDING])]), Some("2".to_owned()));
        assert_eq!(interrupted(&[("2", &[PENDING])]), Some("2".to_owned()));
        assert_eq!(interrupted(&[]), None);
        assert_eq!(interrupted(&[("1", &[CURRENT])]), None);
        assert_eq!(interrupted(&[("1", &[PREVIOUS]), ("2", &[CURRENT, PENDING])]), None);
        assert_eq!(interrupted(&[("1", &[CURRENT]), ("2", &[PREVIOUS, PENDING])]), None);
    }
}
