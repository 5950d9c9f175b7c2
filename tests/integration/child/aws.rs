//! Asks for one secret, with Secrets Manager set up in several ways beside the variables of the process.

use std::time::Duration;

use secrets_runtime::source::{Key, SecretsManagerBuilder, Source};
use secrets_runtime::{Env, Secret, SecretConfig, Secrets, SecretsBuilder, SecretsManager};
use tokio::runtime::Runtime;

#[derive(SecretConfig)]
struct Jwt {
    #[allow(dead_code, reason = "whether it is there is looked at")]
    jwt: Secret<String>,
}

/// What comes of it; nothing if this is no way to set it up.
pub(crate) async fn shown(how: &str) -> Option<String> {
    Some(match how {
        "aws-alone" => format!("{:?}", once().build().fetch(&[Key::new("jwt")]).await),
        "aws-default" => of_secrets(Secrets::builder()).await,
        "aws-check" => {
            let secrets = Secrets::builder().build();
            match secrets {
                Ok(secrets) => Jwt::check(&secrets).await.to_string(),
                Err(error) => error.to_string(),
            }
        }
        "aws-given" => of_secrets(Secrets::builder().secrets_manager(once().build())).await,
        "aws-hasty" => of_secrets(Secrets::builder().secrets_manager(hasty())).await,
        "aws-own-variables" => {
            let variables = [("ENVIRONMENT", "production"), ("AWS_REGION", "eu-north-1")];
            let builder = Secrets::builder().variables(Env::from_iter(variables));
            of_secrets(builder.secrets_manager(hasty())).await
        }
        "aws-no-own-region" => {
            let variables = Env::from_iter([("ENVIRONMENT", "production")]);
            of_secrets(Secrets::builder().variables(variables).secrets_manager(once().build())).await
        }
        #[cfg(target_os = "linux")]
        "aws-endless" => grown_by_endless_answers().await,
        _ => return None,
    })
}

/// Reads a secret on each of two runtimes. The first one stays alive and is not polled any more.
pub(crate) fn on_two_runtimes(runtime: impl Fn() -> Runtime) {
    let long = Duration::from_mins(2);
    let aws = SecretsManager::builder().attempt_timeout(long).operation_timeout(long).build();
    let Ok(secrets) = Secrets::builder().secrets_manager(aws).build() else { return };
    let runtimes = [runtime(), runtime()];
    for (runtime, name) in runtimes.iter().zip(["jwt", "another"]) {
        let read = async { tokio::time::timeout(Duration::from_secs(10), secrets.get(name)).await };
        match runtime.block_on(read) {
            Ok(Ok(_)) => println!("{name}: found"),
            Ok(Err(error)) => println!("{name}: {error}"),
            Err(_) => println!("{name}: waits for the other runtime"),
        }
    }
}

/// Makes a hundred calls at once and returns by how many MiB the memory has grown at its peak.
#[cfg(target_os = "linux")]
async fn grown_by_endless_answers() -> String {
    use secrets_runtime::source::Version;

    let aws = SecretsManager::builder().max_attempts(1).build();
    // Each version takes a call of its own.
    let keys: Vec<Key> =
        (0..100).map(|number| Key::new("jwt").with_version(Version::Stage(number.to_string()))).collect();
    let before = resident("VmRSS");
    let fetched = aws.fetch(&keys).await;
    eprintln!("{:?}", fetched.answers().first());
    (resident("VmHWM").saturating_sub(before) / 1024).to_string()
}

/// A line of this process's memory, in KiB.
#[cfg(target_os = "linux")]
fn resident(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(u64::MAX)
}

fn once() -> SecretsManagerBuilder {
    SecretsManager::builder().attempt_timeout(Duration::from_secs(1)).max_attempts(1)
}

/// Gives nobody the time to answer, neither on this machine nor at AWS.
fn hasty() -> SecretsManager {
    once().connect_timeout(Duration::from_nanos(1)).build()
}

async fn of_secrets(builder: SecretsBuilder) -> String {
    match builder.build() {
        Ok(secrets) => match secrets.get("jwt").await {
            Ok(_) => "found".to_owned(),
            Err(error) => format!("{:?}\n{error}", error.kind()),
        },
        Err(error) => format!("{:?}\n{error}", error.kind()),
    }
}
