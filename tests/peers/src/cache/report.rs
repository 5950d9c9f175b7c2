//! The rows as they come, and the targets.

use crate::outcome::{Outcome, Result};
use crate::samples::{largest, median};
use crate::table::Table;

pub(super) struct Report {
    table: Table,
    pub(super) outcome: Outcome,
}

/// What the rounds gave for the two sides.
#[derive(Default)]
pub(super) struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    pub(super) fn push(&mut self, ours: f64, official: f64) {
        self.0.push((ours, official));
    }

    /// The same in another unit.
    pub(super) fn map(&self, unit: impl Fn(f64) -> f64) -> Self {
        Self(self.0.iter().map(|(ours, official)| (unit(*ours), unit(*official))).collect())
    }

    /// Each side beside what it did in the same round in `other`.
    pub(super) fn beside(&self, other: &Self) -> Self {
        let rounds = self.0.iter().zip(&other.0);
        Self(rounds.map(|(this, other)| (this.0 / other.0, this.1 / other.1)).collect())
    }

    pub(super) fn ours(&self) -> f64 {
        median(self.0.iter().map(|(ours, _)| *ours))
    }

    pub(super) fn official(&self) -> f64 {
        median(self.0.iter().map(|(_, official)| *official))
    }

    /// Our worst round, where more is worse.
    pub(super) fn most_of_ours(&self) -> f64 {
        largest(self.0.iter().map(|(ours, _)| *ours))
    }

    /// Ours beside the official's of the same round.
    pub(super) fn ratio(&self) -> f64 {
        median(self.0.iter().map(|(ours, official)| ours / official))
    }
}

impl Default for Report {
    fn default() -> Self {
        let table = Table::new(["", "ours", "official", "ours beside official"]);
        Self { table, outcome: Outcome::default() }
    }
}

impl Report {
    /// A row of numbers, as `shown` shows them.
    pub(super) fn row(&mut self, what: &str, pairs: &Pairs, shown: impl Fn(f64) -> String) {
        let ratio = format!("{:.3} x", pairs.ratio());
        self.table.row([what.to_owned(), shown(pairs.ours()), shown(pairs.official()), ratio]);
    }

    /// A row that has no ratio.
    pub(super) fn plain(&mut self, what: &str, ours: impl Into<String>, official: impl Into<String>) {
        self.table.row([what.to_owned(), ours.into(), official.into()]);
    }

    pub(super) fn print(self) -> Outcome {
        print!("{}", self.table);
        self.outcome
    }
}

/// A count as a measurement.
pub(super) fn count(counted: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(counted)?))
}
