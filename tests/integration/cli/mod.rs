//! The command line of an application's secrets, as the example `command_line` has it: a process, its arguments, what it
//! prints and its exit code.

mod checks;
mod composed;
mod exit_codes;
mod leaks;
mod migrations;
mod printed;
mod readme;
mod standard_input;

use harness::stub::Stub;

use crate::support::child::{Ended, folder, run_program};
use crate::support::example::{program, root};
use crate::support::folder::Folder;

/// Runs `secrets ..` in an empty folder.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    run_in(&folder(""), arguments, variables)
}

fn run_in(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let arguments: Vec<&str> = std::iter::once("secrets").chain(arguments.iter().copied()).collect();
    run_program(&program("command_line"), &arguments, folder, variables)
}

/// The variables under which Secrets Manager is what is at this address.
fn account(url: &str) -> [(&str, &str); 4] {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
}

/// Production as the README shows it.
fn production() -> Stub {
    let stub = Stub::start_on_thread();
    let day = std::time::Duration::from_hours(24);
    for (name, version, value, days, next) in [
        ("database-url", "51f72378-6a5d-4dc7-8fd8-29e4319f482a", "postgres://db", 91, Some(-60.0)),
        ("jwt", "7c0e5f8c-9f3d-4c55-8ea3-2f4e2ad61a8b", "key", 12, Some(60.0)),
        ("smtp", "2b1f0f5e-55a8-4b0b-9d6a-0a5f6d0a8a11", r#"{"host": "mail", "password": "pw"}"#, 400, None),
    ] {
        let name = format!("shop/production/{name}");
        stub.put_version(&name, "AWSCURRENT", version, value);
        stub.set_dates(&name, day * days, next);
    }
    stub
}

/// The file of the example.
fn example_env() -> String {
    std::fs::read_to_string(root().join("examples/command_line/example.env")).unwrap()
}
