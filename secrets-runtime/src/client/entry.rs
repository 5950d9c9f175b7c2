//! One setting with what the sources answered for it: the value, or the text of the error that reports it
//! missing. `lookup.rs` fills entries; loads, checks and watched values read them.

use super::fallback::Fallback;
use super::field_report::{advice_of, error_help, field_error, place};
use super::form::Forms;
use crate::error::{Appearance, DecodeError, ErrorKind, FieldError, Outcome, Place, SourceError};
use crate::secret_id::is_secret_id;
use crate::setting::{Setting, source_name};
use crate::source::{Env, Holds, Identity, Key, Location, Source};
#[cfg(feature = "dotenv")]
use crate::value::Payload;
use crate::value::{ExtractedValue, Options, RawSecret};

/// One setting, and what was found of it so far.
pub(crate) struct Entry {
    pub(crate) setting: Setting,
    places: Vec<Place>,
    /// What to do, according to the source that failed or should have the setting.
    help: Vec<String>,
    /// What to do, according to local sources. Used only if `help` is empty.
    local_help: Vec<String>,
    state: State,
    /// The secret and version that was found, as far as its source knows.
    identity: Option<Identity>,
    /// A mistake that the value that was found may contain.
    doubt: Option<Appearance>,
    /// The variable of `id_env`, if it does not say which secret the setting is, and why not.
    unidentified: Option<(&'static str, Unidentified)>,
    /// Whether a config was built with the value before.
    was_accepted: bool,
    /// Whether the value that was found came from a remote source.
    is_remote: bool,
    /// The position in the chain of the last source that was asked.
    link: usize,
}

/// The value of a setting with which a config was built.
#[derive(Clone)]
pub(crate) struct LastGood {
    /// `None`: no source had the setting.
    pub(crate) value: Option<ExtractedValue>,
    /// Whether it came from a remote source.
    is_remote: bool,
}

enum State {
    /// No source has had it so far.
    MissingSoFar,
    /// A source failed, and the lookup went on. Becomes the error if no other source has the setting.
    FailedSoFar(ErrorKind),
    Found(ExtractedValue),
    Failed(ErrorKind, Option<DecodeError>),
    /// The only source that may be asked does not have it.
    NotFound,
}

/// Why it is not known which secret a setting is.
pub(super) enum Unidentified {
    /// No source has the variable.
    NotSet,
    /// The source has it, and its text cannot be used.
    Wrong { source: String, error: SourceError },
}

/// Advice that stores the content of a file as the value of a secret.
const NAMES_A_FILE: &str = "file://";

/// The places of one source that do not have a setting.
pub(super) type Absences<'a> = Vec<(&'a Key, Outcome)>;

impl Entry {
    pub(super) const fn new(setting: Setting) -> Self {
        Self {
            setting,
            places: Vec::new(),
            help: Vec::new(),
            local_help: Vec::new(),
            state: State::MissingSoFar,
            identity: None,
            doubt: None,
            unidentified: None,
            was_accepted: false,
            is_remote: false,
            link: 0,
        }
    }

    pub(crate) const fn found(&self) -> Option<&ExtractedValue> {
        match &self.state {
            State::Found(found) => Some(found),
            _ => None,
        }
    }

    /// Puts another value in the place of the answer. `None`: no source had the setting.
    pub(crate) fn replace(&mut self, value: Option<ExtractedValue>) {
        self.identity = None;
        self.was_accepted = false;
        self.state = value.map_or(State::MissingSoFar, State::Found);
    }

    /// Puts the value with which a config was built before in the place of the answer.
    pub(crate) fn restore(&mut self, last_good: &LastGood) {
        self.replace(last_good.value.clone());
        self.is_remote = last_good.is_remote;
        self.was_accepted = true;
    }

    /// Returns the value to restore if a later lookup does not form a valid config.
    pub(crate) fn last_good(&self) -> LastGood {
        LastGood { value: self.found().cloned(), is_remote: self.is_remote }
    }

    /// Whether it was found on this machine.
    pub(crate) const fn is_local(&self) -> bool {
        self.found().is_some() && !self.is_remote
    }

    /// Whether a config was built with the value before.
    pub(super) const fn was_accepted(&self) -> bool {
        self.was_accepted
    }

    /// Where it was found.
    pub(crate) fn found_at(&self) -> Option<&Place> {
        self.found().and(self.places.last())
    }

    /// The secret and version that was found.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.found().and(self.identity.as_ref())
    }

    /// Returns a mistake that the value that was found may contain.
    pub(crate) fn doubt(&self) -> Option<Appearance> {
        self.found().and(self.doubt)
    }

    /// Whether it was found as text, and this is another one.
    #[cfg(feature = "dotenv")]
    pub(super) fn is_other_text(&self, payload: &Payload) -> bool {
        let (Some(ExtractedValue::Text(found)), Payload::Text(other)) = (self.found(), payload) else {
            return false;
        };
        !other.expose_secret().is_empty() && !found.ct_eq(other.expose_secret())
    }

    #[cfg(feature = "dotenv")]
    pub(super) const fn set_doubt(&mut self, doubt: Appearance) {
        self.doubt = Some(doubt);
    }

    /// Whether every source that was asked answered that it has no such setting.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self.state, State::MissingSoFar | State::NotFound)
    }

    /// Whether the next source may be asked.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::MissingSoFar | State::FailedSoFar(_))
    }

    /// The position in the chain of the last source that was asked.
    pub(super) const fn link(&self) -> usize {
        self.link
    }

    /// Whether a source has answered for it.
    pub(super) const fn was_asked_for(&self) -> bool {
        !self.places.is_empty()
    }
}

/// What a lookup records.
impl Entry {
    pub(super) fn set_found(
        &mut self,
        source: &dyn Source,
        location: &Location,
        found: ExtractedValue,
        identity: Identity,
        doubt: Option<Appearance>,
    ) {
        let outcome = self.found_in(location);
        self.places.push(place(source, location.key(), outcome));
        self.state = State::Found(found);
        self.identity = Some(identity);
        self.doubt = doubt;
        self.is_remote = source.is_remote();
    }

    /// The source has a value that does not decode.
    pub(super) fn set_invalid(&mut self, source: &dyn Source, location: &Location, error: DecodeError) {
        let outcome = self.found_in(location);
        self.places.push(place(source, location.key(), outcome));
        self.help.clear();
        self.state = State::Failed(ErrorKind::Invalid, Some(error));
    }

    /// A value was found, under the setting's key if the location holds a whole secret.
    fn found_in(&self, location: &Location) -> Outcome {
        let is_secret = location.holds != Holds::Value;
        Outcome::Found { key: self.setting.json_key().filter(|_| is_secret) }
    }

    /// Records whether the variable of `id_env` says which secret the setting is.
    pub(super) fn set_unidentified(&mut self, variable: &'static str, why: Option<Unidentified>) {
        self.unidentified = why.map(|why| (variable, why));
    }

    /// A source would be asked for the secret, and it is not known which one that is. A variable that is not
    /// set is reported as a secret that does not exist, and one that is malformed as a failure.
    pub(super) fn add_not_identified(&mut self, fallback: Fallback) {
        let Some((variable, why)) = self.unidentified.take() else { return };
        match why {
            Unidentified::NotSet => {
                let outcome = Outcome::Missing { reason: "not set", similar: None };
                self.places.push(Place::new(source_name::ENV, &[variable], outcome));
                self.help.push(format!("set {variable} to the full name or the ARN of the secret"));
                if matches!(fallback, Fallback::Never) {
                    self.close();
                }
            }
            Unidentified::Wrong { source, error } => {
                self.help.clear();
                self.help.extend(error.help().map(str::to_owned));
                let kind = error.kind();
                self.places.push(Place::new(&source, &[variable], Outcome::Failed(error)));
                self.state = if fallback.passes_on(kind) {
                    State::FailedSoFar(kind)
                } else {
                    State::Failed(kind, None)
                };
            }
        }
    }

    /// The setting would be in a variable that is not read.
    pub(super) fn add_not_read(&mut self, source: &dyn Source) {
        let Some(variable) = self.setting.reserved_variable() else { return };
        let reason = "not read, since shells and systems set this variable by themselves";
        let outcome = Outcome::Missing { reason, similar: None };
        self.places.push(Place::new(source.name(), &[variable], outcome));
        let help = if self.setting.spec().is_some() {
            format!(
                "to read it nevertheless, name it with #[secret(env = \"{variable}\")]; to read another, give the struct an env_prefix"
            )
        } else {
            "to read another variable, give the variables a prefix with `Secrets::builder().env_prefix(..)`"
                .to_owned()
        };
        if !self.local_help.contains(&help) {
            self.local_help.push(help);
        }
    }

    /// The source failed. The first failure counts if later sources fail, too.
    pub(super) fn add_failure(&mut self, source: &dyn Source, key: &Key, error: SourceError, try_next: bool) {
        let kind = error.kind();
        if !matches!(self.state, State::FailedSoFar(_)) {
            // Creating the secret in an earlier source is not what fixes the failure.
            self.help.clear();
        }
        self.help.extend(error_help(source, key, &error));
        self.places.push(place(source, key, Outcome::Failed(error)));
        self.state = match self.state {
            _ if !try_next => State::Failed(kind, None),
            State::FailedSoFar(first) => State::FailedSoFar(first),
            _ => State::FailedSoFar(kind),
        };
    }

    /// Adds the places that do not have it: those with the same answer on one line.
    pub(super) fn add_absences(&mut self, source: &dyn Source, absences: Absences<'_>) {
        let plain = |outcome: &Outcome| match outcome {
            Outcome::Missing { reason, similar: None } => Some(*reason),
            _ => None,
        };
        let mut absences = absences.into_iter().peekable();
        while let Some((key, outcome)) = absences.next() {
            let mut names = key.shown().into_owned();
            while let (Some(reason), Some((next, other))) = (plain(&outcome), absences.peek())
                && plain(other) == Some(reason)
            {
                names.push_str(", ");
                names.push_str(&next.shown());
                absences.next();
            }
            self.places.push(Place::shown(source.name(), names, outcome));
        }
    }

    /// Adds the source's advice for a setting that it does not have.
    pub(super) fn add_advice(&mut self, source: &dyn Source, absences: &Absences<'_>) {
        if matches!(self.state, State::FailedSoFar(_)) {
            return;
        }
        let advice = absences.iter().find_map(|(key, outcome)| match outcome {
            Outcome::NoValue(_) if key.hidden_behind().is_some() => {
                Some(format!("put a value into {}", key.shown()))
            }
            Outcome::NoValue(_) => is_secret_id(key.name()).then(|| source.help_without_value(key)).flatten(),
            // The secret exists: advice to create it would mislead.
            Outcome::NoKey { .. } => Some(format!("add the key to {}", key.shown())),
            Outcome::Unfilled(_) => Some(format!("put a value into {}", key.shown())),
            _ => advice_of(source, key, ErrorKind::Missing),
        });
        if source.is_remote() { &mut self.help } else { &mut self.local_help }.extend(advice);
    }

    pub(super) const fn set_link(&mut self, position: usize) {
        self.link = position;
    }

    /// Names a variable that is set and was not asked for, since a source before it has failed.
    pub(super) fn add_unread_variable(&mut self, variables: &Env, is_fallback_given: bool) {
        let State::Failed(kind, None) = &self.state else { return };
        let was_asked = self.places.iter().any(|place| place.source() == source_name::ENV);
        if was_asked || *kind == ErrorKind::Invalid || !self.setting.allows_source(source_name::ENV) {
            return;
        }
        let located = variables.locate(&self.setting);
        let Some(location) = located.iter().find(|location| variables.has_value(location.key())) else {
            return;
        };
        let outcome =
            Outcome::Missing { reason: "set, but not read: an earlier source has failed", similar: None };
        self.places.push(place(variables, location.key(), outcome));
        // The variable SECRET_FALLBACK does not change what the code has set.
        let may_fall_back = kind.is_transient() && !is_fallback_given;
        self.help.push(if may_fall_back { READ_WHEN_UNAVAILABLE } else { READ_VARIABLES }.to_owned());
    }

    /// No further source may be asked.
    pub(super) fn close(&mut self) {
        if self.is_open() {
            self.state = State::NotFound;
        }
    }

    /// Keeps one piece of advice: the first store's, with the form of the value if it names a file of it, or
    /// all local ones joined.
    pub(super) fn choose_help(&mut self, forms: &Forms) {
        self.help.truncate(1);
        if self.help.first().is_some_and(|advice| advice.contains(NAMES_A_FILE)) {
            self.help.push(forms.of_secret(self.setting.secret_id()));
        }
        if let State::Failed(_, Some(error)) = &self.state
            && error.is_about_format()
            && let Some(form) = forms.of_document(self.setting.secret_id())
        {
            self.help = error.help().map(str::to_owned).into_iter().chain([form]).collect();
        }
        if self.help.is_empty() && !self.local_help.is_empty() {
            self.help.push(self.local_help.join(", or "));
        }
    }
}

const READ_VARIABLES: &str = "if the variables are to be used, and not the store, set SECRET_SOURCES=env";
const READ_WHEN_UNAVAILABLE: &str =
    "if the variables are to be used while the store is unavailable, set SECRET_FALLBACK=unavailable";

/// What reports say.
impl Entry {
    /// The error of a value that does not decode.
    pub(crate) fn invalid(&self, error: DecodeError) -> FieldError {
        // Only the place that has the value matters.
        let places = self.places.last().cloned().into_iter().collect();
        let error = match self.found() {
            Some(found) => RawSecret::new(found, Options::of(&self.setting)).explain(error),
            None => error,
        };
        field_error(&self.setting, ErrorKind::Invalid, Some(error), places, Vec::new())
    }

    /// The error of a default in the code that does not decode.
    pub(crate) fn invalid_default(&self, error: DecodeError) -> FieldError {
        let place = Place::new("default", &[], Outcome::Missing { reason: "in the code", similar: None });
        field_error(&self.setting, ErrorKind::Configuration, Some(error), vec![place], Vec::new())
    }

    /// The error of a setting that was not found.
    pub(crate) fn not_found(&self) -> FieldError {
        let (kind, reason) = match &self.state {
            State::Failed(kind, reason) => (*kind, reason.clone()),
            State::FailedSoFar(kind) => (*kind, None),
            State::MissingSoFar | State::NotFound | State::Found(_) if self.places.is_empty() => {
                (ErrorKind::Configuration, Some(DecodeError::because("no allowed source can hold it")))
            }
            State::MissingSoFar | State::NotFound | State::Found(_) => (ErrorKind::Missing, None),
        };
        field_error(&self.setting, kind, reason, self.places.clone(), self.help.clone())
    }
}
