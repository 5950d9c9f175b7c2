//! A refused value is described without being shown, and a value that looks wrong is a finding of a check.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::support::events::Events;
use secrets_runtime::check::CheckedSetting;
use secrets_runtime::{DotEnv, Env, Environment, Memory, Redacted, Secret, SecretConfig, Secrets};

use crate::support::folder::Folder;
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

#[tokio::test]
async fn json_within_a_string_of_a_document_is_described() {
    #[derive(Debug, SecretConfig)]
    struct Nested {
        #[secret(name = "app", key = "config.token")]
        token: Secret<String>,
        #[secret(name = "app", key = "/list/token", env = "OTHER")]
        other: Secret<String>,
    }
    let document = r#"{"config": "{\"token\": \"hunter2\"}", "list": " [\"hunter2\"] "}"#;
    let error = load_memory::<Nested>(&[("app", document)]).await.unwrap_err();
    for failure in failures(&error) {
        assert!(
            failure.ends_with(
                "expected a JSON object, found a JSON string that holds JSON: it was encoded twice"
            ),
            "{failure}"
        );
    }
    let text = error.to_string();
    assert!(
        text.contains("help: store the JSON itself, not as a JSON string") && !text.contains("hunter2"),
        "{text}"
    );
    // Another string is a string.
    let error = load_memory::<Nested>(&[("app", r#"{"config": "hunter2", "list": {"token": "a"}}"#)])
        .await
        .unwrap_err();
    assert!(failures(&error)[0].contains("found a JSON string (line 1"), "{error}");
}

#[tokio::test]
async fn every_whole_number_has_its_range_in_the_message() {
    #[derive(Debug, SecretConfig)]
    struct Numbers {
        size: usize,
        offset: isize,
        large: u128,
        signed: i128,
    }
    let huge = "9".repeat(60);
    let values = [("SIZE", "-1"), ("OFFSET", huge.as_str()), ("LARGE", "-5"), ("SIGNED", &huge)];
    let error = load_env::<Numbers>(&values).await.unwrap_err();
    let ranges = [
        "0 to 18446744073709551615",
        "-9223372036854775808 to 9223372036854775807",
        "0 to 340282366920938463463374607431768211455",
        "-170141183460469231731687303715884105728 to 170141183460469231731687303715884105727",
    ];
    for (failure, range) in failures(&error).iter().zip(ranges) {
        assert!(failure.ends_with(&format!("found a number outside of {range}")), "{failure}");
    }
}

#[derive(Debug, SecretConfig)]
struct Parsed {
    #[secret(json)]
    text: Secret<String>,
    #[secret(json)]
    texts: Secret<Vec<String>>,
    quoted: Secret<String>,
}

#[tokio::test]
async fn a_json_string_is_not_a_value_in_quotes() {
    let memory = Memory::from([("text", "\"abc\""), ("texts", "[\"abc\"]\n"), ("quoted", "\"abc\"")]);
    let secrets = production().sources([memory]).build().unwrap();
    let events = Events::capture();
    let config = Parsed::load_from(&secrets).await.unwrap();
    assert_eq!(
        (config.text.expose_secret().as_str(), config.quoted.expose_secret().as_str()),
        ("abc", "\"abc\"")
    );
    let one: Secret<String> = secrets.get_json("text").await.unwrap();
    assert_eq!(one.expose_secret(), "abc");
    let watched = secrets.watch_json::<Secret<String>>("text").await.unwrap();
    assert_eq!(watched.get().expose_secret(), "abc");
    assert_eq!(events.warnings().len(), 1, "the text without `json` alone: {:?}", events.warnings());
    let report = Parsed::check(&secrets).await;
    let warnings: Vec<_> = report.settings().iter().map(CheckedSetting::warning).collect();
    assert_eq!(warnings, [None, None, Some("a value in quotes")]);
}

#[derive(Debug, SecretConfig)]
#[allow(dead_code)]
struct Other {
    #[secret(name = "db", key = "password", env = "REPLICA_PASSWORD")]
    replica: Secret<String>,
    #[secret(name = "jwt")]
    signing_key: Secret<String>,
}

#[tokio::test]
async fn a_value_that_several_settings_read_is_warned_of_once() {
    #[derive(Debug, SecretConfig)]
    struct Twice {
        #[secret(name = "db", key = "password")]
        password: Secret<String>,
        jwt: Secret<String>,
    }
    let memory = Memory::from([("db", r#"{"password": "hunter2\n"}"#), ("jwt", "hunter2\n")]);
    let secrets = production().sources([memory]).build().unwrap();
    let events = Events::capture();
    for _ in 0..3 {
        Twice::load_from(&secrets).await.unwrap();
        Other::load_from(&secrets).await.unwrap();
        secrets.get("jwt").await.unwrap();
    }
    assert_eq!(events.warnings().len(), 2, "{:?}", events.warnings());
}

#[derive(Debug, SecretConfig)]
#[allow(dead_code)]
struct Shell {
    #[secret(env = "USERNAME", plain)]
    username: String,
    port: u16,
    #[secret(alias = "OLD_HOST", plain)]
    host: Option<String>,
}

#[tokio::test]
async fn a_variable_that_hides_another_value_in_dotenv_is_a_warning() {
    let folder = Folder::new();
    let dotenv = folder.write(".env", "USERNAME=app_hunter2\nPORT=5432\nOLD_HOST=db\nthis line is bad\n");
    let of = |variables: &[(&str, &str)]| {
        let variables: Env = variables.iter().copied().collect();
        let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(variables);
        builder.dotenv(DotEnv::at(&dotenv)).build().unwrap()
    };
    let secrets = of(&[("USERNAME", "shell_hunter2"), ("PORT", "5432"), ("HOST", "other_hunter2")]);
    let events = Events::capture();
    for _ in 0..2 {
        let config = Shell::load_from(&secrets).await.unwrap();
        assert_eq!(config.username, "shell_hunter2", "the variable comes first, and .env is not needed");
    }
    let warnings = events.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for (warning, setting) in warnings.iter().zip(["username", "host"]) {
        assert!(
            warning.contains("a variable hides another value in .env") && warning.contains(setting),
            "{warning}"
        );
    }
    let report = Shell::check(&secrets).await;
    let warnings: Vec<_> = report.settings().iter().map(CheckedSetting::warning).collect();
    let hidden = Some("another value in .env, which the variable hides");
    assert_eq!(warnings, [hidden, None, hidden]);
    let text = report.to_string();
    assert!(text.contains("help: unset the variable, or remove the line from .env"), "{text}");
    for shown in [text, report.to_json(), events.all()] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn a_map_of_secrets_is_a_field_of_a_secret_store() {
    #[derive(Debug, SecretConfig)]
    struct Tokens {
        /// The names of the tenants are no secrets.
        #[secret(json, plain)]
        by_tenant: HashMap<String, Secret<String>>,
        #[secret(json)]
        by_secret_name: Redacted<HashMap<String, Secret<String>>>,
        #[secret(name = "all", key = "tokens", json, plain)]
        of_a_key: Option<BTreeMap<String, Secret<String>>>,
    }
    let tokens = r#"{"acme": "hunter2", "other": "hunter3"}"#;
    let all = format!("{{\"tokens\": {tokens}}}");
    let values = [("by-tenant", tokens), ("by-secret-name", tokens), ("all", all.as_str())];
    let config = load_memory::<Tokens>(&values).await.unwrap();
    assert_eq!(config.by_tenant["acme"].expose_secret(), "hunter2");
    assert_eq!(config.by_secret_name.expose_secret()["other"].expose_secret(), "hunter3");
    assert_eq!(config.of_a_key.as_ref().unwrap()["acme"].expose_secret(), "hunter2");
    assert!(!format!("{config:?}").contains("hunter"), "{config:?}");
    let settings = Tokens::manifest();
    assert!(settings.settings().iter().all(secrets_runtime::source::Setting::uses_secret_store));
}

#[tokio::test]
async fn a_key_in_other_letters_is_suggested_whatever_its_length() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "db")]
    struct Login {
        password: Secret<String>,
        #[secret(key = "id")]
        id: Secret<String>,
        #[secret(key = "connection.stringOfTheReplica", env = "REPLICA")]
        replica: Secret<String>,
    }
    let document = r#"{"PASSWORD": "a", "ID": "b", "connection": {"STRINGOFTHEREPLICA": "c"}}"#;
    let error = load_memory::<Login>(&[("db", document)]).await.unwrap_err();
    let text = error.to_string();
    for similar in ["PASSWORD", "ID", "STRINGOFTHEREPLICA"] {
        assert!(text.contains(&format!("(did you mean {similar}?)")), "{text}");
    }
}

#[tokio::test]
async fn a_document_in_another_format_is_described_once_with_the_form_that_is_read() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "db")]
    struct Login {
        #[secret(plain)]
        user: String,
        password: Secret<String>,
        port: u16,
    }
    for (document, found, help) in [
        ("hunter2", "plain text", "store the value as JSON"),
        ("user: hunter2\npassword: hunter2\n", "what looks like YAML", "store the values as a JSON object"),
        (
            "user=hunter2\npassword=hunter2\n",
            "lines of the form NAME=value",
            "store the values as a JSON object",
        ),
    ] {
        let error = load_memory::<Login>(&[("db", document)]).await.unwrap_err();
        let expected = format!(
            "Login could not be loaded (environment: production)\n\n\
             \x20 all 3 settings, for one reason: invalid: not valid JSON, found {found}\n\
             \x20   memory  db\n\
             \x20   help: {help}\n\
             \x20   help: the value is a JSON object: {{\"user\": .., \"password\": .., \"port\": ..}}\n\n"
        );
        let text = error.to_string();
        assert!(text.contains(expected.split_once(" could").unwrap().1), "{text}\n{expected}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
