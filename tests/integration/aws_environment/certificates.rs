//! A machine without CA certificates: `http` needs none, and `https` says what is missing.

use std::ffi::OsStr;

use super::run::{Account, Outcomes};
use crate::support::endpoint::with_tls;

/// Asks with each `SSL_CERT_FILE` that leaves a process without certificates.
fn without_certificates(account: &Account, endpoint_url: &str) -> Vec<Outcomes> {
    let no_certificates = account.folder.write("none.pem", "");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let broken = account.folder.write("broken.pem", broken);
    let absent = account.folder.path().join("absent.pem");
    let mut variables = account.signed();
    variables.insert("AWS_ENDPOINT_URL".to_owned(), endpoint_url.to_owned());
    let ask = |file: &OsStr| account.ask(&variables, ("SSL_CERT_FILE", file), &["-"]);
    [&absent, &no_certificates, &broken].map(|file| ask(file.as_os_str())).into()
}

#[test]
fn an_http_endpoint_needs_no_certificates() {
    let account = Account::new();
    for outcomes in without_certificates(&account, &account.stub.url()) {
        assert!(outcomes.values().all(|outcome| outcome == "ok"), "{outcomes:?}");
    }
}

#[test]
fn an_https_endpoint_says_that_there_are_none() {
    let account = Account::new();
    for outcomes in without_certificates(&account, &with_tls()) {
        for outcome in outcomes.values() {
            assert!(outcome.starts_with("Configuration"), "{outcome}");
            assert!(outcome.contains("this machine has no CA certificates"), "{outcome}");
            assert!(
                outcome.contains("install the package ca-certificates, or set SSL_CERT_FILE"),
                "{outcome}"
            );
        }
    }
}

#[test]
fn a_certificate_that_does_not_fit_is_another_error() {
    let account = Account::new();
    let url = with_tls();
    let outcomes = account.ask(&account.signed(), ("AWS_ENDPOINT_URL", OsStr::new(&url)), &["-"]);
    assert!(
        outcomes.values().all(|outcome| outcome.contains("no secure connection could be made")),
        "{outcomes:?}"
    );
}
