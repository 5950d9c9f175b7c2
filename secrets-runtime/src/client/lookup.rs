//! The lookup along the chain of sources: which sources are asked for which keys, and what an answer means
//! for a setting. `entry.rs` keeps what was found and words the errors.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::deadline::{UNANSWERED, fetch_in_time, in_time};
use super::doubts::Doubts;
use super::entry::{Absences, Entry, LastGood};
use super::fallback::Fallback;
use super::form::Forms;
use super::freshness::Freshness;
use super::single_flight::CachedSource;
use crate::environment::Environment;
use crate::error::{Appearance, Outcome, Place, Problem, SourceError};
use crate::events;
use crate::setting::{KeyPath, Setting, source_name};
#[cfg(feature = "dotenv")]
use crate::source::DotEnv;
use crate::source::{
    Answer, ContainedSource, Env, Fetched, Holds, Key, Location, Memory, Missing, Payload, Source,
};
use crate::value::{Absence, Extracted, Options, extract, extract_if_object, extract_own};

/// The chain of sources, and how it is asked.
pub(super) struct Chain<'a> {
    pub(super) links: &'a [Link],
    pub(super) fallback: Fallback,
    pub(super) timeout: Duration,
    pub(super) environment: &'a Environment,
    pub(super) freshness: Freshness,
    pub(super) doubts: &'a Doubts,
    /// The variables that configure the program.
    pub(super) variables: &'a Env,
}

/// One source of the chain, with its cache if it is remote.
pub(super) struct Link {
    /// Its code may be the application's: each panic is contained.
    pub(super) source: Arc<ContainedSource>,
    pub(super) cached: Option<CachedSource>,
    /// The source, if it is [`Memory`], whose values may be set while they are watched.
    pub(super) memory: Option<Memory>,
    /// The source, if it is a `.env` file, whose values a variable may hide.
    #[cfg(feature = "dotenv")]
    pub(super) dotenv: Option<DotEnv>,
}

impl Link {
    /// Whether it is a `.env` file, and a variable has the entry: if the values differ, the entry has a doubt
    /// that says so.
    #[cfg(feature = "dotenv")]
    fn is_hidden_by_a_variable(&self, entry: &Entry) -> bool {
        self.dotenv.is_some() && entry.found_at().is_some_and(|place| place.source() == source_name::ENV)
    }

    #[cfg(not(feature = "dotenv"))]
    #[allow(clippy::unused_self, reason = "the version with the feature `dotenv` uses it")]
    const fn is_hidden_by_a_variable(&self, _: &Entry) -> bool {
        false
    }
}

/// The result of a lookup: an entry for each setting, in order.
#[derive(Default)]
pub(crate) struct Lookup {
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
    /// The keys that each source was asked for.
    pub(crate) keys: Vec<Vec<Key>>,
}

impl Lookup {
    /// The values that a config was built from: one for each setting.
    pub(crate) fn of_last_good(settings: Vec<Setting>, last_good: &[LastGood]) -> Self {
        let entries = settings.into_iter().zip(last_good).map(|(setting, value)| {
            let mut entry = Entry::new(setting);
            entry.restore(value);
            entry
        });
        Self { entries: entries.collect(), ..Self::default() }
    }

    /// Whether a source failed for a setting that was not found elsewhere.
    pub(crate) fn has_failed(&self) -> bool {
        self.entries.iter().any(|entry| entry.found().is_none() && !entry.is_missing())
    }

    /// Logs how many settings were found, and how many were not.
    pub(super) fn log_counts(&self) {
        let found = self.entries.iter().filter(|entry| entry.found().is_some()).count();
        let missing = self.entries.iter().filter(|entry| entry.is_missing()).count();
        events::settings_looked_up(found, missing, self.entries.len() - found - missing);
    }
}

impl Chain<'_> {
    /// Looks for every setting: each source is asked once, for the settings that no source before it has.
    pub(super) async fn look_up(&self, settings: Vec<Setting>) -> Lookup {
        let mut entries: Vec<Entry> = settings.into_iter().map(Entry::new).collect();
        self.identify(&mut entries).await;
        let mut problems = Vec::new();
        let mut keys = Vec::with_capacity(self.links.len());
        for (position, link) in self.links.iter().enumerate() {
            let source = &*link.source;
            let request = SourceRequest::new(source, &entries, |entry| {
                entry.is_open() && (source.is_remote() || !entry.setting.is_pending())
            });
            for (index, error) in request.not_located {
                if let Some(entry) = entries.get_mut(index) {
                    let key = Key::new(entry.setting.path());
                    let try_next = self.fallback.passes_on(error.kind());
                    entry.add_failure(source, &key, error, try_next);
                }
            }
            for index in request.not_identified {
                if let Some(entry) = entries.get_mut(index) {
                    entry.add_not_identified(self.fallback);
                }
            }
            if !request.keys.is_empty() {
                let fetched = self.fetch(link, &request.keys).await;
                for SettingRequest { entry, locations } in request.settings {
                    let Some(entry) = entries.get_mut(entry) else { continue };
                    let answers = locations.iter().map(|(location, key)| {
                        let answer = fetched.answers.get(*key).cloned();
                        (location, answer.unwrap_or(Answer::Failed(UNANSWERED)))
                    });
                    self.apply(entry, source, answers);
                    entry.set_link(position);
                }
                problems
                    .extend(fetched.problems.into_iter().map(|problem| Problem::new(source.name(), problem)));
            }
            for index in request.not_read {
                if let Some(entry) = entries.get_mut(index).filter(|entry| entry.is_open()) {
                    entry.add_not_read(source);
                }
            }
            keys.push(request.keys);
        }
        #[cfg(feature = "dotenv")]
        self.find_hidden(&mut entries).await;
        let is_complete = entries.iter().all(|entry| entry.found().is_some());
        let forms = if is_complete {
            Forms::default()
        } else {
            Forms::of(entries.iter().map(|entry| &entry.setting))
        };
        for entry in &mut entries {
            entry.choose_help(&forms);
        }
        Lookup { entries, problems, keys }
    }

    /// The places that have a value, too, behind the source in which each entry was found.
    pub(super) async fn shadowed(&self, entries: &[Entry]) -> Vec<Vec<Place>> {
        let mut shadowed: Vec<Vec<Place>> = entries.iter().map(|_| Vec::new()).collect();
        for (position, link) in self.links.iter().enumerate().filter(|(_, link)| !link.source.is_remote()) {
            let request = SourceRequest::new(&link.source, entries, |entry| {
                entry.found().is_some() && entry.link() < position && !link.is_hidden_by_a_variable(entry)
            });
            if request.keys.is_empty() {
                continue;
            }
            let fetched = self.fetch(link, &request.keys).await;
            for SettingRequest { entry: index, locations } in request.settings {
                let (Some(entry), Some(shadowed)) = (entries.get(index), shadowed.get_mut(index)) else {
                    continue;
                };
                let has_value = |(location, key): &&(Location, usize)| match fetched.answers.get(*key) {
                    Some(Answer::Found(payload, _)) => {
                        !matches!(extract_at(location, &entry.setting, payload), Extracted::Absent(_))
                    }
                    _ => false,
                };
                shadowed.extend(locations.iter().find(has_value).map(|(location, _)| {
                    let outcome = Outcome::Missing { reason: SHADOWED, similar: None };
                    Place::shown(link.source.name(), location.key.shown().into_owned(), outcome)
                }));
            }
        }
        shadowed
    }

    pub(super) async fn fetch(&self, link: &Link, keys: &[Key]) -> Fetched {
        match &link.cached {
            // The cache has time limits of its own. A refresh may wait for two calls, one after the other.
            Some(cached) => {
                let fetch = Box::pin(cached.read(keys, self.freshness));
                in_time(self.timeout.saturating_mul(3), keys, fetch).await
            }
            None => fetch_in_time(self.timeout, keys, &*link.source).await,
        }
    }

    /// Records what one source answered for one setting.
    fn apply<'a>(
        &self,
        entry: &mut Entry,
        source: &dyn Source,
        answers: impl Iterator<Item = (&'a Location, Answer)>,
    ) {
        let is_fallback = entry.was_asked_for();
        let mut absences = Absences::new();
        for (location, answer) in answers {
            let key = &location.key;
            let absence = match answer {
                Answer::Found(payload, identity) => match extract_at(location, &entry.setting, &payload) {
                    Extracted::Found { found, doubt } => {
                        self.log_found(&entry.setting, source, key, doubt, is_fallback);
                        return entry.set_found(source, location, found, identity, doubt);
                    }
                    Extracted::Invalid(error) => return entry.set_invalid(source, location, error),
                    Extracted::Absent(Absence::Empty) => Outcome::Unfilled("set, but empty"),
                    Extracted::Absent(Absence::NotAnObject) => {
                        Outcome::Missing { reason: "set, but not to a JSON object", similar: None }
                    }
                    Extracted::Absent(Absence::Null) => Outcome::Unfilled("null"),
                    Extracted::Absent(Absence::NoKey { key, similar }) => Outcome::NoKey { key, similar },
                },
                Answer::Missing(Missing { reason, has_no_value: true, .. }) => Outcome::NoValue(reason),
                Answer::Missing(Missing { reason, similar, .. }) => Outcome::Missing { reason, similar },
                Answer::Failed(error) => {
                    let try_next = self.fallback.passes_on(error.kind());
                    entry.add_absences(source, std::mem::take(&mut absences));
                    entry.add_failure(source, key, error, try_next);
                    if !try_next {
                        return;
                    }
                    continue;
                }
            };
            absences.push((key, absence));
        }
        entry.add_advice(source, &absences);
        entry.add_absences(source, absences);
        if matches!(self.fallback, Fallback::Never) {
            entry.close();
        }
    }

    fn log_found(
        &self,
        setting: &Setting,
        source: &dyn Source,
        key: &Key,
        doubt: Option<Appearance>,
        is_fallback: bool,
    ) {
        if doubt.is_some() || !self.doubts.is_empty() {
            let place = format!("{} {key:?} {}", source.name(), setting.key());
            let is_new = self.doubts.note(place, setting.path(), doubt.is_some());
            if let Some(doubt) = doubt.filter(|_| is_new) {
                events::doubtful_value(setting.path(), source.name(), doubt);
            }
        }
        if is_fallback && setting.uses_secret_store() && !self.environment.is_development() {
            events::fallback_used(setting.path(), source.name(), self.environment);
        }
    }
}

#[cfg(feature = "dotenv")]
impl Chain<'_> {
    /// Looks into `.env` for other values of the settings that a variable has, and warns of them: which one
    /// is meant depends on the shell that starts the program.
    async fn find_hidden(&self, entries: &mut [Entry]) {
        let Some(dotenv) = self.links.iter().find_map(|link| link.dotenv.as_ref()) else { return };
        let is_hiding = |entry: &Entry| {
            entry.found_at().is_some_and(|place| place.source() == source_name::ENV)
                && entry.setting.allows_source(source_name::DOTENV)
        };
        let hiding = entries.iter().enumerate().filter(|(_, entry)| is_hiding(entry));
        let (indices, keys): (Vec<usize>, Vec<Key>) = hiding
            .flat_map(|(index, entry)| entry.setting.variables().map(move |name| (index, Key::new(name))))
            .unzip();
        if keys.is_empty() {
            return;
        }
        let fetched = in_time(self.timeout, &keys, dotenv.fetch_at_once(&keys)).await;
        for (index, (key, answer)) in indices.into_iter().zip(keys.iter().zip(fetched.answers)) {
            let (Some(entry), Answer::Found(payload, _)) = (entries.get_mut(index), answer) else { continue };
            let is_other = entry.is_other_text(&payload);
            let place = format!("hidden {key:?}");
            let is_new = self.doubts.note(place, entry.setting.path(), is_other);
            if is_other && entry.doubt().is_none() {
                entry.set_doubt(Appearance::HidesDotEnv);
            }
            if is_new {
                events::doubtful_value(entry.setting.path(), source_name::ENV, Appearance::HidesDotEnv);
            }
        }
    }
}

/// The answer of a place whose value is not used.
const SHADOWED: &str = "set, and not used: an earlier source has a value";

fn extract_at(location: &Location, setting: &Setting, payload: &Payload) -> Extracted {
    let (key, options) = (setting.key(), Options::of(setting));
    match location.holds {
        Holds::Secret => extract(payload, key, options),
        Holds::JsonSecret => extract_if_object(payload, key, options),
        Holds::Value if !key.is_whole() && setting.is_decoded_by_type() => extract_own(payload, options),
        Holds::Value => extract(payload, &KeyPath::default(), options),
    }
}

/// What one source is asked for.
struct SourceRequest {
    /// Without duplicates.
    keys: Vec<Key>,
    settings: Vec<SettingRequest>,
    /// The entries that the source could not locate.
    not_located: Vec<(usize, SourceError)>,
    /// The entries whose secret it would be asked for, if it were known which one that is.
    not_identified: Vec<usize>,
    /// The entries whose variable is not read, since shells and systems set it by themselves.
    not_read: Vec<usize>,
}

/// Where a source is asked for one setting.
struct SettingRequest {
    /// The entry's index.
    entry: usize,
    /// Each location, with the index of its key.
    locations: Vec<(Location, usize)>,
}

impl SourceRequest {
    /// Asks for the entries for which `is_wanted`.
    fn new(source: &ContainedSource, entries: &[Entry], is_wanted: impl Fn(&Entry) -> bool) -> Self {
        let mut keys: Vec<Key> = Vec::new();
        let mut known: HashMap<Key, usize> = HashMap::new();
        let mut settings = Vec::new();
        let (mut not_located, mut not_identified, mut not_read) = (Vec::new(), Vec::new(), Vec::new());
        let reads_variables = [source_name::ENV, source_name::DOTENV].contains(&source.name());
        for (index, entry) in entries.iter().enumerate() {
            if !is_wanted(entry) || !entry.setting.allows_source(source.name()) {
                continue;
            }
            if reads_variables && entry.setting.reserved_variable().is_some() {
                not_read.push(index);
            }
            let mut located = match source.try_locate(&entry.setting) {
                Ok(located) => located,
                Err(error) => {
                    not_located.push((index, error));
                    continue;
                }
            };
            if !entry.setting.is_identified() {
                let all = located.len();
                located.retain(|location| location.holds != Holds::Secret);
                if located.len() < all {
                    not_identified.push(index);
                }
            }
            let locations = located.into_iter().map(|location| {
                let key = *known.entry(location.key.clone()).or_insert_with_key(|key| {
                    keys.push(key.clone());
                    keys.len() - 1
                });
                (location, key)
            });
            let locations: Vec<_> = locations.collect();
            if !locations.is_empty() {
                settings.push(SettingRequest { entry: index, locations });
            }
        }
        Self { keys, settings, not_located, not_identified, not_read }
    }
}
