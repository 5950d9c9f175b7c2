//! [`Stats`](super::Stats) through the `metrics` facade.
//!
//! Nothing is recorded while a secret is read: a handle of the facade is bound to the recorder that was installed when it was
//! made, which may be none yet, and one that is looked up for every read costs a lock. Instead the counts that are kept
//! anyway are published at intervals, as absolute numbers. So a recorder that is installed late, or a second one, sees
//! everything from the beginning, and nothing is counted twice.
//!
//! A process may have several `Secrets`, and a recorder knows one number for each name and set of labels. What is published
//! is the sum over all of them, of which each adds what is new since it last did.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ::metrics::{Key, Label, Level, Metadata, Recorder, Unit, with_recorder};
use tokio::runtime::Handle;

use super::stats::Part;
use super::{Inner, Secrets};
use crate::error::ErrorKind;

/// Well below the interval at which anybody collects.
const EVERY: Duration = Duration::from_secs(5);

const READS: &str = "secrets_reads_total";
const COALESCED: &str = "secrets_coalesced_reads_total";
const REFRESHES: &str = "secrets_refreshes_total";
const REFRESH_FAILURES: &str = "secrets_refresh_failures_total";
const FAILURES: &str = "secrets_failures_total";
const REQUESTS: &str = "secrets_requests_total";
const EVICTIONS: &str = "secrets_evictions_total";
const ENTRIES: &str = "secrets_entries";
const AGE: &str = "secrets_age_seconds";
const FETCH_AGE: &str = "secrets_fetch_age_seconds";

const COUNTERS: [(&str, &str); 7] = [
    (READS, "Reads of remote secrets by outcome: hit, stale, remembered, or miss, which had to wait."),
    (COALESCED, "Misses that waited for a request which another read had begun."),
    (REFRESHES, "Secrets asked for anew while an older value was held."),
    (REFRESH_FAILURES, "Refreshes that failed for a passing reason, so that the older value was served on."),
    (FAILURES, "Answers of a remote source that held no value, by kind."),
    (REQUESTS, "Requests that were sent to a remote source, retries counted, by operation."),
    (EVICTIONS, "Secrets dropped because others needed their room."),
];

const GAUGES: [(&str, Option<Unit>, &str); 3] = [
    (ENTRIES, None, "Secrets in the cache, and names of which it is remembered that they have no value."),
    (AGE, Some(Unit::Seconds), "Time since the cached version of a secret was made."),
    (FETCH_AGE, Some(Unit::Seconds), "Time since a cached secret was fetched."),
];

const KINDS: [ErrorKind; 8] = [
    ErrorKind::Configuration,
    ErrorKind::AccessDenied,
    ErrorKind::Decryption,
    ErrorKind::PendingDeletion,
    ErrorKind::Invalid,
    ErrorKind::Missing,
    ErrorKind::Unavailable,
    ErrorKind::Throttled,
];

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

impl Secrets {
    /// Publishes to the installed `metrics` recorder now, so that what is collected next is exact.
    ///
    /// There is no need to: from the first load or read on it happens every 5 seconds on the Tokio runtime of that read, once
    /// when `Secrets` are built, and once when their last clone is dropped. The recorder may be installed before or after.
    ///
    /// | metric | labels | meaning |
    /// |---|---|---|
    /// | `secrets_reads_total` | `outcome`: `hit`, `stale`, `remembered`, `miss` | reads of remote secrets: see [`Stats`](crate::Stats) for each |
    /// | `secrets_coalesced_reads_total` | | misses that waited for another read's request |
    /// | `secrets_refreshes_total` | `source` | secrets asked for anew while an older value was held |
    /// | `secrets_refresh_failures_total` | `source` | of these, the failures that left the older value to be served |
    /// | `secrets_failures_total` | `source`, `kind`: `access_denied`, `throttled`, `unavailable`, `missing`, .. | answers that held no value |
    /// | `secrets_requests_total` | `source`, `operation` | requests sent, retries counted |
    /// | `secrets_evictions_total` | `source` | secrets dropped for want of room |
    /// | `secrets_entries` | `source` | gauge: secrets in the cache, and names of which it is remembered that they have no value |
    /// | `secrets_age_seconds` | `source`, `secret` | gauge: time since the secret's current version was made |
    /// | `secrets_fetch_age_seconds` | `source`, `secret` | gauge: time since it was fetched |
    ///
    /// Names are labels of the two last gauges alone, and only what can be a name; they are `NaN`, which no alarm compares
    /// with, once a secret is no longer cached. Each `kind` is there from the start, with zero: the first failure is an
    /// increase.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let prometheus = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    /// let secrets = secrets_runtime::Secrets::from_env().await?;
    /// secrets.get("github-token").await?;
    /// secrets.publish_metrics();
    /// println!("{}", prometheus.render());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn publish_metrics(&self) {
        self.inner.publish();
    }

    /// Publishes at intervals from now on, if nobody does yet.
    pub(super) fn keep_publishing(&self) {
        let inner = &self.inner;
        if inner.publisher.is_running.load(Ordering::Relaxed) || !inner.has_caches() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if inner.publisher.is_running.swap(true, Ordering::Relaxed) {
            return;
        }
        let running = Running(Arc::downgrade(inner));
        runtime.spawn(async move {
            while running.publish() {
                tokio::time::sleep(EVERY).await;
            }
        });
    }
}

/// What one `Secrets` has published.
pub(super) struct Publisher {
    published: Mutex<Published>,
    totals: &'static Mutex<Totals>,
    is_running: AtomicBool,
}

#[derive(Default)]
struct Published {
    counters: HashMap<Key, u64>,
    entries: HashMap<Key, u64>,
    ages: HashSet<Key>,
}

/// The sums over all `Secrets` of the process, those that are gone included.
#[derive(Default)]
struct Totals {
    counters: HashMap<Key, u64>,
    entries: HashMap<Key, u64>,
}

impl Default for Publisher {
    fn default() -> Self {
        static TOTALS: std::sync::LazyLock<Mutex<Totals>> = std::sync::LazyLock::new(Mutex::default);
        Self { published: Mutex::default(), totals: &TOTALS, is_running: AtomicBool::new(false) }
    }
}

/// The task that publishes, which does not keep `Secrets` alive. If its runtime goes down, another may start one.
struct Running(Weak<Inner>);

impl Running {
    /// `false` if there is nothing left to publish.
    fn publish(&self) -> bool {
        let inner = self.0.upgrade();
        if let Some(inner) = &inner {
            inner.publish();
        }
        inner.is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.publisher.is_running.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.publish();
        self.publisher.retire();
    }
}

impl Inner {
    fn has_caches(&self) -> bool {
        self.links.iter().any(|link| link.cached.is_some())
    }

    fn publish(&self) {
        // What is read of variables and files alone has nothing to publish.
        if !self.has_caches() {
            return;
        }
        // Numbers are taken under the lock: older ones must not be published after newer ones.
        let mut totals = lock(self.publisher.totals);
        let series = Series::of(self);
        let mut published = lock(&self.publisher.published);
        let gone: Vec<Key> =
            published.ages.iter().filter(|key| !series.ages.contains_key(*key)).cloned().collect();
        with_recorder(|recorder| {
            describe(recorder);
            let Totals { counters, entries } = &mut *totals;
            add(counters, &mut published.counters, series.counters, |key, total| {
                recorder.register_counter(key, &METADATA).absolute(total);
            });
            add(entries, &mut published.entries, series.entries, |key, total| {
                set(recorder, key, float(total));
            });
            for (key, age) in &series.ages {
                set(recorder, key, *age);
            }
            for key in &gone {
                set(recorder, key, f64::NAN);
            }
        });
        published.ages = series.ages.into_keys().collect();
    }
}

impl Publisher {
    /// Takes back what is no longer so. What has been counted stays.
    fn retire(&self) {
        let mut totals = lock(self.totals);
        let mut published = lock(&self.published);
        let Published { entries, ages, .. } = &mut *published;
        let none = entries.keys().map(|key| (key.clone(), 0)).collect();
        with_recorder(|recorder| {
            add(&mut totals.entries, entries, none, |key, total| set(recorder, key, float(total)));
            for key in ages.drain() {
                set(recorder, &key, f64::NAN);
            }
        });
    }
}

/// Adds to sums what is new since the last time.
fn add(
    sums: &mut HashMap<Key, u64>,
    before: &mut HashMap<Key, u64>,
    now: HashMap<Key, u64>,
    publish: impl Fn(&Key, u64),
) {
    for (key, count) in now {
        let last = before.insert(key.clone(), count).unwrap_or_default();
        let sum = sums.entry(key.clone()).or_default();
        // The number of entries falls, too.
        *sum = sum.wrapping_add(count).wrapping_sub(last);
        publish(&key, *sum);
    }
}

fn set(recorder: &dyn Recorder, key: &Key, value: f64) {
    recorder.register_gauge(key, &METADATA).set(value);
}

/// Said each time, since it costs little and the recorder may be a new one.
fn describe(recorder: &dyn Recorder) {
    for (name, description) in COUNTERS {
        recorder.describe_counter(name.into(), Some(Unit::Count), description.into());
    }
    for (name, unit, description) in GAUGES {
        recorder.describe_gauge(name.into(), unit, description.into());
    }
}

/// What is to be published of one `Secrets`.
#[derive(Default)]
struct Series {
    counters: HashMap<Key, u64>,
    entries: HashMap<Key, u64>,
    ages: HashMap<Key, f64>,
}

impl Series {
    fn of(inner: &Inner) -> Self {
        let mut series = Self::default();
        series.read("hit", inner.hot.hits.get());
        series.read("stale", inner.hot.stale.get());
        inner.parts().for_each(|part| series.add(part));
        series
    }

    fn add(&mut self, part: Part<'_>) {
        let Part { source, is_cached, requests, counts, failures, entries } = part;
        let of_source = || Label::new("source", source.to_owned());
        for (operation, count) in requests {
            self.count(REQUESTS, vec![of_source(), Label::new("operation", operation)], count);
        }
        if !is_cached {
            return;
        }
        self.read("hit", counts.hits);
        self.read("stale", counts.stale);
        self.read("remembered", counts.remembered);
        self.read("miss", counts.misses);
        self.count(COALESCED, Vec::new(), counts.coalesced);
        self.count(REFRESHES, vec![of_source()], counts.refreshes);
        self.count(REFRESH_FAILURES, vec![of_source()], counts.refresh_failures);
        self.count(EVICTIONS, vec![of_source()], counts.evictions);
        for kind in KINDS {
            let count = failures.get(&kind).copied().unwrap_or_default();
            self.count(FAILURES, vec![of_source(), Label::new("kind", kind.identifier())], count);
        }
        let held = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        *self.entries.entry(Key::from_parts(ENTRIES, vec![of_source()])).or_default() += held;
        // Another version is as old as it is on purpose.
        for entry in entries.iter().filter(|entry| entry.version.is_none()) {
            let Some(name) = entry.name() else { continue };
            for (metric, age) in [(AGE, entry.age), (FETCH_AGE, entry.fetched_ago)] {
                let labels = vec![of_source(), Label::new("secret", name.to_owned())];
                self.ages.extend(age.map(|age| (Key::from_parts(metric, labels), age.as_secs_f64())));
            }
        }
    }

    fn read(&mut self, outcome: &'static str, count: u64) {
        self.count(READS, vec![Label::new("outcome", outcome)], count);
    }

    fn count(&mut self, metric: &'static str, labels: Vec<Label>, count: u64) {
        *self.counters.entry(Key::from_parts(metric, labels)).or_default() += count;
    }
}

#[allow(clippy::cast_precision_loss, reason = "a number of entries")]
const fn float(count: u64) -> f64 {
    count as f64
}

/// A lock for short state. What it guards is whole at every moment, panics included.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
