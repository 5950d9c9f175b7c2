//! How much is kept, what goes first, and what travels together.

use std::time::Duration;

use super::scene::{POLICY, Read, Scene, found, throttled, value};
use crate::client::cache::Policy;
use crate::client::clock::Moment;
use crate::source::{Answer, Key};

fn small(capacity: usize) -> Scene {
    Scene::with(Policy { capacity, ..POLICY })
}

fn is_held(scene: &Scene, name: &str) -> bool {
    scene.cache.held_despite_failure(&Key::new(name), scene.now).is_some()
}

#[test]
fn no_more_is_kept_than_may_be_and_the_least_recently_used_goes_first() {
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
    assert!(scene.cache.take_ended(), "what was evicted is wiped everywhere");
}

#[test]
fn what_holds_no_value_goes_before_what_does() {
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
fn a_loop_over_names_that_do_not_exist_takes_no_more_room_than_there_is() {
    let mut scene = small(5);
    for index in 0..100 {
        scene.fetch(&format!("typo-{index}"), Answer::missing());
    }
    assert_eq!(scene.cache.slots.len(), 5);
}

#[test]
fn what_somebody_waits_for_stays_until_it_has_landed() {
    let mut scene = small(1);
    let names: Vec<String> = (0..5).map(|index| format!("key-{index}")).collect();
    for name in &names {
        scene.read(name);
    }
    let departure = scene.depart();
    for name in &names {
        assert_eq!(scene.land(&departure, name, found(name)), value(name));
    }
    assert_eq!(scene.cache.slots.len(), 1);
}

#[test]
fn a_hot_value_survives_a_stream_of_others_though_no_read_of_it_comes_to_the_cache() {
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
fn a_hot_value_survives_when_it_changes_under_eviction_pressure() {
    let mut scene = small(2);
    scene.fetch("hot", found("v1"));
    let handle = scene.handle("hot");
    let lease = scene.cache.lease_of(&Key::new("hot"), &handle).unwrap();
    scene.pass_secs(30);
    scene.fetch("lukewarm", found("v"));
    // Read past the cache until now, and about to be refreshed along with whatever comes.
    let fresh_until =
        scene.cache.slots.values().map(|slot| slot.held.as_ref().unwrap().fresh_until).min().unwrap();
    scene.now = Moment::from_millis(fresh_until.as_millis() - 5000);
    lease.read(scene.now);
    scene.pass(Duration::from_millis(1));
    scene.read("cold");
    let departure = scene.depart();
    assert_eq!(departure.names(), ["cold", "hot"]);
    scene.land(&departure, "hot", found("v2"));
    scene.land(&departure, "cold", found("v"));
    assert_eq!(["hot", "lukewarm", "cold"].map(|name| is_held(&scene, name)), [true, false, true]);
}

#[test]
fn due_values_travel_with_wanted_ones() {
    let mut scene = Scene::with(Policy { capacity: 1000, ..POLICY });
    let names: Vec<String> = (0..100).map(|index| format!("key-{index}")).collect();
    for name in &names {
        scene.read(name);
    }
    let departure = scene.depart();
    assert_eq!(departure.aboard.len(), 100);
    for name in &names {
        scene.land(&departure, name, found("v"));
        scene.read(name);
    }
    scene.pass_secs(111);
    assert_eq!(scene.read(&names[0]), value("v"));
    let departure = scene.depart();
    assert_eq!(departure.aboard.len(), 100);
    for name in &names {
        scene.land(&departure, name, found("v"));
        scene.read(name);
    }
    assert_eq!(scene.cache.counts().refreshes, 100);
    assert!(!scene.cache.has_waiting());
}

#[test]
fn what_will_be_due_soon_travels_early_and_what_nobody_reads_stays_behind() {
    let mut scene = Scene::new();
    for name in ["read", "unread"] {
        scene.fetch(name, found("v"));
    }
    scene.read("read");
    scene.pass_secs(70);
    scene.fetch("other", found("v"));
    scene.pass_secs(31);
    scene.read("cold");
    assert_eq!(scene.depart().names(), ["cold", "read"]);
}

#[test]
fn what_is_read_less_often_than_once_in_a_ttl_travels_together_all_the_same() {
    let mut scene = Scene::new();
    for name in ["a", "b", "once"] {
        scene.fetch(name, found("v"));
    }
    for name in ["a", "b"] {
        scene.read(name);
    }
    let mut due_together = |read: &[&str], aboard: &[&str]| {
        scene.pass_secs(111);
        scene.read(read[0]);
        let departure = scene.depart();
        assert_eq!(departure.names(), aboard);
        // The others are read while the call is under way.
        scene.pass(Duration::from_millis(1));
        for name in read {
            scene.read(name);
        }
        for name in aboard {
            scene.land(&departure, name, found("v"));
        }
    };
    due_together(&["a", "b"], &["a", "b"]);
    due_together(&["a"], &["a", "b"]);
    // And not for ever.
    due_together(&["a"], &["a"]);
}

#[test]
fn what_has_just_failed_does_not_travel_until_another_try_is_worth_it() {
    let mut scene = Scene::new();
    scene.fetch("down", found("v"));
    scene.pass_secs(111);
    scene.read("down");
    let departure = scene.depart();
    scene.land(&departure, "down", throttled());
    scene.read("down");
    scene.read("cold");
    assert_eq!(scene.depart().names(), ["cold"]);
    scene.pass_secs(1);
    scene.read("colder");
    assert_eq!(scene.depart().names(), ["colder", "down"]);
}

#[test]
fn what_came_together_stays_together() {
    let mut scene = Scene::new();
    for name in ["a", "b"] {
        scene.read(name);
    }
    let departure = scene.depart();
    for name in ["a", "b"] {
        scene.land(&departure, name, found("v"));
    }
    let times: Vec<_> =
        scene.cache.slots.values().map(|slot| slot.held.as_ref().unwrap().fresh_until).collect();
    assert_eq!(times[0], times[1]);
}

#[test]
fn several_that_land_together_leave_room_for_what_was_used_last() {
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
    let departure = scene.depart();
    for (flight, key) in &departure.aboard {
        scene.cache.land(departure.trip, *flight, key, found("v"), scene.now);
    }
    scene.cache.make_room();
    scene.cache.check_invariants();
    let held = ["a", "b", "c", "d", "e"].map(|name| is_held(&scene, name));
    assert_eq!(held, [true, false, false, true, true]);
    assert_eq!(scene.cache.counts().evictions, 2);
}

#[test]
fn of_two_used_in_the_same_moment_the_one_that_somebody_has_read_again_stays() {
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
