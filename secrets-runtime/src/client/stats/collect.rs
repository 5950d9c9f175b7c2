//! Collects statistics from the caches of `Secrets`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::{EntryState, EntryStats, Stats};
use crate::client::cache::{Counts, EntrySnapshot, SnapshotState};
use crate::client::lookup::Link;
use crate::client::secrets::{Inner, Secrets};
use crate::client::single_flight::CachedSource;
use crate::client::watch::subscribers::WatchCounts;
use crate::error::ErrorKind;
use crate::secret_id::{display_id, is_secret_id};
use crate::setting::Version;
use crate::source::Identity;
use crate::source::Source;

/// The id itself is not shown: it may be any text, and tells a reader of statistics nothing.
const BY_ID: &str = "by id";

impl Secrets {
    /// Returns what has been read, fetched and cached so far: names, numbers and ages, never a value.
    ///
    /// It is cheap enough to be called every second, and no read of a cached secret waits for it.
    pub fn stats(&self) -> Stats {
        let inner = &*self.inner;
        let policy = &inner.policy;
        let sources: Vec<SourceStats<'_>> = inner.source_stats().collect();
        let WatchCounts { watched, failing } = inner.watcher.counts();
        let sum = |count: fn(&Counts) -> u64| sources.iter().map(|source| count(&source.counts)).sum::<u64>();
        let mut stats = Stats {
            environment: inner.naming.environment.clone(),
            sources: self.sources().map(str::to_owned).collect(),
            ttl: policy.ttl,
            max_stale: policy.max_stale,
            capacity: policy.capacity,
            hits: inner.fast_path.hits.get() + sum(|counts| counts.hits),
            misses: sum(|counts| counts.misses),
            stale: inner.fast_path.stale.get() + sum(|counts| counts.stale),
            remembered: sum(|counts| counts.remembered),
            coalesced: sum(|counts| counts.coalesced),
            refreshes: sum(|counts| counts.refreshes),
            refresh_failures: sum(|counts| counts.refresh_failures),
            evictions: sum(|counts| counts.evictions),
            requests: sums(sources.iter().flat_map(|source| source.requests.iter().copied())),
            failures: sums(sources.iter().flat_map(|source| source.failures.clone())),
            watched,
            watched_failing: failing,
            entries: sources.into_iter().flat_map(|source| source.entries).collect(),
        };
        stats.entries.sort();
        stats
    }
}

fn sums<K: Ord>(counts: impl Iterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    let mut sums = BTreeMap::new();
    counts.for_each(|(key, count)| *sums.entry(key).or_default() += count);
    sums
}

/// The statistics of one source.
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "metrics are labelled with their source"))]
pub(super) struct SourceStats<'a> {
    pub(super) source: &'a str,
    /// Whether it has a cache.
    pub(super) is_cached: bool,
    pub(super) requests: Vec<(&'static str, u64)>,
    pub(super) counts: Counts,
    pub(super) failures: BTreeMap<ErrorKind, u64>,
    pub(super) entries: Vec<EntryStats>,
}

impl Inner {
    pub(super) fn source_stats(&self) -> impl Iterator<Item = SourceStats<'_>> {
        let now = SystemTime::now();
        self.links.iter().map(move |link| SourceStats::new(link, now))
    }
}

impl<'a> SourceStats<'a> {
    fn new(Link { source, cached, .. }: &'a Link, now: SystemTime) -> Self {
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
    fn new(source: &str, entry: EntrySnapshot, now: SystemTime) -> Self {
        let EntrySnapshot { key, aliases, state } = entry;
        let version = match key.version() {
            Version::Current => None,
            Version::Stage(stage) => Some(display_id(stage).to_owned()),
            Version::Id(_) => Some(BY_ID.to_owned()),
        };
        let mut names: Vec<String> =
            [&key].into_iter().chain(&aliases).map(|key| key.shown().into_owned()).collect();
        names.dedup();
        let (state, fetched_ago, identity) = match state {
            SnapshotState::Held { identity, fetched_ago, is_fresh, is_served } => {
                let state = match (is_fresh, is_served) {
                    (true, _) => EntryState::Fresh,
                    (false, true) => EntryState::Stale,
                    (false, false) => EntryState::Expired,
                };
                (state, Some(fetched_ago), identity)
            }
            SnapshotState::Failed(ErrorKind::Missing) => (EntryState::Missing, None, Identity::default()),
            SnapshotState::Failed(kind) => (EntryState::Failed(kind), None, Identity::default()),
        };
        let age = identity.created().map(|created| now.duration_since(created).unwrap_or_default());
        // A faulty store may send anything as a label.
        let stages = identity.stages().iter().filter(|stage| is_secret_id(stage)).cloned().collect();
        Self { source: source.to_owned(), names, version, state, fetched_ago, age, stages }
    }

    /// The name by which the source is asked for it, if that can be shown.
    #[cfg(feature = "metrics")]
    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(String::as_str).filter(|name| is_secret_id(name))
    }
}
