//! Every comparison with another crate: each is a subcommand that runs both sides in one go, prints a table with ratios
//! and exits with 1 when a target is missed, with 2 when nothing could be measured.
//!
//! ```text
//! cargo run --release -p peers -- derive
//! ```
#![forbid(unsafe_code)]

mod cache;
mod cargo;
mod clients;
mod cold;
mod derive;
mod faults;
mod fleet;
mod leaks;
mod live;
mod manifest;
mod outcome;
mod residue;
mod rotation;
mod rustc_timer;
mod samples;
mod scratch;
mod shop;
mod soak;
mod startup;
mod table;
mod tree;

use std::process::ExitCode;

use outcome::{Outcome, Result};

/// A comparison: what it is called, what it shows, and how it runs.
struct Comparison {
    name: &'static str,
    shows: &'static str,
    run: fn() -> Result<Outcome>,
}

const COMPARISONS: &[Comparison] = &[
    Comparison {
        name: "derive",
        shows: "compile time of a struct of 200 settings, beside serde's Deserialize",
        run: derive::run,
    },
    Comparison {
        name: "startup",
        shows: "time to load 200 secrets, beside the official caching client",
        run: startup::run,
    },
    Comparison {
        name: "cache",
        shows: "cached reads, herds and refreshes, beside the official caching client",
        run: cache::run,
    },
    Comparison {
        name: "faults",
        shows: "reads while the store is out of order, beside the official caching client",
        run: faults::run,
    },
    Comparison {
        name: "tree",
        shows: "crates in the tree, with and without AWS, beside the official caching client",
        run: tree::run,
    },
    Comparison {
        name: "cold",
        shows: "time of the first build of all of that tree (minutes)",
        run: cold::run,
    },
    Comparison {
        name: "fleet",
        shows: "a fleet that starts at once and runs for an hour against AWS's quotas, beside two plain policies",
        run: fleet::run,
    },
    Comparison {
        name: "leaks",
        shows: "what gets out of secret types, loaders and clients, beside those that people use today",
        run: leaks::run,
    },
    Comparison {
        name: "live",
        shows: "configs that follow their secrets: reads, delays, and requests to PostgreSQL across rotations",
        run: live::run,
    },
    Comparison {
        name: "manifest",
        shows: "time to print what a config of 200 settings needs: policies, templates, runbooks",
        run: manifest::run,
    },
    Comparison {
        name: "residue",
        shows: "copies of a secret left in freed memory, beside what people use today",
        run: residue::run,
    },
    Comparison {
        name: "rotation",
        shows: "rotations that are interrupted after each of their calls and begun again, and what one costs",
        run: rotation::run,
    },
    Comparison {
        name: "soak",
        shows: "200 tasks against a store that is never in order for long [--minutes N]",
        run: soak::run,
    },
];

fn main() -> ExitCode {
    // Cargo runs this program in the place of rustc where a comparison times it.
    if let Some(timer) = rustc_timer::requested() {
        return timer.run();
    }
    let mut arguments = std::env::args().skip(1);
    let (Some(name), option) = (arguments.next(), arguments.next()) else { return usage() };
    let Some(comparison) = COMPARISONS.iter().find(|comparison| comparison.name == name) else {
        return usage();
    };
    // The soak test alone takes an option.
    if option.is_some() && comparison.name != "soak" {
        return usage();
    }
    match (comparison.run)() {
        Ok(outcome) => outcome.report(),
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::from(2)
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo run --release -p peers -- <comparison>\n");
    for Comparison { name, shows, .. } in COMPARISONS {
        eprintln!("  {name:<10}{shows}");
    }
    ExitCode::from(2)
}
