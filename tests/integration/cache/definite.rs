//! Answers that are about the secret: they end what is held, and are remembered for a while.

use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::source::SourceError;
use secrets_runtime::{ErrorKind, Secret, SecretConfig};
use tokio::time::advance;

use super::{PAST_TTL, of, of_stub, text, text_at_once, warm};
use crate::support::kinds;
use crate::support::remote::Remote;
use crate::support::time::{pass, turns};

/// After it no answer without a value is remembered.
const PAST_MEMORY: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_definite_answer_of_aws_ends_what_is_held() {
    for (fault, kind) in [
        (Fault::NotFound, ErrorKind::Missing),
        (Fault::Denied, ErrorKind::AccessDenied),
        (Fault::PendingDeletion, ErrorKind::PendingDeletion),
        (Fault::DecryptionFailure, ErrorKind::Decryption),
    ] {
        for reads in [1, 3] {
            let stub = Stub::start().await;
            stub.put("key", "k");
            let (secrets, source) = of_stub(&stub);
            for _ in 0..reads {
                text(&secrets, "key").await;
            }
            stub.fault(fault);
            pass(PAST_TTL).await;
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "k", "it is not known yet");
            source.ended(2).await;
            for _ in 0..2 {
                assert_eq!(kinds(&secrets.get("key").await.unwrap_err()), [("key", kind)], "{fault:?}");
            }
            assert_eq!(stub.requests().total(), 2, "{fault:?}");
            stub.clear_faults();
            pass(PAST_MEMORY).await;
            assert_eq!(text(&secrets, "key").await, "k");
        }
    }
}

#[tokio::test]
async fn one_secret_of_a_batch_that_is_denied_ends_alone() {
    let stub = Stub::start().await;
    stub.put("a", "a");
    stub.put("b", "b");
    let (secrets, source) = of_stub(&stub);
    warm(&secrets, "a").await;
    warm(&secrets, "b").await;
    stub.put("a", "new a");
    stub.fault(Fault::Denied.of("b"));
    pass(PAST_TTL).await;
    assert_eq!(text_at_once(&secrets, "a").unwrap(), "a");
    assert_eq!(text_at_once(&secrets, "b").unwrap(), "b");
    source.ended(3).await;
    assert_eq!(text_at_once(&secrets, "a").unwrap(), "new a");
    assert_eq!(kinds(&secrets.get("b").await.unwrap_err()), [("b", ErrorKind::AccessDenied)]);
    // Both were read alone at first, and the denied one once more after the batch.
    assert_eq!((stub.requests().batch_ids, stub.requests().get), (vec![2], 3));
}

#[tokio::test(start_paused = true)]
async fn a_store_of_ones_own_says_what_is_definite() {
    for (error, ends) in [
        (SourceError::new(ErrorKind::Missing), true),
        (SourceError::new(ErrorKind::AccessDenied), true),
        (SourceError::new(ErrorKind::PendingDeletion), true),
        (SourceError::new(ErrorKind::Decryption), true),
        (SourceError::new(ErrorKind::Invalid), true),
        (SourceError::new(ErrorKind::AccessDenied).keeping_cached_value(), false),
        (SourceError::new(ErrorKind::Decryption).keeping_cached_value(), false),
        (SourceError::new(ErrorKind::Unavailable), false),
        (SourceError::new(ErrorKind::Throttled), false),
        (SourceError::new(ErrorKind::Configuration), false),
    ] {
        let remote = Remote::new().with("key", "k");
        let secrets = of(&remote);
        warm(&secrets, "key").await;
        remote.fail(error.clone());
        advance(PAST_TTL).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
        remote.asked(2).await;
        let after = crate::support::time::at_once(secrets.get("key")).unwrap();
        assert_eq!(after.is_err(), ends, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_such_secret_is_remembered_for_seconds() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        absent: Option<Secret<String>>,
    }
    let remote = Remote::new();
    let secrets = of(&remote);
    for _ in 0..3 {
        assert_eq!(kinds(&secrets.get("absent").await.unwrap_err()), [("absent", ErrorKind::Missing)]);
        assert!(Config::load_from(&secrets).await.unwrap().absent.is_none());
    }
    assert_eq!(remote.requests(), 1);
    // Whoever creates it waits for no TTL.
    remote.put("absent", "there now");
    advance(PAST_MEMORY).await;
    assert_eq!(text(&secrets, "absent").await, "there now");
}

#[tokio::test(start_paused = true)]
async fn a_remembered_failure_is_fetched_again_on_request() {
    for way in ["clear_cache", "clear_cached", "refresh", "bypass_cache"] {
        let remote = Remote::new();
        let secrets = of(&remote);
        secrets.get("key").await.unwrap_err();
        remote.put("key", "there now");
        secrets.get("key").await.unwrap_err();
        assert_eq!(remote.requests(), 1, "{way}");
        match way {
            "clear_cache" => secrets.clear_cache(),
            "clear_cached" => secrets.clear_cached("key"),
            "refresh" => drop(secrets.request("key").refresh().await.unwrap()),
            _ => drop(secrets.request("key").bypass_cache().await.unwrap()),
        }
        if way == "bypass_cache" {
            secrets.get("key").await.unwrap_err();
            continue;
        }
        assert_eq!(text(&secrets, "key").await, "there now", "{way}");
        assert_eq!(remote.requests(), 2, "{way}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_remembered_for_a_moment_by_those_who_have_nothing() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    remote.fail(SourceError::new(ErrorKind::Unavailable));
    for _ in 0..100 {
        assert_eq!(kinds(&secrets.get("key").await.unwrap_err()), [("key", ErrorKind::Unavailable)]);
    }
    assert_eq!(remote.requests(), 1);
    remote.mend();
    // The longest wait after one failure.
    advance(Duration::from_millis(101)).await;
    assert_eq!(text(&secrets, "key").await, "k");
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_waits_of_those_who_have_nothing_grow_to_seconds_and_no_further() {
    let remote = Remote::new();
    let secrets = of(&remote);
    remote.fail(SourceError::new(ErrorKind::Throttled));
    let mut waits = Vec::new();
    secrets.get("key").await.unwrap_err();
    for failures in 1..=12 {
        let began = tokio::time::Instant::now();
        while remote.requests() == failures && began.elapsed() < PAST_TTL {
            advance(Duration::from_millis(10)).await;
            secrets.get("key").await.unwrap_err();
        }
        waits.push(began.elapsed());
    }
    assert!(waits[0] <= Duration::from_millis(110), "{waits:?}");
    let longest = waits.iter().max().unwrap();
    assert!((Duration::from_millis(2500)..=Duration::from_millis(5010)).contains(longest), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_gone_is_gone_for_every_reader_of_its_value() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.remove("key");
    let error = secrets.request("key").refresh().await.unwrap_err();
    assert_eq!(kinds(&error), [("key", ErrorKind::Missing)]);
    turns().await;
    assert!(crate::support::time::at_once(secrets.get("key")).unwrap().is_err());
}
