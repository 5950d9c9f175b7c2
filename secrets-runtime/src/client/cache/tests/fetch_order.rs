//! Which fetch's answer counts for which reader.

use std::time::Duration;

use super::scene::{Read, Scene, denied, found, throttled, value};
use crate::client::cache::Acceptance;
use crate::error::ErrorKind;
use crate::source::{Answer, Key};

#[test]
fn readers_of_a_cold_key_wait_for_one_request() {
    let mut scene = Scene::new();
    let first = scene.read("db");
    for _ in 0..100 {
        assert_eq!(scene.read("db"), first);
    }
    let batch = scene.start();
    assert_eq!(scene.read("db"), first, "also during the fetch");
    assert_eq!(batch.keys.len(), 1);
    assert!(scene.cache.start(scene.now).is_none());
    assert_eq!((scene.cache.counts().misses, scene.cache.counts().coalesced), (102, 101));
}

#[test]
fn a_refresh_joins_only_later_fetches_so_that_many_need_two_at_most() {
    let mut scene = Scene::new();
    scene.read("db");
    let first = scene.start();
    let acceptance = Acceptance::After(scene.cache.last_fetch());
    for _ in 0..100 {
        assert_eq!(scene.read_with("db", acceptance), Read::WaitsToLookAgain(first.keys[0].0));
    }
    scene.complete(&first, "db", found("v1"));
    let Read::Waits(pending) = scene.read_with("db", acceptance) else { panic!("v1 started too early") };
    for _ in 0..99 {
        assert_eq!(scene.read_with("db", acceptance), Read::Waits(pending));
    }
    let second = scene.start();
    assert_eq!(
        scene.read_with("db", acceptance),
        Read::Waits(pending),
        "it started after these readers had come"
    );
    scene.complete(&second, "db", found("v2"));
    assert_eq!(scene.read_with("db", acceptance), value("v2"));
    assert!(!scene.cache.has_queued());
}

#[test]
fn a_refresh_joins_a_fetch_that_has_not_started() {
    let mut scene = Scene::new();
    let cold = scene.read("db");
    assert_eq!(scene.read_with("db", Acceptance::After(scene.cache.last_fetch())), cold);
}

#[test]
fn a_refresh_that_fails_is_a_failure_only_for_its_reader() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    assert_eq!(scene.refresh("db", throttled()), Read::Failed(ErrorKind::Throttled));
    assert_eq!(scene.read("db"), value("v1"));
}

#[test]
fn an_abandoned_request_is_made_again() {
    let mut scene = Scene::new();
    let first = scene.read("db");
    let batch = scene.start();
    scene.cache.abandon(batch.keys[0].0, &Key::new("db"));
    assert!(scene.cache.slots.is_empty());
    let again = scene.read("db");
    assert!(matches!(again, Read::Waits(_)) && again != first);
    assert_eq!(scene.complete(&batch, "db", found("late")), value("late"));
    assert_eq!(scene.read("db"), again, "an abandoned answer is not kept");
}

#[test]
fn an_abandoned_refresh_leaves_the_value_and_is_made_again() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    scene.read("db");
    let batch = scene.start();
    scene.cache.abandon(batch.keys[0].0, &Key::new("db"));
    assert_eq!(scene.read("db"), value("v1"));
    assert!(scene.cache.has_queued());
}

#[test]
fn one_reader_replaces_a_refresh_that_takes_longer_than_any_fetch() {
    let mut scene = Scene::new();
    scene.cache = scene.cache.with_max_duration(Duration::from_secs(30));
    scene.fetch("db", found("v1"));
    let handle = scene.handle("db");
    let lease = scene.cache.lease_of(&Key::new("db"), &handle).unwrap();
    scene.pass_secs(111);
    scene.read("db");
    let stalled = scene.start();
    scene.pass_secs(29);
    assert_eq!(scene.read("db"), value("v1"));
    assert!(lease.read(scene.now).is_some());
    scene.pass_secs(1);
    assert!(lease.read(scene.now).is_none(), "readers of the fast path come back");
    assert!(matches!(scene.read("db"), Read::Waits(pending) if pending != stalled.keys[0].0));
    assert_eq!(scene.read("db"), value("v1"), "the others do not wait");
    let batch = scene.start();
    scene.complete(&batch, "db", found("v2"));
    assert_eq!(scene.complete(&stalled, "db", found("late")), value("late"));
    assert_eq!(scene.read("db"), value("v2"));
}

#[test]
fn queued_requests_can_be_cancelled() {
    let mut scene = Scene::new();
    let Read::Waits(one) = scene.read("one") else { panic!() };
    let Read::Waits(two) = scene.read("two") else { panic!() };
    assert_eq!(scene.cache.cancel_queued(), [one, two]);
    assert!(!scene.cache.has_queued() && scene.cache.slots.is_empty());
    assert!(matches!(scene.read("one"), Read::Waits(again) if again != one));
}

#[test]
fn clearing_during_a_fetch_answers_its_readers_and_keeps_nothing() {
    for by_name in [false, true] {
        let mut scene = Scene::new();
        let before = scene.read("db");
        let early = scene.start();
        if by_name {
            scene.cache.clear_name("db", scene.now);
        } else {
            scene.cache.clear();
        }
        let after = scene.read("db");
        assert!(matches!(after, Read::Waits(_)) && after != before, "a new reader fetches again");
        assert_eq!(scene.complete(&early, "db", found("v1")), value("v1"));
        assert_eq!(scene.read("db"), after);
        let late = scene.start();
        scene.complete(&late, "db", found("v2"));
        assert_eq!(scene.read("db"), value("v2"));
    }
}

#[test]
fn an_answer_of_a_fetch_before_clearing_that_comes_last_changes_nothing() {
    for answer in [found("v1"), Answer::missing(), denied(), throttled()] {
        let mut scene = Scene::new();
        scene.read("db");
        let early = scene.start();
        scene.cache.clear();
        scene.fetch("db", found("v2"));
        scene.complete(&early, "db", answer);
        assert_eq!(scene.read("db"), value("v2"));
    }
}

#[test]
fn clearing_before_the_fetch_starts_fetches_once_and_keeps_the_answer() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    scene.read("db");
    assert!(scene.cache.has_queued());
    scene.cache.clear();
    let Read::Waits(pending) = scene.read("db") else { panic!("v1 was cleared") };
    let batch = scene.start();
    assert_eq!(batch.keys, [(pending, Key::new("db"))], "a key is never fetched twice at once");
    scene.complete(&batch, "db", found("v2"));
    assert_eq!(scene.read("db"), value("v2"));
}

#[test]
fn clearing_revokes_the_leases_of_the_fast_path() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.fetch("other", found("v1"));
    let (one, other) = (scene.handle("db"), scene.handle("other"));
    let lease = scene.cache.lease_of(&Key::new("db"), &one).unwrap();
    let other = scene.cache.lease_of(&Key::new("other"), &other).unwrap();
    scene.cache.take_ended();
    scene.cache.clear_name("db", scene.now);
    assert!(lease.is_revoked() && !other.is_revoked());
    assert!(scene.cache.take_ended());
    scene.cache.clear();
    assert!(other.is_revoked());
    assert!(scene.cache.take_ended());
}
