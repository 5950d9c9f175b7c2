//! Which keys are fetched together.

use std::time::Duration;

use super::scene::{POLICY, Scene, found, throttled, value};
use crate::client::cache::Policy;
use crate::source::Key;

#[test]
fn due_values_are_fetched_with_requested_ones() {
    let mut scene = Scene::with(Policy { capacity: 1000, ..POLICY });
    let names: Vec<String> = (0..100).map(|index| format!("key-{index}")).collect();
    for name in &names {
        scene.read(name);
    }
    let batch = scene.start();
    assert_eq!(batch.keys.len(), 100);
    for name in &names {
        scene.complete(&batch, name, found("v"));
        scene.read(name);
    }
    scene.pass_secs(111);
    assert_eq!(scene.read(&names[0]), value("v"));
    let batch = scene.start();
    assert_eq!(batch.keys.len(), 100);
    for name in &names {
        scene.complete(&batch, name, found("v"));
        scene.read(name);
    }
    assert_eq!(scene.cache.counts().refreshes, 100);
    assert!(!scene.cache.has_queued());
}

#[test]
fn values_due_soon_are_fetched_early_unless_they_are_not_read() {
    let mut scene = Scene::new();
    for name in ["read", "unread"] {
        scene.fetch(name, found("v"));
    }
    scene.read("read");
    scene.pass_secs(70);
    scene.fetch("other", found("v"));
    scene.pass_secs(31);
    scene.read("cold");
    assert_eq!(scene.start().names(), ["cold", "read"]);
}

#[test]
fn a_value_that_was_not_read_for_a_while_is_still_fetched_early_with_others() {
    for idle_secs in [58, 70, 78] {
        let mut scene = Scene::with(Policy { capacity: 1000, ..POLICY });
        scene.fetch("idle", found("v"));
        scene.pass_secs(idle_secs);
        scene.fetch("other", found("v"));
        assert_eq!(scene.read("idle"), value("v"));
        let fresh_until = scene.cache.slot(&Key::new("idle")).unwrap().held.as_ref().unwrap().fresh_until;
        let fetched_early = (0..40).any(|number| {
            scene.pass_secs(1);
            let cold = format!("cold-{number}");
            scene.read(&cold);
            let batch = scene.start();
            let is_early = batch.names().contains(&"idle") && scene.now < fresh_until;
            scene.complete(&batch, &cold, found("v"));
            is_early
        });
        assert!(fetched_early, "idle for {idle_secs} seconds");
    }
}

#[test]
fn values_read_less_often_than_once_in_a_ttl_are_fetched_together_too() {
    let mut scene = Scene::new();
    for name in ["a", "b", "once"] {
        scene.fetch(name, found("v"));
    }
    for name in ["a", "b"] {
        scene.read(name);
    }
    let mut due_together = |read: &[&str], fetched: &[&str]| {
        scene.pass_secs(111);
        scene.read(read[0]);
        let batch = scene.start();
        assert_eq!(batch.names(), fetched);
        // The others are read during the fetch.
        scene.pass(Duration::from_millis(1));
        for name in read {
            scene.read(name);
        }
        for name in fetched {
            scene.complete(&batch, name, found("v"));
        }
    };
    due_together(&["a", "b"], &["a", "b"]);
    due_together(&["a"], &["a", "b"]);
    // But not for ever.
    due_together(&["a"], &["a"]);
}

#[test]
fn a_failed_key_is_not_fetched_with_others_during_its_backoff() {
    let mut scene = Scene::new();
    scene.fetch("down", found("v"));
    scene.pass_secs(111);
    scene.read("down");
    let batch = scene.start();
    scene.complete(&batch, "down", throttled());
    scene.read("down");
    scene.read("cold");
    assert_eq!(scene.start().names(), ["cold"]);
    scene.pass_secs(1);
    scene.read("colder");
    assert_eq!(scene.start().names(), ["colder", "down"]);
}

#[test]
fn values_of_one_fetch_expire_together() {
    let mut scene = Scene::new();
    for name in ["a", "b"] {
        scene.read(name);
    }
    let batch = scene.start();
    for name in ["a", "b"] {
        scene.complete(&batch, name, found("v"));
    }
    let times: Vec<_> =
        scene.cache.slots.values().map(|slot| slot.held.as_ref().unwrap().fresh_until).collect();
    assert_eq!(times[0], times[1]);
}
