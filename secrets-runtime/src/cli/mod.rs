//! The command line `myapp secrets check | policy | env-example | template | docs | manifest | migrate` for
//! applications.
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
//! An application with a [`clap`] command of its own adds [`command`] to its subcommands, and passes the
//! matches of that subcommand to [`execute`].
//!
//! # Subcommands
//!
//! | subcommand | what it prints |
//! |---|---|
//! | `check` | whether a load would succeed, setting by setting: [`CheckReport`](crate::check::CheckReport) |
//! | `policy` | the [IAM policy](crate::manifest::IamPolicy) that the service needs |
//! | `env-example` | every variable, without values: [`to_env_example`](crate::manifest::Manifest::to_env_example) |
//! | `template` | `CloudFormation` or Terraform code for the secrets, or for alarms |
//! | `docs` | a runbook, or a checklist for the first start, as Markdown |
//! | `manifest` | every setting as JSON: [`to_json`](crate::manifest::Manifest::to_json) |
//! | `migrate` | the plan to move a `.env` file into Secrets Manager: [`Migration`](crate::migration::Migration) |
//!
//! | subcommand | options |
//! |---|---|
//! | `check` | `--format table\|json` |
//! | `policy` | `--region`, `--failover-region`, `--account`, `--partition`, `--kms-key` (repeated), `--secret FIELD=ARN` (repeated), `--pending` |
//! | `env-example` | `--with-ids` adds the id of each secret in the environment |
//! | `template` | `--kind secrets\|alarms`, `--format cloudformation\|terraform` |
//! | `docs` | `--kind runbook\|checklist` |
//! | `manifest` | `--schema` |
//! | `migrate` | `--from`, `--apply`, `--overwrite`, `--kms-key-id`, `--tag KEY=VALUE` (repeated), `--format text\|json` |
//!
//! Every subcommand takes `--environment`. Without it, the variable `ENVIRONMENT` applies. Without both,
//! `check` and `migrate` assume `development`, as a load does; the other subcommands, which read only the
//! type, assume `production`.
//!
//! # Values
//!
//! No subcommand prints a value, and none takes a value from the arguments, which every user of the machine
//! can read. [`run`] reports invalid arguments without repeating them. In an application with its own
//! [`clap`] command, that command reports them. `migrate --from -` leaves no copy of its input on Unix; on
//! other systems the standard library's buffer keeps the last 8 KiB.
//!
//! `check` prints colours if the standard output is a terminal, `NO_COLOR` is empty and `TERM` is not
//! `dumb`.
//!
//! # Exit codes
//!
//! | code | [`ExitCode`] | meaning |
//! |---|---|---|
//! | 0 | `Success` | success |
//! | 1 | `Findings` | done, with findings: a load would fail, or a migration needs a decision |
//! | 2 | `InvalidArguments` | invalid arguments |
//! | 3 | `Failure` | failure: a variable such as `SECRET_CACHE_TTL` is invalid, a store refuses, a file cannot be read |
//!
//! If the set-up is invalid, `check` prints the report of a load. The subcommands that read only the type
//! fail for an invalid `ENVIRONMENT` (unless `--environment` is given) or `SECRET_PREFIX`. `policy` and
//! `template` also fail if the name of a secret is invalid, or if the config reads no secret. A `migrate
//! --apply` that fails prints the outcome of each secret on the standard error, and with `--format json`
//! also in the member `applied`.

mod arguments;
mod migrate;
mod subcommands;
mod terminal;
mod usage;

use std::ffi::OsString;

use clap::{ArgMatches, Command};

use crate::client::{Secrets, SecretsBuilder, block_on_thread};
use crate::config::SecretConfig;
use crate::operate::check::ExitCode;
use subcommands::{ConfigType, run as run_subcommand};
use terminal::Output;

/// Returns the subcommand `secrets` for an application's own [`clap::Command`]. Its matches go to
/// [`execute`].
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

/// Runs the command line if the program's first argument is `secrets`, and ends the process; does nothing
/// otherwise.
///
/// Call it first in `main`, before there is anything to clean up. It also works in `async` code, since it
/// runs on a thread and a runtime of its own. It reads the default chain of sources, as
/// [`SecretConfig::load`] does.
pub fn run<C: SecretConfig>() {
    run_with::<C>(Secrets::builder());
}

/// Does the same as [`run`] with the application's own sources and names.
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
        Ok(matches) => run_on_own_thread(&matches, builder, &ConfigType::of::<C>()).print(),
        Err(error) => usage::report(&error).print(),
    };
    std::process::exit(code.into());
}

/// Runs the subcommand in the matches of [`command`] with the default chain, prints its output, and returns
/// the exit code.
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
pub async fn execute<C: SecretConfig>(matches: &ArgMatches) -> ExitCode {
    execute_with::<C>(matches, Secrets::builder()).await
}

/// Does the same as [`execute`] with the application's own sources and names.
pub async fn execute_with<C: SecretConfig>(matches: &ArgMatches, builder: SecretsBuilder) -> ExitCode {
    run_subcommand(matches, builder, &ConfigType::of::<C>()).await.print()
}

fn run_on_own_thread(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Output {
    block_on_thread(|| run_subcommand(matches, builder, config)).unwrap_or_else(Output::failure)
}
