//! What a cache is for: cached reads, herds at a cold or an expired secret, many secrets at once; beside the official
//! caching client.
//!
//! Both sides run in this process, on the same runtime, against one stub on a thread of its own, from the same SDK
//! configuration. They take turns, round by round, so that what disturbs the machine hits both, and a ratio is the median
//! of the rounds' ratios. Nothing is pinned to a core.

mod allocations;
mod herds;
mod many;
mod reads;
mod report;

use std::time::Duration;

use crate::outcome::{Outcome, Result};

use report::Report;

/// What the stub takes to answer, where it matters.
const LATENCY: Duration = Duration::from_millis(20);

pub(crate) fn run() -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    reads::run(&runtime, &mut report)?;
    allocations::run(&mut report)?;
    runtime.block_on(async {
        herds::run(&mut report).await?;
        many::run(&mut report).await
    })?;
    Ok(report.print())
}
