//! What came of each fleet, side by side.

use std::time::Duration;

use super::traffic::{Log, Traffic};
use crate::table::Table;

/// What came of one fleet.
pub(super) struct Report {
    pub(super) policy: &'static str,
    pub(super) instances: usize,
    /// When each instance was up, in order.
    pub(super) up: Vec<Duration>,
    pub(super) failed_starts: u64,
    /// Until the last instance is up.
    pub(super) start: Traffic,
    pub(super) hour: Traffic,
    pub(super) reads: Reads,
}

/// What became of reads or, where a program reads what it holds itself, of its refreshes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reads {
    pub(super) all: u64,
    pub(super) failed: u64,
    pub(super) waited: u64,
}

impl Report {
    /// When the last instance was up, if all are.
    pub(super) fn last_up(&self) -> Option<Duration> {
        self.up_at(self.instances)
    }

    fn up_at(&self, instances: usize) -> Option<Duration> {
        self.up.get(instances.checked_sub(1)?).copied()
    }

    fn up(&self, percent: usize) -> String {
        let seconds = self.up_at((self.instances * percent).div_ceil(100)).map(|up| up.as_secs_f64());
        seconds.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.1}"))
    }
}

pub(super) fn print(reports: &[&Report; 3]) {
    let [one, two, three] = reports.map(|report| report.policy);
    let mut table = Table::new(["start", one, two, three]);
    let mut row = |what: &str, cell: fn(&Report) -> String| {
        table.row(std::iter::once(what.to_owned()).chain(reports.map(cell)));
    };
    row("  half of the instances up, s", |report| report.up(50));
    row("  99 % up, s", |report| report.up(99));
    row("  last one up, s", |report| report.up(100));
    row("  starts that failed", |report| report.failed_starts.to_string());
    row("  batch requests", |report| report.start.batch.requests().to_string());
    row("    throttled", |report| report.start.batch.throttled().to_string());
    row("    most in a second", |report| report.start.batch.peak().to_string());
    row("  get requests", |report| report.start.get.requests().to_string());
    row("    throttled", |report| report.start.get.throttled().to_string());
    row("    most in a second", |report| report.start.get.peak().to_string());
    row("hour", |_| String::new());
    row("  batch requests a second", |report| rate(&report.hour, |hour| &hour.batch));
    row("    most in a second", |report| report.hour.batch.peak().to_string());
    row("    throttled", |report| report.hour.batch.throttled().to_string());
    row("  get requests a second", |report| rate(&report.hour, |hour| &hour.get));
    row("    most in a second", |report| report.hour.get.peak().to_string());
    row("    throttled", |report| report.hour.get.throttled().to_string());
    row("  reads (plain: refreshes)", |report| report.reads.all.to_string());
    row("    that waited", |report| report.reads.waited.to_string());
    row("    that failed", |report| report.reads.failed.to_string());
    println!("\n{table}");
}

fn rate(traffic: &Traffic, log: fn(&Traffic) -> &Log) -> String {
    let seconds = traffic.lasted.as_secs_f64();
    let requests = u32::try_from(log(traffic).requests()).unwrap_or(u32::MAX);
    if seconds > 0.0 { format!("{:.1}", f64::from(requests) / seconds) } else { "-".to_owned() }
}
