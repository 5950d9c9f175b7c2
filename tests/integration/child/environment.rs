//! Asks Secrets Manager in every way, with the variables of the process and each profile that the arguments
//! name.

use std::fmt::Write as _;
use std::time::Duration;

use secrets_runtime::admin::Admin;
use secrets_runtime::{Error, Secret, SecretConfig, Secrets, SecretsManager};

#[derive(SecretConfig)]
struct TwoSecrets {
    #[allow(dead_code, reason = "whether it is there is looked at")]
    jwt: Secret<String>,
    #[allow(dead_code, reason = "whether it is there is looked at")]
    smtp: Secret<String>,
}

/// Longer than any time-out that a test sets.
const LATE: Duration = Duration::from_secs(30);

/// One line for each profile and way: the outcome, and the whole report of an error. The first argument is
/// the time-out of a call in milliseconds.
pub(crate) async fn shown(mut arguments: impl Iterator<Item = String>) -> String {
    let timeout = arguments.next().and_then(|timeout| timeout.parse().ok()).map(Duration::from_millis);
    let timeout = timeout.unwrap_or(LATE);
    let mut shown = String::new();
    for profile in arguments {
        for (way, outcome) in [
            ("load", tokio::time::timeout(LATE, load(&profile, timeout)).await),
            ("check", tokio::time::timeout(LATE, check(&profile, timeout)).await),
            ("admin", tokio::time::timeout(LATE, describe(&profile, timeout)).await),
        ] {
            let outcome = match outcome {
                Ok(Ok(())) => "ok".to_owned(),
                Ok(Err(error)) => format!("{:?}\n{error}\n{error:?}", error.kind()),
                Err(_) => "late".to_owned(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(shown, "{way} {profile}: {}", outcome.replace('\n', " | "));
        }
    }
    shown
}

/// `-` stands for the profile of the variables.
fn secrets(profile: &str, timeout: Duration) -> Result<Secrets, Error> {
    let aws = SecretsManager::builder().attempt_timeout(timeout).operation_timeout(timeout);
    let aws = if profile == "-" { aws } else { aws.profile(profile) };
    Secrets::builder().secrets_manager(aws.build()).build()
}

async fn load(profile: &str, timeout: Duration) -> Result<(), Error> {
    TwoSecrets::load_from(&secrets(profile, timeout)?).await.map(drop)
}

async fn check(profile: &str, timeout: Duration) -> Result<(), Error> {
    TwoSecrets::check(&secrets(profile, timeout)?).await.failure().cloned().map_or(Ok(()), Err)
}

async fn describe(profile: &str, timeout: Duration) -> Result<(), Error> {
    Admin::new(&secrets(profile, timeout)?)?.describe("jwt").await.map(drop)
}
