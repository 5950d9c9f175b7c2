//! Decides which settings keep their last good values when the new ones do not form a valid value, so that
//! one invalid setting does not stop the others. The settings of one secret keep them together.

use std::collections::HashSet;

use super::progress::is_within;
use crate::client::{Entry, LastGood, Lookup, Secrets};
use crate::error::Error;

/// Builds a value from a lookup that failed with `error`, with the last good values in the place of as few
/// new ones as possible. Afterwards the lookup holds the values that were used. `None` if no new value can be
/// used.
pub(super) fn build_rest<T>(
    secrets: &Secrets,
    lookup: &mut Lookup,
    last_good: &[LastGood],
    mut error: Error,
    build: impl Fn(&Lookup) -> Result<T, Error>,
) -> Option<T> {
    let mut kept = Kept(vec![false; lookup.entries.len()]);
    let is_doubtful = kept.add_doubtful(secrets, lookup);
    let mut was_added = kept.add_failed(&lookup.entries, &error) || is_doubtful;
    // Every round keeps at least one more setting.
    while was_added {
        kept.add_of_same_secret(&lookup.entries);
        for ((entry, value), kept) in lookup.entries.iter_mut().zip(last_good).zip(&kept.0) {
            if *kept {
                entry.restore(value);
            }
        }
        // Without a change there is nothing to build.
        changed_paths(&lookup.entries, last_good).next()?;
        match build(lookup) {
            Ok(value) => return Some(value),
            Err(next) => error = next,
        }
        was_added = kept.add_failed(&lookup.entries, &error);
    }
    None
}

/// The settings that have another value than before.
pub(super) fn changed_paths<'a>(
    entries: &'a [Entry],
    before: &'a [LastGood],
) -> impl Iterator<Item = &'a str> {
    let is_same = |entry: &Entry, before: &LastGood| match (&before.value, entry.found()) {
        (Some(before), Some(now)) => before.is_same(now),
        (None, None) => true,
        _ => false,
    };
    let changed = entries.iter().zip(before).filter(move |(entry, before)| !is_same(entry, before));
    changed.map(|(entry, _)| entry.setting.path())
}

/// For each setting, whether it keeps its last good value.
struct Kept(Vec<bool>);

impl Kept {
    /// After a problem that belongs to no setting, such as a line of a file that cannot be read, the source
    /// may hide values. Only what was found before it was asked is certain. Removes the problems, and returns
    /// whether there were any.
    fn add_doubtful(&mut self, secrets: &Secrets, lookup: &mut Lookup) -> bool {
        let problems = std::mem::take(&mut lookup.problems);
        if problems.is_empty() {
            return false;
        }
        let is_sound = |source: &&str| problems.iter().all(|problem| problem.place() != *source);
        let certain: Vec<&str> = secrets.sources().take_while(is_sound).collect();
        for (kept, entry) in self.0.iter_mut().zip(&lookup.entries) {
            *kept |= !entry.found_at().is_some_and(|place| certain.contains(&place.source()));
        }
        true
    }

    /// Keeps the settings that failed. If one fails although it has its last good value, that does not fit
    /// the new values around it: its nested config is kept, too. Returns whether a setting was added.
    fn add_failed(&mut self, entries: &[Entry], error: &Error) -> bool {
        let mut was_added = false;
        for failed in error.fields() {
            let mut scope = Some(failed.path());
            while let Some(field) = scope {
                if self.add(entries, field) {
                    was_added = true;
                    break;
                }
                let outer = field.rsplit_once('.').map_or("", |(outer, _)| outer);
                scope = (!field.is_empty()).then_some(outer);
            }
        }
        was_added
    }

    /// Keeps a field, or all fields of a nested config. Returns whether some were not kept before.
    fn add(&mut self, entries: &[Entry], field: &str) -> bool {
        let mut was_added = false;
        for (kept, entry) in self.0.iter_mut().zip(entries) {
            if !*kept && is_within(entry.setting.path(), field) {
                *kept = true;
                was_added = true;
            }
        }
        was_added
    }

    /// Keeps the other fields of the same secrets: a user name must not be used with another's password.
    fn add_of_same_secret(&mut self, entries: &[Entry]) {
        let mut secrets: HashSet<&str> = HashSet::new();
        loop {
            let before = secrets.len();
            for (kept, entry) in self.0.iter_mut().zip(entries) {
                *kept |= names_of_secret(entry).any(|name| secrets.contains(name));
                if *kept {
                    secrets.extend(names_of_secret(entry));
                }
            }
            if secrets.len() == before {
                return;
            }
        }
    }
}

/// The names by which a secret is known: as the setting asks for it, and as its source knows it.
fn names_of_secret(entry: &Entry) -> impl Iterator<Item = &str> {
    let is_asked = entry.setting.may_ask_stores() && entry.setting.is_identified();
    let asked = is_asked.then(|| entry.setting.secret_id());
    let known = entry.identity().map(|identity| [identity.id(), identity.name()]);
    asked.into_iter().chain(known.into_iter().flatten().flatten())
}
