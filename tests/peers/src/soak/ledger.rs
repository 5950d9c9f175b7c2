//! What has been stored, and what readers have seen that they should not have.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use secrets_runtime::Zeroize;
use serde::{Deserialize, Serialize};

/// The content of every secret: its own name, and how often it was put before.
#[derive(Deserialize, Serialize)]
pub(super) struct Content {
    pub(super) secret: usize,
    pub(super) number: usize,
}

/// Nothing here is secret.
impl Zeroize for Content {
    fn zeroize(&mut self) {}
}

impl Content {
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What must never happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    WrongValue,
    OlderThanConfirmed,
    OlderThanAllowed,
    FailedBesideValue,
    Panicked,
    NeverAnswered,
}

const FAULTS: [(Fault, &str); 6] = [
    (Fault::WrongValue, "wrong values"),
    (Fault::OlderThanConfirmed, "values older than a confirmed put"),
    (Fault::OlderThanAllowed, "values served for longer than TTL and max_stale"),
    (Fault::FailedBesideValue, "failed reads with a value available"),
    (Fault::Panicked, "panics that reached the caller"),
    (Fault::NeverAnswered, "operations without an end"),
];

/// How many faults are described in the report.
const SAMPLES: usize = 20;

pub(super) struct Ledger {
    /// For each secret, when each of its numbers was confirmed.
    confirmed: Vec<Mutex<Vec<Instant>>>,
    operations: AtomicU64,
    counts: Mutex<BTreeMap<&'static str, (u64, u64)>>,
    faults: Mutex<BTreeMap<Fault, u64>>,
    samples: Mutex<Vec<String>>,
}

impl Ledger {
    pub(super) fn new(secrets: usize) -> Self {
        Self {
            confirmed: (0..secrets).map(|_| Mutex::default()).collect(),
            operations: AtomicU64::new(0),
            counts: Mutex::default(),
            faults: Mutex::default(),
            samples: Mutex::default(),
        }
    }

    /// Stores the next content of a secret with `put`, and notes that it is stored.
    pub(super) fn put(&self, secret: usize, put: impl FnOnce(&Content)) {
        let mut confirmed = self.confirmed_of(secret);
        put(&Content { secret, number: confirmed.len() });
        confirmed.push(Instant::now());
    }

    fn confirmed_of(&self, secret: usize) -> std::sync::MutexGuard<'_, Vec<Instant>> {
        locked(&self.confirmed[secret])
    }

    /// The number that a read which begins now must give at least, if it may take no cached value.
    pub(super) fn confirmed(&self, secret: usize) -> usize {
        self.confirmed_of(secret).len().saturating_sub(1)
    }

    /// Looks at a value that a read gave: `at_least` is the oldest that it may be.
    pub(super) fn check(
        &self,
        what: &str,
        secret: usize,
        found: Option<&Content>,
        at_least: usize,
        allowed: Duration,
    ) {
        let Some(found) = found.filter(|found| found.secret == secret) else {
            return self.fault(Fault::WrongValue, &format!("{what} of {secret}"));
        };
        let (latest, superseded) = {
            let confirmed = self.confirmed_of(secret);
            (confirmed.len(), confirmed.get(found.number + 1).map(Instant::elapsed))
        };
        // A put that is under way may be seen before it is confirmed.
        if found.number > latest {
            self.fault(Fault::WrongValue, &format!("{what} of {secret}: {} of {latest}", found.number));
        } else if found.number < at_least {
            let text = format!("{what} of {secret}: {} instead of {at_least}", found.number);
            self.fault(Fault::OlderThanConfirmed, &text);
        } else if superseded > Some(allowed) {
            self.fault(
                Fault::OlderThanAllowed,
                &format!("{what} of {secret}: {superseded:?} after the next"),
            );
        }
    }

    pub(super) fn fault(&self, fault: Fault, sample: &str) {
        *locked(&self.faults).entry(fault).or_default() += 1;
        let mut samples = locked(&self.samples);
        if samples.len() < SAMPLES {
            samples.push(format!("{fault:?}: {sample}"));
        }
    }

    pub(super) fn done(&self, operation: &'static str, failed: bool) {
        self.operations.fetch_add(1, Ordering::Relaxed);
        let mut counts = locked(&self.counts);
        let (done, failures) = counts.entry(operation).or_default();
        *done += 1;
        *failures += u64::from(failed);
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    pub(super) fn by_operation(&self) -> Vec<(&'static str, u64, u64)> {
        locked(&self.counts).iter().map(|(operation, (done, failed))| (*operation, *done, *failed)).collect()
    }

    pub(super) fn faults(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let faults = locked(&self.faults);
        let count = |fault| {
            f64::from(faults.get(&fault).map_or(0, |count| u32::try_from(*count).unwrap_or(u32::MAX)))
        };
        FAULTS.map(|(fault, name)| (name, count(fault))).into_iter()
    }

    pub(super) fn samples(&self) -> Vec<String> {
        locked(&self.samples).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
