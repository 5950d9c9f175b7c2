//! The walk along the chain of sources: which are asked for what, what passes on, and what is reported.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::fallback::Fallback;
use super::freshness::Freshness;
use super::single_flight::{CachedSource, LATE};
use crate::environment::Environment;
use crate::error::DecodeError;
use crate::error::{ErrorKind, FieldError, Outcome, Place, Problem, SourceError};
use crate::events;
use crate::secret_id::{display_id, is_secret_id};
use crate::setting::Setting;
use crate::source::{Answer, BoxFuture, Fetched, Holds, Identity, Key, Location, Missing, Source};
use crate::value::{Absence, Extracted, ExtractedValue, Options, extract};

/// What a walk needs to know.
pub(crate) struct Chain<'a> {
    pub(crate) links: &'a [Link],
    pub(crate) fallback: Fallback,
    pub(crate) timeout: Duration,
    pub(crate) environment: &'a Environment,
    pub(crate) freshness: Freshness,
}

/// One source of the chain, with the cache before it if it is a remote one.
pub(crate) struct Link {
    pub(super) source: Arc<dyn Source>,
    pub(super) cached: Option<CachedSource>,
}

/// What came of looking for settings: an entry for each, in order.
pub(crate) struct Walked {
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
    /// What each source was asked for.
    pub(crate) asked: Vec<Vec<Key>>,
}

impl Walked {
    /// Whether a setting could not be looked for.
    pub(crate) fn has_failed(&self) -> bool {
        self.entries.iter().any(|entry| entry.found().is_none() && !entry.is_missing())
    }

    /// What is pending where something is, and elsewhere what is current. None if nothing is pending.
    pub(crate) fn pending_or(self, current: Self) -> Option<Self> {
        let is_pending = |entry: &Entry| entry.setting.is_pending() && entry.found().is_some();
        if !self.entries.iter().any(is_pending) {
            return None;
        }
        let entries = self.entries.into_iter().zip(current.entries);
        let entries = entries.map(|(pending, current)| if is_pending(&pending) { pending } else { current });
        Some(Self { entries: entries.collect(), problems: current.problems, asked: current.asked })
    }
}

/// One setting with what was found.
pub(crate) struct Entry {
    pub(crate) setting: Setting,
    places: Vec<Place>,
    /// What to do, by the source that failed or should have had it.
    help: Vec<String>,
    /// What to do, by sources that anybody can fill. Of use only if nothing better is known.
    local_help: Vec<String>,
    state: State,
    /// Which secret and version was found, as far as its source knows.
    identity: Option<Identity>,
}

enum State {
    /// Not found so far.
    Missing,
    /// A source failed, which passed on; counts if no other source has it.
    Doubtful(ErrorKind),
    Found(ExtractedValue),
    Failed(ErrorKind, Option<DecodeError>),
    /// Missing where it was looked for, and nothing further may be asked.
    Closed,
}

impl Entry {
    const fn new(setting: Setting) -> Self {
        Self {
            setting,
            places: Vec::new(),
            help: Vec::new(),
            local_help: Vec::new(),
            state: State::Missing,
            identity: None,
        }
    }

    pub(crate) fn found(&self) -> Option<&ExtractedValue> {
        match &self.state {
            State::Found(found) => Some(found),
            _ => None,
        }
    }

    /// Where it was found.
    pub(crate) fn found_at(&self) -> Option<&Place> {
        self.found().and(self.places.last())
    }

    /// Which secret and version was found.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.found().and(self.identity.as_ref())
    }

    /// Whether every source that was asked knows that it has no such setting.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self.state, State::Missing | State::Closed)
    }

    const fn is_open(&self) -> bool {
        matches!(self.state, State::Missing | State::Doubtful(_))
    }

    /// The error of a value that does not decode.
    pub(crate) fn invalid(&self, error: DecodeError) -> FieldError {
        // The places passed on from hold nothing of interest: the fault is where the value was.
        let places = self.places.last().cloned().into_iter().collect();
        self.error(ErrorKind::Invalid, Some(error), places, Vec::new())
    }

    /// The error of a value that is served although it could not be refreshed.
    pub(super) fn refresh_failure(
        setting: &Setting,
        source: &dyn Source,
        key: &Key,
        error: SourceError,
    ) -> FieldError {
        let kind = error.kind();
        let help = error.help().map(str::to_owned).or_else(|| advice_of(source, key, kind));
        FieldError {
            path: setting.path().to_owned(),
            doc: setting.doc(),
            kind,
            reason: None,
            places: vec![Place::new(source.name(), &[key.name()], Outcome::Failed(error))],
            help: help.into_iter().collect(),
        }
    }

    /// The error of a default in the code that does not decode.
    pub(crate) fn invalid_default(&self, error: DecodeError) -> FieldError {
        let place = Place::new("default", &[], Outcome::Missing { answer: "in the code", similar: None });
        self.error(ErrorKind::Configuration, Some(error), vec![place], Vec::new())
    }

    /// The error of a setting that was not found.
    pub(crate) fn not_found(&self) -> FieldError {
        let (kind, reason) = match &self.state {
            State::Failed(kind, reason) => (*kind, reason.clone()),
            State::Doubtful(kind) => (*kind, None),
            State::Missing | State::Closed | State::Found(_) if self.places.is_empty() => (
                ErrorKind::Configuration,
                Some(DecodeError::because("no source that may be asked can hold it")),
            ),
            State::Missing | State::Closed | State::Found(_) => (ErrorKind::Missing, None),
        };
        self.error(kind, reason, self.places.clone(), self.help.clone())
    }

    fn error(
        &self,
        kind: ErrorKind,
        reason: Option<DecodeError>,
        places: Vec<Place>,
        help: Vec<String>,
    ) -> FieldError {
        FieldError {
            path: self.setting.path().to_owned(),
            doc: self.setting.doc(),
            kind,
            reason,
            places,
            help,
        }
    }
}

impl Chain<'_> {
    /// Looks for every setting: each source is asked once, for what the sources before it did not have.
    pub(crate) async fn walk(&self, settings: Vec<Setting>) -> Walked {
        let mut entries: Vec<Entry> = settings.into_iter().map(Entry::new).collect();
        let mut problems = Vec::new();
        let mut asked = Vec::with_capacity(self.links.len());
        for link in self.links {
            let source = &link.source;
            let request = Request::new(&**source, &entries);
            if request.keys.is_empty() {
                asked.push(request.keys);
                continue;
            }
            let fetched = self.fetch(link, &request.keys).await;
            problems.extend(fetched.problems.into_iter().map(|problem| Problem::new(source.name(), problem)));
            for (index, locations) in request.wanted {
                let Some(entry) = entries.get_mut(index) else { continue };
                let answers = locations.iter().map(|(location, key)| {
                    let unanswered =
                        SourceError::new(ErrorKind::Unavailable).because("the source did not answer");
                    (location, fetched.answers.get(*key).cloned().unwrap_or(Answer::Failed(unanswered)))
                });
                self.settle(entry, &**source, answers);
            }
            asked.push(request.keys);
        }
        for entry in &mut entries {
            entry.choose_help();
        }
        Walked { entries, problems, asked }
    }

    async fn fetch(&self, link: &Link, keys: &[Key]) -> Fetched {
        match &link.cached {
            // A cache ends its calls by itself, and falls back on what it holds: only a refresh waits for two of them.
            Some(cached) => {
                let fetch = Box::pin(cached.read(keys, self.freshness));
                in_time(self.timeout.saturating_mul(3), keys, fetch).await
            }
            None => in_time(self.timeout, keys, link.source.fetch(keys)).await,
        }
    }

    /// Takes what one source said of one setting.
    fn settle<'a>(
        &self,
        entry: &mut Entry,
        source: &dyn Source,
        answers: impl Iterator<Item = (&'a Location, Answer)>,
    ) {
        let first_source = entry.places.is_empty();
        let mut missing: Vec<(&str, Outcome)> = Vec::new();
        let mut advice: Option<String> = None;
        for (location, answer) in answers {
            let name = location.key.name();
            let place = |outcome| Place::new(source.name(), &[name], outcome);
            match self.judge(entry, location, answer) {
                Verdict::Found { found, trailing_newline, identity } => {
                    if trailing_newline {
                        events::trailing_newline(entry.setting.path(), source.name());
                    }
                    if !first_source
                        && entry.setting.uses_secret_store()
                        && !self.environment.is_development()
                    {
                        events::fallback_used(entry.setting.path(), source.name(), self.environment);
                    }
                    entry.places.push(place(Outcome::Found));
                    entry.state = State::Found(found);
                    entry.identity = Some(identity);
                    return;
                }
                Verdict::Absent(outcome) => {
                    advice = advice.or_else(|| match &outcome {
                        // It is there: to create it is no way out.
                        Outcome::NoKey { .. } => Some(format!("add the key to {}", display_id(name))),
                        Outcome::Unfilled(_) => Some(format!("put a value into {}", display_id(name))),
                        _ => advice_of(source, &location.key, ErrorKind::Missing),
                    });
                    missing.push((name, outcome));
                }
                Verdict::Invalid(error) => {
                    entry.places.push(place(Outcome::Found));
                    entry.help.clear();
                    entry.state = State::Failed(ErrorKind::Invalid, Some(error));
                    return;
                }
                Verdict::Failed(error, passes_on) => {
                    let kind = error.kind();
                    let help =
                        error.help().map(str::to_owned).or_else(|| advice_of(source, &location.key, kind));
                    let failed = place(Outcome::Failed(error));
                    entry.push_missing(source, std::mem::take(&mut missing));
                    entry.places.push(failed);
                    if !matches!(entry.state, State::Doubtful(_)) {
                        // What a source before this one should have had is not what stopped the walk.
                        entry.help.clear();
                    }
                    entry.help.extend(help);
                    entry.state = match entry.state {
                        _ if !passes_on => State::Failed(kind, None),
                        State::Doubtful(first) => State::Doubtful(first),
                        _ => State::Doubtful(kind),
                    };
                    if !passes_on {
                        return;
                    }
                }
            }
        }
        entry.push_missing(source, missing);
        if !matches!(entry.state, State::Doubtful(_)) {
            let help = if source.is_remote() { &mut entry.help } else { &mut entry.local_help };
            help.extend(advice);
        }
        if matches!(self.fallback, Fallback::Never) && entry.is_open() {
            entry.state = match entry.state {
                State::Doubtful(kind) => State::Failed(kind, None),
                _ => State::Closed,
            };
        }
    }

    fn judge(&self, entry: &Entry, location: &Location, answer: Answer) -> Verdict {
        let (payload, identity) = match answer {
            Answer::Found(payload, identity) => (payload, identity),
            Answer::Missing(Missing { answer, similar }) => {
                return Verdict::Absent(Outcome::Missing { answer, similar });
            }
            Answer::Failed(error) => {
                // A value that is there and cannot be used is nobody else's to replace.
                let passes_on =
                    matches!(self.fallback, Fallback::OnError) && error.kind() != ErrorKind::Invalid;
                return Verdict::Failed(error, passes_on);
            }
        };
        let whole = crate::setting::KeyPath::default();
        let key = match location.holds {
            Holds::Secret => entry.setting.key(),
            Holds::Value => &whole,
        };
        match extract(&payload, key, Options::of(entry.setting.spec())) {
            Extracted::Found { found, trailing_newline } => {
                Verdict::Found { found, trailing_newline, identity }
            }
            Extracted::Invalid(error) => Verdict::Invalid(error),
            Extracted::Absent(absence) => Verdict::Absent(match absence {
                Absence::Empty => Outcome::Unfilled("set, but empty"),
                Absence::Null => Outcome::Unfilled("null"),
                Absence::NoKey { key, similar } => Outcome::NoKey { key, similar },
            }),
        }
    }
}

/// What a fetch brings, or that it brought nothing in time.
pub(super) async fn in_time(limit: Duration, keys: &[Key], mut fetch: BoxFuture<'_, Fetched>) -> Fetched {
    // What is there at once needs no clock, which a runtime may lack.
    if let Poll::Ready(fetched) = poll_fn(|context| Poll::Ready(fetch.as_mut().poll(context))).await {
        return fetched;
    }
    // Another executor has no clock to end it by, and asking tokio's would panic.
    if tokio::runtime::Handle::try_current().is_err() {
        return fetch.await;
    }
    tokio::time::timeout(limit, fetch).await.unwrap_or_else(|_| Fetched::failed(keys, &LATE))
}

/// A source's advice about a key, which may repeat the key's name: none for what can be no name.
fn advice_of(source: &dyn Source, key: &Key, kind: ErrorKind) -> Option<String> {
    if is_secret_id(key.name()) { source.help(key, kind) } else { None }
}

/// What an answer means for a setting.
enum Verdict {
    Found { found: ExtractedValue, trailing_newline: bool, identity: Identity },
    Absent(Outcome),
    Invalid(DecodeError),
    Failed(SourceError, bool),
}

impl Entry {
    /// Adds the places that do not have it: those with the same answer on one line.
    fn push_missing(&mut self, source: &dyn Source, missing: Vec<(&str, Outcome)>) {
        let plain = |outcome: &Outcome| match outcome {
            Outcome::Missing { answer, similar: None } => Some(*answer),
            _ => None,
        };
        let mut missing = missing.into_iter().peekable();
        while let Some((name, outcome)) = missing.next() {
            let mut names = vec![name];
            while let (Some(answer), Some((next, other))) = (plain(&outcome), missing.peek())
                && plain(other) == Some(answer)
            {
                names.push(next);
                missing.next();
            }
            self.places.push(Place::new(source.name(), &names, outcome));
        }
    }

    /// Keeps one piece of advice: the first store's, or every local way at once.
    fn choose_help(&mut self) {
        self.help.truncate(1);
        if self.help.is_empty() && !self.local_help.is_empty() {
            self.help.push(self.local_help.join(", or "));
        }
    }
}

/// What one source is asked for.
struct Request {
    keys: Vec<Key>,
    /// Settings by index, with their locations and each location's key by index.
    wanted: Vec<(usize, Vec<(Location, usize)>)>,
}

impl Request {
    fn new(source: &dyn Source, entries: &[Entry]) -> Self {
        let mut keys: Vec<Key> = Vec::new();
        let mut known: HashMap<Key, usize> = HashMap::new();
        let mut wanted = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if !entry.is_open()
                || !entry.setting.allows_source(source.name())
                || (entry.setting.is_pending() && !source.is_remote())
            {
                continue;
            }
            let locations = source.locate(&entry.setting).into_iter().map(|location| {
                let key = *known.entry(location.key.clone()).or_insert_with_key(|key| {
                    keys.push(key.clone());
                    keys.len() - 1
                });
                (location, key)
            });
            let locations: Vec<_> = locations.collect();
            if !locations.is_empty() {
                wanted.push((index, locations));
            }
        }
        Self { keys, wanted }
    }
}
