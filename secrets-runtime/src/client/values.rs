//! The values of a config's settings, as `build` takes them, and what is wrong with their names.

use std::collections::HashSet;

use super::Entry;
use crate::error::{DecodeError, ErrorKind, FieldError, Problem, SourceError};
use crate::secret_id::display_id;
use crate::setting::DefaultSpec;
use crate::value::{Options, RawSecret};

/// What came of building a config without keeping it.
pub(crate) struct Tried<'a> {
    /// Every setting that is missing or does not fit.
    pub(crate) errors: Vec<FieldError>,
    /// The paths of the settings of nested configs that are absent as a whole.
    pub(crate) skipped: HashSet<&'a str>,
}

pub(crate) fn tried(entries: &[Entry], build: fn(&mut Values<'_>)) -> Tried<'_> {
    let mut values = Values::of(entries);
    build(&mut values);
    let skipped = values.skipped.iter().map(|entry| entry.setting.path()).collect();
    Tried { errors: values.errors, skipped }
}

/// Two settings under one name are a mistake that the derive cannot see where nested configs make it.
pub(crate) fn names_read_twice(entries: &[Entry]) -> Vec<Problem> {
    let twice = |reason| SourceError::new(ErrorKind::Configuration).because(reason).with_help(GIVE_A_PREFIX);
    let (mut variables, mut secrets) = (HashSet::new(), HashSet::new());
    let mut problems = Vec::new();
    for Entry { setting, .. } in entries {
        for variable in setting.variables().filter(|_| setting.may_read_variables()) {
            if !variables.insert(variable) {
                problems.push(Problem::new(
                    display_id(variable),
                    twice("two settings read this environment variable"),
                ));
            }
        }
        if setting.may_ask_stores()
            && !setting.is_absolute()
            && !secrets.insert((setting.secret_id(), setting.version(), setting.key()))
        {
            problems
                .push(Problem::new(display_id(setting.secret_id()), twice("two settings read this secret")));
        }
    }
    problems
}

const GIVE_A_PREFIX: &str =
    "give one of the nested configs a prefix: #[secret(nested(prefix = \"..\", env_prefix = \"..\"))]";

/// The values of a config's settings, taken one by one in the order of its table.
#[doc(hidden)]
pub struct Values<'a> {
    entries: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
    pub(crate) errors: Vec<FieldError>,
    skipped: Vec<&'a Entry>,
}

/// What there is to make a field of.
pub(crate) enum Taken<'a> {
    Raw(RawSecret<'a>),
    /// Nothing has it: the default, or the type's own word for absent.
    Absent,
    /// It failed, which is already noted.
    Failed,
}

impl<'a> Values<'a> {
    pub(crate) fn of(entries: &'a [Entry]) -> Self {
        Self { entries: entries.iter(), current: None, errors: Vec::new(), skipped: Vec::new() }
    }

    pub(crate) fn take(&mut self) -> Taken<'a> {
        self.current = self.entries.next();
        let Some(entry) = self.current else { return Taken::Failed };
        let spec = entry.setting.spec();
        if let Some(found) = entry.found() {
            return Taken::Raw(RawSecret::new(found, Options::of(spec)));
        }
        if !entry.is_missing() {
            self.errors.push(entry.not_found());
            return Taken::Failed;
        }
        match spec.map(|spec| spec.default) {
            Some(DefaultSpec::Text(text)) => {
                Taken::Raw(RawSecret::from_text(text).with_options(Options::of(spec)))
            }
            _ => Taken::Absent,
        }
    }

    /// Notes that nothing has the setting taken last.
    pub(crate) fn missing(&mut self) {
        self.errors.extend(self.current.map(Entry::not_found));
    }

    /// Notes that the setting taken last does not decode.
    pub(crate) fn invalid(&mut self, error: DecodeError) {
        self.errors.extend(self.current.map(|entry| match entry.found() {
            Some(_) => entry.invalid(error),
            None => entry.invalid_default(error),
        }));
    }

    /// Skips the next settings if nothing has any of them.
    pub(crate) fn skip_if_absent(&mut self, count: usize) -> bool {
        let absent = self.entries.as_slice().iter().take(count).all(Entry::is_missing);
        if absent {
            self.skipped.extend(self.entries.by_ref().take(count));
        }
        absent
    }
}
