//! `check`, and programs that are asked for something else.

use super::{account, production, run, run_in};
use crate::support::child::{folder, run_program};
use crate::support::example::program;

#[test]
fn what_is_ready_ends_with_0_and_what_is_not_with_1() {
    let stub = production();
    let url = stub.url();
    let ended = run(&["check", "--environment", "production"], &account(&url));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    assert!(ended.stdout.starts_with("AppConfig is ready (environment: production)\n"), "{}", ended.stdout);
    stub.remove("shop/production/jwt");
    let ended = run(&["check", "--environment", "production"], &account(&url));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let help = format!(
        "help: aws secretsmanager create-secret --region us-east-1 --endpoint-url {url} --name shop/production/jwt"
    );
    assert!(ended.stdout.contains(&help), "{}", ended.stdout);
}

#[test]
fn the_environment_is_that_of_the_option_or_else_of_the_variable_or_else_development() {
    let stub = production();
    let url = stub.url();
    let variables = [&account(&url)[..], &[("ENVIRONMENT", "staging")]].concat();
    let first = |arguments: &[&str], variables: &[(&str, &str)]| {
        run(arguments, variables).stdout.lines().next().unwrap_or_default().to_owned()
    };
    assert!(first(&["check"], &variables).ends_with("(environment: staging)"));
    assert!(
        first(&["check", "--environment", "production"], &variables).ends_with("(environment: production)")
    );
    assert!(
        first(&["--environment", "production", "check"], &variables).ends_with("(environment: production)")
    );
    assert!(first(&["check"], &[]).ends_with("(environment: development, since ENVIRONMENT is not set)"));
}

#[test]
fn machines_get_json_and_nothing_else() {
    let stub = production();
    let url = stub.url();
    let ended = run(&["check", "--environment", "production", "--format", "json"], &account(&url));
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &json["is_ready"]), (Some(0), &true.into()));
    assert_eq!(json["settings"].as_array().unwrap().len(), 6);
}

#[test]
fn output_that_is_not_a_terminal_has_no_colours() {
    let stub = production();
    let url = stub.url();
    let ended = run(&["check", "--environment", "production"], &account(&url));
    assert!(ended.stdout.contains("overdue") && !ended.stdout.contains('\u{1b}'));
    let ended = run(&["--help"], &[("CLICOLOR_FORCE", "1")]);
    assert!(!ended.stdout.contains('\u{1b}'));
}

#[test]
fn a_set_up_that_is_at_fault_ends_with_3_and_the_loaders_report() {
    let dotenv = folder("DATABASE_URL=a\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=c\n");
    let ended = run_in(&dotenv, &["check"], &[("SECRET_CACHE_TTL", "soon"), ("ENVIRONMENT", "development")]);
    let expected = "\
error: AppConfig could not be loaded (environment: development)

  SECRET_CACHE_TTL: not a whole number of seconds
    help: seconds, such as 300; 0 disables the cache
";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(3), expected));
}

#[test]
fn wrong_arguments_end_with_2_and_are_not_repeated() {
    for arguments in [
        vec![],
        vec!["hunter2"],
        vec!["check", "--format", "hunter2"],
        vec!["docs", "--environment", "Hunter2"],
    ] {
        let ended = run(&arguments, &[]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!ended.stderr.to_lowercase().contains("hunter2"), "{}", ended.stderr);
        assert!(ended.stderr.contains("--help"), "{}", ended.stderr);
    }
}

#[test]
fn without_the_subcommand_the_program_is_what_it_was() {
    let dotenv = "DATABASE_URL=a\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=c\n";
    for arguments in [vec![], vec!["serve", "secrets"]] {
        let ended = run_program(&program("command_line"), &arguments, &folder(dotenv), &[("PORT", "9090")]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let last = "port 9090, database at [REDACTED], errors go to None\ntokens are signed with [REDACTED]\n\
                    mail goes through mail with [REDACTED]\n";
        assert!(ended.stdout.ends_with(last), "{}", ended.stdout);
    }
    let ended = run_in(&folder(dotenv), &["check"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
}
