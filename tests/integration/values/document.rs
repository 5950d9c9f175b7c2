//! JSON secrets: fields that are keys of one, tokens letter for letter, and documents that are none.

use std::net::SocketAddr;
use std::time::Duration;

use secrets_runtime::{ErrorKind, Secret, SecretConfig};

use crate::support::{failures, kinds, load_env, load_memory, places};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app/{environment}", name = "db", env_prefix = "DB_")]
struct Texts {
    a: Secret<String>,
    b: Option<Secret<String>>,
}

const ID: &str = "app/production/db";

#[tokio::test]
async fn numbers_and_booleans_become_text_letter_for_letter() {
    for token in ["5432", "12345678901234567890", "-0.50", "1e400", "true", "false"] {
        let config: Texts = load_memory(&[(ID, &format!("{{\"a\": {token} }}"))]).await.unwrap();
        assert_eq!(config.a.expose_secret(), token);
    }
}

#[tokio::test]
async fn a_json_string_is_unescaped() {
    let document = r#"{"a": "1\"\\\/\n\t\u00e9\ud83d\ude00", "b": "[1]"}"#;
    let config: Texts = load_memory(&[(ID, document)]).await.unwrap();
    assert_eq!(config.a.expose_secret(), "1\"\\/\n\té😀");
    assert_eq!(config.b.unwrap().expose_secret(), "[1]");
}

#[tokio::test]
async fn a_json_string_for_a_typed_field_is_parsed_like_a_variable() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        port: u16,
        number: u16,
        tls: bool,
        flag: bool,
        ratio: f64,
        listen: SocketAddr,
        timeout: Duration,
    }
    let document = r#"{"port": "5432", "number": 5432, "tls": "true", "flag": false, "ratio": 0.5,
                       "listen": "127.0.0.1:80", "timeout": "1m 30s"}"#;
    let config: Config = load_memory(&[("app", document)]).await.unwrap();
    assert_eq!((config.port, config.number, config.tls, config.flag), (5432, 5432, true, false));
    assert!((config.ratio - 0.5).abs() < f64::EPSILON);
    assert_eq!((config.listen, config.timeout), ("127.0.0.1:80".parse().unwrap(), Duration::from_secs(90)));
}

#[tokio::test]
async fn a_json_value_of_the_wrong_kind_is_named_by_its_kind() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        text: Secret<String>,
        port: u16,
        float: u16,
        flag: bool,
        wait: Duration,
    }
    let document = r#"{"text": {"a": 1}, "port": [1], "float": 1.5, "flag": 1, "wait": 30}"#;
    assert_eq!(
        failures(&load_memory::<Config>(&[("app", document)]).await.unwrap_err()),
        [
            "text: invalid: expected text, found a JSON object",
            "port: invalid: expected u16, found a JSON array",
            "float: invalid: expected u16, found a number with a fraction or an exponent",
            "flag: invalid: expected true or false, found a number",
            "wait: invalid: expected a duration with units, such as 30s or 1h 30m, found a number",
        ]
    );
}

#[tokio::test]
async fn null_and_the_empty_string_are_missing() {
    for (document, answer) in [
        (r#"{"a": null}"#, "null"),
        (r#"{"a": ""}"#, "set, but empty"),
        ("{}", "no key a"),
        (r#"{"A": "x"}"#, "no key a (did you mean A?)"),
        ("null", "no key a"),
    ] {
        let error = load_memory::<Texts>(&[(ID, document)]).await.unwrap_err();
        assert_eq!(kinds(&error), [("a", ErrorKind::Missing)], "{document}");
        assert!(places(&error, "a").contains(&format!("memory {ID}: {answer}")), "{document}: {error}");
    }
}

#[tokio::test]
async fn null_stays_missing_where_empty_is_allowed() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(allow_empty)]
        empty: Secret<String>,
        #[secret(allow_empty)]
        null: Secret<String>,
        #[secret(allow_empty)]
        optional: Option<Secret<String>>,
    }
    let document = r#"{"empty": "", "null": null, "optional": null}"#;
    let error = load_memory::<Config>(&[("app", document)]).await.unwrap_err();
    assert_eq!(kinds(&error), [("null", ErrorKind::Missing)]);
}

#[tokio::test]
async fn a_key_that_stands_twice_is_an_error_with_its_place() {
    let error = load_memory::<Texts>(&[(ID, "{\"b\": \"x\",\n  \"a\": 1,\n  \"a\": 2}")]).await.unwrap_err();
    // Which one is meant? Nobody knows of the rest of such a document either.
    assert_eq!(
        failures(&error),
        [
            "a: invalid: the JSON object has a key twice (line 3, column 3)",
            "b: invalid: the JSON object has a key twice (line 3, column 3)",
        ]
    );
}

#[tokio::test]
async fn what_is_no_object_is_an_error_with_its_place() {
    for (document, reason) in [
        ("hunter2-not-json", "not valid JSON, found plain text"),
        ("\n  [1]", "expected a JSON object, found a JSON array (line 2, column 3)"),
        ("\"text\"", "expected a JSON object, found a JSON string (line 1, column 1)"),
        ("12", "expected a JSON object, found a JSON number (line 1, column 1)"),
        ("{\"a\": 1", "not valid JSON (line 1, column 7)"),
        ("{\"a\": 1} x", "not valid JSON (line 1, column 10)"),
    ] {
        let error = load_memory::<Texts>(&[(ID, document)]).await.unwrap_err();
        let expected = [format!("a: invalid: {reason}"), format!("b: invalid: {reason}")];
        assert_eq!(failures(&error), expected, "{document}");
    }
}

#[tokio::test]
async fn a_masked_key_is_an_error_and_the_others_are_not() {
    let error = load_memory::<Texts>(&[(ID, r#"{"a": "fine", "b": "[REDACTED]"}"#)]).await.unwrap_err();
    assert_eq!(failures(&error), ["b: invalid: a masked value was stored: the text is [REDACTED]"]);
}

#[tokio::test]
async fn a_variable_holds_the_value_of_one_key() {
    let config: Texts = load_env(&[("DB_A", "{not json"), ("DB_B", "2")]).await.unwrap();
    assert_eq!(config.a.expose_secret(), "{not json");
    assert_eq!(config.b.unwrap().expose_secret(), "2");
}

#[tokio::test]
async fn keys_with_dots_and_pointers_lead_into_the_document() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(key = "db.primary.port")]
        port: u16,
        #[secret(key = "/hosts/a.b/user~1name")]
        user: Secret<String>,
        #[secret(key = "db.replica.port")]
        replica: Option<Secret<u16>>,
        #[secret(key = "db.primary", json)]
        whole: Secret<serde_json_port::Port>,
    }
    let document = r#"{"db": {"primary": {"port": 5432}}, "hosts": {"a.b": {"user/name": "u"}}}"#;
    let config: Config = load_memory(&[("app", document)]).await.unwrap();
    assert_eq!((config.port, config.user.expose_secret().as_str()), (5432, "u"));
    assert!(config.replica.is_none());
    assert_eq!(config.whole.expose_secret().port, 5432);
}

/// A type that only serde can decode.
mod serde_json_port {
    #[derive(serde::Deserialize)]
    pub(super) struct Port {
        pub(super) port: u16,
    }

    impl secrets_runtime::Zeroize for Port {
        fn zeroize(&mut self) {
            self.port.zeroize();
        }
    }
}

#[tokio::test]
async fn a_path_through_something_else_than_an_object_is_an_error() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(key = "db.port.deep")]
        deep: Secret<String>,
    }
    let error = load_memory::<Config>(&[("app", "{\"db\": {\"port\":\n 5432}}")]).await.unwrap_err();
    assert_eq!(
        failures(&error),
        ["deep: invalid: expected a JSON object, found a JSON number (line 2, column 2)"]
    );
}

#[tokio::test]
async fn a_field_may_be_a_key_of_a_secret_of_its_own() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        #[secret(name = "stripe", key = "secret")]
        stripe_secret: Secret<String>,
        #[secret(id = "shared/stripe", key = "public", plain)]
        stripe_public: String,
        #[secret(key = "v")]
        by_field: Secret<String>,
    }
    let values = [
        ("app/stripe", r#"{"secret": "s"}"#),
        ("shared/stripe", r#"{"public": "p"}"#),
        ("app/by-field", r#"{"v": 1}"#),
    ];
    let config: Config = load_memory(&values).await.unwrap();
    assert_eq!(config.stripe_secret.expose_secret(), "s");
    assert_eq!(config.stripe_public, "p");
    assert_eq!(config.by_field.expose_secret(), "1");
}

#[tokio::test]
async fn rename_all_turns_field_names_into_keys() {
    #[derive(Debug, SecretConfig)]
    #[secret(id = "prod/rds", rename_all = "camelCase")]
    struct Config {
        db_name: Secret<String>,
        #[secret(key = "dbInstanceIdentifier")]
        instance: Secret<String>,
    }
    let document = r#"{"dbName": "n", "dbInstanceIdentifier": "i"}"#;
    let config: Config = load_memory(&[("prod/rds", document)]).await.unwrap();
    assert_eq!(config.db_name.expose_secret(), "n");
    assert_eq!(config.instance.expose_secret(), "i");
}
