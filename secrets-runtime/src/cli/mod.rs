//! A ready command line for applications: `myapp secrets check | policy | env-example | template | docs | manifest | migrate`.
//!
//! Feature `cli`, off by default. One line at the start of `main` adds it:
//!
//! ```no_run
//! use secrets_runtime::{Secret, SecretConfig};
//!
//! #[derive(SecretConfig)]
//! struct AppConfig {
//!     database_url: Secret<String>,
//! }
//!
//! fn main() -> Result<(), secrets_runtime::Error> {
//!     secrets_runtime::cli::run::<AppConfig>();
//!     let config = AppConfig::load_blocking()?;
//!     // what the application does
//!     Ok(())
//! }
//! ```
//!
//! An application with a [`clap`] command of its own puts [`command`] among its subcommands, and hands what was given to it
//! to [`execute`].
//!
//! # Subcommands
//!
//! | subcommand | what it prints | options |
//! |---|---|---|
//! | `check` | whether a load would succeed, setting by setting: [`CheckReport`](crate::check::CheckReport) | `--format table\|json` |
//! | `policy` | the IAM policy that the service needs: [`IamPolicy`](crate::manifest::IamPolicy) | `--region`, `--account`, `--partition`, `--kms-key` (repeated), `--pending` |
//! | `env-example` | every variable, without a value: [`Manifest::to_env_example`](crate::manifest::Manifest::to_env_example) | `--with-ids` adds where each secret is in the environment |
//! | `template` | places for the secrets, or alarms | `--kind secrets\|alarms`, `--format cloudformation\|terraform` |
//! | `docs` | a runbook, or what to see to before a first start, as Markdown | `--kind runbook\|checklist` |
//! | `manifest` | everything of the above as JSON: [`Manifest::to_json`](crate::manifest::Manifest::to_json) | `--schema` |
//! | `migrate` | what moving a `.env` into Secrets Manager would do: [`Migration`](crate::migration::Migration) | `--from`, `--apply`, `--overwrite`, `--kms-key-id`, `--tag KEY=VALUE` (repeated), `--format text\|json` |
//!
//! Each takes `--environment`. Without it, `ENVIRONMENT` counts; without that, `check` and `migrate` are about `development`, as
//! a load would be, and what is printed from the type alone is about `production`.
//!
//! No value is printed, and none is taken from the arguments, which every user of the machine can read. [`run`] says what is wrong
//! with arguments without repeating them; among an application's own subcommands it is the application that says it. What
//! `migrate --from -` reads leaves no copy behind on Unix; elsewhere the standard library's buffer keeps the last 8 KiB of it.
//! `check` is coloured where the standard output is a terminal and neither `NO_COLOR`
//! nor `TERM=dumb` says otherwise.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | it is done, and all is well |
//! | 1 | it is done, and there is something for a person to see to: a load would fail; a migration has findings |
//! | 2 | the arguments are wrong |
//! | 3 | it could not be done: the set-up is wrong, such as `ENVIRONMENT` or `SECRET_CACHE_TTL`, a store refuses, a file cannot be read, a name cannot be one |
//!
//! Where the set-up is wrong, `check` ends with the report of a load, and what is printed from the type alone minds no more than
//! the names of its secrets need: `ENVIRONMENT`, unless `--environment` is given, and `SECRET_PREFIX`. A `migrate --apply` that
//! fails says what has become of each secret, on the standard error and, with `--format json`, in the member `applied`.

mod arguments;
mod migrate;
mod subcommands;
mod terminal;
mod usage;

use std::ffi::OsString;

use clap::{ArgMatches, Command};

use crate::client::{Secrets, SecretsBuilder, block_on_thread};
use crate::config::SecretConfig;
use subcommands::{ConfigType, answer};
use terminal::Answer;

/// The subcommand `secrets`, for an application's own [`clap::Command`]. What was given to it goes to [`execute`].
///
/// ```
/// let command = clap::Command::new("shop").subcommand(secrets_runtime::cli::command());
/// let matches = command.try_get_matches_from(["shop", "secrets", "policy", "--region", "eu-west-1"])?;
/// assert_eq!(matches.subcommand_name(), Some("secrets"));
/// # Ok::<(), clap::Error>(())
/// ```
pub fn command() -> Command {
    arguments::command()
}

/// Runs the command line if the program's first argument is `secrets`, and ends the process; does nothing otherwise.
///
/// To be called first in `main`, before there is anything to clean up, and from `async` code, too: it runs on a thread and a
/// runtime of its own. What it looks at is what [`SecretConfig::load`] would: the default chain.
pub fn run<C: SecretConfig>() {
    run_with::<C>(Secrets::builder());
}

/// The same with sources and names of the application's own.
pub fn run_with<C: SecretConfig>(builder: SecretsBuilder) {
    let mut arguments = std::env::args_os();
    let program = arguments.next();
    let arguments: Vec<OsString> = arguments.collect();
    if arguments.first().is_none_or(|first| first != "secrets") {
        return;
    }
    let program = program.as_deref().and_then(|path| std::path::Path::new(path).file_name()?.to_str());
    let command = command().bin_name(format!("{} secrets", program.unwrap_or("program")));
    let code = match command.try_get_matches_from(arguments) {
        Ok(matches) => on_a_thread(&matches, builder, &ConfigType::of::<C>()).print(),
        Err(error) => usage::answer(&error).print(),
    };
    std::process::exit(code.into());
}

/// Runs what was given to [`command`] with the default chain, and prints what comes of it: the exit code.
///
/// ```no_run
/// # use secrets_runtime::{Secret, SecretConfig};
/// # #[derive(SecretConfig)]
/// # struct AppConfig { database_url: Secret<String> }
/// use std::process::ExitCode;
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     let command = clap::Command::new("shop").subcommand(secrets_runtime::cli::command());
///     if let Some(("secrets", matches)) = command.get_matches().subcommand() {
///         return secrets_runtime::cli::execute::<AppConfig>(matches).await.into();
///     }
///     // what the application does
///     ExitCode::SUCCESS
/// }
/// ```
pub async fn execute<C: SecretConfig>(matches: &ArgMatches) -> u8 {
    execute_with::<C>(matches, Secrets::builder()).await
}

/// The same with sources and names of the application's own.
pub async fn execute_with<C: SecretConfig>(matches: &ArgMatches, builder: SecretsBuilder) -> u8 {
    answer(matches, builder, &ConfigType::of::<C>()).await.print()
}

fn on_a_thread(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Answer {
    block_on_thread(|| answer(matches, builder, config))
        .unwrap_or_else(|| Answer::failed("the operating system refused a thread or a runtime"))
}
