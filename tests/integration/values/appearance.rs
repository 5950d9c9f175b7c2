//! A refused value is described without being shown, and a value that looks wrong is a finding of a check.

use std::time::Duration;

use crate::support::events::Events;
use secrets_runtime::check::CheckedSetting;
use secrets_runtime::{Memory, Secret, SecretConfig};

use crate::support::{failures, load_env, load_memory, production};

#[derive(Debug, SecretConfig)]
struct Typed {
    port: u16,
    flag: bool,
    wait: Duration,
}

async fn refused(port: &str, flag: &str, wait: &str) -> (Vec<String>, String) {
    let error = load_env::<Typed>(&[("PORT", port), ("FLAG", flag), ("WAIT", wait)]).await.unwrap_err();
    (failures(&error), error.to_string())
}

#[tokio::test]
async fn a_refused_value_is_described_with_what_to_do() {
    let (found, report) = refused("tcp://10.0.0.1:5432", "\"true\"", "30\n").await;
    assert_eq!(
        found,
        [
            "port: invalid: expected u16, found a URL, as Kubernetes sets for a service of that name",
            "flag: invalid: expected true or false, found a value in quotes",
            "wait: invalid: expected a duration with units, such as 30s or 1h 30m, found a value that ends in a line break",
        ]
    );
    for help in ["`enableServiceLinks: false`", "without the quotes", "`printf %s` writes none"] {
        assert!(report.contains(help), "{help}: {report}");
    }
    assert!(!report.contains("10.0.0.1"));
}

#[tokio::test]
async fn numbers_out_of_range_and_other_looks_are_described_too() {
    let (found, _) = refused("70000", "1", "\u{feff}30s").await;
    assert_eq!(
        found,
        [
            "port: invalid: expected u16, found a number outside of 0 to 65535",
            "flag: invalid: expected true or false, found a number",
            "wait: invalid: expected a duration with units, such as 30s or 1h 30m, \
             found a value that starts with a byte order mark",
        ]
    );
    let (found, _) = refused(" 80", "{\"on\": true}", "https://example.com").await;
    assert_eq!(
        found,
        [
            "port: invalid: expected u16, found a value with white space around it",
            "flag: invalid: expected true or false, found a JSON object",
            "wait: invalid: expected a duration with units, such as 30s or 1h 30m, found a URL",
        ]
    );
}

#[derive(Debug, SecretConfig)]
#[secret(name = "db")]
struct Database {
    password: Secret<String>,
}

#[tokio::test]
async fn a_document_that_is_not_json_is_described() {
    for (document, found) in [
        ("hunter2", "plain text"),
        ("password: hunter2", "what looks like YAML"),
        ("PASSWORD=hunter2", "lines of the form NAME=value"),
        ("{'password': 'hunter2'}", "single quotes"),
        ("{\"password\": \"hunter2\",}", "a comma after the last element"),
        ("'{\"password\": \"hunter2\"}'", "a value in quotes"),
        ("eyJwYXNzd29yZCI6Imh1bnRlcjIifQ==", "JSON in base64"),
        ("\"{\\\"password\\\": \\\"hunter2\\\"}\"", "a JSON string that holds JSON: it was encoded twice"),
    ] {
        let error = load_memory::<Database>(&[("db", document)]).await.unwrap_err();
        let [failure] = failures(&error).try_into().unwrap();
        assert!(
            failure.contains(&format!("not valid JSON, found {found}")) || failure.ends_with(found),
            "{failure}"
        );
        assert!(!error.to_string().contains("hunter2") && !error.to_string().contains("eyJ"), "{error}");
    }
}

#[derive(Debug, SecretConfig)]
struct Keys {
    quoted: Secret<String>,
    line: Secret<String>,
    pem: Secret<String>,
    plain: Secret<String>,
}

#[tokio::test]
async fn a_value_that_looks_wrong_is_a_finding_of_a_check_and_a_warning_of_a_load() {
    let memory = Memory::from([
        ("quoted", "'hunter2'"),
        ("line", "hunter2\r\n"),
        ("pem", "-----BEGIN KEY-----\nhunter2\n-----END KEY-----\n"),
        ("plain", "hunter2"),
    ]);
    let secrets = production().sources([memory]).build().unwrap();
    let events = Events::capture();
    let report = Keys::check(&secrets).await;
    assert!(report.is_ready());
    let warnings: Vec<_> = report.settings().iter().map(CheckedSetting::warning).collect();
    let line_break = "a value that ends in a line break";
    assert_eq!(warnings, [Some("a value in quotes"), Some(line_break), None, None]);
    let text = report.to_string();
    assert!(
        text.contains("\n  quoted: found a value in quotes\n    help: store the value without"),
        "{text}"
    );
    assert!(report.to_json().contains(&format!("\"warning\": \"{line_break}\"")), "{}", report.to_json());

    Keys::load_from(&secrets).await.unwrap();
    Keys::load_from(&secrets).await.unwrap();
    assert_eq!(events.warnings().len(), 2, "each is warned of once: {:?}", events.warnings());
    for shown in [text, report.to_json(), events.all()] {
        assert!(!shown.contains("hunter2"));
    }
}
