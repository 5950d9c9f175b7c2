//! Runtimes that end, that nobody drives, that lack something, and none at all.

use std::time::Duration;

use secrets_runtime::{Secret, SecretConfig, Secrets};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::{of, text, text_at_once, warm, with};
use crate::support::production;
use crate::support::remote::Remote;
use crate::support::time::{at_once, turns};

#[derive(Debug, SecretConfig)]
struct Config {
    key: Secret<String>,
}

fn reading(secrets: &Secrets) -> JoinHandle<String> {
    let secrets = secrets.clone();
    tokio::spawn(async move { text(&secrets, "key").await })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_runtime_that_ends_leaves_the_cache_to_the_next() {
    let remote = Remote::new().with("key", "k").with("other", "o");
    let secrets = production().sources([remote.clone()]).build().unwrap();
    runtime().block_on(warm(&secrets, "key"));
    let next = runtime();
    assert_eq!(next.block_on(text(&secrets, "key")), "k");
    assert_eq!(next.block_on(text(&secrets, "other")), "o");
    assert_eq!(remote.requests(), 2);
}

#[test]
fn a_call_that_ends_with_its_runtime_is_made_again_on_the_next() {
    // Before it has begun, and after.
    for begun in [false, true] {
        let remote = Remote::new().with("key", "k");
        let secrets = production().sources([remote.clone()]).build().unwrap();
        remote.hold();
        let first = runtime();
        first.block_on(async {
            assert!(at_once(secrets.get("key")).is_none());
            if begun {
                remote.asked(1).await;
            }
        });
        drop(first);
        remote.release();
        assert_eq!(runtime().block_on(text(&secrets, "key")), "k", "begun: {begun}");
        assert_eq!((remote.requests(), remote.under_way()), (1 + usize::from(begun), 0));
    }
}

#[test]
fn a_reader_on_one_runtime_survives_the_end_of_another() {
    let remote = Remote::new().with("key", "k");
    let secrets = production().sources([remote.clone()]).build().unwrap();
    remote.hold();
    let (first, second) = (runtime(), runtime());
    first.block_on(async {
        assert!(at_once(secrets.get("key")).is_none());
        remote.asked(1).await;
    });
    let value = second.block_on(async {
        let reader = reading(&secrets);
        turns().await;
        // Not to be done within a runtime by a plain drop: it would wait.
        first.shutdown_background();
        remote.release();
        reader.await.unwrap()
    });
    assert_eq!((value.as_str(), remote.requests()), ("k", 2));
}

#[test]
fn a_stopped_runtime_delays_readers_of_another_runtime_by_one_time_out_at_most() {
    let remote = Remote::new().with("key", "k");
    let limit = Duration::from_secs(2);
    let secrets = with(remote.clone()).timeout(limit).build().unwrap();
    let idle = runtime();
    idle.block_on(async {
        assert!(at_once(secrets.get("key")).is_none());
        remote.hold();
        remote.asked(1).await;
        remote.release();
    });
    // Its call is there, and goes no further.
    let other = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    other.block_on(async {
        let began = tokio::time::Instant::now();
        assert_eq!(text(&secrets, "key").await, "k");
        // It gives that call up, and asks by itself.
        assert!(began.elapsed() < limit * 3, "{:?}", began.elapsed());
    });
    drop(idle);
}

#[test]
fn a_program_that_blocks_on_each_read_sees_the_new_value() {
    let remote = Remote::new().with("key", "old");
    // On the clock of the system: that of tokio does not pass without driving the runtime.
    let builder = production().sources([remote.clone()]).ttl(Duration::from_millis(1));
    let secrets = builder.timeout(Duration::from_millis(20)).build().unwrap();
    let runtime = runtime();
    runtime.block_on(warm(&secrets, "key"));
    remote.put("key", "new");
    let began = std::time::Instant::now();
    // A read that does not wait drives nothing, and between two of them nobody does. So one has to wait in the end.
    while runtime.block_on(text(&secrets, "key")) == "old" {
        assert!(began.elapsed() < Duration::from_secs(10), "{} requests", remote.requests());
    }
}

#[test]
fn without_a_runtime_a_remote_source_answers_and_nothing_is_kept() {
    let remote = Remote::new().with("key", "1");
    let secrets = of(&remote);
    for value in ["1", "2", "3", "4"] {
        remote.put("key", value);
        assert_eq!(text_at_once(&secrets, "key").unwrap(), value);
        let config = at_once(Config::load_from(&secrets)).unwrap().unwrap();
        assert_eq!(config.key.expose_secret(), value);
    }
    assert_eq!(remote.requests(), 8);
}
