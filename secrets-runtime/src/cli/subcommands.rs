//! What each subcommand does.

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::arguments::{ENVIRONMENT, FORMAT, KIND};
use super::migrate::migrated;
use super::terminal::{Answer, Colours, DONE, FINDINGS, USAGE};
use crate::client::Values;
use crate::client::{Secrets, SecretsBuilder};
use crate::config::SecretConfig;
use crate::environment::{Environment, InvalidEnvironment};
use crate::error::Error;
use crate::operate::check::check;
use crate::operate::manifest::{Manifest, ManifestError};
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

    fn manifest(&self, secrets: &Secrets) -> Manifest {
        Manifest::new(self.spec).resolved_by(secrets)
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
    match name {
        "check" => checked(matches, builder, config).await,
        "migrate" => match builder.build() {
            Ok(secrets) => migrated(matches, &secrets, config.manifest(&secrets)).await,
            Err(error) => Answer::failed(error),
        },
        _ => printed(name, matches, builder, config),
    }
}

/// What needs the type alone, and of the set-up no more than the names.
fn printed(name: &str, matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Answer {
    let (secrets, mut problems) = builder.assemble();
    let manifest = config.manifest(&secrets);
    let answer = match name {
        // No name in these is of an environment.
        "env-example" if !is_set(matches, "with-ids") => return Answer::done(manifest.to_env_example()),
        "manifest" if is_set(matches, "schema") => return Answer::done(Manifest::JSON_SCHEMA),
        "env-example" => Answer::done(manifest.to_env_skeleton()),
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
    };
    problems.retain(|problem| ["ENVIRONMENT", "SECRET_PREFIX"].contains(&problem.place()));
    if problems.is_empty() || answer.code == USAGE {
        return answer;
    }
    let subject = format!("The names of {}", config.spec.name);
    Answer::failed(secrets.error(subject, 0, problems, Vec::new()).saying("are not known"))
}

// An application's own global argument of the same name takes the place of the one here, and may be of another type: what is
// read is therefore the text that was given.

pub(super) fn given<'a>(matches: &'a ArgMatches, option: &str) -> Option<&'a str> {
    all_given(matches, option).next()
}

pub(super) fn all_given<'a>(matches: &'a ArgMatches, option: &str) -> impl Iterator<Item = &'a str> {
    matches.try_get_raw(option).ok().flatten().into_iter().flatten().filter_map(|text| text.to_str())
}

pub(super) fn chosen<'a>(matches: &'a ArgMatches, option: &str) -> &'a str {
    given(matches, option).unwrap_or_default()
}

pub(super) fn is_set(matches: &ArgMatches, flag: &str) -> bool {
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

async fn checked(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Answer {
    let (secrets, mut problems) = builder.assemble();
    let report = check(&secrets, config.spec, config.build).await;
    if !problems.is_empty() {
        // As for a load, a bad variable hides no setting.
        let failure = report.failure();
        problems.extend_from_slice(failure.map(Error::problems).unwrap_or_default());
        let fields = failure.map(Error::fields).unwrap_or_default().to_vec();
        let name = config.spec.name.to_owned();
        return Answer::failed(secrets.error(name, report.settings().len(), problems, fields));
    }
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
