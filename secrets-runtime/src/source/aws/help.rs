//! Writes the next step for an operator when a secret could not be read.

use super::target::Target;
use crate::error::ErrorKind;
use crate::secret_id::{Arn, display_id, is_secret_id};
use crate::setting::Version;
use crate::source::Key;

pub(super) fn help(key: &Key, kind: ErrorKind, target: &Target) -> Option<String> {
    match kind {
        ErrorKind::Missing => missing(key, target),
        ErrorKind::AccessDenied => Some(allow(key)),
        ErrorKind::Decryption => {
            Some("see that its KMS key is enabled, and allow kms:Decrypt on it".to_owned())
        }
        ErrorKind::PendingDeletion => command("restore-secret", key, target),
        _ => None,
    }
}

/// The KMS key is not mentioned: a denied key is another fault. A secret that does not exist is denied too
/// if the policy names existing secrets only.
fn allow(key: &Key) -> String {
    let version = match key.version() {
        Version::Stage(version) | Version::Id(version) => format!(" at {}", display_id(version)),
        Version::Current => String::new(),
    };
    format!("allow secretsmanager:GetSecretValue on it{version}, and see that it exists")
}

fn missing(key: &Key, target: &Target) -> Option<String> {
    match key.version() {
        Version::Stage(_) | Version::Id(_) => command("list-secret-version-ids", key, target)
            .map(|command| format!("see which versions it has: {command}")),
        Version::Current if Arn::parse(key.name()).is_some() => {
            command("describe-secret", key, target).map(|command| {
                format!("see that the ARN is whole and right, and that the secret has a value: {command}")
            })
        }
        Version::Current => is_secret_id(key.name()).then(|| {
            let (options, name) = (target.options(None), key.name());
            format!("aws secretsmanager create-secret{options} --name {name} --secret-string file://value")
        }),
    }
}

/// For a secret that exists without a value. `create-secret` would fail.
pub(super) fn without_value(key: &Key, target: &Target) -> Option<String> {
    command("put-secret-value", key, target).map(|command| format!("{command} --secret-string file://value"))
}

/// A command line about a secret in its region; `None` if the name is not a secret's id.
fn command(action: &str, key: &Key, target: &Target) -> Option<String> {
    let id = key.name();
    is_secret_id(id).then(|| {
        let options = target.options(Arn::parse(id).map(|arn| arn.region));
        format!("aws secretsmanager {action}{options} --secret-id {id}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(key: &Key, kind: ErrorKind) -> Option<String> {
        super::help(key, kind, &Target::default())
    }

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf";

    #[test]
    fn each_kind_has_its_next_step() {
        let key = Key::new("app/production/jwt");
        let of = |kind| help(&key, kind).unwrap_or_default();
        assert_eq!(
            of(ErrorKind::Missing),
            "aws secretsmanager create-secret --name app/production/jwt --secret-string file://value"
        );
        assert_eq!(
            of(ErrorKind::AccessDenied),
            "allow secretsmanager:GetSecretValue on it, and see that it exists"
        );
        let previous = Key::new("jwt").with_version(Version::Stage("AWSPREVIOUS".to_owned()));
        assert_eq!(
            help(&previous, ErrorKind::AccessDenied).unwrap(),
            "allow secretsmanager:GetSecretValue on it at AWSPREVIOUS, and see that it exists"
        );
        assert_eq!(
            of(ErrorKind::PendingDeletion),
            "aws secretsmanager restore-secret --secret-id app/production/jwt"
        );
        assert_eq!(help(&key, ErrorKind::Throttled), None);
    }

    #[test]
    fn help_for_a_missing_version_or_arn_does_not_create_a_secret() {
        let stage = Key::new("jwt").with_version(Version::Stage("AWSPREVIOUS".to_owned()));
        assert_eq!(
            help(&stage, ErrorKind::Missing).unwrap(),
            "see which versions it has: aws secretsmanager list-secret-version-ids --secret-id jwt"
        );
        assert!(
            help(&Key::new(ARN), ErrorKind::Missing).unwrap().ends_with(&format!(
                "aws secretsmanager describe-secret --region eu-west-1 --secret-id {ARN}"
            ))
        );
    }

    #[test]
    fn a_secret_without_a_value_gets_one_and_is_not_created() {
        let without_value = |key: &Key| super::without_value(key, &Target::default());
        assert_eq!(
            without_value(&Key::new("app/jwt")).unwrap(),
            "aws secretsmanager put-secret-value --secret-id app/jwt --secret-string file://value"
        );
        let of_arn = without_value(&Key::new(ARN)).unwrap();
        assert!(of_arn.contains("put-secret-value --region eu-west-1 --secret-id arn:"), "{of_arn}");
        assert_eq!(without_value(&Key::new("hunter2; rm -rf")), None);
    }

    #[test]
    fn a_command_names_the_region_that_was_asked_and_an_arn_has_its_own() {
        let target = Target { region: Some("eu-west-1".to_owned()), ..Target::default() };
        let of = |name: &str, kind| super::help(&Key::new(name), kind, &target).unwrap();
        assert_eq!(
            of("jwt", ErrorKind::Missing),
            "aws secretsmanager create-secret --region eu-west-1 --name jwt --secret-string file://value"
        );
        assert_eq!(
            of("jwt", ErrorKind::PendingDeletion),
            "aws secretsmanager restore-secret --region eu-west-1 --secret-id jwt"
        );
        let there = ARN.replace("eu-west-1", "us-east-1");
        assert!(of(&there, ErrorKind::Missing).contains(" --region us-east-1 "));
    }

    #[test]
    fn an_invalid_id_is_not_part_of_a_command() {
        for kind in [ErrorKind::Missing, ErrorKind::PendingDeletion] {
            assert_eq!(help(&Key::new("hunter2; rm -rf"), kind), None);
        }
    }
}
