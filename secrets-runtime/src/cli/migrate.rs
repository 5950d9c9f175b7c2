//! Runs the subcommand `migrate`: plans a migration, and applies it with `--apply`.

use std::io::{self, Read};
use std::path::Path;

use clap::ArgMatches;

use super::arguments::{FORMAT, TAG, all_given, chosen, given, is_set, path};
use super::terminal::Output;
use crate::client::Secrets;
use crate::operate::admin::Admin;
use crate::operate::check::ExitCode;
use crate::operate::manifest::Manifest;
use crate::operate::migration::{EnvFile, Migration, MigrationPlan};

pub(super) async fn migrate(matches: &ArgMatches, secrets: &Secrets, manifest: Manifest) -> Output {
    let Ok(admin) = Admin::new(secrets) else { return Output::failure(no_store(secrets)) };
    match plan(matches, &admin, manifest).await {
        Ok(plan) if is_set(matches, "apply") => apply(matches, &admin, &plan).await,
        Ok(plan) => show(matches, &plan),
        Err(error) => Output::failure(error),
    }
}

async fn plan(matches: &ArgMatches, admin: &Admin, manifest: Manifest) -> Result<MigrationPlan, String> {
    let file = read(path(matches)).await?;
    let mut migration = Migration::new(manifest);
    if let Some(key) = given(matches, "kms-key-id") {
        migration = migration.kms_key_id(key);
    }
    for (key, value) in all_given(matches, TAG).filter_map(|tag| tag.split_once('=')) {
        migration = migration.tag(key, value);
    }
    if is_set(matches, "overwrite") {
        migration = migration.overwrite();
    }
    migration.plan(admin, &file).await.map_err(|error| error.to_string())
}

fn show(matches: &ArgMatches, plan: &MigrationPlan) -> Output {
    let stdout = if is_json(matches) { plan.to_json() } else { plan.to_string() };
    let mut output = Output { code: code(plan), ..Output::success(stdout) };
    // On the standard error, so that the standard output stays valid JSON.
    if plan.has_writes() {
        output.stderr.push_str("nothing has been written: --apply does it\n");
    }
    output
}

async fn apply(matches: &ArgMatches, admin: &Admin, plan: &MigrationPlan) -> Output {
    let (report, stderr, code) = match plan.apply(admin).await {
        Ok(report) => {
            let counts = format!("{report}\n");
            (report, counts, code(plan))
        }
        Err(error) => (error.report().clone(), Output::failure(&error).stderr, ExitCode::Failure),
    };
    let stdout = if is_json(matches) { plan.to_json_with(Some(&report)) } else { plan.to_string() };
    Output { stdout, stderr, code }
}

fn is_json(matches: &ArgMatches) -> bool {
    chosen(matches, FORMAT) == "json"
}

fn code(plan: &MigrationPlan) -> ExitCode {
    ExitCode::of_findings(plan.has_findings())
}

/// Reads on a thread that may block: the standard input may be a terminal.
async fn read(path: &Path) -> Result<EnvFile, String> {
    let path = path.to_owned();
    let read = move || {
        let file = if path.as_os_str() == "-" {
            let input = standard_input().map_err(|_| "the standard input cannot be read".to_owned())?;
            EnvFile::from_reader(input)
        } else {
            EnvFile::read(path)
        };
        file.map_err(|error| error.to_string())
    };
    let stopped = |_| "the runtime is shutting down".to_owned();
    tokio::task::spawn_blocking(read).await.map_err(stopped)?
}

/// The standard input without the standard library's buffer, which is never wiped.
#[cfg(unix)]
fn standard_input() -> io::Result<impl Read> {
    use std::os::fd::AsFd as _;

    io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

/// Elsewhere a console is not a file: the last bytes stay in the standard library's buffer.
#[cfg(not(unix))]
fn standard_input() -> io::Result<impl Read> {
    Ok(io::stdin().lock())
}

fn no_store(secrets: &Secrets) -> String {
    let help = if secrets.environment().is_development() {
        "help: name the environment that the secrets are for: --environment staging"
    } else {
        "help: add AWS Secrets Manager to the sources"
    };
    format!(
        "AWS Secrets Manager is not one of the sources (environment: {})\n{help}",
        secrets.reported_environment()
    )
}
