//! What each subcommand does.

use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::arguments::{ENVIRONMENT, FORMAT, FROM, KIND, TAG};
use super::terminal::{Answer, Colours, DONE, FAILED, FINDINGS};
use crate::admin::Admin;
use crate::check::{CheckReport, check};
use crate::client::{Secrets, SecretsBuilder};
use crate::config::{SecretConfig, Values};
use crate::environment::{Environment, InvalidEnvironment};
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
    let builder = match environment(matches) {
        Ok(Some(environment)) => builder.environment(environment),
        Err(invalid) => return Answer::misused(format!("--environment: {invalid}")),
        Ok(None) if ["check", "migrate"].contains(&name) => builder,
        Ok(None) => builder.or_environment(Environment::PRODUCTION),
    };
    let secrets = match builder.build() {
        Ok(secrets) => secrets,
        Err(error) => return Answer::failed(error),
    };
    let manifest = Manifest::new(config.spec).resolved_by(&secrets);
    match name {
        "check" => checked(matches, &config.check(&secrets).await),
        "migrate" => migrated(matches, &secrets, manifest).await.unwrap_or_else(Answer::failed),
        "env-example" if is_set(matches, "with-ids") => Answer::done(manifest.to_env_skeleton()),
        "env-example" => Answer::done(manifest.to_env_example()),
        "manifest" if is_set(matches, "schema") => Answer::done(Manifest::JSON_SCHEMA),
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

// An application's own global argument of the same name takes the place of the one here, and may be of another type: what is
// read is therefore the text that was given.

fn given<'a>(matches: &'a ArgMatches, option: &str) -> Option<&'a str> {
    all_given(matches, option).next()
}

fn all_given<'a>(matches: &'a ArgMatches, option: &str) -> impl Iterator<Item = &'a str> {
    matches.try_get_raw(option).ok().flatten().into_iter().flatten().filter_map(|text| text.to_str())
}

fn chosen<'a>(matches: &'a ArgMatches, option: &str) -> &'a str {
    given(matches, option).unwrap_or_default()
}

fn is_set(matches: &ArgMatches, flag: &str) -> bool {
    matches.try_get_one::<bool>(flag).ok().flatten().is_some_and(|is_set| *is_set)
}

/// What was given for it, and not what an application's own argument has for a default.
fn environment(matches: &ArgMatches) -> Result<Option<Environment>, InvalidEnvironment> {
    let is_given = matches.value_source(ENVIRONMENT) == Some(ValueSource::CommandLine);
    given(matches, ENVIRONMENT).filter(|_| is_given).map(Environment::new).transpose()
}

fn made(text: Result<String, ManifestError>) -> Answer {
    match text {
        Ok(text) => Answer::done(text),
        Err(error) if error.is_of_parameter() => Answer::misused(error),
        Err(error) => Answer::failed(error),
    }
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
    if let Some(region) = given(matches, "region") {
        policy = policy.region(region);
    }
    if let Some(account) = given(matches, "account") {
        policy = policy.account(account);
    }
    if let Some(partition) = given(matches, "partition") {
        policy = policy.partition(partition);
    }
    for key in all_given(matches, "kms-key") {
        policy = policy.kms_key(key);
    }
    if is_set(matches, "pending") {
        policy = policy.pending();
    }
    policy.to_json()
}

async fn migrated(matches: &ArgMatches, secrets: &Secrets, manifest: Manifest) -> Result<Answer, String> {
    let admin = Admin::new(secrets).map_err(|_| no_store(secrets))?;
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
    let plan = migration.plan(&admin, &file).await.map_err(said)?;
    let mut answer = match chosen(matches, FORMAT) {
        "json" => Answer::done(plan.to_json()),
        _ => Answer::done(plan.to_string()),
    };
    answer.code = if plan.has_findings() { FINDINGS } else { DONE };
    // Beside JSON for a machine, people are told where they look.
    if is_set(matches, "apply") {
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
