//! Runs each subcommand except `migrate`, which has a file of its own.

use clap::ArgMatches;

use super::arguments::{FORMAT, KIND, SECRET, all_given, chosen, environment, given, is_set};
use super::migrate::migrate;
use super::terminal::{Colours, Output};
use crate::client::{Secrets, SecretsBuilder, Values};
use crate::config::SecretConfig;
use crate::contain::Contained;
use crate::environment::Environment;
use crate::error::Error;
use crate::operate::check::{ExitCode, check};
use crate::operate::manifest::{Manifest, ManifestError};
use crate::setting::ConfigSpec;

/// The parts of a config type that subcommands use. Everything else is compiled once for all types.
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

/// Runs the subcommand that was given. A panic is a failure.
pub(super) async fn run(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Output {
    let run = Contained::new(|| Box::pin(run_subcommand(matches, builder, config)));
    run.await.unwrap_or_else(|_| Output::failure("the command panicked"))
}

async fn run_subcommand(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Output {
    let Some((name, matches)) = matches.subcommand() else {
        return Output::invalid_arguments("no subcommand");
    };
    let builder = match environment(matches) {
        Ok(Some(environment)) => builder.environment(environment),
        Err(invalid) => return Output::invalid_arguments(format!("--environment: {invalid}")),
        Ok(None) if ["check", "migrate"].contains(&name) => builder,
        Ok(None) => builder.or_environment(Environment::PRODUCTION),
    };
    match name {
        "check" => check_settings(matches, builder, config).await,
        "migrate" => match builder.build() {
            Ok(secrets) => migrate(matches, &secrets, config.manifest(&secrets)).await,
            Err(error) => Output::failure(error),
        },
        _ => generate(name, matches, builder, config),
    }
}

/// Runs the subcommands that need only the type, and of the set-up only the names.
fn generate(name: &str, matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Output {
    let (secrets, mut problems) = builder.assemble();
    let manifest = config.manifest(&secrets);
    let output = match name {
        // These two hold no name of an environment, so a wrong set-up does not matter.
        "env-example" if !is_set(matches, "with-ids") => return Output::success(manifest.to_env_example()),
        "manifest" if is_set(matches, "schema") => return Output::success(Manifest::JSON_SCHEMA),
        "env-example" => Output::success(manifest.to_env_skeleton()),
        "manifest" => Output::success(manifest.to_json()),
        "docs" if chosen(matches, KIND) == "checklist" => Output::success(manifest.to_checklist()),
        "docs" => Output::success(manifest.to_markdown()),
        "policy" => generated(policy(matches, manifest)),
        "template" => match (chosen(matches, KIND), chosen(matches, FORMAT)) {
            ("alarms", "terraform") => {
                Output::invalid_arguments("--kind alarms needs --format cloudformation")
            }
            ("alarms", _) => Output::success(manifest.to_alarms()),
            (_, "terraform") => generated(manifest.to_terraform()),
            _ => generated(manifest.to_cloudformation()),
        },
        _ => Output::invalid_arguments("unknown subcommand"),
    };
    problems.retain(|problem| ["ENVIRONMENT", "SECRET_PREFIX"].contains(&problem.place()));
    if problems.is_empty() || output.code == ExitCode::InvalidArguments {
        return output;
    }
    let subject = format!("The names of {}", config.spec.name);
    Output::failure(secrets.error(subject, 0, problems, Vec::new()).saying("are not known"))
}

fn generated(text: Result<String, ManifestError>) -> Output {
    match text {
        Ok(text) => Output::success(text),
        Err(error) if error.is_of_parameter() => Output::invalid_arguments(error),
        Err(error) => Output::failure(error),
    }
}

async fn check_settings(matches: &ArgMatches, builder: SecretsBuilder, config: &ConfigType) -> Output {
    let (secrets, mut problems) = builder.assemble();
    let report = check(&secrets, config.spec, config.build).await;
    if !problems.is_empty() {
        // A load reports invalid variables and failing settings together, and so does this.
        let failure = report.failure();
        problems.extend_from_slice(failure.map(Error::problems).unwrap_or_default());
        let fields = failure.map(Error::fields).unwrap_or_default().to_vec();
        let name = config.spec.name.to_owned();
        return Output::failure(secrets.error(name, report.settings().len(), problems, fields));
    }
    let stdout = match chosen(matches, FORMAT) {
        "json" => report.to_json(),
        _ => report.to_text(&Colours::of_stdout()),
    };
    Output { code: report.exit_code(), ..Output::success(stdout) }
}

fn policy(matches: &ArgMatches, mut manifest: Manifest) -> Result<String, ManifestError> {
    for secret in all_given(matches, SECRET) {
        let (field, id) = secret.split_once('=').ok_or_else(|| {
            ManifestError::of_parameter("secret", "expected FIELD=ARN, such as database=arn:aws:..")
        })?;
        manifest = manifest.with_secret(field, id)?;
    }
    let mut policy = manifest.iam_policy();
    if let Some(region) = given(matches, "region") {
        policy = policy.region(region);
    }
    if let Some(region) = given(matches, "failover-region") {
        policy = policy.failover_region(region);
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
