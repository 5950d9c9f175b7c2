//! How long the first build takes on a machine that has built nothing yet: cargo's whole work into an empty target folder,
//! downloads left out. The example is built with this workspace's profile, the others with cargo's own.

use std::time::Instant;

use crate::cargo::{cargo, output, workspace};
use crate::outcome::{Outcome, Result};
use crate::scratch::Scratch;
use crate::table::Table;
use crate::tree;

pub(crate) fn run() -> Result<Outcome> {
    let scratch = tree::scratch()?;
    output(&mut scratch.cargo(&["fetch"]))?;
    let mut quickstart = cargo(&workspace()?, &["build", "-p", "examples", "--example", "quickstart"]);
    quickstart.env("CARGO_TARGET_DIR", scratch.path("cold"));
    let mut rows = vec![("ours: the example `quickstart`".to_owned(), seconds(&scratch, &mut quickstart)?)];
    for dependency in tree::DEPENDENCIES {
        let mut build = scratch.cargo(&["build", "--package", dependency.package]);
        build.env("CARGO_TARGET_DIR", scratch.path("cold"));
        rows.push((format!("{}, alone", dependency.what), seconds(&scratch, &mut build)?));
    }
    let official = rows.last().map_or(0.0, |(_, seconds)| *seconds);
    let mut table = Table::new(["cold debug build", "s", "beside the official client"]);
    for (what, seconds) in rows {
        table.row([what, format!("{seconds:.0}"), format!("{:.2} x", seconds / official)]);
    }
    print!("{table}");
    Ok(Outcome::default())
}

/// The time of a build into a folder that is emptied before.
fn seconds(scratch: &Scratch, build: &mut std::process::Command) -> Result<f64> {
    let target = scratch.path("cold");
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    let start = Instant::now();
    output(build)?;
    Ok(start.elapsed().as_secs_f64())
}
