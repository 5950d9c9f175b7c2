//! The subcommand among an application's own, over sources of its own.

use clap::Command;
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
    cli::execute_with::<Config>(matches.subcommand_matches("secrets").unwrap(), builder).await
}

#[tokio::test]
async fn an_application_hands_over_what_was_given_and_gets_the_exit_code() {
    assert_eq!(code(&["check"], &[("TOKEN", "a")]).await, 0);
    assert_eq!(code(&["check", "--format", "json"], &[]).await, 1);
    assert_eq!(code(&["manifest", "--environment", "staging"], &[]).await, 0);
    assert_eq!(code(&["migrate"], &[]).await, 3, "none of these sources is Secrets Manager");
}
