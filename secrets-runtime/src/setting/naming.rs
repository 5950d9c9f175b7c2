//! Makes the names of settings from prefixes, and the name of a variable from the name of a secret.

use crate::environment::{Environment, PLACEHOLDER};

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

#[cfg(test)]
mod tests {
    use super::*;

    /// The derive has the same test.
    #[test]
    fn the_variable_of_a_secret_is_the_same_in_both_crates() {
        for (secret, variable) in include!("../../../tests/shared/variables.rs") {
            assert_eq!(variable_of_secret(secret), variable, "{secret}");
        }
    }
}
