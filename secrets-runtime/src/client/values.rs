//! The values of a config's settings, in the order in which `build` takes them, and the check for duplicate
//! names. Loads, checks and generated code use it.

use std::collections::HashSet;

use super::entry::Entry;
use crate::contain::contain;
use crate::error::{DecodeError, ErrorKind, FieldError, Problem, SourceError};
use crate::secret_id::display_id;
use crate::setting::DefaultSpec;
use crate::value::{Options, RawSecret};

/// The result of building a config.
pub(crate) struct Built<'a, T> {
    /// `None` if a field failed.
    pub(crate) config: Option<T>,
    pub(crate) errors: Vec<FieldError>,
    /// The panic of code that belongs to no field's value, such as the `Default` of a skipped field.
    pub(crate) problem: Option<Problem>,
    /// The settings of optional nested configs that no source has.
    pub(crate) skipped: HashSet<&'a str>,
}

/// Builds a config from the values of its settings with generated code.
pub(crate) fn build<'a, T>(
    entries: &'a [Entry],
    build: impl FnOnce(&mut Values<'a>) -> Option<T>,
) -> Built<'a, T> {
    let mut values = Values::of(entries);
    let config = contain(|| build(&mut values));
    let problem = config.is_err().then(|| Problem::new("config", PANICKED));
    let skipped = values.skipped.iter().map(|entry| entry.setting.path()).collect();
    Built { config: config.ok().flatten(), errors: values.errors, problem, skipped }
}

const PANICKED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("code of its type panicked")
    .with_help("the message of the panic may hold a value and is not repeated here: see the standard error");

/// Reports names that two settings read. The derive cannot see this mistake across nested configs.
pub(crate) fn duplicate_names(entries: &[Entry]) -> Vec<Problem> {
    let twice = |reason| SourceError::new(ErrorKind::Configuration).because(reason).with_help(GIVE_A_PREFIX);
    let (mut variables, mut secrets) = (HashSet::new(), HashSet::new());
    let mut problems = Vec::new();
    let id_variables: HashSet<&str> = entries
        .iter()
        .filter_map(|Entry { setting, .. }| setting.id_variable().or_else(|| setting.named_by()))
        .collect();
    for Entry { setting, .. } in entries {
        for variable in setting.variables().filter(|_| setting.may_read_variables()) {
            if id_variables.contains(variable) {
                problems.push(Problem::new(display_id(variable), READS_AN_ID));
            }
            if !variables.insert(variable) {
                problems.push(Problem::new(
                    display_id(variable),
                    twice("two settings read this environment variable"),
                ));
            }
        }
        if setting.may_ask_stores()
            && !setting.is_absolute()
            && setting.is_identified()
            && !secrets.insert((setting.secret_id(), setting.version(), setting.key()))
        {
            problems.push(Problem::new(setting.shown_id(), twice("two settings read this secret")));
        }
    }
    problems
}

const READS_AN_ID: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("a setting reads this environment variable, and an `id_env` takes it for the id of a secret")
    .with_help("give the setting or the `id_env` another variable");

const GIVE_A_PREFIX: &str =
    "give one of the nested configs a prefix: #[secret(nested(prefix = \"..\", env_prefix = \"..\"))]";

/// The values of a config's settings. `build` takes them one by one, in the order of the config's table.
#[doc(hidden)]
pub struct Values<'a> {
    entries: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
    errors: Vec<FieldError>,
    skipped: Vec<&'a Entry>,
}

/// What a field is built from.
pub(crate) enum FieldValue<'a> {
    Raw(RawSecret<'a>),
    /// No source has it. The field gets its default, or its type's value for absent.
    Absent,
    /// The lookup failed. The error is already recorded.
    Failed,
}

impl<'a> Values<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        Self { entries: entries.iter(), current: None, errors: Vec::new(), skipped: Vec::new() }
    }

    pub(crate) fn take(&mut self) -> FieldValue<'a> {
        self.current = self.entries.next();
        let Some(entry) = self.current else { return FieldValue::Failed };
        let spec = entry.setting.spec();
        if let Some(found) = entry.found() {
            return FieldValue::Raw(RawSecret::new(found, Options::of(&entry.setting)));
        }
        if !entry.is_missing() {
            self.errors.push(entry.not_found());
            return FieldValue::Failed;
        }
        match spec.map(|spec| spec.default) {
            Some(DefaultSpec::Text(text)) => {
                FieldValue::Raw(RawSecret::from_text(text).with_options(Options::of(&entry.setting)))
            }
            _ => FieldValue::Absent,
        }
    }

    /// Records that no source has the setting taken last.
    pub(crate) fn missing(&mut self) {
        self.errors.extend(self.current.map(Entry::not_found));
    }

    /// Records that the setting taken last does not decode.
    pub(crate) fn invalid(&mut self, error: DecodeError) {
        self.errors.extend(self.current.map(|entry| match entry.found() {
            Some(_) => entry.invalid(error),
            None => entry.invalid_default(error),
        }));
    }

    /// Whether a config was built with the value taken last before.
    pub(crate) fn was_accepted(&self) -> bool {
        self.current.is_some_and(Entry::was_accepted)
    }

    /// Skips the next settings if no source has any of them.
    pub(crate) fn skip_if_absent(&mut self, count: usize) -> bool {
        let absent = self.entries.as_slice().iter().take(count).all(Entry::is_missing);
        if absent {
            self.skipped.extend(self.entries.by_ref().take(count));
        }
        absent
    }
}
