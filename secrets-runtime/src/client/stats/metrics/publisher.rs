//! Publishes series of numbers as sums over all `Secrets` of the process. It does not know where they come
//! from.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};

use ::metrics::{Key, Recorder, with_recorder};

use super::names::{ENTRIES, METADATA, WATCHED_FAILING, describe};
use crate::lock::lock;

/// The numbers of one `Secrets`.
#[derive(Default)]
pub(super) struct Series {
    pub(super) counters: HashMap<Key, u64>,
    pub(super) gauges: HashMap<Key, f64>,
}

/// The part of one `Secrets` in what is published.
pub(in crate::client) struct Publisher {
    owner: u64,
    pub(super) totals: &'static Mutex<Totals>,
    /// Whether a task publishes at intervals.
    pub(super) is_running: AtomicBool,
}

/// The numbers of all `Secrets` of the process.
#[derive(Default)]
pub(super) struct Totals {
    /// Sums of everything counted so far, dropped `Secrets` included.
    counters: HashMap<Key, u64>,
    /// What each owner published last.
    pub(super) published: HashMap<u64, Series>,
}

/// Numbers that are to be recorded.
#[derive(Default)]
pub(super) struct Update {
    pub(super) counters: Vec<(Key, u64)>,
    pub(super) gauges: Vec<(f64, Key)>,
}

impl Default for Publisher {
    fn default() -> Self {
        static TOTALS: LazyLock<Mutex<Totals>> = LazyLock::new(Mutex::default);
        static OWNERS: AtomicU64 = AtomicU64::new(0);
        let owner = OWNERS.fetch_add(1, Ordering::Relaxed);
        Self { owner, totals: &TOTALS, is_running: AtomicBool::new(false) }
    }
}

impl Publisher {
    pub(super) fn publish(&self, series: Series) {
        let update = lock(self.totals).take(self.owner, series);
        self.record(update);
    }

    /// Publishes for the last time: counts stay, gauges go.
    pub(super) fn retire(&self, last: Series) {
        let update = {
            let mut totals = lock(self.totals);
            let update = totals.take(self.owner, Series { counters: last.counters, ..Series::default() });
            totals.published.remove(&self.owner);
            update
        };
        self.record(update);
    }

    /// No lock is held while a recorder runs: it may wait, or publish again. So another thread may record
    /// newer numbers in between. A counter keeps the larger number by itself; a gauge is set again until it
    /// is right.
    fn record(&self, mut update: Update) {
        with_recorder(describe);
        while !update.is_empty() {
            with_recorder(|recorder| update.record(recorder));
            update = lock(self.totals).corrections(update);
        }
    }
}

impl Totals {
    /// Adds what one owner has counted since its last series, and returns what is to be recorded.
    pub(super) fn take(&mut self, owner: u64, series: Series) -> Update {
        let last = self.published.entry(owner).or_default();
        let mut update = Update::default();
        for (key, count) in series.counters {
            let last = last.counters.entry(key.clone()).or_default();
            let sum = self.counters.entry(key.clone()).or_default();
            // Two threads may bring what they have read in the other order.
            *sum += count.saturating_sub(*last);
            *last = count.max(*last);
            update.counters.push((key, *sum));
        }
        let before = std::mem::replace(&mut last.gauges, series.gauges);
        let changed: HashSet<Key> = before.into_keys().chain(last.gauges.keys().cloned()).collect();
        update.gauges = changed.into_iter().map(|key| (self.gauge(&key), key)).collect();
        update
    }

    /// The sum of the counts of all `Secrets`, or the largest of their ages: an alarm is about the oldest
    /// copy.
    fn gauge(&self, key: &Key) -> f64 {
        let values = self.published.values().filter_map(|series| series.gauges.get(key)).copied();
        if matches!(key.name(), ENTRIES | WATCHED_FAILING) {
            // An empty sum of floats is -0.
            values.fold(0.0, |sum, value| sum + value)
        } else {
            values.fold(f64::NAN, f64::max)
        }
    }

    /// The gauges that have changed since they were recorded.
    pub(super) fn corrections(&self, recorded: Update) -> Update {
        let gauges = recorded.gauges.into_iter().filter_map(|(value, key)| {
            let now = self.gauge(&key);
            (now.to_bits() != value.to_bits()).then_some((now, key))
        });
        Update { counters: Vec::new(), gauges: gauges.collect() }
    }
}

impl Update {
    pub(super) fn is_empty(&self) -> bool {
        self.counters.is_empty() && self.gauges.is_empty()
    }

    fn record(&self, recorder: &dyn Recorder) {
        for (key, sum) in &self.counters {
            recorder.register_counter(key, &METADATA).absolute(*sum);
        }
        for (value, key) in &self.gauges {
            recorder.register_gauge(key, &METADATA).set(*value);
        }
    }
}
