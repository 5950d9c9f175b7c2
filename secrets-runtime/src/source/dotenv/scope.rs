//! The variables that a value may insert.

use std::collections::HashSet;

use super::reason::Reason;
use super::values::Values;
use crate::secret::Secret;
use crate::source::Env;

/// The variables that a value may insert, and those that it may not.
pub(super) struct Scope<'a> {
    /// `None` if the file is read alone.
    pub(super) variables: Option<&'a Env>,
    /// The assignments above.
    pub(super) above: &'a Values,
    /// All names that the file assigns to.
    pub(super) names: &'a HashSet<&'a str>,
}

impl Scope<'_> {
    /// The value of a variable: that of the process, or else of the file, if it is assigned above.
    pub(super) fn value(&self, name: &str) -> Option<Secret<String>> {
        let from_variables = self.variables.and_then(|variables| variables.get(name).ok().flatten());
        from_variables.or_else(|| Some(self.above.get(name)?.value.clone()))
    }

    /// Whether a variable has a value, or the file assigns it anywhere. A file that is read alone inserts no
    /// variables of the process, but may mean one.
    pub(super) fn is_defined(&self, name: &str) -> bool {
        let is_set = || Env::process().get(name).is_ok_and(|value| value.is_some());
        self.names.contains(name) || self.value(name).is_some() || (self.variables.is_none() && is_set())
    }

    /// Why a variable cannot be inserted.
    pub(super) fn why_not(&self, name: &str) -> Reason {
        if self.variables.is_none() || self.names.contains(name) {
            Reason::NotAbove
        } else {
            Reason::NotDefined
        }
    }
}
