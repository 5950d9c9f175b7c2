//! A machine without CA certificates: `http` needs none, and `https` says what is missing.

use std::ffi::OsStr;

use super::run::Account;

/// The variables that leave a process without certificates.
fn without_certificates(account: &Account) -> [(&'static str, String); 2] {
    let no_certificate = account
        .folder
        .write("no-certificate.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    [
        ("SSL_CERT_FILE", account.folder.path().join("absent").to_str().unwrap().to_owned()),
        ("SSL_CERT_FILE", no_certificate.to_str().unwrap().to_owned()),
    ]
}

#[test]
fn an_http_endpoint_needs_no_certificates() {
    let account = Account::new();
    for (name, value) in without_certificates(&account) {
        let mut variables = account.signed();
        variables.insert("SSL_CERT_DIR".to_owned(), "/nowhere".to_owned());
        let outcomes = account.ask(&variables, (name, OsStr::new(&value)), &["-"]);
        assert!(outcomes.values().all(|outcome| outcome == "ok"), "{outcomes:?}");
    }
}
