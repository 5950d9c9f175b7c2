//! One cause that fails many settings is said once. An invalid key is named with its secret.

use secrets_runtime::source::{Answer, SourceError};
use secrets_runtime::{ErrorKind, Secret, SecretConfig};

use crate::support::sources::{Store, chain};
use crate::support::{load_env, no_variables, production};

macro_rules! config {
    ($name:ident: $($field:ident),*) => {
        #[derive(Debug, SecretConfig)]
        #[secret(prefix = "shop")]
        struct $name { $($field: Secret<String>),* }
    };
}

config!(Many: a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);

#[tokio::test]
async fn eighteen_settings_with_one_cause_are_one_list() {
    for (error, words) in [
        (SourceError::new(ErrorKind::AccessDenied).with_code("AccessDeniedException"), "access denied"),
        (SourceError::new(ErrorKind::Unavailable).because("no answer in time"), "unavailable"),
        (SourceError::new(ErrorKind::Configuration).because("no AWS region is set"), "configuration"),
    ] {
        let sources = chain([Box::new(Store::new("aws").failing(error)), Box::new(no_variables())]);
        let secrets = production().sources(sources).build().unwrap();
        let report = Many::load_from(&secrets).await.unwrap_err().to_string();
        assert!(report.starts_with("18 of 18 settings of Many could not be loaded"), "{report}");
        assert!(report.contains(&format!("all 18 settings, for one reason: {words}\n")), "{report}");
        assert_eq!(report.matches(words).count(), 1, "{report}");
        assert!(report.lines().count() <= 18 + 8, "{report}");
    }
}

#[derive(Debug, SecretConfig)]
struct Database {
    #[secret(plain)]
    host: String,
    port: u16,
    /// Of the application.
    password: Secret<String>,
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop")]
struct Shop {
    #[secret(default = 80)]
    workers: u16,
    #[secret(nested(name = "db"))]
    database: Database,
}

#[tokio::test]
async fn the_keys_of_one_secret_that_does_not_exist_are_one_list() {
    let store = Store::new("aws").with_help("create db");
    let sources = chain([Box::new(store), Box::new(no_variables())]);
    let error = Shop::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    let expected = "\
3 of 4 settings of Shop could not be loaded (environment: production)

  3 settings, for one reason: missing
    aws  shop/db   no such secret
    env            not set
    help: create db

    database.host       DATABASE_HOST, DB
    database.port       DATABASE_PORT, DB
    database.password   DATABASE_PASSWORD, DB   Of the application.
";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn an_invalid_key_of_a_json_secret_is_named_with_the_secret() {
    for (document, reason) in [
        (r#"{"host": "h", "port": "http", "password": "p"}"#, "expected u16"),
        (r#"{"host": "h", "port": [1], "password": "p"}"#, "expected u16, found a JSON array"),
        (r#"{"host": "h", "port": 70000, "password": "p"}"#, "expected u16, found a number outside"),
    ] {
        let store = Store::new("aws").answering("shop/db", Answer::found(document));
        let error = Shop::load_from(&production().sources([store]).build().unwrap()).await.unwrap_err();
        let report = error.to_string();
        assert!(report.contains(&format!("  database.port   invalid: {reason}")), "{report}");
        assert!(report.contains("\n    aws  shop/db   key port\n"), "{report}");
    }
}

#[tokio::test]
async fn a_variable_has_no_key() {
    let variables = [("DATABASE_HOST", "h"), ("DATABASE_PORT", "x"), ("DATABASE_PASSWORD", "p")];
    let report = load_env::<Shop>(&variables).await.unwrap_err().to_string();
    assert!(report.ends_with("\n    env  DATABASE_PORT\n"), "{report}");
}

#[tokio::test]
async fn the_message_of_a_boolean_says_what_it_may_be() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        on: bool,
    }
    for text in ["1", "yes", "True", "TRUE", "on", "f"] {
        let report = load_env::<Config>(&[("ON", text)]).await.unwrap_err().to_string();
        assert!(report.contains("expected true or false"), "{text}: {report}");
    }
    assert!(load_env::<Config>(&[("ON", "true")]).await.unwrap().on);
    assert!(!load_env::<Config>(&[("ON", "false")]).await.unwrap().on);
}
