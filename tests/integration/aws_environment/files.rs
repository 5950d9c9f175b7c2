//! Files that variables name for the SDK: one that is not a file, is too large or never answers is a
//! configuration error with its path.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::Account;

const VARIABLES: [&str; 5] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "SSL_CERT_FILE",
];

fn pipe(account: &Account) -> PathBuf {
    let path = account.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

fn assert_named(account: &Account, variable: &str, path: &Path, reason: &str) {
    for outcome in account.ask(&account.signed(), (variable, path.as_os_str()), &["-"]).values() {
        assert!(outcome.starts_with("Configuration"), "{variable}: {outcome}");
        let expected = format!("{variable}: {reason} ({})", path.display());
        assert!(outcome.contains(&expected), "{variable}: {outcome}");
    }
}

#[test]
fn a_pipe_a_folder_and_an_endless_device_are_named() {
    let account = Account::new();
    let pipe = pipe(&account);
    for variable in VARIABLES {
        assert_named(&account, variable, &pipe, "a pipe, not a file");
        assert_named(&account, variable, account.folder.path(), "a folder, not a file");
        assert_named(&account, variable, Path::new("/dev/zero"), "larger than 4 MiB");
    }
}

#[test]
fn the_files_at_the_default_paths_are_named_too() {
    let account = Account::new();
    std::fs::create_dir_all(account.folder.path().join(".aws/config")).unwrap();
    // The path of the SDK, which it expands itself.
    for path in ["~/.aws/config", "~"] {
        let file = OsStr::new(path);
        for outcome in account.ask(&account.signed(), ("AWS_CONFIG_FILE", file), &["-"]).values() {
            assert!(outcome.contains("AWS_CONFIG_FILE: a folder, not a file"), "{outcome}");
        }
    }
}

#[test]
fn an_absent_file_and_one_that_is_not_text_hold_nothing() {
    let account = Account::new();
    let binary = account.folder.write("binary", b"\xff\xfe[default]\nregion = eu-west-1\n");
    for file in [account.folder.path().join("absent"), binary] {
        for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            let outcomes = account.ask(&account.signed(), (variable, file.as_os_str()), &["-"]);
            assert!(outcomes.values().all(|outcome| outcome == "ok"), "{variable}: {outcomes:?}");
        }
    }
}
