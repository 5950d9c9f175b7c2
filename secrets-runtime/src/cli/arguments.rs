//! Declares the subcommands and their options, and reads what was given for them.

use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::environment::{Environment, InvalidEnvironment};

const ENVIRONMENT: &str = "environment";
pub(super) const FORMAT: &str = "format";
pub(super) const KIND: &str = "kind";
const FROM: &str = "from";
pub(super) const SECRET: &str = "secret";
pub(super) const TAG: &str = "tag";

/// The command `secrets`. It has no version: the version of the program belongs to the application.
pub(super) fn command() -> Command {
    Command::new("secrets")
        .about("Check, document and migrate the settings of this program. No value is shown.")
        .after_help(EXIT_CODES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(
            Arg::new(ENVIRONMENT)
                .long(ENVIRONMENT)
                .value_name("NAME")
                .help(
                    "Such as staging. Default: ENVIRONMENT, else development (check, migrate) or production",
                )
                .global(true)
                .value_parser(|name: &str| -> Result<Environment, InvalidEnvironment> {
                    Environment::new(name)
                }),
        )
        .subcommands([check(), policy(), env_example(), template(), docs(), manifest(), migrate()])
}

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  findings
  2  invalid arguments
  3  failure";

fn check() -> Command {
    Command::new("check")
        .about("Look up every setting as a load would: where it is, how old, and whether it is valid")
        .after_help(EXIT_CODES)
        .arg(choice(FORMAT, ["table", "json"], "A table for people, JSON for machines"))
}

fn policy() -> Command {
    Command::new("policy")
        .about("Print the IAM policy that the service needs, and nothing else")
        .arg(option("region", "REGION", "The region of the secrets, such as eu-west-1. Default: any"))
        .arg(option("failover-region", "REGION", "The region of replicas that are read, too. Default: none"))
        .arg(option("account", "ID", "The account of the secrets, twelve digits. Default: any"))
        .arg(option("partition", "NAME", "The partition of the secrets. Default: that of the region"))
        .arg(
            option("kms-key", "ARN", "A KMS key that secrets are encrypted with; may be repeated")
                .action(ArgAction::Append),
        )
        .arg(
            option(
                SECRET,
                "FIELD=ARN",
                "The secret of a field with id_env; may be repeated. Default: its variable",
            )
            .action(ArgAction::Append),
        )
        .arg(flag("pending", "Also allow the AWSPENDING version, for calls across a rotation"))
}

fn env_example() -> Command {
    Command::new("env-example")
        .about("Print a .env.example: every variable with its documentation, without values")
        .arg(flag(
            "with-ids",
            "Add the id of each secret in the environment, for developers who may read it there",
        ))
}

fn template() -> Command {
    Command::new("template")
        .about("Print a template for the secrets without their values, or for alarms")
        .arg(choice(KIND, ["secrets", "alarms"], "What the template creates"))
        .arg(choice(FORMAT, ["cloudformation", "terraform"], "The language; alarms need cloudformation"))
}

fn docs() -> Command {
    Command::new("docs")
        .about("Print a runbook, or a checklist for the first start, as Markdown")
        .arg(choice(KIND, ["runbook", "checklist"], "Which document"))
}

fn manifest() -> Command {
    Command::new("manifest")
        .about("Print every setting as JSON")
        .arg(flag("schema", "Print the JSON schema of that output instead"))
}

fn migrate() -> Command {
    Command::new("migrate")
        .about("Plan to move the secrets of a .env file into AWS Secrets Manager; --apply writes them")
        .after_help(EXIT_CODES)
        .arg(
            option(FROM, "FILE", "The file; - reads the standard input")
                .default_value(".env")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(flag("apply", "Write the secrets as planned"))
        .arg(flag("overwrite", "Also replace the values of secrets that exist with another value"))
        .arg(option("kms-key-id", "KEY", "The KMS key of created secrets. Default: aws/secretsmanager"))
        .arg(
            option(TAG, "KEY=VALUE", "A tag of created secrets; may be repeated")
                .action(ArgAction::Append)
                .value_parser(tag),
        )
        .arg(choice(FORMAT, ["text", "json"], "Text for people, JSON for machines"))
}

/// An option whose first value is the default.
fn choice<const N: usize>(name: &'static str, values: [&'static str; N], help: &'static str) -> Arg {
    let default = values.first().copied().unwrap_or_default();
    let placeholder = if name == KIND { "KIND" } else { "FORMAT" };
    option(name, placeholder, help).value_parser(values).default_value(default)
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn tag(tag: &str) -> Result<(String, String), &'static str> {
    match tag.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE"),
    }
}

// An application's own global argument of the same name replaces the one here, and may be of another type.
// These readers therefore read the text that was given.

/// The value of an option.
pub(super) fn given<'a>(matches: &'a ArgMatches, option: &str) -> Option<&'a str> {
    all_given(matches, option).next()
}

/// The values of an option that may be repeated.
pub(super) fn all_given<'a>(matches: &'a ArgMatches, option: &str) -> impl Iterator<Item = &'a str> {
    matches.try_get_raw(option).ok().flatten().into_iter().flatten().filter_map(|text| text.to_str())
}

/// The value of an option that has a default.
pub(super) fn chosen<'a>(matches: &'a ArgMatches, option: &str) -> &'a str {
    given(matches, option).unwrap_or_default()
}

/// Whether a flag is given.
pub(super) fn is_set(matches: &ArgMatches, flag: &str) -> bool {
    matches.try_get_one::<bool>(flag).ok().flatten().is_some_and(|is_set| *is_set)
}

/// The environment that was given, without the default of an application's own argument.
pub(super) fn environment(matches: &ArgMatches) -> Result<Option<Environment>, InvalidEnvironment> {
    let is_given = matches.value_source(ENVIRONMENT) == Some(ValueSource::CommandLine);
    given(matches, ENVIRONMENT).filter(|_| is_given).map(Environment::new).transpose()
}

/// The path in `--from`, which need not be Unicode.
pub(super) fn path(matches: &ArgMatches) -> &Path {
    let path = matches.try_get_raw(FROM).ok().flatten().and_then(|mut paths| paths.next());
    path.map_or(Path::new(".env"), Path::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_valid() {
        command().debug_assert();
    }
}
