//! How often a read asks for memory: counted by a program of its own, whose allocator would slow what is timed here.

use super::report::Report;
use crate::cargo::{cargo, output, target_folder, workspace};
use crate::outcome::Result;

pub(super) fn run(report: &mut Report) -> Result<()> {
    let target = target_folder()?;
    let mut program = cargo(&workspace()?, &["run", "--release", "--quiet", "--package", "peers"]);
    program.args(["--bin", "count_live_allocations", "--target-dir"]).arg(target);
    let counted = output(&mut program)?;
    let count = counted.trim().parse::<f64>();
    let count = count.map_err(|_| format!("the counter was expected to print a number, not {counted:?}"))?;
    report.plain("allocations of 1000 times `Live::get` and a field", count.to_string());
    report.outcome.at_most(0.0, "allocations of 1000 times Live::get and a field", count);
    Ok(())
}
