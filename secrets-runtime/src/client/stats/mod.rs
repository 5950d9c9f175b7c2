//! Statistics of `Secrets`: numbers, names and ages, never values. `collect` reads them from the caches,
//! `metrics` publishes them.

mod collect;
mod display;
#[cfg(feature = "metrics")]
mod metrics;
mod serialize;
#[cfg(test)]
mod tests;

#[cfg(feature = "metrics")]
pub(super) use metrics::Publisher;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::environment::Environment;
use crate::error::ErrorKind;
use crate::text::names::texts;

/// What [`Secrets`](crate::Secrets) have done since they were built, and what they hold now: names, numbers
/// and ages, never a value.
///
/// Only reads of remote sources are counted, since only they have a cache. One read is one secret in one
/// version of one [`get`](crate::Secrets::get), [`request`](crate::Secrets::request) or load, even if
/// several fields of a struct use it. Each read is one of [`hits`](Self::hits), [`stale`](Self::stale),
/// [`remembered`](Self::remembered) and [`misses`](Self::misses), and is counted when it begins. Counters
/// are never reset: [`clear_cache`](crate::Secrets::clear_cache) only empties [`entries`](Self::entries).
///
/// `Display` prints a table. It also serializes, with durations in seconds.
///
/// ```
/// use secrets_runtime::{Memory, Secrets};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Memory::from([("jwt", "signing key")])]).build()?;
/// secrets.get("jwt").await?;
/// let stats = secrets.stats();
/// assert_eq!(stats.hit_rate(), None); // what is in memory needs no cache
/// assert_eq!(serde_json::to_value(&stats)?["ttl_seconds"], 300.0);
/// println!("{stats}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// The environment whose secrets are read.
    pub environment: Environment,
    /// The names of the sources, in the order in which they are asked.
    pub sources: Vec<String>,
    /// How long a secret is fresh, before its spread of ±10 %. Zero: nothing is kept.
    pub ttl: Duration,
    /// How long after its TTL a secret may still be served.
    pub max_stale: Duration,
    /// How many secrets are kept for each remote source.
    pub capacity: usize,
    /// Reads answered at once with a value within its TTL, or within the request's own.
    pub hits: u64,
    /// Reads that had to wait for a source: nothing was cached, or nothing that the request accepts
    /// ([`refresh`](crate::Request::refresh), [`bypass_cache`](crate::Request::bypass_cache), a TTL of
    /// zero). This includes reads that wait and then get an older value because the source failed.
    pub misses: u64,
    /// Reads answered at once with a value past its TTL, while it was refreshed or the source could not be
    /// reached.
    pub stale: u64,
    /// Reads answered at once with an answer that has no value, such as *not found* a few seconds ago.
    pub remembered: u64,
    /// The [`misses`](Self::misses) that waited for the request of another read instead of sending one.
    pub coalesced: u64,
    /// Secrets fetched again while an older value was held, whether or not a read waited for it.
    pub refreshes: u64,
    /// The [`refreshes`](Self::refreshes) that failed for a transient reason, so that the older value stayed
    /// in use.
    pub refresh_failures: u64,
    /// Secrets dropped because the cache was full.
    pub evictions: u64,
    /// Requests sent, retries included, by operation (`GetSecretValue`), of sources that count them: see
    /// [`Source::requests`](crate::source::Source::requests).
    pub requests: BTreeMap<&'static str, u64>,
    /// Answers of remote sources without a value, by kind: one for each secret that was fetched, not for
    /// each read that waited for it or got the remembered answer. They include [`ErrorKind::Missing`], even
    /// if the setting is optional.
    pub failures: BTreeMap<ErrorKind, u64>,
    /// Configs and single secrets that are watched now: see [`Live`](crate::Live).
    pub watched: usize,
    /// The [`watched`](Self::watched) ones with settings that do not load now, so that their last good
    /// values are in use. [`Live::failure`](crate::Live::failure) returns the reason.
    pub watched_failing: usize,
    /// What the caches hold, by source and name.
    pub entries: Vec<EntryStats>,
}

/// One cached secret in one version.
///
/// ```
/// use secrets_runtime::stats::{EntryState, Stats};
///
/// fn is_out_of_date(stats: &Stats) -> bool {
///     let days = |days: u64| std::time::Duration::from_hours(days * 24);
///     stats.entries.iter().any(|entry| entry.state == EntryState::Stale || entry.age > Some(days(90)))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct EntryStats {
    /// The source that it comes from.
    pub source: String,
    /// The names or ARNs by which it was requested. A text that cannot be a name, such as a value pasted in
    /// the place of one, is not shown.
    pub names: Vec<String>,
    /// The staging label by which it was requested, or `by id`. `None` for the current version.
    pub version: Option<String>,
    /// What a read finds.
    pub state: EntryState,
    /// How long ago the value was fetched.
    pub fetched_ago: Option<Duration>,
    /// How old the secret's version is, if the source knows when it was created. Zero if that is in the
    /// future of this clock.
    pub age: Option<Duration>,
    /// The version's staging labels when it was fetched.
    pub stages: Vec<String>,
}

/// What a read of a cached secret finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EntryState {
    /// A value within its TTL.
    Fresh,
    /// A value past its TTL, which is served while it is refreshed.
    Stale,
    /// A value that is no longer served. The next read waits for a new one.
    Expired,
    /// The answer that there is no such secret.
    Missing,
    /// Another answer without a value.
    Failed(ErrorKind),
}

texts! {
    EntryState,
    /// Returns the state as text. That of a failure is its kind.
    #[must_use]
    {
        Self::Fresh => "fresh",
        Self::Stale => "stale",
        Self::Expired => "expired",
        Self::Missing => ErrorKind::Missing.as_str(),
        Self::Failed(kind) => kind.as_str(),
    }
}

impl Stats {
    /// Returns the number of reads of remote sources.
    #[must_use]
    pub const fn reads(&self) -> u64 {
        self.hits + self.stale + self.remembered + self.misses
    }

    /// Returns the share of reads that were answered at once, between 0 and 1. `None` if there were no
    /// reads.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let reads = self.reads();
        #[allow(clippy::cast_precision_loss, reason = "a share needs no exact digits")]
        (reads > 0).then(|| (reads - self.misses) as f64 / reads as f64)
    }
}
