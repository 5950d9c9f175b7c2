//! A scenario in a process of its own.

use std::path::Path;
use std::process::Command;

use crate::canary::CANARY;
use crate::place::Place;
use crate::residue::Measured;
use crate::scenarios::ENDPOINT;

/// Runs a scenario by its name with a program that [runs](crate::run) such, in a folder with what it reads, and says what it
/// measured. The program sees no variable but `TOKEN`, which is the canary, and that with the server's URL.
///
/// # Errors
/// The program fails, with what it complained of.
pub fn measured_in_child(program: &Path, scenario: &str, server: Option<&str>) -> Result<Measured, String> {
    let place = Place::new();
    match scenario {
        "sources::dotenv_from_a_pipe" => place.feed("pipe"),
        "sources::file_that_is_a_pipe" => place.feed("pipes/token"),
        _ => {}
    }
    let mut command = Command::new(program);
    command.arg(scenario).current_dir(place.path()).env_clear().env("TOKEN", CANARY);
    command.envs(server.map(|url| (ENDPOINT, url)));
    let output =
        command.output().map_err(|error| format!("{} does not start: {error}", program.display()))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{scenario}: {}\n{complaint}", output.status));
    }
    String::from_utf8_lossy(&output.stdout).parse()
}
