//! Answers that arrive after newer ones.

use std::time::Duration;

use harness::stub::Stub;
use secrets_runtime::Secrets;

use super::{PAST_TTL, of, of_stub, text, text_at_once, warm};
use crate::support::remote::Remote;
use crate::support::time::{pass, soon, turns};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf";

fn reading(secrets: &Secrets, name: &'static str) -> tokio::task::JoinHandle<String> {
    let secrets = secrets.clone();
    tokio::spawn(async move { text(&secrets, name).await })
}

#[tokio::test]
async fn an_old_answer_of_aws_that_comes_late_does_not_stay() {
    let stub = Stub::start().await;
    let (secrets, source) = of_stub(&stub);
    stub.put("key", "old");
    let latency = Duration::from_secs(1);
    stub.set_latency(latency);
    let early = reading(&secrets, "key");
    soon("a request", stub.arrived(1)).await;
    // The stub has decided on the old value, and keeps it to itself for a second.
    stub.set_latency(Duration::ZERO);
    stub.put("key", "new");
    secrets.clear_cache();
    warm(&secrets, "key").await;
    pass(latency).await;
    source.ended(2).await;
    assert_eq!(early.await.unwrap(), "old");
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
    assert_eq!(stub.requests().total(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_the_older_question_does_not_replace_the_newer_one() {
    for [first, second] in [["key", ARN], [ARN, "key"]] {
        let remote = Remote::new();
        remote.put_identified(&["key", ARN], ARN, "old");
        let secrets = of(&remote);
        remote.hold();
        let early = reading(&secrets, first);
        remote.asked(1).await;
        // Nobody knows yet that both are one secret.
        remote.put_identified(&["key", ARN], ARN, "new");
        let late = reading(&secrets, second);
        remote.asked(2).await;
        remote.release_one(1);
        assert_eq!(late.await.unwrap(), "new");
        remote.release_one(0);
        early.await.unwrap();
        for name in [first, second] {
            assert_eq!(text_at_once(&secrets, name).unwrap(), "new", "{name}, {first} being asked for first");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn that_a_secret_was_not_there_does_not_end_the_value_that_came_after() {
    let remote = Remote::new();
    let secrets = of(&remote);
    remote.hold();
    let early = tokio::spawn({
        let secrets = secrets.clone();
        async move { secrets.get("key").await.map(drop) }
    });
    remote.asked(1).await;
    remote.put("key", "created");
    secrets.clear_cached("key");
    let late = reading(&secrets, "key");
    remote.asked(2).await;
    remote.release_one(1);
    assert_eq!(late.await.unwrap(), "created");
    remote.release_one(0);
    assert!(early.await.unwrap().is_err());
    turns().await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "created");
}

#[tokio::test(start_paused = true)]
async fn a_late_refresh_does_not_replace_a_value_that_was_cleared_and_read_again() {
    let remote = Remote::new().with("key", "1");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "2");
    tokio::time::advance(PAST_TTL).await;
    remote.hold();
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "1");
    remote.asked(2).await;
    remote.put("key", "3");
    secrets.clear_cache();
    let late = reading(&secrets, "key");
    remote.asked(3).await;
    remote.release_one(2);
    assert_eq!(late.await.unwrap(), "3");
    remote.release_one(1);
    turns().await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "3");
    assert_eq!(remote.requests(), 3);
}

#[tokio::test]
async fn a_rotation_during_an_outage_is_seen_as_soon_as_the_outage_is_over() {
    let stub = Stub::start().await;
    stub.put("key", "old");
    let (secrets, source) = of_stub(&stub);
    warm(&secrets, "key").await;
    pass(PAST_TTL).await;
    stub.close().await;
    stub.put("key", "new");
    // One second of outage, read ten times.
    for _ in 0..10 {
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
        turns().await;
        pass(Duration::from_millis(100)).await;
    }
    stub.open().await;
    let (before, mut waited) = (source.begun(), Duration::ZERO);
    while source.begun() == before && waited < Duration::from_secs(2) {
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
        turns().await;
        pass(Duration::from_millis(50)).await;
        waited += Duration::from_millis(50);
    }
    source.ended(before + 1).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new", "asked for {waited:?} after the outage");
}
