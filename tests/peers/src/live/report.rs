//! The rows as they come, and the targets.

use crate::outcome::{Outcome, Result};
use crate::samples::median;
use crate::table::Table;

pub(super) struct Report {
    table: Table,
    pub(super) outcome: Outcome,
}

impl Default for Report {
    fn default() -> Self {
        let table = Table::new(["", "measured", "beside", "ratio"]);
        Self { table, outcome: Outcome::default() }
    }
}

impl Report {
    /// What was measured, and how it compares to what it is measured against.
    pub(super) fn beside(&mut self, what: &str, measured: String, other: &str, ratio: f64) {
        self.table.row([what.to_owned(), measured, other.to_owned(), format!("{ratio:.2} x")]);
    }

    /// What has nothing to be compared to.
    pub(super) fn plain(&mut self, what: &str, measured: impl Into<String>) {
        self.table.row([what.to_owned(), measured.into()]);
    }

    pub(super) fn print(self) -> Outcome {
        print!("{}", self.table);
        self.outcome
    }
}

/// The median of what the rounds gave for one measurement beside another.
pub(super) fn ratio(rounds: &[f64], others: &[f64]) -> f64 {
    median(rounds.iter().zip(others).map(|(round, other)| round / other))
}

/// A count as a measurement.
pub(super) fn count(counted: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(counted)?))
}
