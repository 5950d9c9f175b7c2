//! [`CachedSource`]: a remote source behind its cache, as the rest of the client sees it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::read::BatchRead;
use super::shared::{MAX_BATCH_WINDOW, Shared, State};
use crate::client::cache::{Cache, Counts, EntrySnapshot, FastPath, Lease, Policy, Timer};
use crate::client::deadline::in_time;
use crate::client::freshness::Freshness;
use crate::error::{ErrorKind, SourceError};
use crate::events;
use crate::lock::lock;
use crate::secret::Secret;
use crate::source::{BoxFuture, Fetched, Key, NO_TIMERS, Source, collect_uncached, lacks_timers};

/// A remote source behind a cache. Its calls end when it is dropped.
pub(in crate::client) struct CachedSource {
    pub(super) shared: Arc<Shared>,
}

/// A cached source at one moment.
pub(in crate::client) struct Snapshot {
    pub(in crate::client) counts: Counts,
    pub(in crate::client) failures: BTreeMap<ErrorKind, u64>,
    pub(in crate::client) entries: Vec<EntrySnapshot>,
}

impl CachedSource {
    pub(in crate::client) fn new(
        source: Arc<dyn Source>,
        policy: Policy,
        timer: Arc<Timer>,
        timeout: Duration,
        fast_path: Arc<FastPath>,
        answered: Arc<Notify>,
    ) -> Self {
        let max_duration = timeout.saturating_add(MAX_BATCH_WINDOW);
        let state = Mutex::new(State {
            cache: Cache::new(policy, fastrand::u64(..)).with_max_duration(max_duration),
            waiting: HashMap::new(),
            window: None,
            carried: HashMap::new(),
            failures: BTreeMap::new(),
        });
        let calls = Mutex::default();
        Self { shared: Arc::new(Shared { source, timer, timeout, fast_path, answered, state, calls }) }
    }

    /// The answers to keys, from the cache where it has them.
    pub(in crate::client) async fn read(&self, keys: &[Key], freshness: Freshness) -> Fetched {
        // A fetch that other readers share needs a Tokio task.
        if Handle::try_current().is_err() || freshness == Freshness::Uncached {
            return self.fetch_uncached(keys, freshness).await;
        }
        BatchRead::new(&self.shared, keys, freshness).run().await
    }

    /// Asks the source directly, and counts that as the cache does.
    async fn fetch_uncached(&self, keys: &[Key], freshness: Freshness) -> Fetched {
        let Shared { source, timeout, .. } = &*self.shared;
        self.shared.state().cache.count_uncached(u64::try_from(keys.len()).unwrap_or(u64::MAX));
        // A remote source waits, and its client sets time limits of its own.
        if lacks_timers() {
            return Fetched::failed(keys, &NO_TIMERS);
        }
        let fetch = async {
            let fetch: BoxFuture<'_, Fetched> = match freshness {
                Freshness::Cached => source.fetch(keys),
                _ => Box::pin(collect_uncached(&**source, keys)),
            };
            let fetched = in_time(*timeout, keys, fetch).await;
            for (key, answer) in keys.iter().zip(fetched.answers()) {
                events::fetched(source.name(), key, answer);
            }
            fetched
        };
        let fetched = events::fetch(source.name(), keys.len()).around(fetch).await;
        let mut state = self.shared.state();
        fetched.answers().iter().for_each(|answer| state.count_failure(answer));
        fetched
    }

    /// The lease by which the fast path may serve a value.
    pub(in crate::client) fn lease_of(&self, key: &Key, value: &Secret<String>) -> Option<Arc<Lease>> {
        self.shared.state().cache.lease_of(key, value)
    }

    /// How long until one of the watched keys is to be fetched again. `None` if that is not known.
    pub(in crate::client) fn next_due(&self, keys: &[Key]) -> Option<Duration> {
        let now = self.shared.timer.now();
        let state = self.shared.state();
        keys.iter().filter_map(|key| state.cache.due_at(key)).min().map(|due| due.since(now))
    }

    /// Grows whenever a held value changes or ends.
    pub(in crate::client) fn changes(&self) -> u64 {
        self.shared.state().cache.changes()
    }

    /// Why the held value of a key could not be refreshed.
    pub(in crate::client) fn refresh_failure(&self, key: &Key) -> Option<SourceError> {
        self.shared.state().cache.refresh_failure(key)
    }

    pub(in crate::client) fn clear(&self) {
        self.shared.change(Cache::clear);
    }

    pub(in crate::client) fn clear_name(&self, name: &str) {
        let now = self.shared.timer.now();
        self.shared.change(|cache| cache.clear_name(name, now));
    }

    pub(in crate::client) fn snapshot(&self) -> Snapshot {
        let now = self.shared.timer.now();
        let state = self.shared.state();
        Snapshot {
            counts: *state.cache.counts(),
            failures: state.failures.clone(),
            entries: state.cache.entries(now),
        }
    }
}

impl Drop for CachedSource {
    fn drop(&mut self) {
        for call in lock(&self.shared.calls).drain(..) {
            call.abort();
        }
    }
}
