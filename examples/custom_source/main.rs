//! A source of one's own: here a secret store that speaks another protocol than AWS.
//!
//! `cargo run --example custom_source`

use std::collections::HashMap;

use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
use secrets_runtime::{Env, Error, ErrorKind, Secret, SecretConfig, Secrets};

/// Stands for the client of a store: Vault, a parameter store, a sealed file.
struct Vault {
    store: HashMap<&'static str, Secret<String>>,
}

impl Source for Vault {
    fn name(&self) -> &'static str {
        "vault"
    }

    /// Where to look: under the secret's id. Settings that are no secrets cost no request.
    fn locate(&self, setting: &Setting) -> Vec<Location> {
        if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { vec![] }
    }

    /// All keys of a load at once, without duplicates: the place for a batch call.
    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let answer = |key: &Key| match self.store.get(key.name()) {
                Some(value) => Answer::found(value),
                None => Answer::missing_because("no such path"),
            };
            keys.iter().map(answer).collect()
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    /// The next step, for whoever reads the error at night.
    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("vault kv put {} value=@file", key.name()))
    }
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "kv/shop/{environment}")]
struct AppConfig {
    database_url: Secret<String>,
    #[secret(default = 8080)]
    port: u16,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let store =
        HashMap::from([("kv/shop/development/database-url", Secret::from("postgres://localhost/shop"))]);
    let secrets = Secrets::builder().source(Vault { store }).source(Env::process()).build()?;
    let config = AppConfig::load_from(&secrets).await?;

    println!("{config:#?}");
    println!("port {}, database at {}", config.port, config.database_url);
    Ok(())
}
