//! A config that follows a rotation, and a call that survives one.
//!
//! `cargo run --example live`

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use secrets_runtime::Error;
use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
use secrets_runtime::{Secret, SecretConfig, Secrets};

#[derive(Debug, SecretConfig)]
struct AppConfig {
    database_password: Secret<String>,
    jwt_secret: Secret<String>,
}

/// Stands for Secrets Manager, so that the example runs anywhere.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashMap<&'static str, &'static str>>>);

impl Source for Store {
    fn name(&self) -> &'static str {
        "store"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        let values = self.0.lock().map(|values| values.clone()).unwrap_or_default();
        let answer =
            |key: &Key| values.get(key.name()).map_or(Answer::missing(), |value| Answer::found(*value));
        Box::pin(std::future::ready(keys.iter().map(answer).collect()))
    }

    fn is_remote(&self) -> bool {
        true
    }
}

impl Store {
    fn rotate(&self, name: &'static str, value: &'static str) {
        if let Ok(mut values) = self.0.lock() {
            values.insert(name, value);
        }
    }
}

/// A database whose password is the third one by now.
async fn connect(config: Arc<AppConfig>) -> Result<&'static str, &'static str> {
    if config.database_password.ct_eq("third") { Ok("connected") } else { Err("wrong password") }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let store = Store::default();
    store.rotate("database-password", "first");
    store.rotate("jwt-secret", "a key");
    let secrets = Secrets::builder().sources([store.clone()]).build()?;
    let config = AppConfig::watch(&secrets).await?;
    store.rotate("database-password", "second");
    println!("changed: {}", config.refresh().await?); // happens by itself before the TTL is over

    store.rotate("database-password", "third");
    let connected = config.across_rotation(|error: &&str| *error == "wrong password").run(connect).await;
    println!("{connected:?}, tokens are signed with {}", config.get().jwt_secret);
    Ok(())
}
