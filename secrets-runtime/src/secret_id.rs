//! Names and ARNs of secrets: their grammar, and how one is shown that may be a value pasted by mistake. The
//! derive checks the ids in attributes by the same grammar, and more strictly.

use std::borrow::Cow;
use std::fmt;

/// The name or ARN of a secret. It is shown only if it is valid, since a value may have been pasted there by
/// mistake.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SecretId(String);

impl SecretId {
    pub(crate) const fn new(id: String) -> Self {
        Self(id)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(display_id(&self.0))
    }
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the id if it is valid, or a text that says that it is not.
pub(crate) fn display_id(id: &str) -> &str {
    if is_secret_id(id) { id } else { "(not a secret id)" }
}

/// Returns an id as reports show it. `named_by` is the variable of `id_env` that holds it: what is not an ARN
/// there may be a value, and many values fit the grammar of names.
pub(crate) fn shown_id<'a>(id: &'a str, named_by: Option<&'static str>) -> Cow<'a, str> {
    match named_by {
        Some(variable) if Arn::parse(id).is_none() => format!("the secret that {variable} names").into(),
        _ => display_id(id).into(),
    }
}

/// Whether a text is a valid secret name or a Secrets Manager ARN.
pub(crate) fn is_secret_id(id: &str) -> bool {
    is_secret_name(Arn::parse(id).map_or(id, |arn| arn.name))
}

/// Whether a text fits the grammar of secret names. A name has no colon, so an ARN is not a name.
///
/// [CreateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html)
/// allows `/_+=.@-` besides letters and digits, up to 512 characters; secrets that other services manage
/// hold a `!`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    (1..=512).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&byte))
}

/// The text before the suffix that Secrets Manager adds to the name in an ARN, a hyphen and six letters or
/// digits. A name may end in the same form.
pub(crate) fn without_suffix(id: &str) -> Option<&str> {
    let (partial, suffix) = id.rsplit_once('-')?;
    (suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(partial)
}

/// The partition of a region. See [the
/// partitions](https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html).
pub(crate) fn partition_of(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// The parts of a secret's ARN that this crate uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) region: &'a str,
    /// The name, with its random suffix if the ARN is complete.
    pub(crate) name: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(7, ':');
        let plain = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let arn = parts.next()?;
        let _partition = parts.next().filter(plain)?;
        let service = parts.next()?;
        let region = parts.next().filter(plain)?;
        let _account = parts.next().filter(plain)?;
        let kind = parts.next()?;
        let name = parts.next()?;
        (arn == "arn" && service == "secretsmanager" && kind == "secret" && !name.is_empty())
            .then_some(Self { region, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shown_only_if_they_are_valid() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf";
        for id in ["app/production/db", "rds!cluster-1", arn] {
            assert_eq!(display_id(id), id);
        }
        for id in ["", "pass word", "a\"b", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:eu:1:secret:", "é"]
        {
            assert_eq!(display_id(id), "(not a secret id)", "{id}");
        }
    }

    #[test]
    fn a_suffix_is_a_hyphen_and_six_letters_or_digits() {
        let partial = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db";
        assert_eq!(without_suffix(&format!("{partial}-AbCdEf")), Some(partial));
        assert_eq!(without_suffix("app-abcdef"), Some("app"));
        for id in ["", "db", "db-AbCdE", "db-AbCdEfG", "db-Ab_dEf", partial] {
            assert_eq!(without_suffix(id), None, "{id}");
        }
    }

    #[test]
    fn an_arn_has_a_region_and_a_name() {
        let arn =
            Arn::parse("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:app/db-AbCdEf").unwrap();
        assert_eq!((arn.region, arn.name), ("cn-north-1", "app/db-AbCdEf"));
    }

    /// The derive has the same test.
    #[test]
    fn ids_are_the_same_in_both_crates() {
        for (id, is_valid) in include!("../../tests/shared/secret_ids.rs") {
            assert_eq!(is_secret_id(id), is_valid, "{id}");
        }
    }
}
