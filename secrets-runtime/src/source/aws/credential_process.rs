//! [`CredentialProcess`]: the program of a profile that prints credentials. Unlike the provider of the SDK,
//! it has a limit of time and of output, and the program ends with the read.

use std::collections::HashMap;
use std::fmt;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_secretsmanager::config::SharedHttpClient;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The name by which profiles refer to the provider of this module.
const SOURCE_NAME: &str = "secrets-runtime-process";

/// How long the program may take where the time-out of an attempt allows that much: the default chain, of
/// which it is a part, has 85 % of that. A program that asks a person takes longer, and must keep what it
/// was told.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// More than any credentials: a session token has up to 16 KiB.
const MAX_OUTPUT: u64 = 64 * 1024;

/// A profile whose credentials come from a program.
#[derive(Clone)]
pub(super) struct ProcessProfile {
    /// May hold passwords.
    pub(super) command: Secret<String>,
    /// The shared files, after [`refer_to_process`].
    pub(super) files: EnvConfigFiles,
    /// Whether roles are assumed at a FIPS endpoint.
    pub(super) use_fips: Option<bool>,
}

/// Replaces the line of a program by one that names the provider of this module: the SDK has no other way to
/// replace its own.
pub(super) fn refer_to_process(line: &str) -> Option<String> {
    let (key, _) = line.split_once('=')?;
    let is_process = key.trim_end().eq_ignore_ascii_case("credential_process");
    is_process.then(|| format!("credential_source = {SOURCE_NAME}"))
}

impl ProcessProfile {
    /// The credentials of the program, or those of the roles that they can assume.
    pub(super) fn provider(
        &self,
        profile: Option<&str>,
        region: Region,
        http: &SharedHttpClient,
    ) -> ProfileFileCredentialsProvider {
        let config = ProviderConfig::without_region()
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_region(Some(region))
            .with_use_fips(self.use_fips)
            .with_http_client(http.clone());
        let process = CredentialProcess { command: self.command.clone() };
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_files(self.files.clone())
            .with_custom_provider(SOURCE_NAME, process);
        match profile {
            Some(profile) => provider.profile_name(profile).build(),
            None => provider.build(),
        }
    }
}

/// The program that gives a profile its credentials.
struct CredentialProcess {
    command: Secret<String>,
}

/// Why a program gave no credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessFailed {
    /// It failed with this exit code, or by a signal.
    Exit(Option<i32>),
    TimedOut,
    NotStarted,
    /// What it printed is not what it should be.
    Output(&'static str),
}

impl ProcessFailed {
    pub(super) fn describe(self) -> String {
        match self {
            Self::Exit(Some(127)) => "its command was not found (exit code 127)".to_owned(),
            Self::Exit(Some(126)) => "its command may not be executed (exit code 126)".to_owned(),
            Self::Exit(Some(code)) => format!("the program failed with exit code {code}"),
            Self::Exit(None) => "the program was ended by a signal".to_owned(),
            Self::TimedOut => "the program takes longer than a minute".to_owned(),
            Self::NotStarted => "the program could not be started: there is no shell".to_owned(),
            Self::Output(fault) => format!("the program {fault}"),
        }
    }

    /// Whether the program may succeed in a moment.
    pub(super) const fn may_pass(self) -> bool {
        match self {
            Self::Exit(code) => !matches!(code, Some(126 | 127)),
            Self::TimedOut => true,
            Self::NotStarted | Self::Output(_) => false,
        }
    }
}

/// A program and the programs that it starts. They are killed when it is dropped.
struct Running(Child);

impl CredentialProcess {
    async fn credentials(&self) -> Result {
        let output = tokio::time::timeout(TIME_LIMIT, self.output()).await;
        let output = output.unwrap_or(Err(ProcessFailed::TimedOut));
        output.and_then(|output| parse(&output)).map_err(CredentialsError::invalid_configuration)
    }

    async fn output(&self) -> std::result::Result<Zeroizing<Vec<u8>>, ProcessFailed> {
        let mut running = Running::start(self.command.expose_secret())?;
        let mut output =
            Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_OUTPUT).unwrap_or_default() + 1));
        if let Some(stdout) = running.0.stdout.take() {
            let read = stdout.take(MAX_OUTPUT + 1).read_to_end(&mut output).await;
            read.map_err(|_| ProcessFailed::Output("has an output that cannot be read"))?;
        }
        if output.len() as u64 > MAX_OUTPUT {
            return Err(ProcessFailed::Output("prints more than 64 KiB"));
        }
        match running.0.wait().await {
            Ok(status) if status.success() => Ok(output),
            Ok(status) => Err(ProcessFailed::Exit(status.code())),
            Err(_) => Err(ProcessFailed::Exit(None)),
        }
    }
}

impl Running {
    fn start(command: &str) -> std::result::Result<Self, ProcessFailed> {
        let mut shell = shell(command);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        // A group of its own, to which the programs belong that it starts.
        #[cfg(unix)]
        shell.process_group(0);
        shell.spawn().map(Self).map_err(|_| ProcessFailed::NotStarted)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // If this fails, the group has ended.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The shell that AWS specifies.
fn shell(command: &str) -> Command {
    #[cfg(not(windows))]
    let mut shell = Command::new("sh");
    #[cfg(not(windows))]
    shell.args(["-c", command]);
    #[cfg(windows)]
    let mut shell = Command::new("cmd.exe");
    #[cfg(windows)]
    // `cmd.exe` removes the outer quotes, and does not know those of Rust.
    shell.arg("/C").raw_arg(format!("\"{command}\""));
    shell
}

/// Reads the [format of AWS](https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
fn parse(output: &[u8]) -> std::result::Result<Credentials, ProcessFailed> {
    let fields: HashMap<String, Value> =
        serde_json::from_slice(output).map_err(|_| ProcessFailed::Output("does not print a JSON object"))?;
    // The SDK ignores the case of keys, too.
    let mut fields: HashMap<String, Value> =
        fields.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
    if fields.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(ProcessFailed::Output("does not print \"Version\": 1"));
    }
    let mut text = |key: &str| match fields.remove(key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let id = text("accesskeyid").ok_or(ProcessFailed::Output("does not print an AccessKeyId"))?;
    let secret = text("secretaccesskey").ok_or(ProcessFailed::Output("does not print a SecretAccessKey"))?;
    let token = text("sessiontoken");
    let expires = text("expiration").map(|text| time(&text)).transpose()?;
    Ok(Credentials::new(id, secret, token, expires, "credential_process"))
}

fn time(text: &str) -> std::result::Result<SystemTime, ProcessFailed> {
    let time = DateTime::from_str(text, Format::DateTimeWithOffset).ok();
    let time = time.and_then(|time| SystemTime::try_from(time).ok());
    time.ok_or(ProcessFailed::Output("prints an Expiration that is not a time of RFC 3339"))
}

impl ProvideCredentials for CredentialProcess {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl fmt::Debug for CredentialProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialProcess").finish_non_exhaustive()
    }
}

impl fmt::Display for ProcessFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe())
    }
}

impl std::error::Error for ProcessFailed {}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;
    use std::time::Instant;

    use super::*;

    async fn of(command: &str) -> std::result::Result<Credentials, String> {
        let credentials = CredentialProcess { command: command.into() }.provide_credentials().await;
        credentials
            .map_err(|error| std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default())
    }

    #[tokio::test]
    async fn the_credentials_are_those_that_the_program_prints() {
        let credentials = of(r#"echo '{"Version": 1, "AccessKeyId": "id", "SecretAccessKey": "key"}'"#).await;
        let credentials = credentials.unwrap();
        assert_eq!((credentials.access_key_id(), credentials.secret_access_key()), ("id", "key"));
        assert_eq!((credentials.session_token(), credentials.expiry()), (None, None));
        let all = r#"echo '{"version": 1, "accessKeyId": "id", "SECRETACCESSKEY": "key", "SessionToken": "token",
            "Expiration": "2030-01-02T03:04:05+00:00", "AccountId": "1"}'"#;
        let credentials = of(all).await.unwrap();
        assert_eq!(credentials.session_token(), Some("token"));
        let expiry = credentials.expiry().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(expiry.as_secs(), 1_893_553_445);
    }

    #[tokio::test]
    async fn a_program_that_gives_no_credentials_is_an_error_that_quotes_nothing() {
        for (command, reason) in [
            ("echo hunter2; exit 3", "the program failed with exit code 3"),
            ("/absent/hunter2", "its command was not found (exit code 127)"),
            ("echo hunter2", "the program does not print a JSON object"),
            ("true", "the program does not print a JSON object"),
            (r#"echo '{"Version": 2}'"#, "the program does not print \"Version\": 1"),
            (
                r#"echo '{"Version": 1, "AccessKeyId": "hunter2"}'"#,
                "the program does not print a SecretAccessKey",
            ),
            (r#"echo '{"Version": 1, "AccessKeyId": 7}'"#, "the program does not print an AccessKeyId"),
            (
                r#"echo '{"Version": 1, "AccessKeyId": "i", "SecretAccessKey": "k", "Expiration": "hunter2"}'"#,
                "the program prints an Expiration that is not a time of RFC 3339",
            ),
        ] {
            assert_eq!(of(command).await.unwrap_err(), reason, "{command}");
        }
    }

    #[tokio::test]
    async fn an_endless_output_ends_the_program() {
        for command in ["yes", "yes | cat", "cat /dev/zero"] {
            assert_eq!(of(command).await.unwrap_err(), "the program prints more than 64 KiB", "{command}");
        }
    }

    #[tokio::test]
    async fn a_program_that_never_ends_is_killed_with_those_that_it_has_started() {
        let id = std::env::temp_dir().join(format!("secrets-process-{}", std::process::id()));
        let command = format!("sleep 600 & echo $! > {}; sleep 600 | cat", id.display());
        let provider = CredentialProcess { command: command.as_str().into() };
        let given_up = tokio::time::timeout(Duration::from_millis(500), provider.provide_credentials()).await;
        assert!(given_up.is_err());
        let sleeper = std::fs::read_to_string(&id).unwrap();
        std::fs::remove_file(id).unwrap();
        let status = Path::new("/proc").join(sleeper.trim()).join("status");
        let runs = || std::fs::read_to_string(&status).is_ok_and(|status| !status.contains("State:\tZ"));
        let limit = Instant::now() + Duration::from_secs(5);
        while runs() {
            assert!(Instant::now() < limit, "it runs on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_has_a_minute_at_most() {
        assert_eq!(of("sleep 600").await.unwrap_err(), "the program takes longer than a minute");
    }
}
