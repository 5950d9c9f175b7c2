//! A service's `main`, for what only a process of its own can show: real variables, a `.env` in the working
//! folder, an exit code. The argument says how it loads.
#![allow(clippy::panic, reason = "a wrong argument is a mistake of the test")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what they print is looked at")]

mod aws;
mod environment;
#[cfg(target_os = "linux")]
mod harden;

use std::process::ExitCode;
use std::time::Duration;

use secrets_runtime::{Environment, Error, Files, Secret, SecretConfig, Secrets};
use tokio::runtime::{Builder, Runtime};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "child/{environment}")]
struct AppConfig {
    /// Signs the session tokens.
    token: Secret<String>,
    port: u16,
    #[secret(default = "info", plain)]
    level: String,
}

fn runtime(mut builder: Builder) -> Runtime {
    match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime: {error}"),
    }
}

fn load(how: &str) -> Result<AppConfig, Error> {
    match how {
        "waiting" => runtime(Builder::new_multi_thread()).block_on(AppConfig::load()),
        "blocking" => AppConfig::load_blocking(),
        "unwrapping" => Ok(AppConfig::load_blocking().unwrap()),
        "expecting" => Ok(AppConfig::load_blocking().expect("a config")),
        "within" => runtime(Builder::new_multi_thread()).block_on(async { AppConfig::load_blocking() }),
        "within-one-thread" => {
            runtime(Builder::new_current_thread()).block_on(async { AppConfig::load_blocking() })
        }
        "files" => runtime(Builder::new_multi_thread()).block_on(async {
            let files = Secrets::builder().environment(Environment::PRODUCTION).source(Files::new("."));
            AppConfig::load_from(&files.timeout(Duration::from_millis(100)).build()?).await
        }),
        other => panic!("{other} is no way to load"),
    }
}

fn main() -> Result<ExitCode, Error> {
    let how = std::env::args().nth(1).unwrap_or_default();
    #[cfg(target_os = "linux")]
    if let Some(ended) = harden::run(&how) {
        return ended.or_else(|error| {
            eprintln!("{error}");
            Ok(ExitCode::FAILURE)
        });
    }
    if how == "aws-two-runtimes" {
        aws::on_two_runtimes(|| runtime(Builder::new_current_thread()));
        return Ok(ExitCode::SUCCESS);
    }
    if how == "aws-environment" {
        let arguments = std::env::args().skip(2);
        print!("{}", runtime(Builder::new_current_thread()).block_on(environment::shown(arguments)));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(shown) = runtime(Builder::new_current_thread()).block_on(aws::shown(&how)) {
        print!("{shown}");
        return Ok(ExitCode::SUCCESS);
    }
    let config = load(&how)?;
    println!("{config:?}");
    println!(
        "{} characters, port {}, level {}",
        config.token.expose_secret().chars().count(),
        config.port,
        config.level
    );
    let inherited = std::env::vars_os().any(|(name, _)| name == "TOKEN");
    println!("TOKEN is {} this process's environment", if inherited { "in" } else { "not in" });
    Ok(ExitCode::SUCCESS)
}
