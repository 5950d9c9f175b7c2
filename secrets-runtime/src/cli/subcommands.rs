//! What each subcommand does.

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::arguments::{ENVIRONMENT, FORMAT, FROM, KIND, TAG};
use super::terminal::{Answer, Colours, DONE, FAILED, FINDINGS};
use crate::admin::Admin;
use crate::check::{CheckReport, check};
use crate::client::{Secrets, SecretsBuilder};
use crate::config::{SecretConfig, Values};
use crate::environment::Environment;
use crate::error::Error;
use crate::manifest::{Manifest, ManifestError};
use crate::migration::{EnvFile, Migration};
use crate::setting::ConfigSpec;

/// What is asked of a config's type, so that all else is compiled once.
pub(super) struct ConfigType {
    spec: &'static ConfigSpec,
    build: fn(&mut Values<'_>),
}

impl ConfigType {
    pub(super) fn of<C: SecretConfig>() -> Self {
        Self { spec: C::SPEC, build: |values| drop(C::build(values)) }
    }

    async fn check(&self, secrets: &Secrets) -> CheckReport {
        check(secrets, self.spec, self.build).await
    }
}

/// Runs what was asked for.
pub(super) async fn answer(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Answer {
    let Some((name, matches)) = matches.subcommand() else { return Answer::misused("no subcommand") };
    let builder = match matches.get_one::<Environment>(ENVIRONMENT) {
        Some(environment) => builder.environment(environment.clone()),
        None if ["check", "migrate"].contains(&name) => builder,
        None => builder.or_environment(Environment::PRODUCTION),
    };
    let secrets = match builder.build() {
        Ok(secrets) => secrets,
        Err(error) => return Answer::failed(error),
    };
    let manifest = Manifest::new(config.spec).resolved_by(&secrets);
    match name {
        "check" => checked(matches, &config.check(&secrets).await),
        "migrate" => migrated(matches, &secrets, manifest).await.unwrap_or_else(Answer::failed),
        "env-example" if matches.get_flag("with-ids") => Answer::done(manifest.to_env_skeleton()),
        "env-example" => Answer::done(manifest.to_env_example()),
        "manifest" if matches.get_flag("schema") => Answer::done(Manifest::JSON_SCHEMA),
        "manifest" => Answer::done(manifest.to_json()),
        "docs" if chosen(matches, KIND) == "checklist" => Answer::done(manifest.to_checklist()),
        "docs" => Answer::done(manifest.to_markdown()),
        "policy" => made(policy(matches, &manifest)),
        "template" => match (chosen(matches, KIND), chosen(matches, FORMAT)) {
            ("alarms", "terraform") => {
                Answer::misused("--kind alarms: there is no such template for Terraform")
            }
            ("alarms", _) => Answer::done(manifest.to_alarms()),
            (_, "terraform") => made(manifest.to_terraform()),
            _ => made(manifest.to_cloudformation()),
        },
        _ => Answer::misused("there is no such subcommand"),
    }
}

fn chosen<'a>(matches: &'a ArgMatches, option: &str) -> &'a str {
    matches.get_one::<String>(option).map(String::as_str).unwrap_or_default()
}

fn made(text: Result<String, ManifestError>) -> Answer {
    text.map_or_else(Answer::failed, Answer::done)
}

fn checked(matches: &ArgMatches, report: &CheckReport) -> Answer {
    let stdout = match chosen(matches, FORMAT) {
        "json" => report.to_json(),
        _ => report.to_text(&Colours::of_stdout()),
    };
    Answer { code: if report.is_ready() { DONE } else { FINDINGS }, ..Answer::done(stdout) }
}

fn policy(matches: &ArgMatches, manifest: &Manifest) -> Result<String, ManifestError> {
    let mut policy = manifest.iam_policy();
    let given = |option: &str| matches.get_one::<String>(option).cloned();
    if let Some(region) = given("region") {
        policy = policy.region(region);
    }
    if let Some(account) = given("account") {
        policy = policy.account(account);
    }
    if let Some(partition) = given("partition") {
        policy = policy.partition(partition);
    }
    for key in matches.get_many::<String>("kms-key").into_iter().flatten() {
        policy = policy.kms_key(key.clone());
    }
    if matches.get_flag("pending") {
        policy = policy.pending();
    }
    policy.to_json()
}

async fn migrated(matches: &ArgMatches, secrets: &Secrets, manifest: Manifest) -> Result<Answer, String> {
    let admin = Admin::new(secrets).map_err(|_| no_store(secrets))?;
    let file = read(matches.get_one::<PathBuf>(FROM).map_or(Path::new(".env"), PathBuf::as_path)).await?;
    let mut migration = Migration::new(manifest);
    if let Some(key) = matches.get_one::<String>("kms-key-id") {
        migration = migration.kms_key_id(key);
    }
    for (key, value) in matches.get_many::<(String, String)>(TAG).into_iter().flatten() {
        migration = migration.tag(key, value);
    }
    if matches.get_flag("overwrite") {
        migration = migration.overwrite();
    }
    let plan = migration.plan(&admin, &file).await.map_err(said)?;
    let mut answer = match chosen(matches, FORMAT) {
        "json" => Answer::done(plan.to_json()),
        _ => Answer::done(plan.to_string()),
    };
    answer.code = if plan.has_findings() { FINDINGS } else { DONE };
    // Beside JSON for a machine, people are told where they look.
    if matches.get_flag("apply") {
        match plan.apply(&admin).await {
            Ok(migrated) => answer.stderr = format!("{migrated}\n"),
            Err(error) => {
                answer.stderr = Answer::failed(error).stderr;
                answer.code = FAILED;
            }
        }
    } else if !plan.is_done() {
        answer.stderr.push_str("nothing has been written: --apply does it\n");
    }
    Ok(answer)
}

/// On a thread where it may wait: the standard input may be a person.
async fn read(path: &Path) -> Result<EnvFile, String> {
    let path = path.to_owned();
    let read = move || {
        if path.as_os_str() == "-" {
            EnvFile::from_reader(std::io::stdin().lock())
        } else {
            EnvFile::read(path)
        }
    };
    let stopped = |_| "the runtime is shutting down".to_owned();
    tokio::task::spawn_blocking(read).await.map_err(stopped)?.map_err(said)
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
