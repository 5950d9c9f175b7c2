//! The environment that a program runs in, such as `production`. How names are made from it is in
//! `setting/naming`.

pub(crate) mod hint;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The only placeholder in prefixes and names.
pub(crate) const PLACEHOLDER: &str = "{environment}";

/// The environment that a program runs in: `development`, `staging`, `production`, or any other name of
/// lower-case letters, digits and hyphens.
///
/// Only `development` is special: it reads environment variables and `.env`, and does not use the network
/// unless an emulator or `SECRET_SOURCES` is set.
/// Every other environment asks AWS Secrets Manager first.
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
    /// A developer's machine. This is the default.
    pub const DEVELOPMENT: Self = Self(Cow::Borrowed("development"));
    /// The environment for tests before production.
    pub const STAGING: Self = Self(Cow::Borrowed("staging"));
    /// The environment that serves users.
    pub const PRODUCTION: Self = Self(Cow::Borrowed("production"));

    /// Creates an environment from its name.
    ///
    /// # Errors
    /// [`InvalidEnvironment`] if the name is not made of 1 to 64 lower-case letters, digits and hyphens.
    pub fn new(name: &str) -> Result<Self, InvalidEnvironment> {
        let valid = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if valid { Ok(Self(Cow::Owned(name.to_owned()))) } else { Err(InvalidEnvironment) }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `development`.
    pub fn is_development(&self) -> bool {
        self.0 == "development"
    }

    /// Replaces each `{environment}` by the name.
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

/// The error of a name that is not valid for an [`Environment`]. It does not show the name, which may be a
/// value.
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
    fn the_placeholder_is_replaced_by_the_name() {
        assert_eq!(Environment::STAGING.expand("app/{environment}/x/{environment}"), "app/staging/x/staging");
        assert_eq!(Environment::STAGING.expand("app"), "app");
    }
}
