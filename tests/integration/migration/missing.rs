//! The plan of a migration names the settings that a load would miss after it.

use harness::stub::Stub;
use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{Migration, MigrationPlan};
use secrets_runtime::{Env, Secret, SecretConfig};

use super::env_file;
use crate::support::aws::once;
use crate::support::production;

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(nested)]
    mail: Option<Mail>,
}

#[derive(Debug, SecretConfig)]
struct Mail {
    password: Secret<String>,
    signing_key: Secret<String>,
    note: Option<Secret<String>>,
    #[secret(default = 25)]
    port: u16,
    host: u32,
    #[secret(nested)]
    relay: Option<Relay>,
}

#[derive(Debug, SecretConfig)]
struct Relay {
    user: Secret<String>,
    secret: Secret<String>,
}

async fn plan(stub: &Stub, file: &str) -> MigrationPlan {
    let admin = Admin::from_secrets_manager(once(&stub.url()));
    Migration::new(Config::manifest()).plan(&admin, &env_file(file)).await.unwrap()
}

/// What a load from the file's variables alone says is missing.
async fn missing(file: &str) -> Vec<String> {
    let variables = file.lines().filter_map(|line| line.split_once('='));
    let secrets = production().sources([variables.collect::<Env>()]).build().unwrap();
    match Config::load_from(&secrets).await {
        Ok(_) => Vec::new(),
        Err(error) => error.fields().iter().map(|field| field.path().to_owned()).collect(),
    }
}

#[tokio::test]
async fn an_optional_config_that_is_partly_set_misses_the_rest() {
    let stub = Stub::start().await;
    for (file, expected) in [
        ("TOKEN=1\n", &[][..]),
        ("", &["token"]),
        ("TOKEN=1\nMAIL_PASSWORD=1\n", &["mail.signing_key", "mail.host"]),
        // An optional setting makes its config one that is there, and so does one that is no secret.
        ("TOKEN=1\nMAIL_NOTE=1\n", &["mail.password", "mail.signing_key", "mail.host"]),
        ("TOKEN=1\nMAIL_HOST=1\n", &["mail.password", "mail.signing_key"]),
        ("TOKEN=1\nMAIL_PORT=1\n", &["mail.password", "mail.signing_key", "mail.host"]),
        // One within another makes both.
        (
            "TOKEN=1\nMAIL_RELAY_USER=1\n",
            &["mail.password", "mail.signing_key", "mail.host", "mail.relay.secret"],
        ),
        ("TOKEN=1\nMAIL_PASSWORD=1\nMAIL_SIGNING_KEY=1\nMAIL_HOST=1\n", &[]),
        ("TOKEN=1\nMAIL_PASSWORD=\n", &[]),
    ] {
        let plan = plan(&stub, file).await;
        assert_eq!(plan.missing().collect::<Vec<_>>(), expected, "{file}");
        assert_eq!(plan.has_findings(), !expected.is_empty(), "{file}");
        assert_eq!(missing(file).await, expected, "a load: {file}");
    }
}

#[tokio::test]
async fn what_the_store_has_counts_and_what_is_empty_there_does_not() {
    let stub = Stub::start().await;
    stub.put("mail/note", "1");
    stub.put("mail/password", "1");
    stub.put("token", "");
    let plan = plan(&stub, "MAIL_HOST=1\n").await;
    assert_eq!(plan.missing().collect::<Vec<_>>(), ["token", "mail.signing_key"]);
    assert!(plan.to_string().contains("  mail.signing_key (MAIL_SIGNING_KEY)\n"), "{plan}");
}
