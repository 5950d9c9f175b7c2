//! Publishes [`Stats`](crate::stats::Stats) through the `metrics` facade.
//!
//! Reads record nothing: a handle of the facade belongs to the recorder that was installed when the handle
//! was made, and looking one up for each read costs a lock. Instead the counters that exist anyway are
//! published at intervals, as absolute numbers. So a recorder that is installed late sees everything from
//! the beginning, and nothing is counted twice.

mod names;
mod publisher;
#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ::metrics::{Key, Label};
use tokio::runtime::Handle;

use super::collect::SourceStats;
use crate::client::secrets::{Inner, Secrets};
use crate::contain::contain;
use crate::error::ErrorKind;
use crate::source::lacks_timers;
use names::{
    AGE, COALESCED, ENTRIES, EVICTIONS, FAILURES, FETCH_AGE, READS, REFRESH_FAILURES, REFRESHES, REQUESTS,
    WATCHED_FAILING,
};
pub(in crate::client) use publisher::Publisher;
use publisher::Series;

/// Well below the usual interval of collectors.
const INTERVAL: Duration = Duration::from_secs(5);

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

impl Secrets {
    /// Publishes to the installed `metrics` recorder now, so that the next collection is exact.
    ///
    /// Calling it is optional. Metrics are published when `Secrets` are built, every 5 seconds from the
    /// first load or read on (on the Tokio runtime of that read), and when the last clone is dropped. The
    /// recorder may be installed before or after.
    ///
    /// | metric | labels | meaning |
    /// |---|---|---|
    /// | `secrets_reads_total` | `outcome`: `hit`, `stale`, `remembered`, `miss` | reads of remote secrets: see [`Stats`](crate::stats::Stats) for each |
    /// | `secrets_coalesced_reads_total` | | misses that waited for the request of another read |
    /// | `secrets_refreshes_total` | `source` | secrets fetched again while an older value was held |
    /// | `secrets_refresh_failures_total` | `source` | refreshes that failed, so that the older value stayed in use |
    /// | `secrets_failures_total` | `source`, `kind`: `access_denied`, `throttled`, `unavailable`, `missing`, .. | answers without a value |
    /// | `secrets_requests_total` | `source`, `operation` | requests sent, retries included |
    /// | `secrets_evictions_total` | `source` | secrets dropped because the cache was full |
    /// | `secrets_entries` | `source` | gauge: secrets in the cache, including names that are remembered to have no value |
    /// | `secrets_age_seconds` | `source`, `secret` | gauge: time since the secret's current version was created |
    /// | `secrets_fetch_age_seconds` | `source`, `secret` | gauge: time since it was fetched |
    /// | `secrets_watched_failing` | | gauge: [watched](crate::Live) configs and secrets with settings that do not load, so that their last good values are in use |
    ///
    /// Several `Secrets` in one process publish their sums and their largest ages. Only the ages
    /// have names as labels, and only texts that can be names. When no `Secrets` caches a secret any more,
    /// its ages become `NaN`, which no alarm compares with. Each `kind` starts at zero, so that the first
    /// failure is an increase.
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

    /// Starts the task that publishes at intervals, unless it runs already.
    pub(in crate::client) fn keep_publishing(&self) {
        let inner = &self.inner;
        if inner.publisher.is_running.load(Ordering::Relaxed) || !inner.has_metrics() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        if lacks_timers() {
            return;
        }
        if inner.publisher.is_running.swap(true, Ordering::Relaxed) {
            return;
        }
        let task = PublishTask(Arc::downgrade(inner));
        runtime.spawn(async move {
            while task.publish() {
                tokio::time::sleep(INTERVAL).await;
            }
        });
    }
}

/// The task that publishes. It does not keep `Secrets` alive. If its runtime is shut down, another may start
/// one.
struct PublishTask(Weak<Inner>);

impl PublishTask {
    /// Returns `false` if there is nothing left to publish.
    fn publish(&self) -> bool {
        self.0.upgrade().inspect(|inner| inner.publish()).is_some()
    }
}

impl Drop for PublishTask {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.publisher.is_running.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.has_metrics() {
            return;
        }
        // A source or a recorder may panic. During another panic that would end the process.
        let last = contain(|| Series::of(self)).unwrap_or_default();
        let _ = contain(|| self.publisher.retire(last));
    }
}

impl Inner {
    /// Local sources have nothing to publish, unless their values are watched.
    fn has_metrics(&self) -> bool {
        self.watcher.was_used() || self.links.iter().any(|link| link.cached.is_some())
    }

    fn publish(&self) {
        if self.has_metrics() {
            self.publisher.publish(Series::of(self));
        }
    }
}

impl Series {
    fn of(inner: &Inner) -> Self {
        let mut series = Self::default();
        series.read("hit", inner.fast_path.hits.get());
        series.read("stale", inner.fast_path.stale.get());
        inner.source_stats().for_each(|source| series.add(source));
        let failing = float(inner.watcher.counts().failing);
        series.gauges.insert(Key::from_name(WATCHED_FAILING), failing);
        series
    }

    fn add(&mut self, stats: SourceStats<'_>) {
        let SourceStats { source, is_cached, requests, counts, failures, entries } = stats;
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
        // Other versions are old on purpose.
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

#[allow(clippy::cast_precision_loss, reason = "a number of entries or configs")]
const fn float(count: usize) -> f64 {
    count as f64
}
