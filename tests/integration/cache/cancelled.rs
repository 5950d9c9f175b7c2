//! Readers that go away, and sources that panic.

use std::time::Duration;

use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
use secrets_runtime::{ErrorKind, Secret, SecretConfig, Secrets};
use tokio::task::JoinHandle;

use super::{PAST_BACKOFF, PAST_TTL, of, text, text_at_once, warm, with};
use crate::support::remote::Remote;
use crate::support::time::turns;
use crate::support::{kinds, places};

#[derive(Debug, SecretConfig)]
struct Config {
    key: Secret<String>,
    other: Option<Secret<String>>,
}

fn reading(secrets: &Secrets) -> JoinHandle<String> {
    let secrets = secrets.clone();
    tokio::spawn(async move { text(&secrets, "key").await })
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_takes_nothing_from_those_who_stay() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    remote.hold();
    let [leader, follower] = [reading(&secrets), reading(&secrets)];
    remote.asked(1).await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    let newcomer = reading(&secrets);
    turns().await;
    remote.release();
    assert_eq!((follower.await.unwrap(), newcomer.await.unwrap()), ("k".to_owned(), "k".to_owned()));
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_asked_for_before_it_went_away_is_there_for_the_next() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    // Before its call has begun, and after.
    for begun in [false, true] {
        secrets.clear_cache();
        let before = remote.requests();
        remote.hold();
        let mut reader = Box::pin(secrets.get("key"));
        assert!(crate::support::time::at_once(&mut reader).is_none());
        if begun {
            remote.asked(before + 1).await;
        }
        drop(reader);
        remote.asked(before + 1).await;
        remote.release();
        turns().await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "k", "begun: {begun}");
        assert_eq!(remote.requests(), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_that_is_given_up_leaves_its_secrets_for_the_next() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    remote.hold();
    let load = tokio::time::timeout(Duration::from_secs(1), Config::load_from(&secrets));
    assert!(load.await.is_err());
    remote.release();
    turns().await;
    assert_eq!(Config::load_from(&secrets).await.unwrap().key.expose_secret(), "k");
    assert_eq!(remote.fetches(), [["key", "other"]]);
}

#[tokio::test(start_paused = true)]
async fn the_last_of_the_secrets_takes_its_calls_along() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    let clone = secrets.clone();
    remote.hold();
    assert!(crate::support::time::at_once(secrets.get("key")).is_none());
    remote.asked(1).await;
    drop(secrets);
    turns().await;
    assert_eq!(remote.under_way(), 1, "a clone may still want it");
    drop(clone);
    turns().await;
    assert_eq!(remote.under_way(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_ends_with_the_last_of_the_secrets_too() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    tokio::time::advance(PAST_TTL).await;
    remote.hold();
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
    remote.asked(2).await;
    drop(secrets);
    turns().await;
    assert_eq!(remote.under_way(), 0);
}

/// Panics while it holds nothing, and has a value otherwise.
#[derive(Clone)]
struct Panicking(Remote);

impl Source for Panicking {
    fn name(&self) -> &'static str {
        "panicking"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        self.0.locate(setting)
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let fetched = self.0.fetch(keys).await;
            let is_there = fetched.answers().iter().all(|answer| matches!(answer, Answer::Found(..)));
            assert!(is_there, "of a source, as expected");
            fetched
        })
    }

    fn is_remote(&self) -> bool {
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_is_an_error_for_those_who_have_nothing() {
    let remote = Remote::new();
    let secrets = with(Panicking(remote.clone())).build().unwrap();
    for _ in 0..2 {
        let error = secrets.get("key").await.unwrap_err();
        assert_eq!(kinds(&error), [("key", ErrorKind::Configuration)]);
        assert_eq!(places(&error, "key"), ["panicking key: the source panicked"]);
    }
    remote.put("key", "k");
    tokio::time::advance(PAST_BACKOFF).await;
    assert_eq!(text(&secrets, "key").await, "k");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_takes_no_value_from_those_who_have_one() {
    let remote = Remote::new().with("key", "old");
    let secrets = with(Panicking(remote.clone())).build().unwrap();
    warm(&secrets, "key").await;
    remote.remove("key");
    tokio::time::advance(PAST_TTL).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    remote.asked(2).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    remote.put("key", "new");
    tokio::time::advance(PAST_BACKOFF).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    remote.asked(3).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
}
