//! What an operation visits while the cache is locked, however many secrets there are.

use std::time::Duration;

use super::super::eviction::{MAX_CANDIDATES, MAX_VISITS};
use super::scene::{ARN, POLICY, Read, Scene, found, found_as, value};
use crate::client::cache::{Moment, Policy};
use crate::source::{Answer, Identity, Key};

const MANY: usize = 5000;

fn name(index: usize) -> String {
    format!("name-{index}")
}

/// Reads many names that are not known, and fetches them in one call.
fn fetch_many(scene: &mut Scene, answer: impl Fn(usize) -> Answer) {
    for index in 0..MANY {
        scene.look_up(&Key::new(name(index)), crate::client::cache::Acceptance::Cached);
    }
    let batch = scene.start();
    for (index, (id, key)) in batch.keys.iter().enumerate() {
        scene.cache.complete(batch.seq, *id, key, answer(index), scene.now);
    }
    scene.cache.make_room();
    scene.cache.check_invariants();
}

fn large() -> Scene {
    Scene::with(Policy { capacity: MANY, ..POLICY })
}

fn read_all(scene: &mut Scene) {
    for index in 0..MANY {
        scene.look_up(&Key::new(name(index)), crate::client::cache::Acceptance::Cached);
    }
}

#[test]
fn a_fetch_takes_a_bounded_number_of_values_that_are_due_along() {
    let mut scene = large();
    fetch_many(&mut scene, |_| found("v"));
    read_all(&mut scene);
    scene.pass_secs(89);
    scene.read("other");
    assert_eq!(scene.start().keys.len(), 1 + MAX_VISITS);
    scene.read("another");
    assert_eq!(scene.start().keys.len(), 1 + MAX_VISITS, "the next fetch takes the next ones");
}

#[test]
fn values_that_were_not_read_are_looked_at_once_and_not_for_every_fetch() {
    let mut scene = large();
    fetch_many(&mut scene, |_| found("v"));
    scene.pass_secs(80);
    for round in 0..2 * MANY / MAX_VISITS {
        scene.read(&format!("other-{round}"));
        let batch = scene.start();
        assert!(batch.keys.len() <= 1 + MAX_VISITS);
        for (id, key) in &batch.keys {
            scene.cache.complete(batch.seq, *id, key, found("v"), scene.now);
        }
        scene.cache.make_room();
    }
    let due = scene.cache.orders.due.first().map(|(at, _)| at);
    assert!(due.is_none_or(|at| at > scene.now), "something is looked at again: {due:?}");
}

#[test]
fn values_that_have_ended_are_dropped_in_bounded_steps_until_none_is_left() {
    let mut scene = large();
    fetch_many(&mut scene, |_| found("v"));
    scene.pass_secs(10_000);
    let mut left = MANY;
    while scene.cache.sweep(scene.now) {
        assert_eq!(scene.cache.slots.len(), left - MAX_VISITS);
        left -= MAX_VISITS;
    }
    assert!(scene.cache.slots.is_empty() && scene.cache.keys.is_empty());
    scene.cache.check_invariants();
}

#[test]
fn an_eviction_looks_at_a_bounded_number_of_slots_although_all_were_read_meanwhile() {
    let mut scene = large();
    fetch_many(&mut scene, |_| found("v"));
    scene.pass_secs(1);
    read_all(&mut scene);
    let outdated = |scene: &Scene| {
        scene.cache.slots.values().filter(|slot| slot.places.rank != Some(slot.rank())).count()
    };
    assert_eq!(outdated(&scene), MANY);
    scene.pass_secs(1);
    scene.fetch("other", found("v"));
    assert_eq!(scene.cache.slots.len(), MANY);
    assert!(outdated(&scene) >= MANY - MAX_CANDIDATES, "{} were not looked at", outdated(&scene));
    assert_eq!(scene.read("other"), value("v"), "the newest one is not the least recently used");
}

#[test]
fn names_that_one_arn_answers_to_stay_apart_and_get_no_aliases() {
    let mut scene = large();
    fetch_many(&mut scene, |index| found_as(&format!("value of {index}"), ARN));
    for index in [0, 1, MANY - 1] {
        assert_eq!(scene.read(&name(index)), value(&format!("value of {index}")));
    }
    assert!(matches!(scene.read(ARN), Read::Waits(_)), "no name here is that of the ARN");
    assert!(scene.cache.slots.values().all(|slot| slot.aliases.is_empty()));
}

#[test]
fn names_that_one_arn_answers_to_one_after_the_other_stay_within_the_capacity() {
    let mut scene = Scene::new();
    for index in 0..200 {
        scene.fetch(&name(index), found_as(&format!("value of {index}"), ARN));
        assert!(scene.cache.keys.len() <= POLICY.capacity);
    }
}

#[test]
fn an_answer_about_another_secret_does_not_replace_the_value_of_that_secret() {
    const OTHER: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:other-AbCdEf";
    for id in [
        ARN.to_owned(),
        ARN.replace("111111111111", "222222222222"),
        ARN.replace("eu-west-1", "us-east-1"),
        ARN.replace("db-", "db-master-"),
    ] {
        let mut scene = Scene::new();
        scene.fetch("db", found_as("of db", ARN));
        scene.fetch("other", Answer::found("hostile").identified_by(Identity::new(id.as_str())));
        assert_eq!((scene.read("db"), scene.read("other")), (value("of db"), value("hostile")), "{id}");
        assert_eq!(scene.read(ARN), value("of db"), "{id}");
        scene.refresh("other", found_as("of other", OTHER));
        assert_eq!(scene.read(OTHER), value("of other"));
    }
}

#[test]
fn a_secret_whose_answers_turn_to_another_secret_loses_its_aliases() {
    let mut scene = Scene::new();
    scene.fetch("db", found_as("of db", ARN));
    scene.refresh("db", found_as("of another", &ARN.replace("db-", "another-")));
    assert_eq!(scene.read("db"), value("of another"));
    assert!(matches!(scene.read(ARN), Read::Waits(_)), "what the ARN has is not known");
}

#[test]
fn an_arn_without_its_suffix_is_an_alias_only_within_its_account() {
    let mut scene = Scene::new();
    scene.fetch(super::scene::PARTIAL_ARN, found_as("of one account", ARN));
    scene.fetch("db", found_as("of one account", ARN));
    let elsewhere = ARN.replace("111111111111", "222222222222");
    scene.refresh("db", found_as("of the other", &elsewhere));
    assert_eq!((scene.read("db"), scene.read(&elsewhere)), (value("of the other"), value("of the other")));
    for key in [ARN, super::scene::PARTIAL_ARN] {
        assert!(matches!(scene.read(key), Read::Waits(_)), "{key} is in the other account");
    }
}

#[test]
fn a_clock_that_goes_backwards_or_jumps_to_its_end_does_no_harm() {
    for jumps in [[1, u64::MAX, 1], [u64::MAX, 0, u64::MAX], [2_000_000, 0, 1_000_000]] {
        let mut scene = Scene::with(Policy { capacity: 2, ..POLICY });
        for (round, jump) in jumps.into_iter().enumerate() {
            for name in ["a", "b", "c"] {
                scene.now = Moment::from_millis(jump);
                if matches!(scene.read(name), Read::Waits(_)) {
                    let batch = scene.start();
                    for (id, key) in &batch.keys {
                        scene.cache.complete(batch.seq, *id, key, found("v"), scene.now);
                    }
                    scene.cache.make_room();
                }
                scene.cache.clear_name("b", scene.now);
                scene.cache.check_invariants();
            }
            assert!(scene.cache.slots.len() <= 2, "{round}");
        }
    }
}

#[test]
fn endless_times_are_kept_and_never_overflow() {
    let policy = Policy { ttl: Duration::MAX, max_stale: Duration::MAX, capacity: 2 };
    let mut scene = Scene::with(policy);
    scene.fetch("db", found("v"));
    scene.pass(Duration::from_hours(24 * 365 * 100));
    assert_eq!(scene.read("db"), value("v"));
    assert!(scene.cache.due_at(&Key::new("db")).is_some_and(|due| due > scene.now));
    scene.fetch("other", found("v"));
    scene.fetch("more", found("v"));
    assert_eq!(scene.cache.slots.len(), 2);
}
