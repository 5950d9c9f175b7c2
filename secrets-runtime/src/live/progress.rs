//! The changes of a watched value, and the error of its last failed rebuild. `shared.rs` decides about both;
//! this file stores them for the handles.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// The paths of the fields that have changed, such as `jwt_secret` or `smtp.password`. It contains no
/// values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    fields: Vec<String>,
}

impl Changes {
    pub(super) fn of(paths: impl Iterator<Item = String>) -> Self {
        let mut fields: Vec<String> = paths.collect();
        fields.sort_unstable();
        Self { fields }
    }

    /// Returns the paths of the fields that have changed, in alphabetical order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// Returns whether a field, or a field within it, has changed: `smtp` has changed if `smtp.password`
    /// has.
    pub fn contains(&self, field: &str) -> bool {
        !field.is_empty() && self.fields().any(|path| is_within(path, field))
    }

    /// Returns whether no field has changed.
    pub const fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// Whether a path is a field, or a field within it. Every path is within the empty one.
pub(super) fn is_within(path: &str, field: &str) -> bool {
    field.is_empty() || path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Prints the paths, separated by commas.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fields.join(", "))
    }
}

/// What has become of a watched value since it was loaded.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How often the value was replaced.
    generation: u64,
    /// The generation in which each field changed last.
    changed: BTreeMap<String, u64>,
    /// Why some of the newest values were not used. `None` if they are the current ones.
    rejected: Option<Arc<Error>>,
}

impl Progress {
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn rejected(&self) -> Option<Arc<Error>> {
        self.rejected.clone()
    }

    /// The fields that have changed since a generation.
    pub(super) fn since(&self, generation: u64) -> Changes {
        let changed = self.changed.iter().filter(|(_, changed)| **changed > generation);
        Changes::of(changed.map(|(path, _)| path.clone()))
    }

    /// Records what a load has changed, and what of it could not be used. Returns whether waiting handles
    /// need a notification.
    pub(super) fn record(&mut self, changes: &Changes, rejected: Option<Arc<Error>>) -> bool {
        self.rejected = rejected;
        if changes.is_empty() {
            return false;
        }
        self.generation += 1;
        self.changed.extend(changes.fields().map(|path| (path.to_owned(), self.generation)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_accumulate_until_they_are_reported() {
        let mut progress = Progress::default();
        for field in ["jwt", "smtp.password"] {
            progress.record(&Changes::of([field.to_owned()].into_iter()), None);
        }
        assert_eq!(progress.since(0).to_string(), "jwt, smtp.password");
        assert_eq!(progress.since(1).to_string(), "smtp.password");
        assert!(progress.since(2).is_empty());
    }

    #[test]
    fn a_field_contains_the_changes_of_its_fields() {
        let mut progress = Progress::default();
        progress.record(&Changes::of(["smtp.password".to_owned()].into_iter()), None);
        let changes = progress.since(0);
        assert!(changes.contains("smtp") && changes.contains("smtp.password"));
        assert!(!changes.contains("smt") && !changes.contains("smtp.pass"));
    }
}
