//! The causes of an AWS set-up that does not work, as a report names them. Each is one process with real
//! variables, files, programs and servers.

mod credentials;
mod endpoints;
mod environments;
mod services;
mod sign_in;
mod targets;

use harness::postgres::another_authority;

use crate::support::child::{folder, run};
use crate::support::folder::Folder;

/// A text of programs and servers. No report repeats it.
const FOREIGN: &str = "hunter2";

/// A machine with a home folder, in production.
struct Machine {
    folder: Folder,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        let folder = folder("");
        // One certificate: reading those of the machine takes longer than all else.
        let certificates = folder.write("authority.pem", another_authority());
        let (home, certificates) = (folder.path().to_str().unwrap(), certificates.to_str().unwrap());
        let variables = [
            ("ENVIRONMENT", "production"),
            ("AWS_REGION", "us-east-1"),
            ("HOME", home),
            ("PATH", "/usr/bin:/bin"),
            ("SSL_CERT_FILE", certificates),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { folder, variables }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(other, _)| other != name);
        self
    }

    fn with_keys(self) -> Self {
        self.with("AWS_ACCESS_KEY_ID", "id").with("AWS_SECRET_ACCESS_KEY", "key")
    }

    /// With this text as the file of profiles.
    fn with_profiles(self, text: &str) -> Self {
        let file = self.folder.write("config", text);
        self.with("AWS_CONFIG_FILE", file.to_str().unwrap())
    }

    /// What `jwt` comes to: `found`, or the kind and the report.
    fn read(&self) -> String {
        self.run("aws-default")
    }

    fn check(&self) -> String {
        self.run("aws-check")
    }

    fn run(&self, how: &str) -> String {
        let variables: Vec<(&str, &str)> =
            self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ended = run(how, &self.folder, &variables);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
        assert!(!ended.stdout.contains(FOREIGN), "{}", ended.stdout);
        assert!(!ended.stdout.contains("get-caller-identity"), "{}", ended.stdout);
        ended.stdout
    }
}

#[track_caller]
fn assert_says(report: &str, texts: &[&str]) {
    for text in texts {
        assert!(report.contains(text), "{text:?} is not in:\n{report}");
    }
}
