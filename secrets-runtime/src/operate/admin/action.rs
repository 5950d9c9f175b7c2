//! The actions of `Admin`: their permissions, their failures in words, and help for errors.

use crate::error::{ErrorKind, SourceError};
use crate::source::{Key, SecretsManager, Source};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    CreateWithTags,
    Put,
    Update,
    Tag,
    Untag,
    Describe,
    ListVersions,
    List,
    Read,
    MoveStage,
    Delete,
    Restore,
    RandomPassword,
}

impl Action {
    /// The permissions that the action needs, for help texts.
    const fn permission(self) -> &'static str {
        match self {
            Self::Create => {
                "secretsmanager:CreateSecret on it, and kms:GenerateDataKey and kms:Decrypt on its key"
            }
            Self::CreateWithTags => {
                "secretsmanager:CreateSecret and secretsmanager:TagResource on it, and kms:GenerateDataKey and \
                 kms:Decrypt on its key"
            }
            Self::Put => {
                "secretsmanager:PutSecretValue on it, and kms:GenerateDataKey and kms:Decrypt on its key"
            }
            Self::Update => {
                "secretsmanager:UpdateSecret on it, and kms:GenerateDataKey and kms:Decrypt on its key"
            }
            Self::Tag => "secretsmanager:TagResource on it",
            Self::Untag => "secretsmanager:UntagResource on it",
            Self::Describe => "secretsmanager:DescribeSecret on it",
            Self::ListVersions => "secretsmanager:ListSecretVersionIds on it",
            Self::List => "secretsmanager:ListSecrets, which can be granted on * only",
            Self::Read => "secretsmanager:GetSecretValue on it, and kms:Decrypt on its key",
            Self::MoveStage => "secretsmanager:UpdateSecretVersionStage on it",
            Self::Delete => "secretsmanager:DeleteSecret on it",
            Self::Restore => "secretsmanager:RestoreSecret on it",
            Self::RandomPassword => "secretsmanager:GetRandomPassword, which can be granted on * only",
        }
    }

    /// The predicate of the report when the action fails.
    pub(super) const fn failure(self) -> &'static str {
        match self {
            Self::Create | Self::CreateWithTags => "could not be created",
            Self::Put => "could not be written",
            Self::Update | Self::Tag | Self::Untag | Self::MoveStage => "could not be changed",
            Self::Describe => "could not be described",
            Self::List | Self::ListVersions => "could not be listed",
            Self::Read => "could not be read",
            Self::Delete => "could not be deleted",
            Self::Restore => "could not be restored",
            Self::RandomPassword => "could not be made",
        }
    }

    const fn changes_something(self) -> bool {
        !matches!(self, Self::Describe | Self::ListVersions | Self::List | Self::Read | Self::RandomPassword)
    }

    /// The help for a failure.
    pub(super) fn help(self, aws: &SecretsManager, key: &Key, error: &SourceError) -> Option<String> {
        if let Some(help) = error.help() {
            return Some(help.to_owned());
        }
        match error.kind() {
            ErrorKind::AccessDenied => Some(format!("allow {}", self.permission())),
            // The usual help for a missing secret is to create it, which does not fit these actions.
            ErrorKind::Missing if matches!(self, Self::Restore | Self::Delete) => Some(format!(
                "list the secrets with: aws secretsmanager list-secrets{}",
                aws.command_options()
            )),
            kind @ (ErrorKind::Missing | ErrorKind::PendingDeletion | ErrorKind::Decryption) => {
                aws.help(key, kind)
            }
            ErrorKind::Unavailable if self.changes_something() => {
                Some("the change may have been made: check before you repeat it".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(action: Action, error: &SourceError) -> Option<String> {
        action.help(&SecretsManager::localstack(), &Key::new("app/jwt"), error)
    }

    #[test]
    fn a_denial_names_the_action_to_allow() {
        let denied = SourceError::new(ErrorKind::AccessDenied);
        for (action, permission) in [
            (Action::Create, "secretsmanager:CreateSecret on it"),
            (Action::CreateWithTags, "secretsmanager:CreateSecret and secretsmanager:TagResource on it"),
            (Action::Put, "secretsmanager:PutSecretValue on it"),
            (Action::Update, "secretsmanager:UpdateSecret on it"),
            (Action::Tag, "secretsmanager:TagResource on it"),
            (Action::Untag, "secretsmanager:UntagResource on it"),
            (Action::Describe, "secretsmanager:DescribeSecret on it"),
            (Action::ListVersions, "secretsmanager:ListSecretVersionIds on it"),
            (Action::List, "secretsmanager:ListSecrets"),
            (Action::Read, "secretsmanager:GetSecretValue on it"),
            (Action::MoveStage, "secretsmanager:UpdateSecretVersionStage on it"),
            (Action::Delete, "secretsmanager:DeleteSecret on it"),
            (Action::Restore, "secretsmanager:RestoreSecret on it"),
            (Action::RandomPassword, "secretsmanager:GetRandomPassword"),
        ] {
            let help = help(action, &denied).unwrap();
            assert!(help.starts_with(&format!("allow {permission}")), "{help}");
        }
    }

    #[test]
    fn what_the_error_itself_advises_comes_first() {
        let denied = SourceError::new(ErrorKind::AccessDenied).with_help("sign in again");
        assert_eq!(help(Action::Put, &denied).unwrap(), "sign in again");
    }

    #[test]
    fn what_may_have_been_done_is_said_of_changes_alone() {
        let late = SourceError::new(ErrorKind::Unavailable);
        assert!(help(Action::Put, &late).unwrap().contains("the change may have been made"));
        assert_eq!(help(Action::Describe, &late), None);
    }

    #[test]
    fn what_is_missing_or_marked_is_created_or_restored() {
        let of = |action, kind| help(action, &SourceError::new(kind)).unwrap();
        assert!(of(Action::Put, ErrorKind::Missing).contains("create-secret --name app/jwt"));
        assert!(of(Action::Put, ErrorKind::PendingDeletion).contains("restore-secret --secret-id app/jwt"));
        assert!(of(Action::Restore, ErrorKind::Missing).contains("list-secrets"));
    }
}
