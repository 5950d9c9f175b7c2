//! The grammars of secret names, ARNs, JSON keys and environment variables. Each check returns what is
//! wrong, as the end of a sentence; the caller adds which attribute it is about.

use crate::names::PLACEHOLDER;

/// The longest name that Secrets Manager accepts:
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>.
const MAX_NAME: usize = 512;
/// The lengths of a version id and of a staging label:
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>.
const VERSION_ID: std::ops::RangeInclusive<usize> = 32..=64;
const MAX_STAGE: usize = 256;

const ARN_FORM: &str = "arn:aws:secretsmanager:<region>:<account>:secret:<name>";

/// Checks the name of a secret. `{environment}` stands for the name of any environment.
pub(crate) fn secret_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("is empty".to_owned());
    }
    name_part(name)
}

/// Checks a part of a name, which may be empty, such as a prefix.
pub(crate) fn name_part(name: &str) -> Result<(), String> {
    let name = without_placeholders(name)?;
    if let Some(letter) = name.chars().find(|letter| !is_name_letter(*letter)) {
        let hint = if name.starts_with("arn:") { "; an ARN is written as `id`" } else { "" };
        return Err(format!(
            "contains {letter:?}; names in Secrets Manager are made of letters, digits and `/_+=.@!-`{hint}"
        ));
    }
    let length = name.chars().count();
    if length > MAX_NAME {
        return Err(format!("has {length} characters; Secrets Manager takes {MAX_NAME}"));
    }
    Ok(())
}

/// Checks an absolute name or the ARN of a secret.
pub(crate) fn secret_id(id: &str) -> Result<(), String> {
    if id.starts_with("arn:") { arn(&without_placeholders(id)?) } else { secret_name(id) }
}

fn arn(arn: &str) -> Result<(), String> {
    let mut parts = arn.splitn(7, ':').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    let (partition, service, region, account) = (part(), part(), part(), part());
    let (resource, name) = (part(), part());
    let problem = if !partition.starts_with("aws") {
        format!("has the partition `{partition}`")
    } else if service != "secretsmanager" {
        format!("is of the service `{service}`")
    } else if region.is_empty()
        || !region.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    {
        "has no region".to_owned()
    } else if account.len() != 12 || !account.chars().all(|digit| digit.is_ascii_digit()) {
        "has no account of 12 digits".to_owned()
    } else if resource != "secret" || name.is_empty() {
        "does not name a secret".to_owned()
    } else if name.contains(':') {
        // The form that ECS task definitions use: <arn>:<json key>:<stage>:<version>.
        return Err(
            "continues after the secret's name; a key, stage or version is written as `key`, `stage` or \
                    `version_id`"
                .to_owned(),
        );
    } else {
        return name_part(name);
    };
    Err(format!("{problem}; the ARN of a secret is `{ARN_FORM}`"))
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "/_+=.@!-".contains(letter)
}

/// The text with a letter instead of each `{environment}`.
fn without_placeholders(text: &str) -> Result<String, String> {
    let text = text.replace(PLACEHOLDER, "e");
    let Some((_, rest)) = text.split_once('{') else {
        return if text.contains('}') {
            Err("contains `}` without `{`; the only placeholder is `{environment}`".to_owned())
        } else {
            Ok(text)
        };
    };
    Err(match rest.split_once('}') {
        Some((name, _)) if name.chars().all(is_name_letter) => {
            format!("contains the placeholder `{{{name}}}`; the only one is `{PLACEHOLDER}`")
        }
        Some(_) => format!("contains a placeholder that is not `{PLACEHOLDER}`, the only one"),
        None => format!("contains `{{` without `}}`; the only placeholder is `{PLACEHOLDER}`"),
    })
}

/// Checks the name of an environment variable.
pub(crate) fn variable(name: &str) -> Result<(), String> {
    if name.is_empty() { Err("is empty".to_owned()) } else { variable_prefix(name) }
}

/// Checks the prefix of environment variables, which may be empty.
pub(crate) fn variable_prefix(name: &str) -> Result<(), String> {
    if name.contains(PLACEHOLDER) {
        return Err(format!("contains `{PLACEHOLDER}`; a variable has the same name in every environment"));
    }
    if let Some(letter) = name.chars().find(|letter| !letter.is_ascii_alphanumeric() && *letter != '_') {
        return Err(format!("contains {letter:?}; variables are made of letters, digits and `_`"));
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("starts with a digit; a variable cannot".to_owned());
    }
    Ok(())
}

/// Reads the path of a value in a JSON secret: `user.password`, or the JSON pointer `/user/password`.
pub(crate) fn json_key(key: &str) -> Result<Vec<String>, String> {
    if key.is_empty() {
        return Err("is empty".to_owned());
    }
    let Some(pointer) = key.strip_prefix('/') else {
        let segments: Vec<String> = key.split('.').map(str::to_owned).collect();
        return if segments.iter().any(String::is_empty) {
            Err("has an empty part; a key that holds a dot is written as a JSON pointer: `/a.b`".to_owned())
        } else {
            Ok(segments)
        };
    };
    pointer.split('/').map(pointer_segment).collect()
}

/// <https://www.rfc-editor.org/rfc/rfc6901#section-4>
fn pointer_segment(segment: &str) -> Result<String, String> {
    if segment.is_empty() {
        return Err("is a JSON pointer with an empty part".to_owned());
    }
    let escapes = segment.split('~').skip(1);
    if escapes.clone().any(|after| !after.starts_with(['0', '1'])) {
        return Err("is a JSON pointer with a `~` of its own; write `~0` for `~` and `~1` for `/`".to_owned());
    }
    Ok(segment.replace("~1", "/").replace("~0", "~"))
}

/// A staging label such as `AWSPREVIOUS`.
pub(crate) fn stage(stage: &str) -> Result<(), String> {
    match stage.chars().count() {
        0 => Err("is empty".to_owned()),
        length if length > MAX_STAGE => {
            Err(format!("has {length} characters; a stage has at most {MAX_STAGE}"))
        }
        _ => Ok(()),
    }
}

/// Checks the id of a version, which AWS creates as a UUID.
pub(crate) fn version_id(id: &str) -> Result<(), String> {
    let length = id.chars().count();
    if !VERSION_ID.contains(&length) {
        return Err(format!(
            "has {length} characters; the id of a version has {} to {}, as a UUID has (for a label such as \
             `AWSPREVIOUS` say `stage`)",
            VERSION_ID.start(),
            VERSION_ID.end()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in
            ["a", "app/{environment}/db", "/app/db", "a_b+c=d.e@f!g-1", "{environment}", &"a".repeat(512)]
        {
            assert_eq!(secret_name(name), Ok(()), "{name}");
        }
        for (name, expected) in [
            ("", "is empty"),
            ("my secret", "contains ' '"),
            ("app:db", "contains ':'"),
            ("arn:aws:secretsmanager", "an ARN is written as `id`"),
            ("größe", "contains 'ö'"),
            ("app/{env}/db", "the placeholder `{env}`; the only one is `{environment}`"),
            ("app/{}/db", "the placeholder `{}`"),
            ("app/{ environment }", "a placeholder that is not `{environment}`"),
            ("app/{environment", "contains `{` without `}`"),
            ("app/environment}", "contains `}` without `{`"),
            (&"a".repeat(513), "has 513 characters"),
        ] {
            let problem = secret_name(name).unwrap_err();
            assert!(problem.contains(expected), "{name}: {problem}");
        }
        assert_eq!(name_part(""), Ok(()));
    }

    #[test]
    fn arns_of_secrets() {
        for id in [
            "prod/db",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
            "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:{environment}/db",
        ] {
            assert_eq!(secret_id(id), Ok(()), "{id}");
        }
        for (id, expected) in [
            ("arn:aws:ssm:eu-west-1:123456789012:parameter/db", "is of the service `ssm`"),
            ("arn:gcp:secretsmanager:eu-west-1:123456789012:secret:db", "has the partition `gcp`"),
            ("arn:aws:secretsmanager::123456789012:secret:db", "has no region"),
            ("arn:aws:secretsmanager:eu-west-1:1234:secret:db", "has no account of 12 digits"),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:key:db", "does not name a secret"),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:", "does not name a secret"),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:a b", "contains ' '"),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:db:username::", "is written as `key`"),
            ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{stage}", "the only one is"),
            ("arn:", "has the partition ``"),
        ] {
            let problem = secret_id(id).unwrap_err();
            assert!(problem.contains(expected), "{id}: {problem}");
        }
    }

    /// The runtime has the same test. The derive is stricter in two points: the partition and the account of
    /// an ARN.
    #[test]
    fn ids_are_the_same_in_both_crates() {
        for (id, is_valid) in include!("../../tests/shared/secret_ids.rs") {
            assert_eq!(secret_id(id).is_ok(), is_valid, "{id}");
        }
    }

    #[test]
    fn environment_variables() {
        for name in ["A", "_a1", "DATABASE_URL"] {
            assert_eq!(variable(name), Ok(()), "{name}");
        }
        for (name, expected) in [
            ("", "is empty"),
            ("DATABASE-URL", "contains '-'"),
            ("2FA", "starts with a digit"),
            ("A B", "contains ' '"),
            ("{environment}_URL", "the same name in every environment"),
        ] {
            let problem = variable(name).unwrap_err();
            assert!(problem.contains(expected), "{name}: {problem}");
        }
        assert_eq!(variable_prefix(""), Ok(()));
    }

    #[test]
    fn keys_of_json_secrets() {
        assert_eq!(json_key("password"), Ok(vec!["password".to_owned()]));
        assert_eq!(json_key("user.password"), json_key("/user/password"));
        assert_eq!(json_key("/a.b/c~1d~0e"), Ok(vec!["a.b".to_owned(), "c/d~e".to_owned()]));
        for key in ["", ".", "a.", ".a", "a..b", "/", "/a/", "/a//b", "/a~", "/a~2b"] {
            assert!(json_key(key).is_err(), "{key}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(stage("AWSPREVIOUS"), Ok(()));
        assert!(stage("").is_err());
        assert!(stage(&"a".repeat(257)).is_err());
        assert_eq!(version_id("01234567-89ab-cdef-0123-456789abcdef"), Ok(()));
        assert!(version_id("AWSPREVIOUS").unwrap_err().contains("say `stage`"));
    }
}
