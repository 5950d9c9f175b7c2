//! How old a served value may be, and when it is fetched again.

use std::sync::Arc;
use std::time::Duration;

use super::scene::{POLICY, Read, Scene, denied, found, throttled, value};
use crate::client::cache::lease::{Age, Lease};
use crate::client::cache::{Acceptance, Moment, Policy};
use crate::source::{Answer, Key};

fn lease(scene: &mut Scene, name: &str) -> Arc<Lease> {
    let handle = scene.handle(name);
    scene.cache.lease_of(&Key::new(name), &handle).expect("it is held")
}

#[test]
fn a_fresh_value_is_served_at_once_without_a_fetch() {
    let mut scene = Scene::new();
    assert_eq!(scene.fetch("db", found("v1")), value("v1"));
    scene.pass_secs(89);
    assert_eq!(scene.read("db"), value("v1"));
    assert!(!scene.cache.has_queued());
    assert_eq!(scene.cache.counts().hits, 1);
}

#[test]
fn a_stale_value_is_served_at_once_while_exactly_one_refresh_runs() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    for _ in 0..3 {
        assert_eq!(scene.read("db"), value("v1"));
    }
    let batch = scene.start();
    assert_eq!(batch.names(), ["db"]);
    assert_eq!(scene.read("db"), value("v1"));
    assert!(!scene.cache.has_queued());
    scene.complete(&batch, "db", found("v2"));
    assert_eq!(scene.read("db"), value("v2"));
    assert_eq!((scene.cache.counts().stale, scene.cache.counts().refreshes), (4, 1));
}

#[test]
fn a_value_past_max_stale_is_not_served() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(110 + 1000);
    assert!(matches!(scene.read("db"), Read::Waits(_)));
    assert!(scene.cache.held_despite_failure(&Key::new("db"), scene.now).is_none());
    let batch = scene.start();
    assert_eq!(scene.complete(&batch, "db", found("v2")), value("v2"));
}

#[test]
fn a_value_past_max_stale_is_not_served_to_a_request_with_a_longer_ttl_either() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(110 + 1000);
    assert!(matches!(
        scene.read_with("db", Acceptance::YoungerThan(Duration::from_hours(24))),
        Read::Waits(_)
    ));
}

#[test]
fn a_value_past_max_stale_is_dropped_when_the_next_fetch_starts() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    let lease = lease(&mut scene, "db");
    scene.cache.take_ended();
    scene.pass_secs(110 + 1000);
    scene.read("other");
    scene.start();
    assert!(lease.is_revoked());
    assert!(scene.cache.take_ended(), "the copies of the fast path must be dropped too");
}

#[test]
fn a_ttl_of_zero_keeps_nothing_and_still_fetches_once_for_all_readers() {
    let mut scene = Scene::with(Policy { ttl: Duration::ZERO, ..POLICY });
    for answer in [found("v1"), denied(), throttled()] {
        let Read::Waits(pending) = scene.read("db") else { panic!("something was kept") };
        assert_eq!(scene.read("db"), Read::Waits(pending));
        let batch = scene.start();
        scene.complete(&batch, "db", answer);
        assert!(scene.cache.slots.is_empty());
    }
}

#[test]
fn an_endless_ttl_never_expires() {
    let mut scene = Scene::with(Policy { ttl: Duration::MAX, max_stale: Duration::MAX, ..POLICY });
    scene.fetch("db", found("v1"));
    scene.pass(Duration::from_hours(1_000_000));
    assert_eq!(scene.read("db"), value("v1"));
    scene.read("other");
    assert_eq!(scene.start().names(), ["other"]);
}

#[test]
fn a_reader_that_wants_a_younger_value_waits_and_others_do_not() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(10);
    let younger = Acceptance::YoungerThan(Duration::from_secs(10));
    assert!(matches!(scene.read_with("db", younger), Read::Waits(_)));
    assert_eq!(scene.read("db"), value("v1"));
    let batch = scene.start();
    assert_eq!(scene.complete(&batch, "db", found("v2")), value("v2"));
    scene.pass_secs(9);
    assert_eq!(scene.read_with("db", younger), value("v2"));
}

#[test]
fn a_reader_that_accepts_an_older_value_gets_it_past_the_ttl_without_a_refresh() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(500);
    assert_eq!(scene.read_with("db", Acceptance::YoungerThan(Duration::from_mins(10))), value("v1"));
    assert!(!scene.cache.has_queued());
}

#[test]
fn a_reader_that_wants_a_younger_value_takes_the_held_one_during_a_backoff() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(10);
    scene.refresh("db", throttled());
    assert_eq!(scene.read_with("db", Acceptance::YoungerThan(Duration::from_secs(1))), value("v1"));
    assert!(!scene.cache.has_queued());
}

#[test]
fn the_same_value_keeps_its_handle_and_its_lease() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    let (handle, before) = (scene.handle("db"), lease(&mut scene, "db"));
    scene.cache.take_ended();
    scene.pass_secs(111);
    scene.refresh("db", found("v1"));
    assert!(handle.is_shared_with(&scene.handle("db")), "a second copy of the value is in memory");
    assert!(Arc::ptr_eq(&before, &lease(&mut scene, "db")));
    assert_eq!(before.read(scene.now.after(Duration::from_secs(89))), Some(Age::Fresh));
    assert!(!scene.cache.take_ended());
}

#[test]
fn a_changed_value_revokes_the_lease_of_the_one_before() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    let (old, before) = (scene.handle("db"), lease(&mut scene, "db"));
    scene.refresh("db", found("v2"));
    assert!(before.is_revoked());
    assert!(scene.cache.take_ended());
    assert!(scene.cache.lease_of(&Key::new("db"), &old).is_none(), "an old value gets no lease");
    assert_eq!(lease(&mut scene, "db").read(scene.now), Some(Age::Fresh));
}

#[test]
fn readers_of_the_fast_path_come_back_when_a_refresh_is_due_and_not_while_it_runs() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    let lease = lease(&mut scene, "db");
    assert_eq!(lease.read(scene.now.after(Duration::from_secs(89))), Some(Age::Fresh));
    scene.pass_secs(111);
    assert_eq!(lease.read(scene.now), None);
    scene.read("db");
    assert_eq!(lease.read(scene.now), Some(Age::Stale));
    assert_eq!(lease.read(scene.now.after(Duration::from_secs(1000))), None, "past max_stale");
    let batch = scene.start();
    scene.complete(&batch, "db", throttled());
    assert_eq!(lease.read(scene.now), Some(Age::Stale), "the next attempt has to wait");
    scene.pass_secs(1);
    assert_eq!(lease.read(scene.now), None);
    assert_eq!(scene.read("db"), value("v1"));
    let batch = scene.start();
    scene.complete(&batch, "db", found("v1"));
    assert_eq!(lease.read(scene.now), Some(Age::Fresh));
}

#[test]
fn only_another_value_or_its_end_is_a_change() {
    let mut scene = Scene::new();
    let mut changes = 0;
    let mut grows = |scene: &Scene| std::mem::replace(&mut changes, scene.cache.changes()) != changes;
    for refusal in [denied(), Answer::missing(), denied()] {
        scene.fetch("none", refusal);
        scene.pass_secs(10);
        assert!(!grows(&scene), "there was no value before");
    }
    for (answer, is_change) in [
        (found("v1"), true),
        (found("v1"), false),
        (throttled(), false),
        (found("v2"), true),
        (denied(), true),
        (Answer::missing(), false),
    ] {
        scene.refresh("db", answer);
        assert_eq!(grows(&scene), is_change);
    }
}

fn due_at(scene: &Scene, name: &str) -> Option<Moment> {
    scene.cache.due_at(&Key::new(name))
}

#[test]
fn a_watched_value_is_due_before_it_is_stale_and_no_later_than_it_may_be_served() {
    let mut scene = Scene::new();
    assert_eq!(due_at(&scene, "db"), None);
    scene.fetch("db", found("v1"));
    let (fetched_at, due) = (scene.now, due_at(&scene, "db").unwrap());
    assert!((88..108).contains(&due.since(fetched_at).as_secs()), "{due:?}");
    let until = scene.cache.slots.values().next().unwrap().held.as_ref().unwrap().stale_until;
    // Shortly before its end, so that a back-off of half a minute goes past it.
    while due_at(&scene, "db") != Some(until) {
        scene.pass_secs(1);
        assert!(scene.now < until);
        if matches!(scene.read("db"), Read::Value(_)) && scene.cache.has_queued() {
            assert_eq!(due_at(&scene, "db"), None, "it is pending");
            let batch = scene.start();
            scene.complete(&batch, "db", throttled());
        }
    }
}

#[test]
fn a_watched_secret_is_due_a_second_after_a_transient_failure_and_not_after_a_refusal() {
    for (answer, pause) in [(throttled(), Some(1)), (Answer::missing(), None), (denied(), None)] {
        let mut scene = Scene::new();
        let due = |scene: &Scene| pause.map(|pause| scene.now.after(Duration::from_secs(pause)));
        scene.fetch("db", answer.clone());
        assert_eq!(due_at(&scene, "db"), due(&scene));
        // An expired value does not hide it.
        scene.pass_secs(10);
        scene.fetch("old", found("v1"));
        scene.pass_secs(110 + 1000);
        scene.fetch("old", answer);
        assert_eq!(due_at(&scene, "old"), due(&scene));
    }
}
