//! The commands that reports print, run literally: through `sh -c`, with the real AWS command line, against
//! moto. After the command, the same load succeeds.

mod application;
mod command;
mod documents;
mod listed;
mod loads;
mod writes;

use std::process::{Command, Stdio};

use harness::emulator::{Emulator, moto};
use harness::python::{Python, python};
use secrets_runtime::admin::Admin;
use secrets_runtime::{Error, SecretConfig, Secrets};

use self::command::{action, commands_in};
use self::listed::EXECUTED;
use crate::support::aws::{alone, retrying};
use crate::support::folder::Folder;

/// An account at moto, with a prefix of the test's own, and a shell of an operator who works on it.
struct Account {
    moto: &'static Emulator,
    python: Python,
    folder: Folder,
    prefix: String,
}

impl Account {
    /// None if tests with emulators are skipped.
    fn new(test: &str) -> Option<Self> {
        let (moto, python) = (moto(test)?, python(test)?);
        let prefix = format!("{}-{}", test.replace('_', "-"), std::process::id());
        Some(Self { moto, python, folder: Folder::new(), prefix })
    }

    /// The full name of a secret.
    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    fn admin(&self) -> Admin {
        Admin::from_secrets_manager(retrying(self.moto.url()))
    }

    /// Stores a secret before the test begins.
    async fn create(&self, name: &str, value: &str) {
        self.admin().create(&self.name(name)).string(value).await.unwrap();
    }

    /// New each time: nothing is cached.
    fn secrets(&self) -> Secrets {
        alone(retrying(self.moto.url())).prefix(&self.prefix).build().unwrap()
    }

    async fn load<C: SecretConfig>(&self) -> Result<C, Error> {
        C::load_from(&self.secrets()).await
    }

    /// Writes the file that commands name as `file://value`.
    fn write_value(&self, value: &str) {
        self.folder.write("value", value);
    }

    /// What a command prints in a shell; if it fails, what it complains of.
    fn run(&self, command: &str) -> Result<String, String> {
        let programs = self.python.programs().display();
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{programs}:/usr/bin:/bin"))
            .env("HOME", self.folder.path())
            .env("PYTHONUTF8", "1")
            .env("AWS_ENDPOINT_URL", self.moto.url())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Runs the commands in the help of a report, of which there is at least one, and gives what they print.
    fn follow(&self, report: &str) -> String {
        let help = report.lines().filter_map(|line| line.trim().strip_prefix("help: "));
        let commands: Vec<String> = help.flat_map(commands_in).collect();
        assert!(!commands.is_empty(), "there is no command in:\n{report}");
        let run = |command: &String| {
            assert!(EXECUTED.contains(&action(command).as_str()), "{command} is to be in EXECUTED");
            self.run(command).unwrap_or_else(|error| panic!("{command}\n{error}"))
        };
        commands.iter().map(run).collect()
    }
}
