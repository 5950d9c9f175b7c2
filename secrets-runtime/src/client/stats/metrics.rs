//! [`Stats`](super::Stats) through the `metrics` facade.
//!
//! Nothing is recorded while a secret is read: a handle of the facade is bound to the recorder that was installed when it was
//! made, which may be none yet, and one that is looked up for every read costs a lock. Instead the counts that are kept
//! anyway are published at intervals, as absolute numbers. So a recorder that is installed late, or a second one, sees
//! everything from the beginning, and nothing is counted twice.
//!
//! A process may have several `Secrets`, and a recorder knows one number for each name and set of labels. What is published
//! is the sum over all of them, of which each adds what is new since it last did; of an age, the largest.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::time::Duration;

use ::metrics::{Key, Label, Level, Metadata, Recorder, Unit, with_recorder};
use tokio::runtime::Handle;

use super::Part;
use super::{Inner, Secrets};
use crate::error::ErrorKind;
use crate::lock::lock;

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
    /// | `secrets_reads_total` | `outcome`: `hit`, `stale`, `remembered`, `miss` | reads of remote secrets: see [`Stats`](crate::stats::Stats) for each |
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
    /// Of several `Secrets` in one process the sums are published, and the largest ages. Names are labels of the two last
    /// gauges alone, and only what can be a name; they are `NaN`, which no alarm compares with, once no `Secrets` caches the
    /// secret any more. Each `kind` is there from the start, with zero: the first failure is an
    /// increase.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let prometheus = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    /// let secrets = secrets_runtime::Secrets::from_env()?;
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
    pub(in crate::client) fn keep_publishing(&self) {
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

/// One `Secrets` among those whose sums are published.
pub(in crate::client) struct Publisher {
    owner: u64,
    totals: &'static Mutex<Totals>,
    is_running: AtomicBool,
}

/// What all `Secrets` of the process have counted, those that are gone included, and what those that are left hold.
#[derive(Default)]
struct Totals {
    counters: HashMap<Key, u64>,
    /// By owner, since one of them may no longer hold what another does.
    gauges: HashMap<Key, HashMap<u64, f64>>,
    published: HashMap<u64, Published>,
}

/// What one of them has said so far.
#[derive(Default)]
struct Published {
    counters: HashMap<Key, u64>,
    gauges: HashSet<Key>,
}

impl Default for Publisher {
    fn default() -> Self {
        static TOTALS: LazyLock<Mutex<Totals>> = LazyLock::new(Mutex::default);
        static OWNERS: AtomicU64 = AtomicU64::new(0);
        let owner = OWNERS.fetch_add(1, Ordering::Relaxed);
        Self { owner, totals: &TOTALS, is_running: AtomicBool::new(false) }
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
        if !self.has_caches() {
            return;
        }
        // A panic of a source or a recorder that leaves here while another one unwinds would end the process.
        let last = catch_unwind(AssertUnwindSafe(|| Series::of(self))).unwrap_or_default();
        let _ = catch_unwind(AssertUnwindSafe(|| self.publisher.retire(last)));
    }
}

impl Inner {
    fn has_caches(&self) -> bool {
        self.links.iter().any(|link| link.cached.is_some())
    }

    fn publish(&self) {
        // What is read of variables and files alone has nothing to publish.
        if self.has_caches() {
            self.publisher.publish(Series::of(self));
        }
    }
}

impl Publisher {
    fn publish(&self, series: Series) {
        let news = lock(self.totals).take(self.owner, series);
        self.record(news);
    }

    /// Takes back what is no longer so. What has been counted stays.
    fn retire(&self, last: Series) {
        let news = {
            let mut totals = lock(self.totals);
            let news = totals.take(self.owner, Series { counters: last.counters, ..Series::default() });
            totals.published.remove(&self.owner);
            news
        };
        self.record(news);
    }

    /// Recorders are others' code, which may wait for anything or come back here: no lock is held meanwhile. So another
    /// thread may overtake this one. A counter keeps the larger number by itself; a gauge is set again until it is right.
    fn record(&self, mut news: News) {
        with_recorder(describe);
        while !news.is_empty() {
            with_recorder(|recorder| news.record(recorder));
            news = lock(self.totals).corrections(news);
        }
    }
}

impl Totals {
    /// Adds what is new of one `Secrets`, and says what is to be recorded for it.
    fn take(&mut self, owner: u64, series: Series) -> News {
        let Self { counters, gauges, published } = self;
        let before = published.entry(owner).or_default();
        let mut news = News::default();
        for (key, count) in series.counters {
            let last = before.counters.entry(key.clone()).or_default();
            let sum = counters.entry(key.clone()).or_default();
            // Two threads may bring what they have read in the other order.
            *sum += count.saturating_sub(*last);
            *last = count.max(*last);
            news.counters.push((key, *sum));
        }
        let now: HashSet<Key> = series.gauges.keys().cloned().collect();
        for key in before.gauges.difference(&now) {
            if let Some(owners) = gauges.get_mut(key) {
                owners.remove(&owner);
                if owners.is_empty() {
                    gauges.remove(key);
                }
            }
        }
        for (key, value) in series.gauges {
            gauges.entry(key).or_default().insert(owner, value);
        }
        let changed: Vec<Key> = before.gauges.union(&now).cloned().collect();
        before.gauges = now;
        news.gauges = changed.into_iter().map(|key| (self.gauge(&key), key)).collect();
        news
    }

    fn gauge(&self, key: &Key) -> f64 {
        let values = self.gauges.get(key).into_iter().flat_map(HashMap::values).copied();
        if key.name() == ENTRIES {
            // An empty sum of floats is -0.
            values.fold(0.0, |sum, value| sum + value)
        } else {
            // Who holds the oldest copy is who an alarm is for.
            values.fold(f64::NAN, f64::max)
        }
    }

    /// The gauges that have changed since.
    fn corrections(&self, recorded: News) -> News {
        let gauges = recorded.gauges.into_iter().filter_map(|(value, key)| {
            let now = self.gauge(&key);
            (now.to_bits() != value.to_bits()).then_some((now, key))
        });
        News { counters: Vec::new(), gauges: gauges.collect() }
    }
}

/// What is to be recorded.
#[derive(Default)]
struct News {
    counters: Vec<(Key, u64)>,
    gauges: Vec<(f64, Key)>,
}

impl News {
    fn is_empty(&self) -> bool {
        self.counters.is_empty() && self.gauges.is_empty()
    }

    fn record(&self, recorder: &dyn Recorder) {
        for (key, sum) in &self.counters {
            recorder.register_counter(key, &METADATA).absolute(*sum);
        }
        for (value, key) in &self.gauges {
            set(recorder, key, *value);
        }
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
    gauges: HashMap<Key, f64>,
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
        *self.gauges.entry(Key::from_parts(ENTRIES, vec![of_source()])).or_default() += float(entries.len());
        // Another version is as old as it is on purpose.
        for entry in entries.iter().filter(|entry| entry.version.is_none()) {
            let Some(name) = entry.name() else { continue };
            for (metric, age) in [(AGE, entry.age), (FETCH_AGE, entry.fetched_ago)] {
                let labels = vec![of_source(), Label::new("secret", name.to_owned())];
                self.gauges.extend(age.map(|age| (Key::from_parts(metric, labels), age.as_secs_f64())));
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
const fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
