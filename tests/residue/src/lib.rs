//! What is left of a secret in the memory that a program gives back.
//!
//! [`Hook`] is a global allocator that looks into each block before it is freed. A scenario of [`scenarios`] is one way of a
//! value through a program, run in a process of its own, whose only threads are its own; the programs in `src/bin` run one
//! by its name and print what was left. `cargo test -p residue` asserts the numbers, and `peers -- residue` prints them
//! beside those of other crates.

pub mod canary;
mod child;
mod endpoint;
mod hook;
mod place;
mod residue;
pub mod scenarios;

pub use child::measured_in_child;
pub use endpoint::Endpoint;
pub use hook::Hook;
pub use residue::{Measured, Residue, measure};

use std::process::ExitCode;

/// Runs the scenario that the arguments name, and prints what was left. The `main` of each program here.
///
/// `list` prints the names.
pub fn run() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else { return usage() };
    if name == "list" {
        scenarios::names().for_each(|name| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    match scenarios::measured(&name) {
        Some(Ok(measured)) => {
            println!("{measured}");
            ExitCode::SUCCESS
        }
        Some(Err(error)) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
        None => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("the argument is a scenario's name, or `list`");
    ExitCode::from(2)
}
