//! A source of the application that panics.

use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
use secrets_runtime::{ErrorKind, Fallback, Memory, Secret, SecretConfig, Secrets};

use super::{MESSAGE, assert_says};
use crate::support::{kinds, places, production};

/// Where it panics.
#[derive(Clone, Copy, PartialEq, Debug)]
enum At {
    Name,
    Locate,
    /// When the future is made.
    Fetch,
    /// When the future is polled.
    Poll,
    Help,
    Requests,
    Drop,
}

struct Panics {
    at: At,
    is_remote: bool,
}

impl Panics {
    fn at(&self, at: At) {
        assert!(self.at != at, "{MESSAGE}");
    }
}

impl Source for Panics {
    fn name(&self) -> &'static str {
        self.at(At::Name);
        "vault"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        self.at(At::Locate);
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        self.at(At::Fetch);
        Box::pin(async {
            tokio::task::yield_now().await;
            self.at(At::Poll);
            keys.iter().map(|_| Answer::missing()).collect()
        })
    }

    fn is_remote(&self) -> bool {
        self.is_remote
    }

    fn requests(&self) -> Vec<(&'static str, u64)> {
        self.at(At::Requests);
        Vec::new()
    }

    fn help(&self, _: &Key, _: ErrorKind) -> Option<String> {
        self.at(At::Help);
        None
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        self.at(At::Drop);
    }
}

#[derive(Debug, SecretConfig)]
struct Two {
    jwt: Secret<String>,
    smtp: Secret<String>,
}

fn of(at: At, is_remote: bool) -> Secrets {
    production().source(Panics { at, is_remote }).build().unwrap()
}

#[tokio::test]
async fn it_is_an_error_of_every_setting_on_every_path() {
    for at in [At::Locate, At::Fetch, At::Poll] {
        for is_remote in [false, true] {
            let secrets = of(at, is_remote);
            let said = "the source panicked";
            let load = Two::load_from(&secrets).await.unwrap_err();
            let failed = [("jwt", ErrorKind::Configuration), ("smtp", ErrorKind::Configuration)];
            assert_eq!(kinds(&load), failed, "{at:?} {is_remote}");
            assert_says(&load, said);
            assert_says(&secrets.get("jwt").await.unwrap_err(), said);
            assert_says(&secrets.request("jwt").bypass_cache().await.unwrap_err(), said);
            assert_says(&secrets.request("jwt").refresh().await.unwrap_err(), said);
            assert_says(Two::check(&secrets).await.failure().unwrap(), said);
            assert_says(&Two::watch(&secrets).await.unwrap_err(), said);
            assert_says(&secrets.watch("jwt").await.unwrap_err(), said);
            assert!(!format!("{:?} {}", secrets.stats(), secrets.stats()).contains("hunter2"));
            // No key is invented for a setting that the source could not locate.
            assert_eq!(places(&load, "jwt"), ["vault jwt: the source panicked"], "{at:?} {is_remote}");
            assert!(at != At::Locate || secrets.stats().entries.is_empty());
        }
    }
}

#[tokio::test]
async fn a_source_without_a_name_or_advice_is_asked_all_the_same() {
    for at in [At::Name, At::Help, At::Requests] {
        for is_remote in [false, true] {
            let secrets = of(at, is_remote);
            let load = Two::load_from(&secrets).await.unwrap_err();
            assert_eq!(load.kind(), ErrorKind::Missing, "{at:?}");
            assert_says(&load, "missing");
            assert!(!secrets.stats().to_string().contains("hunter2"));
        }
    }
}

#[tokio::test]
async fn a_source_that_panics_when_it_is_dropped_ends_with_the_last_handle() {
    for is_remote in [false, true] {
        let secrets = of(At::Drop, is_remote);
        let clone = secrets.clone();
        assert_eq!(secrets.get("jwt").await.unwrap_err().kind(), ErrorKind::Missing);
        drop(secrets);
        drop(clone);
    }
}

#[tokio::test]
async fn the_next_source_is_asked_if_it_may_be() {
    let chain = production()
        .source(Panics { at: At::Poll, is_remote: true })
        .source(Memory::from_iter([("jwt", "key")]))
        .fallback(Fallback::OnError);
    let secrets = chain.build().unwrap();
    assert_eq!(secrets.get("jwt").await.unwrap().expose_secret(), "key");
}

#[test]
fn a_blocking_load_ends_with_the_error() {
    let secrets = of(At::Fetch, false);
    let loading = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(Two::load_from(&secrets)).unwrap_err()
    });
    assert_says(&loading.join().unwrap(), "the source panicked");
}
