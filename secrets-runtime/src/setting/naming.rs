//! How the names of settings are made: prefixes, and the variable that a secret's name stands for.

use crate::environment::{Environment, PLACEHOLDER};

/// The environment and the prefixes that the names of settings are made with.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    pub(crate) environment: Environment,
    /// Put before the names of secrets that have no other prefix. May hold the placeholder.
    pub(crate) prefix: String,
    /// Put before the names of variables that have no other prefix.
    pub(crate) env_prefix: String,
}

impl Naming {
    /// The prefix of secrets, with the environment in place of the placeholder.
    pub(crate) fn expanded_prefix(&self) -> String {
        self.environment.expand(&self.prefix)
    }
}

/// Whether both make the same names.
impl PartialEq for Naming {
    fn eq(&self, other: &Self) -> bool {
        (&self.environment, self.expanded_prefix(), &self.env_prefix)
            == (&other.environment, other.expanded_prefix(), &other.env_prefix)
    }
}

/// Joins two parts with a separator between them, unless one is empty or the separator is there.
pub(crate) fn join(left: &str, separator: &str, right: &str) -> String {
    if left.is_empty() || right.is_empty() || left.ends_with(separator) {
        format!("{left}{right}")
    } else {
        format!("{left}{separator}{right}")
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
