//! Parsers and validators that nobody here wrote, in Python: cfn-lint, a parser of HCL, one of Markdown, a validator of JSON
//! schemas and one of IAM policies, `boto3`, and the AWS command line. They are installed with moto, on first
//! use.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::emulator::MOTO_KIND;
use crate::server;

/// A Python with these packages.
#[derive(Clone, Copy)]
pub struct Python {
    interpreter: &'static Path,
}

/// The Python: `None` if tests that need one are to be skipped, which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed; the message says what is missing and what to do.
pub fn python(test: &str) -> Option<Python> {
    static INTERPRETER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    server::interpreter(&INTERPRETER, &MOTO_KIND, test).map(|interpreter| Python { interpreter })
}

impl Python {
    /// The folder of its programs, such as `aws`: the AWS command line.
    ///
    /// # Panics
    ///
    /// If the interpreter is not in a folder.
    pub fn programs(self) -> &'static Path {
        self.interpreter.parent().unwrap()
    }

    /// Runs a program's text with these arguments and this standard input: what it prints, or what it complains of.
    ///
    /// # Errors
    ///
    /// What it printed and complained of, if it ends with another code than 0.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn run(self, program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut child = Command::new(self.interpreter)
            .args(["-W", "ignore", "-c", program])
            .args(arguments)
            .env_remove("PYTHONHOME")
            .env_remove("PYTHONPATH")
            .env("PYTHONUTF8", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // On a thread of its own: a program may print before it has read everything.
        let writer = std::thread::spawn(move || {
            // A program that reads nothing closes it.
            let _ = stdin.write_all(input.as_bytes());
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(printed);
        }
        Err(format!("{printed}{}", String::from_utf8_lossy(&output.stderr)))
    }
}
