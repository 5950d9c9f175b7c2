//! Where the program runs, and the rules by which names are made and shown.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The one placeholder in prefixes and names.
const PLACEHOLDER: &str = "{environment}";

/// The environment a program runs in: `development`, `staging`, `production`, or any other name of lower-case letters,
/// digits and hyphens.
///
/// `development` alone is special: it reads environment variables and `.env`, and touches no network. Every other
/// environment asks AWS Secrets Manager first.
///
/// ```
/// use secrets_runtime::Environment;
///
/// let environment: Environment = "qa-2".parse()?;
/// assert_eq!(environment.as_str(), "qa-2");
/// assert!(!environment.is_development());
/// assert!("Prod!".parse::<Environment>().is_err());
/// # Ok::<(), secrets_runtime::InvalidEnvironment>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Environment(Cow<'static, str>);

impl Environment {
    /// A developer's own machine, and the default.
    pub const DEVELOPMENT: Self = Self(Cow::Borrowed("development"));
    /// The rehearsal before production.
    pub const STAGING: Self = Self(Cow::Borrowed("staging"));
    /// Where the users are.
    pub const PRODUCTION: Self = Self(Cow::Borrowed("production"));

    /// An environment by name.
    ///
    /// # Errors
    /// [`InvalidEnvironment`] if the name is not made of lower-case letters, digits and hyphens.
    pub fn new(name: &str) -> Result<Self, InvalidEnvironment> {
        let valid = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if valid { Ok(Self(Cow::Owned(name.to_owned()))) } else { Err(InvalidEnvironment) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `development`.
    pub fn is_development(&self) -> bool {
        self.0 == "development"
    }

    /// Puts the name where `{environment}` stands.
    pub(crate) fn expand(&self, template: &str) -> String {
        template.replace(PLACEHOLDER, &self.0)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Environment {
    type Err = InvalidEnvironment;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

/// The error of a name that cannot be an [`Environment`]. It does not repeat the name, which may have been anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidEnvironment;

impl fmt::Display for InvalidEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an environment is named with lower-case letters, digits and hyphens, such as `production`",
        )
    }
}

impl std::error::Error for InvalidEnvironment {}

/// A secret's name or ARN, which shows itself only if it can be one: what was pasted there by mistake stays hidden.
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
        f.write_str(shown_id(&self.0))
    }
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id itself if it fits the grammar of secret ids, or a text that says that it does not.
pub(crate) fn shown_id(id: &str) -> &str {
    if is_secret_id(id) { id } else { "(not a secret id)" }
}

/// Whether a text fits the grammar of secret names or of Secrets Manager ARNs.
///
/// [CreateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html) allows
/// `/_+=.@-` beside letters and digits, up to 512 characters; secrets that other services manage hold a `!`.
pub(crate) fn is_secret_id(id: &str) -> bool {
    let name = if id.starts_with("arn:") {
        match Arn::parse(id) {
            Some(arn) => arn.name,
            None => return false,
        }
    } else {
        id
    };
    (1..=512).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-!".contains(&byte))
}

/// The parts of a secret's ARN that are of use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) region: &'a str,
    /// The name, with its random suffix where the ARN is a whole one.
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

/// The environment variable that stands for a secret's name, as the derive makes it: upper case, one `_` for everything
/// else, and without the placeholder, since every environment has the variable under the same name.
pub(crate) fn variable_of(name: &str) -> String {
    let mut variable = String::with_capacity(name.len());
    for c in name.replace(PLACEHOLDER, "_").chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        if c != '_' || !variable.ends_with('_') {
            variable.push(c);
        }
    }
    variable.trim_matches('_').to_owned()
}

/// The candidate nearest to `wanted` by edit distance, if it is near enough to be a slip of the fingers.
pub(crate) fn nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if wanted.len() < 5 { 1 } else { 2 };
    candidates
        .filter(|candidate| candidate.len().abs_diff(wanted.len()) <= allowed)
        .map(|candidate| (strsim::osa_distance(wanted, candidate), candidate))
        .filter(|(distance, _)| (1..=allowed).contains(distance))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_named_with_lower_case_letters_digits_and_hyphens() {
        for name in ["development", "staging", "production", "qa-2", "1"] {
            assert_eq!(Environment::new(name).unwrap().as_str(), name);
        }
        for name in ["", "Production", "a b", "prod_eu", "prod/eu", "é", &"a".repeat(65)] {
            assert_eq!(Environment::new(name), Err(InvalidEnvironment), "{name}");
        }
    }

    #[test]
    fn the_placeholder_takes_the_name() {
        assert_eq!(Environment::STAGING.expand("app/{environment}/x/{environment}"), "app/staging/x/staging");
        assert_eq!(Environment::STAGING.expand("app"), "app");
    }

    #[test]
    fn ids_are_shown_only_if_they_can_be_ids() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf";
        for id in ["app/production/db", "rds!cluster-1", arn] {
            assert_eq!(shown_id(id), id);
        }
        for id in ["", "pass word", "a\"b", "arn:aws:s3:::bucket", "arn:aws:secretsmanager:eu:1:secret:", "é"]
        {
            assert_eq!(shown_id(id), "(not a secret id)", "{id}");
        }
    }

    #[test]
    fn an_arn_tells_its_region() {
        let arn =
            Arn::parse("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:app/db-AbCdEf").unwrap();
        assert_eq!((arn.region, arn.name), ("cn-north-1", "app/db-AbCdEf"));
    }

    #[test]
    fn slips_of_the_fingers_are_recognised_and_strangers_are_not() {
        let candidates = ["DATABSE_URL", "PATH", "PORT", "HOME"];
        assert_eq!(nearest("DATABASE_URL", candidates.into_iter()), Some("DATABSE_URL"));
        assert_eq!(nearest("PROT", candidates.into_iter()), Some("PORT"));
        assert_eq!(nearest("PORT", ["PORT"].into_iter()), None);
        assert_eq!(nearest("JWT", candidates.into_iter()), None);
    }
}
