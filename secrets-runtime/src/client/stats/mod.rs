//! What `Secrets` have done and what they hold: numbers, names and ages.

mod display;
#[cfg(feature = "metrics")]
pub(super) mod metrics;
mod serialize;
#[cfg(test)]
pub(super) mod tests;

#[cfg(feature = "metrics")]
pub(super) use metrics::Publisher;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use super::cache::{self, Standing};
use super::lookup::Link;
use super::secrets::{Inner, Secrets};
use super::single_flight::CachedSource;
use crate::environment::Environment;
use crate::error::ErrorKind;
use crate::secret_id::{display_id, is_secret_id};
use crate::setting::Version;

/// What [`Secrets`] have done since they were built, and what they hold now: names, numbers and ages, and nothing of a
/// value.
///
/// Counted is what is read of remote sources, which have a cache: a variable is not. One read is one secret in one version
/// of one [`get`](Secrets::get), [`request`](Secrets::request) or load, however many fields of a struct are made of it. Each
/// read is one of [`hits`](Self::hits), [`stale`](Self::stale), [`remembered`](Self::remembered) and
/// [`misses`](Self::misses), counted when it begins. Nothing is ever reset: [`clear_cache`](Secrets::clear_cache) empties
/// [`entries`](Self::entries) alone.
///
/// `Display` prints it as a table, and it serializes, with durations in seconds.
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
    /// The environment that names are made for.
    pub environment: Environment,
    /// The names of the sources, in the order in which they are asked.
    pub sources: Vec<String>,
    /// How long a secret is fresh, before its spread of ±10 %. Zero: nothing is kept.
    pub ttl: Duration,
    /// How long after that it may still be served.
    pub max_stale: Duration,
    /// How many secrets are kept of each remote source.
    pub capacity: usize,
    /// Reads answered at once with a value within its TTL, or within the request's own.
    pub hits: u64,
    /// Reads that had to wait for a source: nothing was cached, or nothing that the request accepts
    /// ([`refresh`](crate::Request::refresh), [`bypass_cache`](crate::Request::bypass_cache), a TTL of zero). Reads that wait
    /// and are then given an older value, because the source failed, are among them.
    pub misses: u64,
    /// Reads answered at once with a value past its TTL, while it was refreshed or the source could not be reached.
    pub stale: u64,
    /// Reads answered at once with an answer that has no value, such as *not found* a few seconds ago.
    pub remembered: u64,
    /// The [`misses`](Self::misses) that waited for a request which another read had begun, and sent none.
    pub coalesced: u64,
    /// Secrets asked for anew while an older value was held, whether or not anybody waited for it.
    pub refreshes: u64,
    /// The [`refreshes`](Self::refreshes) that failed for a passing reason, so that the older value was served on.
    pub refresh_failures: u64,
    /// Secrets dropped because others needed their room.
    pub evictions: u64,
    /// Requests that were sent, retries counted, by operation (`GetSecretValue`), for sources that count them: see
    /// [`Source::requests`](crate::source::Source::requests).
    pub requests: BTreeMap<&'static str, u64>,
    /// Answers of remote sources that held no value, by kind: one for each secret that was asked for, not for each read that
    /// waited for it or is given the remembered answer. [`ErrorKind::Missing`] is among them, also where the setting is
    /// optional.
    pub failures: BTreeMap<ErrorKind, u64>,
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
    /// The source that it is cached for.
    pub source: String,
    /// The names or ARNs by which it was asked for. What can be none, such as a value pasted in the place of a name, is not
    /// shown.
    pub names: Vec<String>,
    /// The staging label by which it was asked for, or `by id`; `None` for the current version.
    pub version: Option<String>,
    /// What a reader finds.
    pub state: EntryState,
    /// How long ago the value was fetched.
    pub fetched_ago: Option<Duration>,
    /// How old the secret's version is, if the source knows when it was made. Zero if that is in the future of this clock.
    pub age: Option<Duration>,
    /// The version's staging labels when it was fetched.
    pub stages: Vec<String>,
}

/// What a reader of a cached secret finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EntryState {
    /// A value within its TTL.
    Fresh,
    /// A value past its TTL, which is served while it is refreshed.
    Stale,
    /// A value that is no longer served. The next reader waits for a new one.
    Expired,
    /// The answer that there is no such secret.
    Missing,
    /// Another answer without a value.
    Failed(ErrorKind),
}

impl EntryState {
    /// The state in one word; that of a failure is its kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Expired => "expired",
            Self::Missing => ErrorKind::Missing.as_str(),
            Self::Failed(kind) => kind.as_str(),
        }
    }
}

impl fmt::Display for EntryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Stats {
    /// All reads of remote sources.
    #[must_use]
    pub const fn reads(&self) -> u64 {
        self.hits + self.stale + self.remembered + self.misses
    }

    /// The share of reads that were answered at once, between 0 and 1; `None` if there were none.
    #[must_use]
    pub fn hit_rate(&self) -> Option<f64> {
        let reads = self.reads();
        #[allow(clippy::cast_precision_loss, reason = "a share, of which nobody looks at the tenth digit")]
        (reads > 0).then(|| (reads - self.misses) as f64 / reads as f64)
    }
}

impl Secrets {
    /// What has been read, fetched and cached so far: names, numbers and ages, and no value.
    ///
    /// Cheap enough to be asked every second, and no read of a cached secret waits for it.
    pub fn stats(&self) -> Stats {
        let inner = &*self.inner;
        let policy = &inner.policy;
        let mut stats = Stats {
            environment: inner.naming.environment.clone(),
            sources: self.sources().map(str::to_owned).collect(),
            ttl: policy.ttl,
            max_stale: policy.max_stale,
            capacity: policy.capacity,
            hits: inner.hot.hits.get(),
            misses: 0,
            stale: inner.hot.stale.get(),
            remembered: 0,
            coalesced: 0,
            refreshes: 0,
            refresh_failures: 0,
            evictions: 0,
            requests: BTreeMap::new(),
            failures: BTreeMap::new(),
            entries: Vec::new(),
        };
        for part in inner.parts() {
            stats.add(part);
        }
        stats.entries.sort();
        stats
    }
}

impl Stats {
    fn add(&mut self, part: Part<'_>) {
        let Part { requests, counts, failures, entries, .. } = part;
        self.hits += counts.hits;
        self.misses += counts.misses;
        self.stale += counts.stale;
        self.remembered += counts.remembered;
        self.coalesced += counts.coalesced;
        self.refreshes += counts.refreshes;
        self.refresh_failures += counts.refresh_failures;
        self.evictions += counts.evictions;
        for (operation, count) in requests {
            *self.requests.entry(operation).or_default() += count;
        }
        for (kind, count) in failures {
            *self.failures.entry(kind).or_default() += count;
        }
        self.entries.extend(entries);
    }
}

/// What there is to say of one source.
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "metrics are kept apart by source"))]
pub(super) struct Part<'a> {
    pub(super) source: &'a str,
    /// Whether it has a cache.
    pub(super) is_cached: bool,
    pub(super) requests: Vec<(&'static str, u64)>,
    pub(super) counts: cache::Counts,
    pub(super) failures: BTreeMap<ErrorKind, u64>,
    pub(super) entries: Vec<EntryStats>,
}

impl Inner {
    /// Each source by itself.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let now = SystemTime::now();
        self.links.iter().map(move |link| Part::new(link, now))
    }
}

impl<'a> Part<'a> {
    fn new(Link { source, cached }: &'a Link, now: SystemTime) -> Self {
        let name = source.name();
        let snapshot = cached.as_ref().map(CachedSource::snapshot);
        let is_cached = snapshot.is_some();
        let (counts, failures, entries) =
            snapshot.map(|it| (it.counts, it.failures, it.entries)).unwrap_or_default();
        let entries = entries.into_iter().map(|entry| EntryStats::new(name, entry, now)).collect();
        Self { source: name, is_cached, requests: source.requests(), counts, failures, entries }
    }
}

impl EntryStats {
    fn new(source: &str, entry: cache::Entry, now: SystemTime) -> Self {
        let cache::Entry { key, others, standing } = entry;
        let version = match key.version() {
            Version::Current => None,
            Version::Stage(stage) => Some(display_id(stage).to_owned()),
            Version::Id(_) => Some(BY_ID.to_owned()),
        };
        let mut names: Vec<String> =
            [&key].into_iter().chain(&others).map(|key| display_id(key.name()).to_owned()).collect();
        names.dedup();
        let (state, fetched_ago, identity) = match standing {
            Standing::Held { identity, fetched_ago, is_fresh, is_served } => {
                let state = match (is_fresh, is_served) {
                    (true, _) => EntryState::Fresh,
                    (false, true) => EntryState::Stale,
                    (false, false) => EntryState::Expired,
                };
                (state, Some(fetched_ago), identity)
            }
            Standing::Without(ErrorKind::Missing) => {
                (EntryState::Missing, None, crate::source::Identity::default())
            }
            Standing::Without(kind) => (EntryState::Failed(kind), None, crate::source::Identity::default()),
        };
        let age = identity.created().map(|created| now.duration_since(created).unwrap_or_default());
        // A faulty store may say anything here.
        let stages = identity.stages().iter().filter(|stage| is_secret_id(stage)).cloned().collect();
        Self { source: source.to_owned(), names, version, state, fetched_ago, age, stages }
    }

    /// The name by which the source is asked for it, if that can be shown.
    #[cfg(feature = "metrics")]
    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(String::as_str).filter(|name| is_secret_id(name))
    }
}

/// The id itself is the store's to say, and of use to nobody here.
const BY_ID: &str = "by id";
