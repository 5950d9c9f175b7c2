//! The subcommand among an application's own, over sources of its own.

use clap::{Arg, Command, value_parser};
use secrets_runtime::{Env, Secret, SecretConfig, cli};

use crate::support::production;

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
}

async fn code(arguments: &[&str], variables: &[(&str, &str)]) -> u8 {
    let command = Command::new("shop").subcommand(Command::new("serve")).subcommand(cli::command());
    let matches = command.get_matches_from([&["shop", "secrets"], arguments].concat());
    let env: Env = variables.iter().copied().collect();
    let builder = production().sources([env]);
    cli::execute_with::<Config>(matches.subcommand_matches("secrets").unwrap(), builder).await.into()
}

#[tokio::test]
async fn an_application_hands_over_what_was_given_and_gets_the_exit_code() {
    assert_eq!(code(&["check"], &[("TOKEN", "a")]).await, 0);
    assert_eq!(code(&["check", "--format", "json"], &[]).await, 1);
    assert_eq!(code(&["manifest", "--environment", "staging"], &[]).await, 0);
    assert_eq!(code(&["migrate"], &[]).await, 3, "none of these sources is Secrets Manager");
}

#[tokio::test]
async fn an_applications_own_global_arguments_may_have_the_same_names_and_other_types() {
    let number = |name: &'static str| {
        Arg::new(name).long(name).global(true).value_parser(value_parser!(u16)).default_value("7")
    };
    for (arguments, expected) in [
        (vec!["secrets", "check"], 0),
        (vec!["--environment", "5", "secrets", "check"], 0),
        (vec!["secrets", "check", "--environment", "staging"], 0),
        (vec!["secrets", "policy", "--region", "eu-west-1"], 0),
        (vec!["secrets", "policy", "--account", "123"], 2),
        (vec!["secrets", "docs", "--kind", "checklist"], 0),
    ] {
        let command = Command::new("shop")
            .subcommand(cli::command())
            .args(["environment", "format", "region"].map(number));
        let matches = command.get_matches_from([vec!["shop"], arguments.clone()].concat());
        let env: Env = [("TOKEN", "a")].into_iter().collect();
        let matches = matches.subcommand_matches("secrets").unwrap();
        let code = cli::execute_with::<Config>(matches, production().sources([env])).await;
        assert_eq!(u8::from(code), expected, "{arguments:?}");
    }
}
