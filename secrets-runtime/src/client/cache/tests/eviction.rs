//! How many secrets are kept, and which are evicted first.

use std::time::Duration;

use super::scene::{POLICY, Read, Scene, found, value};
use crate::client::cache::{Moment, Policy};
use crate::source::{Answer, Key};

fn small(capacity: usize) -> Scene {
    Scene::with(Policy { capacity, ..POLICY })
}

fn is_held(scene: &Scene, name: &str) -> bool {
    scene.cache.held_despite_failure(&Key::new(name), scene.now).is_some()
}

#[test]
fn the_capacity_is_kept_and_the_least_recently_used_goes_first() {
    let mut scene = small(2);
    for name in ["a", "b"] {
        scene.fetch(name, found("v"));
        scene.pass_secs(1);
    }
    scene.read("a");
    scene.pass_secs(1);
    scene.fetch("c", found("v"));
    assert_eq!(["a", "b", "c"].map(|name| is_held(&scene, name)), [true, false, true]);
    assert_eq!(scene.cache.counts().evictions, 1);
    assert!(scene.cache.take_ended(), "an evicted value is dropped from the fast path too");
}

#[test]
fn slots_without_a_value_go_first() {
    let mut scene = small(2);
    scene.fetch("old", found("v"));
    scene.pass_secs(1);
    scene.fetch("typo", Answer::missing());
    scene.pass_secs(1);
    scene.fetch("new", found("v"));
    assert!(is_held(&scene, "old") && is_held(&scene, "new"));
    assert!(matches!(scene.read("typo"), Read::Waits(_)));
}

#[test]
fn a_loop_over_missing_names_stays_within_the_capacity() {
    let mut scene = small(5);
    for index in 0..100 {
        scene.fetch(&format!("typo-{index}"), Answer::missing());
    }
    assert_eq!(scene.cache.slots.len(), 5);
}

#[test]
fn pending_keys_stay_until_they_are_answered() {
    let mut scene = small(1);
    let names: Vec<String> = (0..5).map(|index| format!("key-{index}")).collect();
    for name in &names {
        scene.read(name);
    }
    let batch = scene.start();
    for name in &names {
        assert_eq!(scene.complete(&batch, name, found(name)), value(name));
    }
    assert_eq!(scene.cache.slots.len(), 1);
}

#[test]
fn a_value_read_only_on_the_fast_path_survives_a_stream_of_others() {
    let mut scene = small(3);
    scene.fetch("hot", found("v"));
    let handle = scene.handle("hot");
    let lease = scene.cache.lease_of(&Key::new("hot"), &handle).unwrap();
    for index in 0..80 {
        scene.pass_secs(1);
        lease.read(scene.now);
        scene.fetch(&format!("cold-{index}"), found("v"));
        assert!(is_held(&scene, "hot"));
    }
}

#[test]
fn a_value_read_only_on_the_fast_path_survives_when_it_changes_under_eviction_pressure() {
    let mut scene = small(2);
    scene.fetch("hot", found("v1"));
    let handle = scene.handle("hot");
    let lease = scene.cache.lease_of(&Key::new("hot"), &handle).unwrap();
    scene.pass_secs(30);
    scene.fetch("lukewarm", found("v"));
    // Read on the fast path until now, and about to be refreshed along with the next fetch.
    let fresh_until =
        scene.cache.slots.values().map(|slot| slot.held.as_ref().unwrap().fresh_until).min().unwrap();
    scene.now = Moment::from_millis(fresh_until.as_millis() - 5000);
    lease.read(scene.now);
    scene.pass(Duration::from_millis(1));
    scene.read("cold");
    let batch = scene.start();
    assert_eq!(batch.names(), ["cold", "hot"]);
    scene.complete(&batch, "hot", found("v2"));
    scene.complete(&batch, "cold", found("v"));
    assert_eq!(["hot", "lukewarm", "cold"].map(|name| is_held(&scene, name)), [true, false, true]);
}

#[test]
fn answers_that_come_together_evict_the_least_recently_used() {
    let mut scene = small(3);
    for name in ["a", "b", "c"] {
        scene.fetch(name, found("v"));
        scene.pass_secs(1);
    }
    scene.read("a");
    scene.pass_secs(1);
    for name in ["d", "e"] {
        scene.read(name);
    }
    let batch = scene.start();
    for (pending, key) in &batch.keys {
        scene.cache.complete(batch.seq, *pending, key, found("v"), scene.now);
    }
    scene.cache.make_room();
    scene.cache.check_invariants();
    let held = ["a", "b", "c", "d", "e"].map(|name| is_held(&scene, name));
    assert_eq!(held, [true, false, false, true, true]);
    assert_eq!(scene.cache.counts().evictions, 2);
}

#[test]
fn of_two_used_in_the_same_moment_the_one_that_was_read_again_stays() {
    for wanted in ["a", "b"] {
        let mut scene = small(2);
        for name in ["a", "b"] {
            scene.fetch(name, found("v"));
        }
        scene.read(wanted);
        scene.fetch("c", found("v"));
        assert_eq!(["a", "b"].map(|name| is_held(&scene, name)), ["a", "b"].map(|name| name == wanted));
    }
}
