//! What all handles of a watched value share: its loader, the current value and the state of its loads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::found_pending::LastPending;
use super::last_good::{build_rest, changed_paths};
use super::progress::{Changes, Progress};
use super::refusals::Refusals;
use crate::client::{Entry, Freshness, KeysBySource, LastGood, Lookup, Secrets, Subscriber};
use crate::contain::{Panicked, contain};
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::events;
use crate::lock::lock;
use crate::setting::Setting;
use crate::source::BoxFuture;

pub(super) struct Shared<T> {
    pub(super) secrets: Secrets,
    pub(super) loader: Loader<T>,
    pub(super) current: ArcSwap<T>,
    pub(super) progress: watch::Sender<Progress>,
    last_load: Mutex<LastLoad>,
    /// One refresh or lookup of pending versions at a time, for calls across a rotation.
    pub(super) refreshing: Semaphore,
    /// When the last of these refreshes ended.
    pub(super) refreshed_at: Mutex<Option<Instant>>,
    /// By field.
    pub(super) last_pending: Mutex<HashMap<String, LastPending<T>>>,
    pub(super) accepted_pending: Mutex<Option<AcceptedPending<T>>>,
    /// The settings of which it was logged that their pending versions may not be read.
    pub(super) pending_denied: Mutex<BTreeSet<String>>,
    pub(super) refusals: Refusals<T>,
}

/// How a value is loaded: the settings to look for, and how to build it from what was found.
pub(crate) struct Loader<T> {
    /// The name of the config, or of the single secret.
    pub(crate) name: String,
    pub(crate) settings: Box<Settings>,
    pub(crate) build: Box<Build<T>>,
}

type Settings = dyn Fn(&Secrets) -> Vec<Setting> + Send + Sync;
type Build<T> = dyn Fn(&Secrets, &Lookup) -> Result<T, Error> + Send + Sync;

/// A value of pending versions with which a call across a rotation has succeeded.
pub(super) struct AcceptedPending<T> {
    pub(super) pending: Arc<T>,
    /// The current value at that time. If the current value is another one, it is newer than the pending
    /// one.
    pub(super) current: Arc<T>,
}

/// What a load must know of the loads before it.
struct LastLoad {
    /// The keys that the last applied load asked for.
    keys: KeysBySource,
    /// The settings that the last applied load asked for, with the secrets that variables name.
    settings: Vec<Setting>,
    /// The values that the current value was built from.
    found: Vec<LastGood>,
    /// The number of the last load that was compared with the current value. Loads may overlap: an earlier
    /// one must not replace the result of a later one.
    applied: u64,
    /// The number of the load that began last.
    started: u64,
}

/// The result of a load.
enum Applied {
    /// It was compared with the current value.
    Compared {
        changes: Changes,
        /// What of it could not be used.
        rejected: Option<Arc<Error>>,
        /// What could not be used of the load before.
        rejected_before: Option<Arc<Error>>,
    },
    /// A load that began later was applied first.
    Superseded,
}

impl<T> Shared<T> {
    /// Loads the first value.
    pub(super) async fn load(secrets: &Secrets, loader: Loader<T>) -> Result<Self, Error> {
        let lookup = secrets.look_up((loader.settings)(secrets), Freshness::Cached).await;
        let (keys, found) = (lookup.keys.clone().into(), found_in(&lookup));
        let first = (loader.build)(secrets, &lookup)?;
        Ok(Self {
            secrets: secrets.clone(),
            loader,
            current: ArcSwap::from_pointee(first),
            progress: watch::Sender::default(),
            last_load: Mutex::new(LastLoad {
                keys,
                settings: settings_in(&lookup),
                found,
                applied: 0,
                started: 0,
            }),
            refreshing: Semaphore::new(1),
            refreshed_at: Mutex::default(),
            last_pending: Mutex::default(),
            accepted_pending: Mutex::default(),
            pending_denied: Mutex::default(),
            refusals: Refusals::default(),
        })
    }

    /// Looks for all settings, and replaces the current value if something has changed. Returns whether it
    /// has. Fails if a setting cannot be used; the others are used nevertheless.
    pub(super) async fn reload(&self, freshness: Freshness) -> Result<bool, Error> {
        let mut freshness = freshness;
        loop {
            let load = {
                let mut last_load = self.last_load();
                last_load.started += 1;
                last_load.started
            };
            let lookup = self.look_up(freshness).await;
            match self.apply(load, lookup)? {
                Applied::Compared { changes, rejected, rejected_before } => {
                    // Not under a lock: a log subscriber is foreign code and may panic.
                    self.report(&changes, rejected.as_deref(), rejected_before.as_deref());
                    return match rejected {
                        Some(error) => Err(Error::clone(&error)),
                        None => Ok(!changes.is_empty()),
                    };
                }
                // The later load has filled the cache.
                Applied::Superseded => freshness = Freshness::Cached,
            }
        }
    }

    /// Logs what a load has changed, and the settings that no longer load or load again.
    fn report(&self, changes: &Changes, rejected: Option<&Error>, before: Option<&Error>) {
        self.log_recoveries();
        let name = &*self.loader.name;
        if !changes.is_empty() {
            events::watched_value_changed(name, changes);
        }
        let (failed, failed_before) = (failures(rejected), failures(before));
        // An outage does not hide its cause. An outage after another failure is not another cause.
        let is_new = |place: &str, kind: ErrorKind| {
            failed_before.get(place).is_none_or(|before| *before != kind && !kind.is_transient())
        };
        let new: Vec<_> = failed.iter().filter(|(place, kind)| is_new(place, **kind)).collect();
        if let Some(kind) = new.iter().map(|(_, kind)| **kind).min() {
            let places: Vec<&str> = new.iter().map(|(place, _)| **place).collect();
            events::watched_settings_failed(name, &places.join(", "), kind);
        }
        let recovered = failed_before.keys().filter(|place| !failed.contains_key(*place));
        let recovered: Vec<&str> = recovered.copied().collect();
        if !recovered.is_empty() {
            events::watched_settings_recovered(name, &recovered.join(", "));
        }
    }

    pub(super) async fn look_up(&self, freshness: Freshness) -> Lookup {
        self.secrets.look_up((self.loader.settings)(&self.secrets), freshness).await
    }

    /// Builds the value again if something has changed, and makes it the current one if it is valid. Settings
    /// that cannot be used keep their last good values. Fails only for a load that is superseded.
    fn apply(&self, load: u64, mut lookup: Lookup) -> Result<Applied, Error> {
        let mut last_load = self.last_load();
        if load < last_load.applied {
            // This load's failure still counts: the later load may have read from the cache only.
            let failed = lookup.has_failed().then(|| self.build(&lookup));
            return failed.and_then(Result::err).map_or(Ok(Applied::Superseded), Err);
        }
        if *last_load.keys != *lookup.keys {
            last_load.keys = lookup.keys.clone().into();
            last_load.settings = settings_in(&lookup);
        }
        last_load.applied = load;
        let has_changed = changed_paths(&lookup.entries, &last_load.found).next().is_some();
        // Still under the lock, since the next load must not be applied in between. Building does not wait.
        let (value, rejected) = if !has_changed && lookup.problems.is_empty() && !lookup.has_failed() {
            (None, None)
        } else {
            match self.build(&lookup) {
                Ok(value) => (has_changed.then_some(value), None),
                Err(error) => {
                    let build = |lookup: &Lookup| self.build(lookup);
                    let rest = build_rest(&self.secrets, &mut lookup, &last_load.found, error.clone(), build);
                    (rest, Some(Arc::new(error)))
                }
            }
        };
        let mut changes = Changes::default();
        if let Some(value) = value {
            changes = Changes::of(changed_paths(&lookup.entries, &last_load.found).map(str::to_owned));
            last_load.found = found_in(&lookup);
            self.current.store(Arc::new(value));
            // A pending value is outdated now, and would stay in memory.
            drop(lock(&self.accepted_pending).take());
        }
        let rejected_before = self.progress.borrow().rejected();
        self.progress.send_if_modified(|progress| progress.record(&changes, rejected.clone()));
        Ok(Applied::Compared { changes, rejected, rejected_before })
    }

    /// Builds the value. A panic of the application's own code, such as a validation, must not end the
    /// shared task.
    pub(super) fn build(&self, lookup: &Lookup) -> Result<T, Error> {
        contain(|| (self.loader.build)(&self.secrets, lookup))
            .unwrap_or_else(|Panicked| Err(self.panicked_error()))
    }

    fn panicked_error(&self) -> Error {
        problem(&self.secrets, "config", PANICKED)
    }

    /// The values that the current value was built from.
    pub(super) fn last_good(&self) -> Vec<LastGood> {
        self.last_load().found.clone()
    }

    /// The settings of the last load, with the secrets that variables name.
    pub(super) fn settings(&self) -> Vec<Setting> {
        self.last_load().settings.clone()
    }

    /// The secrets that are served although they could not be refreshed.
    pub(super) fn refresh_failures(&self) -> Option<Error> {
        self.secrets.refresh_failures(&self.settings())
    }

    /// The settings that could not be used, and the credentials that services refuse: see [`Refusals`].
    pub(super) fn rejected_or_refused(&self) -> Option<Arc<Error>> {
        self.log_recoveries();
        let rejected = self.progress.borrow().rejected();
        let refused = self.refusals.of(&self.current.load());
        if refused.is_empty() {
            return rejected;
        }
        let refused =
            refused.into_iter().map(|(fields, reason)| Problem::new(fields, REFUSED.because(reason)));
        let name = &self.loader.name;
        let error = match rejected {
            None => {
                let subject = format!("credentials of {name}");
                self.secrets.error(subject, 0, refused.collect(), Vec::new()).saying("are refused")
            }
            Some(rejected) => {
                let problems = rejected.problems().iter().cloned().chain(refused).collect();
                let total = (self.loader.settings)(&self.secrets).len();
                self.secrets.error(name.clone(), total, problems, rejected.fields().to_vec())
            }
        };
        Some(Arc::new(error))
    }

    /// Logs the credentials that are accepted again.
    pub(super) fn log_recoveries(&self) {
        for fields in self.refusals.take_ended() {
            events::credential_accepted(&self.loader.name, &fields);
        }
    }

    fn last_load(&self) -> MutexGuard<'_, LastLoad> {
        lock(&self.last_load)
    }
}

impl<T: Send + Sync + 'static> Subscriber for Shared<T> {
    fn keys(&self) -> KeysBySource {
        Arc::clone(&self.last_load().keys)
    }

    fn rebuild(self: Arc<Self>) -> BoxFuture<'static, bool> {
        // Errors are kept for `Live::failure`.
        Box::pin(async move { self.reload(Freshness::Watched).await.unwrap_or(false) })
    }

    fn panicked(&self) {
        let rejected = Arc::new(self.panicked_error());
        let (none, before) = (Changes::default(), self.progress.borrow().rejected());
        self.progress.send_if_modified(|progress| progress.record(&none, Some(Arc::clone(&rejected))));
        self.report(&none, Some(&rejected), before.as_deref());
    }

    fn is_failing(&self) -> bool {
        self.progress.borrow().rejected().is_some()
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.secrets.unsubscribe();
    }
}

pub(super) const NO_RUNTIME: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("no Tokio runtime is running to watch secrets on")
    .with_help("watch them from a runtime that lives as long as they are used");

const PANICKED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("loading or building it panicked")
    .with_help("see the panic's own message for where");

const REFUSED: SourceError = SourceError::new(ErrorKind::Invalid)
    .with_help("compare the secret with what the service expects, and correct one of them");

pub(super) fn problem(secrets: &Secrets, subject: &'static str, error: SourceError) -> Error {
    secrets.error("watched secrets".to_owned(), 0, vec![Problem::new(subject, error)], Vec::new())
}

fn settings_in(lookup: &Lookup) -> Vec<Setting> {
    lookup.entries.iter().map(|entry| entry.setting.clone()).collect()
}

fn found_in(lookup: &Lookup) -> Vec<LastGood> {
    lookup.entries.iter().map(Entry::last_good).collect()
}

/// The settings that an error is about, and the places of its other problems.
fn failures(error: Option<&Error>) -> BTreeMap<&str, ErrorKind> {
    let fields = error.into_iter().flat_map(Error::fields).map(|field| (field.path(), field.kind()));
    let problems = error.into_iter().flat_map(Error::problems);
    fields.chain(problems.map(|problem| (problem.place(), problem.error().kind()))).collect()
}
