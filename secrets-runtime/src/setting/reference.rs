//! The text of an `id_env` variable: the name of a secret, its ARN, or the form of an ECS task definition,
//! which continues after the ARN.

use super::version::{is_displayable_label, is_version_id};
use crate::secret_id::{is_secret_name, partition_of};

/// A secret that a variable names. The parts after the id are `None` where the form leaves them empty.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SecretReference<'a> {
    /// A full name or an ARN.
    pub(super) id: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) stage: Option<&'a str>,
    pub(super) version_id: Option<&'a str>,
}

/// Reasons never quote the text: it may be a value that was put into the wrong variable.
impl<'a> SecretReference<'a> {
    /// Reads a text that is not empty.
    pub(super) fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.trim() != text {
            return Err("it has white space at an end");
        }
        if text.starts_with("arn:") {
            return Self::parse_arn(text);
        }
        if is_secret_name(text) {
            return Ok(Self { id: text, key: None, stage: None, version_id: None });
        }
        Err(if text.contains(':') {
            "it is not an ARN and has a colon: a key, a stage or a version follows a whole ARN only"
        } else {
            "it holds neither the name nor the ARN of a secret"
        })
    }

    /// Reads `arn:partition:secretsmanager:region:account:secret:name`, and what ECS adds to it,
    /// `:json-key:version-stage:version-id`. See [the
    /// form](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html).
    fn parse_arn(text: &'a str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split(':').collect();
        let (["arn", partition, service, region, account, kind, name], added) =
            parts.split_at_checked(7).unwrap_or_default()
        else {
            return Err(match parts.get(2) {
                Some(&"secretsmanager") | None => "its ARN is not whole",
                Some(_) => "it is the ARN of another service than Secrets Manager",
            });
        };
        if *service != "secretsmanager" {
            return Err("it is the ARN of another service than Secrets Manager");
        }
        if *kind != "secret" || !is_secret_name(name) {
            return Err("its ARN does not name a secret");
        }
        if account.len() != 12 || !account.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err("its ARN has no account of twelve digits");
        }
        let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if region.is_empty() || !is_plain(region) {
            return Err("its ARN has no region");
        }
        if partition_of(region) != *partition {
            return Err("the partition in its ARN is not the one of its region");
        }
        let [key, stage, version_id] = match added {
            [] => [""; 3],
            [key, stage, version_id] => [*key, *stage, *version_id],
            _ => {
                return Err("after the ARN, ECS's form has three parts, which may be empty: \
                            `:json-key:version-stage:version-id`");
            }
        };
        if !stage.is_empty() && !version_id.is_empty() {
            return Err("it names a version stage and a version id, and only one of them can be read");
        }
        // Reports show the key.
        if key.contains(char::is_control) {
            return Err("the JSON key in it is malformed");
        }
        if !(stage.is_empty() || is_displayable_label(stage)) {
            return Err("the version stage in it is malformed");
        }
        if !(version_id.is_empty() || is_version_id(version_id)) {
            return Err("the version id in it is malformed");
        }
        let end: usize = added.iter().map(|part| part.len() + 1).sum();
        let filled = |part: &'a str| (!part.is_empty()).then_some(part);
        Ok(Self {
            id: text.get(..text.len() - end).unwrap_or(text),
            key: filled(key),
            stage: filled(stage),
            version_id: filled(version_id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";

    fn of(id: &str) -> SecretReference<'_> {
        SecretReference { id, key: None, stage: None, version_id: None }
    }

    #[test]
    fn a_name_and_an_arn_are_the_id() {
        for id in ["database", "shop/production/db", "rds!db-1", ARN] {
            assert_eq!(SecretReference::parse(id), Ok(of(id)), "{id}");
        }
        let chinese = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:db-AbCdEf";
        assert_eq!(SecretReference::parse(chinese), Ok(of(chinese)));
    }

    #[test]
    fn the_form_of_ecs_adds_a_key_a_stage_or_a_version_each_of_which_may_be_empty() {
        let id = "5ad6c1bb-1a4f-4f0b-9b0f-52b7f4a9a2f4";
        for (added, key, stage, version_id) in [
            (":::", None, None, None),
            (":password::", Some("password"), None, None),
            ("::AWSPREVIOUS:", None, Some("AWSPREVIOUS"), None),
            (&*format!(":::{id}"), None, None, Some(id)),
            (":password:AWSPENDING:", Some("password"), Some("AWSPENDING"), None),
        ] {
            let text = format!("{ARN}{added}");
            let expected = SecretReference { id: ARN, key, stage, version_id };
            assert_eq!(SecretReference::parse(&text), Ok(expected), "{added}");
        }
    }

    #[test]
    fn each_malformed_text_has_its_own_reason_which_does_not_quote_it() {
        let with = |added: &str| format!("{ARN}{added}");
        let cases = [
            ("hunter 2".to_owned(), "neither the name nor the ARN"),
            ("db:password::".to_owned(), "is not an ARN and has a colon"),
            (format!("{ARN}\n"), "white space"),
            ("arn:aws:secretsmanager:eu-west-1".to_owned(), "not whole"),
            ("arn:aws:s3:::bucket".to_owned(), "another service"),
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/db".to_owned(), "another service"),
            (ARN.replace("secretsmanager", "ssm"), "another service"),
            (ARN.replace(":secret:", ":key:"), "does not name a secret"),
            (ARN.replace("123456789012", "12"), "twelve digits"),
            (ARN.replace("eu-west-1", ""), "no region"),
            (ARN.replace("arn:aws:", "arn:aws-cn:"), "partition"),
            (ARN.replace("eu-west-1", "us-gov-west-1"), "partition"),
            (with(":password"), "three parts"),
            (with(":password:"), "three parts"),
            (with(":a:b::"), "three parts"),
            (with("::AWSCURRENT:5ad6c1bb-1a4f-4f0b-9b0f-52b7f4a9a2f4"), "only one of them"),
            (with(":a\u{1}b::"), "JSON key in it is malformed"),
            (with(":::not/a/version"), "version id in it is malformed"),
            (with("::a b:"), "version stage in it is malformed"),
        ];
        for (text, reason) in cases {
            let error = SecretReference::parse(&text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
