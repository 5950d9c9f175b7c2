//! What is not cached: sources of this machine.

use std::sync::{Arc, Mutex};

use harness::stub::Stub;
use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
use secrets_runtime::{DotEnv, Env, Environment, Secret, SecretConfig, Secrets};

use super::{text, text_at_once, warm};
use crate::support::aws::sdk_config;
use crate::support::folder::Folder;
use crate::support::production;
use crate::support::remote::Remote;
use crate::support::sources::chain;

/// One value for everything, which changes while a test runs.
#[derive(Clone, Default)]
struct Local(Arc<Mutex<Option<&'static str>>>);

impl Local {
    fn set(&self, value: Option<&'static str>) {
        *self.0.lock().unwrap() = value;
    }
}

impl Source for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        let value = *self.0.lock().unwrap();
        Box::pin(async move { keys.iter().map(|_| value.map_or(Answer::missing(), Answer::found)).collect() })
    }
}

#[derive(Debug, SecretConfig)]
struct Config {
    key: Secret<String>,
}

#[tokio::test(start_paused = true)]
async fn a_source_of_this_machine_is_asked_at_every_read() {
    let local = Local::default();
    let secrets = production().sources([local.clone()]).build().unwrap();
    for value in ["1", "2", "3", "4"] {
        local.set(Some(value));
        assert_eq!(text(&secrets, "key").await, value);
        assert_eq!(Config::load_from(&secrets).await.unwrap().key.expose_secret(), value);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_of_this_machine_that_comes_first_is_asked_before_the_cache() {
    let (local, remote) = (Local::default(), Remote::new().with("key", "cached"));
    let sources = chain([Box::new(local.clone()), Box::new(remote.clone())]);
    let secrets = production().environment(Environment::DEVELOPMENT).sources(sources).build().unwrap();
    for value in [None, Some("1"), None, Some("2")] {
        local.set(value);
        for _ in 0..4 {
            assert_eq!(text(&secrets, "key").await, value.unwrap_or("cached"));
        }
    }
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_asked_at_every_read_and_the_store_before_it_is_not() {
    let (local, remote) = (Local::default(), Remote::new());
    let sources = chain([Box::new(remote.clone()), Box::new(local.clone())]);
    let secrets = production().sources(sources).clock(secrets_runtime::Clock::Tokio).build().unwrap();
    for value in ["1", "2", "3"] {
        local.set(Some(value));
        assert_eq!(text(&secrets, "key").await, value);
    }
    assert_eq!(remote.requests(), 1);
    // What was missing is there now: the fallback stands back.
    remote.put("key", "of the store");
    tokio::time::advance(super::PAST_BACKOFF).await;
    warm(&secrets, "key").await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "of the store");
}

#[tokio::test]
async fn in_development_a_variable_counts_as_soon_as_it_is_set_and_the_emulator_is_asked_once() {
    let stub = Stub::start().await;
    stub.put("key", "of the emulator");
    let folder = Folder::new();
    let dotenv = folder.write(".env", "");
    let url = stub.url();
    let variables = Env::from_iter([("ENVIRONMENT", "development"), ("AWS_ENDPOINT_URL", &url)]);
    let secrets = Secrets::builder()
        .variables(variables)
        .dotenv(DotEnv::at(&dotenv))
        .sdk_config(&sdk_config(&url))
        .build()
        .unwrap();
    for _ in 0..3 {
        assert_eq!(text(&secrets, "key").await, "of the emulator");
    }
    folder.write(".env", "KEY='of the file'\n");
    assert_eq!(text(&secrets, "key").await, "of the file");
    folder.write(".env", "");
    assert_eq!(text(&secrets, "key").await, "of the emulator");
    assert_eq!(stub.requests().total(), 1);
}
