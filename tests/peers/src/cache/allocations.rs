//! How often a cached read asks for memory.
//!
//! A program of its own counts, because it does so with an allocator that would slow the reads that are timed here; and
//! those of the side that allocates more.

use super::report::Report;
use crate::cargo::{cargo, output, target_folder, workspace};
use crate::outcome::Result;

pub(super) fn run(report: &mut Report) -> Result<()> {
    let target = target_folder()?;
    let mut program = cargo(&workspace()?, &["run", "--release", "--quiet", "--package", "peers"]);
    program.args(["--bin", "count_allocations", "--target-dir"]).arg(target);
    let counted = output(&mut program)?;
    let mut counts = counted.split_whitespace().map(str::parse::<f64>);
    let (Some(Ok(ours)), Some(Ok(official)), None) = (counts.next(), counts.next(), counts.next()) else {
        return Err(format!("the counter was expected to print two numbers, not {counted:?}").into());
    };
    report.plain("allocations of a cached read", ours.to_string(), official.to_string());
    report.outcome.at_most(0.0, "allocations of a cached read", ours);
    Ok(())
}
