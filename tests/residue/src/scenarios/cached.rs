//! What the cache and `Live` keep, and what becomes of it.
//!
//! The store is in the process, so that no HTTP client has a share in what is counted. It makes its answers when it is asked,
//! as a remote one does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source, SourceError};
use secrets_runtime::{Clock, ErrorKind, Redacted, Secret, SecretConfig, Secrets, SecretsBuilder};
use tokio::time::sleep;

use super::{json_string, production};
use crate::canary::CANARY;
use crate::residue::{Residue, measure};

/// A store whose secrets are other ones each time.
#[derive(Clone, Default)]
struct Store {
    asked: Arc<AtomicUsize>,
    /// From this request on it is out of order.
    breaks_at: Option<usize>,
}

impl Store {
    fn answer(&self, key: &Key) -> Answer {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        if self.breaks_at.is_some_and(|at| number >= at) {
            return SourceError::new(ErrorKind::Unavailable).into();
        }
        let text: Secret<String> = [CANARY, &number.to_string()].concat().into();
        match key.name() {
            "json" => Answer::found(
                json_string(text.expose_secret()).map(|text| ["{\"token\": ", text, "}"].concat()),
            ),
            // The second one is no number.
            "port" => Answer::found(if number < 2 { "1".into() } else { text }),
            "binary" => Answer::found(text.map(|text| [&[0xff], text.as_bytes()].concat())),
            _ => Answer::found(text),
        }
    }
}

impl Source for Store {
    fn name(&self) -> &'static str {
        "store"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { Vec::new() }
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move { keys.iter().map(|key| self.answer(key)).collect() })
    }

    fn is_remote(&self) -> bool {
        true
    }
}

const TTL: Duration = Duration::from_mins(1);

/// More than a TTL and its spread, and within the time in which a value may be served stale.
const LATER: Duration = Duration::from_secs(70);

fn secrets(store: Store) -> SecretsBuilder {
    production().sources([store]).clock(Clock::Tokio).ttl(TTL)
}

/// Runs on a clock that jumps ahead when all is waiting.
fn measure_async<T>(scenario: impl AsyncFnOnce() -> T) -> Residue {
    measure(|| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(scenario())
    })
}

async fn get(secrets: &Secrets, name: &str) -> Secret<String> {
    secrets.get(name).await.unwrap()
}

pub(super) fn hit() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        let mut read = Vec::new();
        for _ in 0..10 {
            read.push(get(&secrets, "token").await);
        }
        assert_eq!(secrets.stats().entries.len(), 1);
        (secrets, read)
    })
}

pub(super) fn expiry() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).max_stale(Duration::ZERO).build().unwrap();
        for _ in 0..3 {
            get(&secrets, "token").await;
            get(&secrets, "token").await;
            get(&secrets, "binary-not-text").await;
            sleep(LATER).await;
        }
        get(&secrets, "token").await;
        secrets
    })
}

pub(super) fn eviction() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).capacity(1).build().unwrap();
        for name in ["a", "b", "c", "a"] {
            // Often enough to be read past the lock.
            for _ in 0..3 {
                get(&secrets, name).await;
            }
        }
        secrets
    })
}

pub(super) fn cleared() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        for _ in 0..3 {
            get(&secrets, "a").await;
            get(&secrets, "b").await;
            secrets.get_bytes("binary").await.unwrap();
        }
        secrets.clear_cached("a");
        secrets.clear_cache();
        secrets
    })
}

pub(super) fn replaced() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        for _ in 0..5 {
            // Stale, while another is fetched.
            get(&secrets, "token").await;
            get(&secrets, "token").await;
            sleep(LATER).await;
        }
        secrets.request("token").refresh().await.unwrap();
        secrets.request("token").ttl(Duration::from_secs(1)).await.unwrap();
        secrets
    })
}

pub(super) fn past_the_cache() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        for _ in 0..3 {
            secrets.request("token").bypass_cache().await.unwrap();
            secrets.request("token").stage("AWSPREVIOUS").await.unwrap();
        }
        // What was asked for by its label is kept.
        secrets.clear_cache();
        secrets
    })
}

pub(super) fn failing_refresh() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store { breaks_at: Some(1), ..Store::default() }).build().unwrap();
        get(&secrets, "token").await;
        sleep(LATER).await;
        assert!(secrets.request("token").refresh().await.is_err());
        let stale = get(&secrets, "token").await;
        sleep(Duration::from_hours(2)).await;
        assert!(secrets.get("token").await.is_err());
        (secrets, stale)
    })
}

#[derive(SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(id = "json", key = "token")]
    of_json: Secret<String>,
    binary: Secret<Vec<u8>>,
}

pub(super) fn config() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        for _ in 0..3 {
            Config::load_from(&secrets).await.unwrap();
        }
        (Config::load_from(&secrets).await.unwrap(), secrets)
    })
}

pub(super) fn live() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        let mut config = Config::watch(&secrets).await.unwrap();
        let mut json =
            secrets.watch_json::<Redacted<BTreeMap<String, Secret<String>>>>("json").await.unwrap();
        for _ in 0..3 {
            config.changed().await;
            json.changed().await;
            let snapshot = config.snapshot();
            config.refresh().await.unwrap();
            assert!(!config.get().token.ct_eq(snapshot.token.expose_secret()));
        }
        (config, json, secrets)
    })
}

#[derive(SecretConfig)]
struct Ported {
    token: Secret<String>,
    #[secret(name = "port")]
    port: Secret<u16>,
}

pub(super) fn live_that_does_not_build() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        let config = Ported::watch(&secrets).await.unwrap();
        for _ in 0..3 {
            assert!(config.refresh().await.is_err());
        }
        assert_eq!(config.get().port.expose_secret(), &1);
        (config, secrets)
    })
}

pub(super) fn across_rotation() -> Residue {
    measure_async(async || {
        let secrets = secrets(Store::default()).build().unwrap();
        let token = secrets.watch("token").await.unwrap();
        let is_refused = |(): &()| true;
        for _ in 0..3 {
            let refused =
                token.across_rotation(is_refused).or_pending().run(|_| async { Err::<(), _>(()) }).await;
            assert_eq!(refused, Err(()));
            sleep(LATER).await;
        }
        (token, secrets)
    })
}
