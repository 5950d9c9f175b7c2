//! Which call's answer counts for whom.

use std::time::Duration;

use super::scene::{Read, Scene, denied, found, throttled, value};
use crate::client::cache::Wish;
use crate::error::ErrorKind;
use crate::source::{Answer, Key};

#[test]
fn readers_of_a_cold_key_wait_for_one_flight() {
    let mut scene = Scene::new();
    let first = scene.read("db");
    for _ in 0..100 {
        assert_eq!(scene.read("db"), first);
    }
    let departure = scene.depart();
    assert_eq!(scene.read("db"), first, "also while the call is under way");
    assert_eq!(departure.aboard.len(), 1);
    assert!(scene.cache.depart(scene.now).is_none());
    assert_eq!((scene.cache.counts().misses, scene.cache.counts().coalesced), (102, 101));
}

#[test]
fn a_refresh_joins_only_calls_that_begin_later_so_that_many_need_two_at_most() {
    let mut scene = Scene::new();
    scene.read("db");
    let first = scene.depart();
    let wish = Wish::After(scene.cache.trip());
    for _ in 0..100 {
        assert_eq!(scene.read_with("db", wish), Read::WaitsToLookAgain(first.aboard[0].0));
    }
    scene.land(&first, "db", found("v1"));
    let Read::Waits(flight) = scene.read_with("db", wish) else { panic!("v1 began too early") };
    for _ in 0..99 {
        assert_eq!(scene.read_with("db", wish), Read::Waits(flight));
    }
    let second = scene.depart();
    assert_eq!(scene.read_with("db", wish), Read::Waits(flight), "it began after these readers had come");
    scene.land(&second, "db", found("v2"));
    assert_eq!(scene.read_with("db", wish), value("v2"));
    assert!(!scene.cache.has_waiting());
}

#[test]
fn a_refresh_joins_a_call_that_is_yet_to_begin() {
    let mut scene = Scene::new();
    let cold = scene.read("db");
    assert_eq!(scene.read_with("db", Wish::After(scene.cache.trip())), cold);
}

#[test]
fn a_refresh_that_fails_is_a_failure_for_who_asked_for_it_alone() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    assert_eq!(scene.refresh("db", throttled()), Read::Failed(ErrorKind::Throttled));
    assert_eq!(scene.read("db"), value("v1"));
}

#[test]
fn a_flight_that_is_abandoned_is_asked_for_again() {
    let mut scene = Scene::new();
    let first = scene.read("db");
    let departure = scene.depart();
    scene.cache.abandon(departure.aboard[0].0, &Key::new("db"));
    assert!(scene.cache.slots.is_empty());
    let again = scene.read("db");
    assert!(matches!(again, Read::Waits(_)) && again != first);
    assert_eq!(scene.land(&departure, "db", found("late")), value("late"));
    assert_eq!(scene.read("db"), again, "what was given up is not kept");
}

#[test]
fn a_refresh_that_is_abandoned_leaves_the_value_and_is_begun_again() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    scene.read("db");
    let departure = scene.depart();
    scene.cache.abandon(departure.aboard[0].0, &Key::new("db"));
    assert_eq!(scene.read("db"), value("v1"));
    assert!(scene.cache.has_waiting());
}

#[test]
fn one_reader_waits_in_place_of_a_refresh_that_takes_longer_than_any_call_does() {
    let mut scene = Scene::new();
    scene.cache = scene.cache.with_patience(Duration::from_secs(30));
    scene.fetch("db", found("v1"));
    let handle = scene.handle("db");
    let lease = scene.cache.lease_of(&Key::new("db"), &handle).unwrap();
    scene.pass_secs(111);
    scene.read("db");
    let lost = scene.depart();
    scene.pass_secs(29);
    assert_eq!(scene.read("db"), value("v1"));
    assert!(lease.read(scene.now).is_some());
    scene.pass_secs(1);
    assert!(lease.read(scene.now).is_none(), "readers past the cache come back");
    assert!(matches!(scene.read("db"), Read::Waits(flight) if flight != lost.aboard[0].0));
    assert_eq!(scene.read("db"), value("v1"), "the others do not wait");
    let departure = scene.depart();
    scene.land(&departure, "db", found("v2"));
    assert_eq!(scene.land(&lost, "db", found("late")), value("late"));
    assert_eq!(scene.read("db"), value("v2"));
}

#[test]
fn what_no_call_has_taken_yet_can_be_given_up() {
    let mut scene = Scene::new();
    let Read::Waits(one) = scene.read("one") else { panic!() };
    let Read::Waits(two) = scene.read("two") else { panic!() };
    assert_eq!(scene.cache.cancel_waiting(), [one, two]);
    assert!(!scene.cache.has_waiting() && scene.cache.slots.is_empty());
    assert!(matches!(scene.read("one"), Read::Waits(again) if again != one));
}

#[test]
fn clearing_during_a_call_answers_its_readers_and_keeps_nothing_of_it() {
    for by_name in [false, true] {
        let mut scene = Scene::new();
        let before = scene.read("db");
        let early = scene.depart();
        if by_name {
            scene.cache.clear_name("db", scene.now);
        } else {
            scene.cache.clear();
        }
        let after = scene.read("db");
        assert!(matches!(after, Read::Waits(_)) && after != before, "a new reader asks anew");
        assert_eq!(scene.land(&early, "db", found("v1")), value("v1"));
        assert_eq!(scene.read("db"), after);
        let late = scene.depart();
        scene.land(&late, "db", found("v2"));
        assert_eq!(scene.read("db"), value("v2"));
    }
}

#[test]
fn an_answer_from_before_clearing_that_lands_last_changes_nothing() {
    for answer in [found("v1"), Answer::missing(), denied(), throttled()] {
        let mut scene = Scene::new();
        scene.read("db");
        let early = scene.depart();
        scene.cache.clear();
        scene.fetch("db", found("v2"));
        scene.land(&early, "db", answer);
        assert_eq!(scene.read("db"), value("v2"));
    }
}

#[test]
fn clearing_before_the_call_begins_asks_once_and_keeps_the_answer() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.pass_secs(111);
    scene.read("db");
    assert!(scene.cache.has_waiting());
    scene.cache.clear();
    let Read::Waits(flight) = scene.read("db") else { panic!("v1 was cleared") };
    let departure = scene.depart();
    assert_eq!(
        departure.aboard,
        [(flight, Key::new("db"))],
        "a source is never asked for a key twice at once"
    );
    scene.land(&departure, "db", found("v2"));
    assert_eq!(scene.read("db"), value("v2"));
}

#[test]
fn clearing_ends_what_readers_have_past_the_cache() {
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
