//! The program of a profile that prints credentials: its output and its time are limited, and it ends.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use super::run::{Account, Outcomes};

const PRINTED: &str = r#"{"Version": 1, "AccessKeyId": "id", "SecretAccessKey": "key"}"#;

fn ask(account: &Account, config: &str) -> Outcomes {
    let config = account.folder.write("config", config);
    let variable = ("AWS_CONFIG_FILE", config.as_os_str());
    account.ask_within(Duration::from_secs(2), &account.variables(), variable, &["-"])
}

#[test]
fn its_credentials_sign_the_requests() {
    let account = Account::new();
    let printed = account.folder.write("printed", PRINTED);
    for key in ["credential_process", "Credential_Process "] {
        let outcomes = ask(&account, &format!("[default]\n{key}= cat {}\n", printed.display()));
        assert!(outcomes.values().all(|outcome| outcome == "ok"), "{outcomes:?}");
    }
}

#[test]
fn keys_of_the_same_profile_do_not_hide_it_and_those_of_variables_do() {
    let account = Account::new();
    let config = "[default]\naws_access_key_id = id\naws_secret_access_key = key\ncredential_process = yes\n";
    let outcomes = ask(&account, config);
    assert!(outcomes.values().all(|outcome| outcome.contains("credential_process: ")), "{outcomes:?}");
    let config = account.folder.path().join("config");
    let outcomes = account.ask(&account.signed(), ("AWS_CONFIG_FILE", config.as_os_str()), &["-"]);
    assert!(outcomes.values().all(|outcome| outcome == "ok"), "{outcomes:?}");
}

#[test]
fn an_endless_output_is_an_error_also_of_the_profile_that_a_role_starts_from() {
    let account = Account::new();
    for config in [
        "[default]\ncredential_process = yes hunter2\n",
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/app\nsource_profile = base\n\
         [profile base]\ncredential_process = yes hunter2\n",
    ] {
        for outcome in ask(&account, config).values() {
            assert!(outcome.contains("credential_process: the program prints more than 64 KiB"), "{outcome}");
            assert!(!outcome.contains("hunter2"), "{outcome}");
        }
    }
}

#[test]
fn a_program_that_never_ends_does_not_outlive_the_call() {
    let account = Account::new();
    let ids = account.folder.path().join("ids");
    // A program that the shell does not replace itself by.
    let config = format!("[default]\ncredential_process = echo $$ >> {}; sleep 600; true\n", ids.display());
    for outcome in ask(&account, &config).values() {
        assert!(outcome.starts_with("Unavailable"), "{outcome}");
    }
    let ids = std::fs::read_to_string(ids).unwrap();
    assert!(!ids.is_empty());
    for id in ids.lines() {
        assert!(!is_running(OsStr::new(id)), "process {id}");
    }
}

fn is_running(id: &OsStr) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(id).join("status"));
    status.is_ok_and(|status| status.contains("Name:\tsh") && !status.contains("State:\tZ"))
}
