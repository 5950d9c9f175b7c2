//! What an answer without a value does to a held value, and how long it is remembered.

use std::time::Duration;

use super::scene::{Read, Scene, denied, found, throttled, value};
use crate::client::cache::Acceptance;
use crate::error::{ErrorKind, SourceError};
use crate::source::{Answer, Key};

const TRANSIENT: [ErrorKind; 2] = [ErrorKind::Throttled, ErrorKind::Unavailable];

const DEFINITE: [ErrorKind; 4] =
    [ErrorKind::AccessDenied, ErrorKind::PendingDeletion, ErrorKind::Decryption, ErrorKind::Invalid];

#[test]
fn a_transient_failure_keeps_the_value_and_never_makes_it_fresh() {
    for kind in TRANSIENT {
        let mut scene = Scene::new();
        scene.fetch("db", found("v1"));
        scene.pass_secs(111);
        scene.read("db");
        let batch = scene.start();
        scene.complete(&batch, "db", SourceError::new(kind).into());
        assert_eq!(scene.read("db"), value("v1"));
        assert_eq!((scene.cache.counts().hits, scene.cache.counts().stale), (0, 2), "{kind:?}");
        scene.pass_secs(1000);
        assert!(matches!(scene.read("db"), Read::Waits(_)), "a failure extended the value's life");
    }
}

#[test]
fn an_early_refresh_that_fails_does_not_shorten_the_ttl() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(50);
    scene.refresh("db", throttled());
    scene.pass_secs(39);
    scene.read("db");
    assert!(!scene.cache.has_queued());
    scene.pass_secs(22);
    scene.read("db");
    assert!(scene.cache.has_queued());
}

#[test]
fn a_failure_marked_as_keeping_the_cached_value_ends_nothing_whatever_its_kind() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.refresh("db", SourceError::new(ErrorKind::AccessDenied).keeping_cached_value().into());
    assert_eq!(scene.read("db"), value("v1"));
}

#[test]
fn a_refusal_ends_the_value_at_once() {
    let failures = DEFINITE.map(|kind| SourceError::new(kind).into());
    for answer in failures.into_iter().chain([Answer::missing()]) {
        let mut scene = Scene::new();
        scene.fetch("db", found("v1"));
        let handle = scene.handle("db");
        let lease = scene.cache.lease_of(&Key::new("db"), &handle).unwrap();
        let refused = scene.refresh("db", answer);
        assert_eq!(scene.read("db"), refused);
        assert!(lease.is_revoked());
        assert!(scene.cache.take_ended());
    }
}

#[test]
fn missing_is_remembered_for_seconds() {
    let mut scene = Scene::new();
    assert_eq!(scene.fetch("db", Answer::missing()), Read::Missing);
    scene.pass(Duration::from_millis(2499));
    assert_eq!(scene.read("db"), Read::Missing);
    assert_eq!(scene.cache.counts().remembered, 1);
    scene.pass(Duration::from_millis(2501));
    assert!(matches!(scene.read("db"), Read::Waits(_)));
}

#[test]
fn access_denied_is_remembered_for_a_second() {
    let mut scene = Scene::new();
    scene.fetch("db", denied());
    scene.pass(Duration::from_millis(499));
    assert_eq!(scene.read("db"), Read::Failed(ErrorKind::AccessDenied));
    scene.pass(Duration::from_millis(501));
    assert_eq!(scene.fetch("db", found("v1")), value("v1"));
    assert_eq!(scene.read("db"), value("v1"));
}

#[test]
fn a_remembered_answer_is_forgotten_by_later_fetches_without_it() {
    let mut scene = Scene::new();
    scene.fetch("typo", Answer::missing());
    scene.pass_secs(5);
    scene.fetch("db", found("v1"));
    assert_eq!(scene.cache.slots.len(), 1);
}

#[test]
fn a_refresh_ignores_a_remembered_answer() {
    let mut scene = Scene::new();
    scene.fetch("db", Answer::missing());
    assert_eq!(scene.refresh("db", found("v1")), value("v1"));
    assert_eq!(scene.read("db"), value("v1"));
}

/// The waits between failed fetches, each made as soon as the cache allows one, in milliseconds.
fn waits(scene: &mut Scene, failures: usize, acceptance: Acceptance) -> Vec<u64> {
    let mut waits = Vec::new();
    for _ in 0..failures {
        let since = scene.now;
        loop {
            scene.read_with("db", acceptance);
            if scene.cache.has_queued() {
                break;
            }
            scene.pass(Duration::from_millis(10));
        }
        waits.push(u64::try_from(scene.now.since(since).as_millis()).unwrap());
        let batch = scene.start();
        scene.complete(&batch, "db", throttled());
    }
    waits
}

fn assert_waits(waits: &[u64], longest: &[u64]) {
    for (wait, longest) in waits.iter().zip(longest) {
        assert!((longest / 2..=longest + 10).contains(wait), "{waits:?}");
    }
    let share = |(wait, longest): (&u64, &u64)| wait * 100 / longest;
    let shares: Vec<u64> = waits.iter().zip(longest).map(share).collect();
    assert!(shares.iter().any(|share| share != &shares[0]), "no jitter: {waits:?}");
}

#[test]
fn failed_refreshes_are_repeated_after_waits_that_double_up_to_a_cap() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    let waits = waits(&mut scene, 10, Acceptance::Cached);
    assert_waits(&waits[1..], &[500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
}

#[test]
fn failures_without_a_held_value_are_remembered_for_shorter_waits() {
    let mut scene = Scene::new();
    let waits = waits(&mut scene, 9, Acceptance::Cached);
    assert_eq!(waits[0], 0);
    assert_waits(&waits[1..], &[100, 200, 400, 800, 1600, 3200, 5000, 5000]);
}

#[test]
fn a_value_resets_the_count_of_failures() {
    let mut scene = Scene::new();
    waits(&mut scene, 9, Acceptance::Cached);
    scene.refresh("db", found("v1"));
    scene.pass_secs(111);
    let waits = waits(&mut scene, 2, Acceptance::Cached);
    assert!(waits[0] == 0 && waits[1] <= 510, "{waits:?}");
}

#[test]
fn past_max_stale_the_next_reader_fetches_whatever_the_backoff() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    while scene.now.as_millis() < 1_000_000 + 1_085_000 {
        scene.pass_secs(1);
        scene.read("db");
        if scene.cache.has_queued() {
            let batch = scene.start();
            scene.complete(&batch, "db", throttled());
        }
    }
    scene.pass_secs(25);
    assert!(matches!(scene.read("db"), Read::Waits(_)));
    let batch = scene.start();
    assert_eq!(scene.complete(&batch, "db", throttled()), Read::Failed(ErrorKind::Throttled));
}

#[test]
fn a_reader_whose_call_failed_gets_what_is_held_unless_it_wanted_a_later_one() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(10);
    scene.refresh("db", throttled());
    assert!(scene.cache.held_despite_failure(&Key::new("db"), scene.now).is_some());
    assert!(Acceptance::YoungerThan(Duration::ZERO).accepts_stale(true));
    assert!(!Acceptance::After(scene.cache.last_fetch()).accepts_stale(true));
}
