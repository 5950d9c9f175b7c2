//! Makes the names of settings from prefixes, and the name of a variable from the name of a secret.

use crate::environment::{Environment, PLACEHOLDER};
use crate::secret_id::{Arn, without_suffix};

/// The environment and the prefixes from which the names of settings are made.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    pub(crate) environment: Environment,
    /// The prefix of secrets that have no other one. May contain the placeholder.
    pub(crate) prefix: String,
    /// The prefix of variables that have no other one.
    pub(crate) env_prefix: String,
}

impl Naming {
    /// The prefix of secrets, with the environment instead of the placeholder.
    pub(crate) fn expanded_prefix(&self) -> String {
        self.environment.expand(&self.prefix)
    }
}

/// Equal if both make the same names.
impl PartialEq for Naming {
    fn eq(&self, other: &Self) -> bool {
        (&self.environment, self.expanded_prefix(), &self.env_prefix)
            == (&other.environment, other.expanded_prefix(), &other.env_prefix)
    }
}

/// Joins two parts with a separator, unless one of them is empty or the separator is there already.
pub(crate) fn join(left: &str, separator: &str, right: &str) -> String {
    if left.is_empty() || right.is_empty() || left.ends_with(separator) {
        format!("{left}{right}")
    } else {
        format!("{left}{separator}{right}")
    }
}

/// The environment variable for the name of a secret: in upper case, with one `_` for each run of other
/// characters. The placeholder is left out, since the variable has the same name in every environment. The
/// derive has the same rule.
pub(crate) fn variable_of_secret(name: &str) -> String {
    let mut variable = String::with_capacity(name.len());
    for c in name.replace(PLACEHOLDER, "_").chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        if c != '_' || !variable.ends_with('_') {
            variable.push(c);
        }
    }
    variable.trim_matches('_').to_owned()
}

/// The variable for the last part of a secret's name: `DATABASE` for `shop/{environment}/database`. `None`
/// if no part starts with a letter, as in the name `{environment}`.
pub(super) fn variable_of_last_part(id: &str) -> Option<String> {
    let name = Arn::parse(id).map_or(id, |arn| without_suffix(arn.name).unwrap_or(arn.name));
    name.rsplit('/')
        .map(variable_of_secret)
        .find(|variable| variable.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The variables that shells and systems export by themselves: a shell's `USERNAME` must not log into a
/// database.
const SET_BY_SYSTEMS: [&str; 17] = [
    "PATH", "HOME", "USER", "USERNAME", "LOGNAME", "NAME", "HOSTNAME", "SHELL", "PWD", "OLDPWD", "TMP",
    "TEMP", "TMPDIR", "LANG", "TERM", "EDITOR", "DISPLAY",
];

/// Whether a variable is read only if an attribute names it, since shells and systems set it by themselves.
pub(crate) fn is_set_by_systems(variable: &str) -> bool {
    SET_BY_SYSTEMS.contains(&variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_of_a_json_secret_is_that_of_the_last_part_of_its_name() {
        let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";
        for (id, variable) in [
            ("database", Some("DATABASE")),
            ("shop/{environment}/my-database", Some("MY_DATABASE")),
            ("database/{environment}", Some("DATABASE")),
            ("database/2024", Some("DATABASE")),
            ("rds!db-1", Some("RDS_DB_1")),
            (arn, Some("DB")),
            ("{environment}", None),
        ] {
            assert_eq!(variable_of_last_part(id).as_deref(), variable, "{id}");
        }
    }

    /// The derive has the same test.
    #[test]
    fn the_variable_of_a_secret_is_the_same_in_both_crates() {
        for (secret, variable) in include!("../../../tests/shared/variables.rs") {
            assert_eq!(variable_of_secret(secret), variable, "{secret}");
        }
    }
}
