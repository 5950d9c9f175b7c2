//! Processes of their own: that of `child/main.rs`, and others.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::folder::Folder;

/// How it ended and what it said.
#[derive(Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder to start it in, whose `.env` keeps the search from going further up.
pub(crate) fn folder(dotenv: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::new();
    folder.write(".env", dotenv);
    folder
}

/// Runs it to its end with these variables and no others.
pub(crate) fn run<V: AsRef<OsStr>>(how: &str, folder: &Folder, variables: &[(&str, V)]) -> Ended {
    run_program(Path::new(env!("CARGO_BIN_EXE_child")), &[how], folder, variables)
}

/// Runs a program to its end with these variables and no others.
pub(crate) fn run_program<V: AsRef<OsStr>>(
    program: &Path,
    arguments: &[&str],
    folder: &Folder,
    variables: &[(&str, V)],
) -> Ended {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .env_clear()
        // No test may wait for a metadata service, nor read the profiles of whoever runs it.
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
