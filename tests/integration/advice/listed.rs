//! Every command in the table of faults is executed by a test, or is listed here with the reason why not.

use std::collections::BTreeSet;

use super::Account;
use super::command::{action, commands_in};
use crate::support::example::root;

/// Commands that a test of this folder runs on the fault whose report prints them.
pub(super) const EXECUTED: [&str; 6] = [
    "aws secretsmanager create-secret",
    "aws secretsmanager put-secret-value",
    "aws secretsmanager restore-secret",
    "aws secretsmanager list-secret-version-ids",
    "aws secretsmanager describe-secret",
    "secrets policy",
];

/// Commands that change nothing. They are run as the table prints them, and must succeed.
const LOOK_UPS: [&str; 3] =
    ["aws sts get-caller-identity", "aws secretsmanager list-secrets", "aws kms list-keys"];

/// Commands that cannot be run against moto, with the reason.
const NOT_EXECUTED: [(&str, &str); 2] = [
    ("aws sso login", "it opens a browser and waits for a person"),
    ("aws login", "it opens a browser and waits for a person, and the AWS command line 1 does not have it"),
];

fn commands_of_the_table() -> BTreeSet<String> {
    let page = std::fs::read_to_string(root().join("secrets-runtime/docs/faults.md")).unwrap();
    page.lines().flat_map(commands_in).collect()
}

#[test]
fn every_command_in_the_table_of_faults_is_executed_or_listed() {
    let commands = commands_of_the_table();
    assert!(commands.len() >= 5, "{commands:?}");
    let not_executed = NOT_EXECUTED.map(|(action, _)| action);
    let is_known = |command: &&String| {
        let action = action(command);
        [&EXECUTED[..], &LOOK_UPS, &not_executed].concat().iter().any(|known| action.starts_with(known))
    };
    let unknown: Vec<&String> = commands.iter().filter(|command| !is_known(command)).collect();
    assert!(unknown.is_empty(), "neither executed nor listed: {unknown:#?}");
}

#[tokio::test]
async fn every_look_up_in_the_table_of_faults_succeeds() {
    let Some(account) = Account::new("every_look_up_succeeds") else { return };
    for command in commands_of_the_table() {
        if LOOK_UPS.contains(&action(&command).as_str()) {
            // The page shows no port.
            let command = command.replace("http://127.0.0.1:PORT", account.moto.url());
            let printed = account.run(&command).unwrap_or_else(|error| panic!("{command}\n{error}"));
            assert!(printed.starts_with('{'), "{command}\n{printed}");
        }
    }
}
