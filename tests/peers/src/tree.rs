//! How many crates come with one dependency: all that are compiled into the program or run to compile it, but not what
//! build scripts need.

use std::collections::BTreeSet;

use crate::cargo::{output, workspace};
use crate::outcome::{Outcome, Result};
use crate::scratch::Scratch;
use crate::table::Table;

/// The most crates that the framework may bring where nothing of AWS is asked for.
const LIMIT_WITHOUT_AWS: u32 = 25;

/// The most crates that the framework may bring where Secrets Manager is read through its agent.
const LIMIT_WITH_AGENT: u32 = 32;

/// What a program may depend on: a package that does, and how its manifest says so.
pub(crate) struct Dependency {
    pub(crate) what: &'static str,
    pub(crate) package: &'static str,
    /// What stands after `path = ..` of our crate, or the whole line of another.
    line: Line,
}

enum Line {
    Ours(&'static str),
    Other(&'static str),
}

pub(crate) const OURS: Dependency =
    Dependency { what: "ours, default features", package: "ours", line: Line::Ours("") };
pub(crate) const OURS_WITHOUT_AWS: Dependency = Dependency {
    what: "ours, without AWS",
    package: "ours_without_aws",
    line: Line::Ours(r#", default-features = false, features = ["derive"]"#),
};
pub(crate) const OURS_WITH_AGENT: Dependency = Dependency {
    what: "ours, through the agent",
    package: "ours_with_agent",
    line: Line::Ours(r#", default-features = false, features = ["derive", "agent"]"#),
};
pub(crate) const OFFICIAL: Dependency = Dependency {
    what: "official caching client",
    package: "official",
    line: Line::Other("aws_secretsmanager_caching = \"=2.1.0\"\n"),
};

pub(crate) const DEPENDENCIES: [&Dependency; 4] = [&OURS, &OURS_WITHOUT_AWS, &OURS_WITH_AGENT, &OFFICIAL];

pub(crate) fn run() -> Result<Outcome> {
    let scratch = scratch()?;
    let official = crates(&scratch, &OFFICIAL)?;
    let mut table = Table::new(["crates in the tree of", "", "beside the official client"]);
    for dependency in DEPENDENCIES {
        let crates = crates(&scratch, dependency)?;
        let ratio = f64::from(crates) / f64::from(official);
        table.row([dependency.what.to_owned(), crates.to_string(), format!("{ratio:.2} x")]);
    }
    print!("{table}");
    let mut outcome = Outcome::default();
    let without_aws = f64::from(crates(&scratch, &OURS_WITHOUT_AWS)?);
    outcome.at_most(f64::from(LIMIT_WITHOUT_AWS), "crates without AWS", without_aws);
    let with_agent = f64::from(crates(&scratch, &OURS_WITH_AGENT)?);
    outcome.at_most(f64::from(LIMIT_WITH_AGENT), "crates through the agent", with_agent);
    Ok(outcome)
}

/// A package for each dependency, which has no other.
pub(crate) fn scratch() -> Result<Scratch> {
    let scratch = Scratch::new("tree", &DEPENDENCIES.map(|dependency| dependency.package))?;
    let runtime = workspace()?.join("secrets-runtime").display().to_string();
    for Dependency { package, line, .. } in DEPENDENCIES {
        let line = match line {
            Line::Ours(rest) => format!("secrets-runtime = {{ path = '{runtime}'{rest} }}\n"),
            Line::Other(line) => (*line).to_owned(),
        };
        scratch.library(package, &line, "//! Made for a measurement.\n")?;
    }
    Ok(scratch)
}

/// The number of crates, counting the dependency itself but not the package made for it.
fn crates(scratch: &Scratch, dependency: &Dependency) -> Result<u32> {
    let arguments = ["tree", "--package", dependency.package, "--edges", "normal", "--prefix", "none"];
    let tree = output(&mut scratch.cargo(&arguments))?;
    let names: BTreeSet<&str> =
        tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty()).collect();
    u32::try_from(names.len().saturating_sub(1)).map_err(Into::into)
}
