//! What all handles of a watched value share: its loader, the current value and the state of its loads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};

use arc_swap::ArcSwap;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use super::progress::{Changes, Progress};
use crate::client::{Freshness, KeysBySource, Lookup, Secrets, Subscriber};
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::events;
use crate::lock::lock;
use crate::setting::Setting;
use crate::source::BoxFuture;
use crate::value::ExtractedValue;

pub(super) struct Shared<T> {
    pub(super) secrets: Secrets,
    pub(super) loader: Loader<T>,
    pub(super) current: ArcSwap<T>,
    pub(super) progress: watch::Sender<Progress>,
    last_load: Mutex<LastLoad>,
    /// One refresh at a time, for calls across a rotation.
    pub(super) refreshing: Semaphore,
    /// When the last of these refreshes ended.
    pub(super) refreshed_at: Mutex<Option<Instant>>,
    pub(super) accepted_pending: Mutex<Option<AcceptedPending<T>>>,
}

/// How a value is loaded: the settings to look for, and how to build it from what was found.
pub(crate) struct Loader<T> {
    pub(crate) settings: Box<Settings>,
    pub(crate) build: Box<Build<T>>,
}

type Settings = dyn Fn(&Secrets) -> Vec<Setting> + Send + Sync;
type Build<T> = dyn Fn(&Secrets, Lookup) -> Result<T, Error> + Send + Sync;

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
    /// The values that the current value was built from.
    found: Vec<Option<ExtractedValue>>,
    /// The number of the last load that was compared with the current value. Loads may overlap: an earlier
    /// one must not replace the result of a later one.
    applied: u64,
    /// The number of the load that began last.
    started: u64,
}

/// The result of a load that did not fail.
enum Applied {
    Unchanged,
    Changed(Changes),
    /// A load that began later was applied first.
    Superseded,
}

impl<T> Shared<T> {
    /// Loads the first value.
    pub(super) async fn load(secrets: &Secrets, loader: Loader<T>) -> Result<Self, Error> {
        let lookup = secrets.look_up((loader.settings)(secrets), Freshness::Cached).await;
        let (keys, found) = (lookup.keys.clone().into(), found_in(&lookup));
        let first = (loader.build)(secrets, lookup)?;
        Ok(Self {
            secrets: secrets.clone(),
            loader,
            current: ArcSwap::from_pointee(first),
            progress: watch::Sender::default(),
            last_load: Mutex::new(LastLoad { keys, found, applied: 0, started: 0 }),
            refreshing: Semaphore::new(1),
            refreshed_at: Mutex::default(),
            accepted_pending: Mutex::default(),
        })
    }

    /// Looks for all settings, and replaces the current value if something has changed. Returns whether it
    /// has.
    pub(super) async fn reload(&self, freshness: Freshness) -> Result<bool, Error> {
        let mut freshness = freshness;
        loop {
            let load = {
                let mut last_load = self.last_load();
                last_load.started += 1;
                last_load.started
            };
            let lookup = self.look_up(freshness).await;
            let was_rejected = self.progress.borrow().rejected().is_some();
            let applied = self.apply(load, lookup);
            // Not under a lock: a log subscriber is foreign code and may panic.
            match &applied {
                Ok(Applied::Changed(changes)) => events::watched_value_changed(changes),
                Err(error) if !was_rejected => events::watched_value_rejected(error.kind()),
                _ => {}
            }
            match applied? {
                Applied::Unchanged => return Ok(false),
                Applied::Changed(_) => return Ok(true),
                // The later load has filled the cache.
                Applied::Superseded => freshness = Freshness::Cached,
            }
        }
    }

    pub(super) async fn look_up(&self, freshness: Freshness) -> Lookup {
        self.secrets.look_up((self.loader.settings)(&self.secrets), freshness).await
    }

    /// Builds the value again if something has changed, and makes it the current one if it is valid.
    fn apply(&self, load: u64, lookup: Lookup) -> Result<Applied, Error> {
        let mut last_load = self.last_load();
        if load < last_load.applied {
            // This load's failure still counts: the later load may have read from the cache only.
            let failed = lookup.has_failed().then(|| self.build(lookup));
            return failed.and_then(Result::err).map_or(Ok(Applied::Superseded), Err);
        }
        if *last_load.keys != *lookup.keys {
            last_load.keys = lookup.keys.clone().into();
        }
        last_load.applied = load;
        let found = found_in(&lookup);
        let changes = changes(&lookup, &last_load.found, &found);
        let is_unchanged = changes.is_empty() && lookup.problems.is_empty() && !lookup.has_failed();
        // Still under the lock, since the next load must not be applied in between. Building does not wait.
        match (!is_unchanged).then(|| self.build(lookup)) {
            Some(Err(error)) => {
                self.progress.send_modify(|progress| progress.reject(error.clone()));
                Err(error)
            }
            Some(Ok(value)) if !changes.is_empty() => {
                self.current.store(Arc::new(value));
                // A pending value is outdated now, and would stay in memory.
                drop(lock(&self.accepted_pending).take());
                self.progress.send_modify(|progress| progress.advance(&changes));
                last_load.found = found;
                Ok(Applied::Changed(changes))
            }
            Some(Ok(_)) | None => {
                self.progress.send_if_modified(Progress::accept);
                Ok(Applied::Unchanged)
            }
        }
    }

    /// Builds the value. A panic of the application's own code, such as a validation, must not end the
    /// shared task.
    fn build(&self, lookup: Lookup) -> Result<T, Error> {
        catch_unwind(AssertUnwindSafe(|| (self.loader.build)(&self.secrets, lookup)))
            .unwrap_or_else(|_| Err(problem(&self.secrets, "config", PANICKED)))
    }

    /// The secrets that are served although they could not be refreshed.
    pub(super) fn refresh_failures(&self) -> Option<Error> {
        self.secrets.refresh_failures(&(self.loader.settings)(&self.secrets))
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
        self.progress.send_modify(|progress| progress.reject(problem(&self.secrets, "config", PANICKED)));
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

pub(super) fn problem(secrets: &Secrets, subject: &'static str, error: SourceError) -> Error {
    secrets.error("watched secrets".to_owned(), 0, vec![Problem::new(subject, error)], Vec::new())
}

fn found_in(lookup: &Lookup) -> Vec<Option<ExtractedValue>> {
    lookup.entries.iter().map(|entry| entry.found().cloned()).collect()
}

/// The settings that have another value than before.
fn changes(lookup: &Lookup, before: &[Option<ExtractedValue>], now: &[Option<ExtractedValue>]) -> Changes {
    let is_same = |(before, now): (&Option<ExtractedValue>, &Option<ExtractedValue>)| match (before, now) {
        (Some(before), Some(now)) => before.is_same(now),
        (None, None) => true,
        _ => false,
    };
    let entries = lookup.entries.iter().zip(before.iter().zip(now));
    let changed = entries.filter(|(_, values)| !is_same(*values));
    Changes::of(changed.map(|(entry, _)| entry.setting.path().to_owned()))
}
