//! A process that asks Secrets Manager in every way, and what came of each.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::time::Duration;

use harness::postgres::another_authority;
use harness::stub::Stub;

use crate::support::child::{folder, run_program};
use crate::support::folder::Folder;

const CERTIFICATES: &str = "authority.pem";

/// An account with the secrets that the process asks for, and a folder for its files.
pub(super) struct Account {
    pub(super) stub: Stub,
    pub(super) folder: Folder,
}

/// A run: how Secrets Manager was asked, and with which profile; and the outcome, `ok` or a report.
pub(super) type Outcomes = BTreeMap<(String, String), String>;

impl Account {
    pub(super) fn new() -> Self {
        let stub = Stub::start_on_thread();
        stub.put("jwt", "key");
        stub.put("smtp", "password");
        let folder = folder("");
        folder.write(CERTIFICATES, another_authority());
        Self { stub, folder }
    }

    /// Variables of production that ask this account and leave this machine in no way: what is not asked
    /// directly goes through a proxy, which is the account's server too and does not forward.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let url = self.stub.url();
        // One certificate: reading those of the machine takes longer than all else.
        let certificates = self.folder.path().join(CERTIFICATES);
        [
            ("ENVIRONMENT", "production"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("HTTP_PROXY", &url),
            ("HTTPS_PROXY", &url),
            ("NO_PROXY", "127.0.0.1,localhost"),
            ("HOME", self.folder.path().to_str().unwrap()),
            ("SSL_CERT_FILE", certificates.to_str().unwrap()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }

    /// The same, with credentials.
    pub(super) fn signed(&self) -> BTreeMap<String, String> {
        let mut variables = self.variables();
        variables.insert("AWS_ACCESS_KEY_ID".to_owned(), "id".to_owned());
        variables.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "key".to_owned());
        variables
    }

    /// Runs the process with these variables and one more, for each of these profiles.
    pub(super) fn ask(
        &self,
        variables: &BTreeMap<String, String>,
        (name, value): (&str, &OsStr),
        profiles: &[&str],
    ) -> Outcomes {
        self.ask_within(Duration::from_secs(10), variables, (name, value), profiles)
    }

    /// The same, with this time-out for a call.
    pub(super) fn ask_within(
        &self,
        timeout: Duration,
        variables: &BTreeMap<String, String>,
        (name, value): (&str, &OsStr),
        profiles: &[&str],
    ) -> Outcomes {
        let others = variables.iter().filter(|(other, _)| *other != name);
        let mut all: Vec<(&str, &OsStr)> =
            others.map(|(name, value)| (name.as_str(), OsStr::new(value))).collect();
        all.push((name, value));
        let program = env!("CARGO_BIN_EXE_child");
        let timeout = timeout.as_millis().to_string();
        let arguments = [&["aws-environment", timeout.as_str()], profiles].concat();
        let ended = run_program(program.as_ref(), &arguments, &self.folder, &all);
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{name}={}\n{}",
            value.display(),
            ended.stdout
        );
        let outcomes: Outcomes = ended.stdout.lines().filter_map(outcome).collect();
        assert_eq!(outcomes.len(), 3 * profiles.len(), "{name}={}\n{}", value.display(), ended.stdout);
        outcomes
    }

    /// The outcomes with the profile of the variables.
    pub(super) fn ask_with(&self, name: &str, value: &str) -> Vec<String> {
        self.ask(&self.signed(), (name, OsStr::new(value)), &["-"]).into_values().collect()
    }
}

/// `load NAME: ok`
fn outcome(line: &str) -> Option<((String, String), String)> {
    let (run, outcome) = line.split_once(": ")?;
    let (way, profile) = run.split_once(' ')?;
    Some(((way.to_owned(), profile.to_owned()), outcome.to_owned()))
}
