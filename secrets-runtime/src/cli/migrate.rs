//! `migrate`: a plan, and with `--apply` what it says.

use std::io::{self, Read};
use std::path::Path;

use clap::ArgMatches;

use super::arguments::{FORMAT, FROM, TAG};
use super::subcommands::{all_given, chosen, given, is_set};
use super::terminal::{Answer, DONE, FAILED, FINDINGS};
use crate::client::Secrets;
use crate::error::Error;
use crate::operate::admin::Admin;
use crate::operate::manifest::Manifest;
use crate::operate::migration::{EnvFile, Migration, MigrationPlan};

pub(super) async fn migrated(matches: &ArgMatches, secrets: &Secrets, manifest: Manifest) -> Answer {
    let Ok(admin) = Admin::new(secrets) else { return Answer::failed(no_store(secrets)) };
    match plan(matches, &admin, manifest).await {
        Ok(plan) if is_set(matches, "apply") => applied(matches, &admin, &plan).await,
        Ok(plan) => planned(matches, &plan),
        Err(error) => Answer::failed(error),
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
    migration.plan(admin, &file).await.map_err(said)
}

fn planned(matches: &ArgMatches, plan: &MigrationPlan) -> Answer {
    let stdout = if is_json(matches) { plan.to_json() } else { plan.to_string() };
    let mut answer = Answer { code: code(plan), ..Answer::done(stdout) };
    // Beside JSON for a machine, people are told where they look.
    if plan.has_writes() {
        answer.stderr.push_str("nothing has been written: --apply does it\n");
    }
    answer
}

async fn applied(matches: &ArgMatches, admin: &Admin, plan: &MigrationPlan) -> Answer {
    let (report, stderr, code) = match plan.apply(admin).await {
        Ok(report) => {
            let counts = format!("{report}\n");
            (report, counts, code(plan))
        }
        Err(error) => (error.report().clone(), Answer::failed(&error).stderr, FAILED),
    };
    let stdout = if is_json(matches) { plan.to_json_with(Some(&report)) } else { plan.to_string() };
    Answer { stdout, stderr, code }
}

fn is_json(matches: &ArgMatches) -> bool {
    chosen(matches, FORMAT) == "json"
}

fn code(plan: &MigrationPlan) -> u8 {
    if plan.has_findings() { FINDINGS } else { DONE }
}

/// Which need not be text.
fn path(matches: &ArgMatches) -> &Path {
    let path = matches.try_get_raw(FROM).ok().flatten().and_then(|mut paths| paths.next());
    path.map_or(Path::new(".env"), Path::new)
}

/// On a thread where it may wait: the standard input may be a person.
async fn read(path: &Path) -> Result<EnvFile, String> {
    let path = path.to_owned();
    let read = move || {
        if path.as_os_str() == "-" {
            let input = standard_input().map_err(|_| "the standard input cannot be read".to_owned())?;
            EnvFile::from_reader(input).map_err(said)
        } else {
            EnvFile::read(path).map_err(said)
        }
    };
    let stopped = |_| "the runtime is shutting down".to_owned();
    tokio::task::spawn_blocking(read).await.map_err(stopped)?
}

/// Past the buffer that the standard library keeps for it, and never wipes.
#[cfg(unix)]
fn standard_input() -> io::Result<impl Read> {
    use std::os::fd::AsFd as _;

    io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

/// Elsewhere a console is no file: what is read last stays in the standard library's buffer.
#[cfg(not(unix))]
fn standard_input() -> io::Result<impl Read> {
    Ok(io::stdin().lock())
}

fn no_store(secrets: &Secrets) -> String {
    let help = if secrets.environment().is_development() {
        "help: name the environment that the secrets are for: --environment staging"
    } else {
        "help: see that AWS Secrets Manager is one of the sources"
    };
    format!("AWS Secrets Manager is not asked (environment: {})\n{help}", secrets.reported_environment())
}

#[allow(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
fn said(error: Error) -> String {
    error.to_string()
}
