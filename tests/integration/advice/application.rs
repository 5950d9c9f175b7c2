//! What the command line of an application advises.

use super::Account;
use super::command::commands_in;
use crate::support::child::{Ended, run_program};
use crate::support::example::program;

/// Runs `secrets ..` of the example `command_line` for this account.
fn run(account: &Account, arguments: &str) -> Ended {
    let arguments: Vec<&str> = std::iter::once("secrets").chain(arguments.split(' ')).collect();
    let variables = [
        ("AWS_ENDPOINT_URL", account.moto.url()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    run_program(&program("command_line"), &arguments, &account.folder, &variables)
}

/// An environment of the test's own: the example's secrets are `shop/ENVIRONMENT/..`.
fn environment(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

#[test]
fn a_check_passes_after_the_commands_that_it_prints() {
    let Some(account) = Account::new("a_check_passes_after_its_commands") else { return };
    let check = format!("check --environment {}", environment("checked"));
    // One secret after the other: the file holds one value.
    for value in ["postgres://db", "key", r#"{"host": "mail", "password": "a"}"#] {
        let ended = run(&account, &check);
        assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
        let first = ended.stdout.lines().find(|line| line.contains("create-secret")).unwrap();
        account.write_value(value);
        account.follow(first);
    }
    let ended = run(&account, &check);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
}

#[test]
fn a_migration_follows_its_own_advice() {
    let Some(account) = Account::new("a_migration_follows_its_own_advice") else { return };
    account.folder.write(".env", "DATABASE_URL=a\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=c\n");
    // No emulator is set up here: development reads no secret store.
    let arguments = ["secrets", "migrate"];
    let ended = run_program(&program("command_line"), &arguments, &account.folder, &[("", ""); 0]);
    assert_eq!(ended.code, Some(3), "{}", ended.stdout);
    let (_, option) = ended.stderr.trim_end().rsplit_once(": ").unwrap();
    let option = option.replace("staging", &environment("migrated"));
    assert!(option.starts_with("--environment "), "{}", ended.stderr);
    let planned = run(&account, &format!("migrate {option}"));
    assert_eq!(planned.code, Some(0), "{}", planned.stdout);
    let apply = planned.stderr.split(' ').find(|word| word.starts_with("--")).unwrap();
    let applied = run(&account, &format!("migrate {option} {apply}"));
    assert_eq!(applied.code, Some(0), "{}{}", applied.stdout, applied.stderr);
    assert_eq!(run(&account, &format!("check {option}")).code, Some(0));
}

#[test]
fn the_policy_for_the_pending_version_is_printed_as_the_log_says() {
    let Some(account) = Account::new("the_policy_for_the_pending_version") else { return };
    let page =
        std::fs::read_to_string(crate::support::example::root().join("secrets-runtime/docs/faults.md"))
            .unwrap();
    let commands: Vec<String> = page.lines().flat_map(commands_in).collect();
    let command = commands.iter().find(|command| command.starts_with("secrets policy")).unwrap();
    let ended = run(&account, command.strip_prefix("secrets ").unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("AWSPENDING"), "{}", ended.stdout);
}
