//! A canary in every place that a process reads, and a search through everything that it prints.

use harness::stub::Stub;

use super::{account, run_in};
use crate::support::canary::{Canary, assert_unseen};
use crate::support::child::{Ended, folder};

const EVERY: [&[&str]; 12] = [
    &["check"],
    &["check", "--format", "json"],
    &["policy"],
    &["env-example"],
    &["env-example", "--with-ids"],
    &["template"],
    &["template", "--format", "terraform"],
    &["template", "--kind", "alarms"],
    &["docs"],
    &["manifest"],
    &["migrate"],
    &["migrate", "--format", "json", "--overwrite"],
];

const VARIABLES: [&str; 6] = ["DATABASE_URL", "JWT", "SMTP_HOST", "SMTP_PASSWORD", "SENTRY_DSN", "PORT"];

fn assert_nothing_is_printed(canary: &Canary, what: &str, ended: &Ended) {
    assert!(ended.code.is_some_and(|code| code < 4), "{what}: {:?}", ended.code);
    assert!(!ended.stdout.is_empty() || !ended.stderr.is_empty(), "{what}: nothing was said");
    assert_unseen(&[canary], what, &[ended.stdout.as_str(), &ended.stderr].concat());
}

#[test]
fn no_subcommand_prints_a_value_wherever_it_is() {
    let canary = Canary::new("command line");
    let text = canary.as_str();
    let stub = Stub::start_on_thread();
    for name in ["database-url", "jwt", "smtp", "sentry-dsn"] {
        stub.put(&format!("shop/staging/{name}"), text);
    }
    let url = stub.url();
    let lines: String = VARIABLES.map(|name| format!("{name}='{text}'\n")).concat();
    let file = folder(format!("{lines}UNHEARD_OF='{text}'\nno line {text}\n"));
    let values: Vec<(&str, &str)> = VARIABLES.iter().map(|name| (*name, text)).collect();
    for environment in ["development", "staging"] {
        for arguments in EVERY {
            let arguments = [arguments, &["--environment", environment]].concat();
            let variables = [&account(&url)[..], &values].concat();
            let ended = run_in(&file, &arguments, &variables);
            assert_nothing_is_printed(&canary, &arguments.join(" "), &ended);
        }
    }
}

#[test]
fn a_value_that_is_pasted_as_an_argument_is_not_printed() {
    let canary = Canary::new("argument");
    let text = canary.as_str();
    let empty = folder("");
    for arguments in [
        vec![text],
        vec!["check", text],
        vec!["check", "--environment", text],
        vec!["check", "--format", text],
        vec!["policy", "--region", text],
        vec!["policy", "--account", text],
        vec!["policy", "--partition", text],
        vec!["policy", "--kms-key", text],
        vec!["template", "--kind", text],
        vec!["migrate", "--tag", text],
        vec!["migrate", "--environment", "staging", "--from", text],
    ] {
        let ended = run_in(&empty, &arguments, &account("http://127.0.0.1:1"));
        assert_ne!(ended.code, Some(0));
        assert_nothing_is_printed(&canary, arguments[0].split('"').next().unwrap(), &ended);
    }
}

#[test]
fn the_search_finds_what_a_process_prints() {
    // The control: what is no secret is printed.
    let canary = Canary::new("control");
    let line = canary.as_str().replace(['\n', '"', '\\'], "");
    let dotenv = format!("DATABASE_URL=a\nJWT=b\nSMTP_HOST='{line}'\nSMTP_PASSWORD=c\n");
    let ended = crate::support::child::run_program::<&str>(
        &crate::support::example::program("command_line"),
        &[],
        &folder(dotenv),
        &[],
    );
    assert!(canary.seen_in(&ended.stdout).is_some());
}
