//! Runs one scenario, seen by the hook.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: residue::Hook = residue::Hook;

fn main() -> ExitCode {
    residue::run()
}
