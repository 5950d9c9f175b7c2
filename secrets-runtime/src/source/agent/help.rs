//! Writes the next step for an operator when the agent could not read a secret.

use crate::error::ErrorKind;
use crate::secret_id::{Arn, display_id, is_secret_id};
use crate::setting::Version;
use crate::source::Key;

/// The next step. `None` if the name is not a secret's id: it may be a value.
pub(super) fn help(key: &Key, kind: ErrorKind) -> Option<String> {
    let id = key.name();
    if !is_secret_id(id) {
        return None;
    }
    match kind {
        ErrorKind::Missing => Some(missing(key)),
        ErrorKind::AccessDenied => Some(allow(key)),
        ErrorKind::Decryption => Some(
            "see that its KMS key is enabled, and allow the role of the agent kms:Decrypt on it".to_owned(),
        ),
        ErrorKind::PendingDeletion => Some(command("restore-secret", id)),
        _ => None,
    }
}

/// A command about a secret. An ARN names its region, which may be another one than that of the shell.
fn command(command: &str, id: &str) -> String {
    let region = Arn::parse(id).map(|arn| format!("--region {} ", arn.region)).unwrap_or_default();
    format!("aws secretsmanager {command} {region}--secret-id {id}")
}

/// The agent describes a secret before it reads it again. One that does not exist is denied, too, if the
/// policy names existing secrets only.
fn allow(key: &Key) -> String {
    let version = match key.version() {
        Version::Stage(version) | Version::Id(version) => format!(" at {}", display_id(version)),
        Version::Current => String::new(),
    };
    format!(
        "allow the role of the agent secretsmanager:GetSecretValue and secretsmanager:DescribeSecret on \
         it{version}, and see that it exists"
    )
}

fn missing(key: &Key) -> String {
    let id = key.name();
    match (key.version(), Arn::parse(id)) {
        (Version::Stage(_) | Version::Id(_), _) => {
            format!("see which versions it has: {}", command("list-secret-version-ids", id))
        }
        (Version::Current, Some(_)) => format!(
            "see that the agent is in the region of the ARN, and that the secret has a value: {}",
            command("describe-secret", id)
        ),
        (Version::Current, None) => format!(
            "see that the agent is in the region of the secret, or create it: \
             aws secretsmanager create-secret --name {id} --secret-string file://value"
        ),
    }
}

/// The next step for a secret that exists without a value.
pub(super) fn without_value(key: &Key) -> Option<String> {
    let id = key.name();
    is_secret_id(id).then(|| format!("{} --secret-string file://value", command("put-secret-value", id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";

    #[test]
    fn each_kind_has_its_next_step() {
        let key = Key::new("shop/jwt");
        let of = |kind| help(&key, kind).unwrap();
        assert!(
            of(ErrorKind::Missing).ends_with("create-secret --name shop/jwt --secret-string file://value")
        );
        assert!(of(ErrorKind::AccessDenied).starts_with("allow the role of the agent"));
        assert!(of(ErrorKind::Decryption).contains("kms:Decrypt"));
        assert!(of(ErrorKind::PendingDeletion).ends_with("restore-secret --secret-id shop/jwt"));
        assert_eq!(help(&key, ErrorKind::Unavailable), None);
        let missing = help(&Key::new(ARN), ErrorKind::Missing).unwrap();
        assert!(missing.contains("describe-secret --region eu-west-1 --secret-id arn:"), "{missing}");
        let blue = key.clone().with_version(Version::Stage("blue".to_owned()));
        assert!(help(&blue, ErrorKind::Missing).unwrap().contains("list-secret-version-ids"));
        assert!(help(&blue, ErrorKind::AccessDenied).unwrap().contains("on it at blue"));
    }

    #[test]
    fn every_command_about_an_arn_names_its_region() {
        let key = Key::new(ARN);
        let blue = key.clone().with_version(Version::Stage("blue".to_owned()));
        for help in [
            help(&key, ErrorKind::Missing),
            help(&blue, ErrorKind::Missing),
            help(&key, ErrorKind::PendingDeletion),
            without_value(&key),
        ] {
            let help = help.unwrap();
            assert!(help.contains(&format!(" --region eu-west-1 --secret-id {ARN}")), "{help}");
        }
    }

    #[test]
    fn an_invalid_id_has_no_step() {
        for kind in [ErrorKind::Missing, ErrorKind::AccessDenied, ErrorKind::PendingDeletion] {
            assert_eq!(help(&Key::new("hunter2; rm -rf"), kind), None);
        }
        assert_eq!(without_value(&Key::new("hunter2; rm -rf")), None);
        assert!(
            without_value(&Key::new("shop/jwt")).unwrap().contains(" put-secret-value --secret-id shop/jwt ")
        );
    }
}
