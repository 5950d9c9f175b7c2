//! The subcommands and their options.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

use crate::environment::{Environment, InvalidEnvironment};

pub(super) const ENVIRONMENT: &str = "environment";
pub(super) const FORMAT: &str = "format";
pub(super) const KIND: &str = "kind";
pub(super) const FROM: &str = "from";
pub(super) const TAG: &str = "tag";

/// Not that of the program: that is the application's to say.
pub(super) fn command() -> Command {
    Command::new("secrets")
        .about(
            "What this program's configuration needs, where it is, and how it gets there. No value is shown.",
        )
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
  0  done, and all is well
  1  done, and there is something to see to
  2  the arguments are wrong
  3  it could not be done";

fn check() -> Command {
    Command::new("check")
        .about("Looks for every setting as a load would: where it is, how old, and whether it fits")
        .after_help(EXIT_CODES)
        .arg(choice(FORMAT, ["table", "json"], "A table for people, JSON for machines"))
}

fn policy() -> Command {
    Command::new("policy")
        .about("The IAM policy that the service needs, and nothing beside it")
        .arg(option("region", "REGION", "The region of the secrets, such as eu-west-1. Default: any"))
        .arg(option("account", "ID", "The account of the secrets, twelve digits. Default: any"))
        .arg(option("partition", "NAME", "The partition of the secrets. Default: that of the region"))
        .arg(
            option("kms-key", "ARN", "A KMS key that secrets are encrypted with; may be repeated")
                .action(ArgAction::Append),
        )
        .arg(flag("pending", "Allow the version that is pending, too, for calls across a rotation"))
}

fn env_example() -> Command {
    Command::new("env-example")
        .about("A .env.example: every variable with its documentation, and without a value")
        .arg(flag(
            "with-ids",
            "Add where each secret is in the environment, for a developer who may read it there",
        ))
}

fn template() -> Command {
    Command::new("template")
        .about("Places for the secrets without their values, or alarms, as code")
        .arg(choice(KIND, ["secrets", "alarms"], "What the template makes"))
        .arg(choice(FORMAT, ["cloudformation", "terraform"], "The language; alarms are CloudFormation"))
}

fn docs() -> Command {
    Command::new("docs")
        .about("A runbook, or what to see to before the first start, as Markdown")
        .arg(choice(KIND, ["runbook", "checklist"], "Which of the two"))
}

fn manifest() -> Command {
    Command::new("manifest")
        .about("Every setting as JSON")
        .arg(flag("schema", "The JSON schema of it, instead"))
}

fn migrate() -> Command {
    Command::new("migrate")
        .about("Plans to move the secrets of a .env file into AWS Secrets Manager; --apply does it")
        .after_help(EXIT_CODES)
        .arg(
            option(FROM, "FILE", "The file; - is the standard input")
                .default_value(".env")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(flag("apply", "Write what the plan says"))
        .arg(flag("overwrite", "Write to secrets that are there with another value, too"))
        .arg(option(
            "kms-key-id",
            "KEY",
            "The KMS key of secrets that are created. Default: aws/secretsmanager",
        ))
        .arg(
            option(TAG, "KEY=VALUE", "A tag of secrets that are created; may be repeated")
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
        _ => Err("a key and a value with = between them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        command().debug_assert();
    }
}
