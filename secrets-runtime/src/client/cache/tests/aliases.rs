//! A name and its ARN: one secret.

use std::time::Duration;

use super::scene::{ARN, NEW_ARN, PARTIAL_ARN, Read, Scene, denied, found, found_as, throttled, value};
use crate::client::cache::Wish;
use crate::setting::Version;
use crate::source::{Answer, Identity, Key};

#[test]
fn an_answer_to_a_name_answers_its_arn_too() {
    let mut scene = Scene::new();
    scene.fetch("db", found_as("v1", ARN));
    assert_eq!(scene.read(ARN), value("v1"));
    assert!(scene.handle("db").is_shared_with(&scene.handle(ARN)));
}

#[test]
fn a_name_and_its_arn_become_one_and_are_refreshed_by_name_once() {
    for names in [["db", ARN], [ARN, "db"]] {
        let mut scene = Scene::new();
        for name in names {
            if matches!(scene.read(name), Read::Waits(_)) {
                let departure = scene.depart();
                scene.land(&departure, name, found_as("v1", ARN));
            }
        }
        assert_eq!(scene.cache.slots.len(), 1);
        scene.pass_secs(111);
        scene.read(ARN);
        scene.read("db");
        assert_eq!(scene.depart().names(), ["db"], "an ARN does not outlive its secret, a name does");
    }
}

#[test]
fn a_name_and_its_arn_asked_side_by_side_keep_the_answer_of_the_later_call() {
    let mut scene = Scene::new();
    scene.read("db");
    let early = scene.depart();
    scene.read(ARN);
    let late = scene.depart();
    scene.land(&late, ARN, found_as("v2", ARN));
    assert_eq!(scene.land(&early, "db", found_as("v1", ARN)), value("v2"));
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v2"), value("v2")));
    assert_eq!(scene.cache.slots.len(), 1);
}

#[test]
fn an_answer_that_is_late_and_turns_out_to_be_of_a_secret_known_by_another_key_is_dropped() {
    let mut scene = Scene::new();
    scene.read(PARTIAL_ARN);
    let early = scene.depart();
    scene.fetch("db", found_as("v2", ARN));
    assert_eq!(scene.land(&early, PARTIAL_ARN, found_as("v1", ARN)), value("v2"));
    for name in ["db", ARN, PARTIAL_ARN] {
        assert_eq!(scene.read(name), value("v2"));
    }
}

#[test]
fn a_late_value_does_not_undo_a_definite_answer_to_its_arn() {
    for refusal in [Answer::missing(), denied()] {
        let mut scene = Scene::new();
        scene.read("db");
        let early = scene.depart();
        let refused = scene.fetch(ARN, refusal);
        assert_eq!(scene.land(&early, "db", found_as("v1", ARN)), value("v1"), "who began with it gets it");
        assert!(matches!(scene.read("db"), Read::Waits(_)), "what the name means by now is not known");
        assert_eq!(scene.read(ARN), refused);
    }
}

#[test]
fn a_later_value_by_name_undoes_a_definite_answer_to_its_arn() {
    let mut scene = Scene::new();
    scene.fetch(ARN, denied());
    scene.fetch("db", found_as("v1", ARN));
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v1"), value("v1")));
}

#[test]
fn a_late_value_is_kept_when_the_later_call_said_nothing_of_the_secret() {
    let mut scene = Scene::new();
    scene.read("db");
    let early = scene.depart();
    scene.fetch(ARN, throttled());
    assert_eq!(scene.land(&early, "db", found_as("v1", ARN)), value("v1"));
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v1"), value("v1")));
}

#[test]
fn who_waits_for_an_arn_gets_its_answer_after_it_has_become_one_with_the_name() {
    let mut scene = Scene::new();
    scene.read("db");
    let Read::Waits(flight) = scene.read(ARN) else { panic!() };
    let departure = scene.depart();
    assert_eq!(departure.names(), [ARN, "db"]);
    scene.land(&departure, "db", found_as("v1", ARN));
    assert_eq!(
        scene.read_with("db", Wish::After(scene.cache.trip())),
        Read::WaitsToLookAgain(flight),
        "the one secret has one flight"
    );
    assert_eq!(scene.land(&departure, ARN, denied()), Read::Failed(crate::error::ErrorKind::AccessDenied));
    assert_eq!(scene.read(ARN), Read::Failed(crate::error::ErrorKind::AccessDenied));
    assert!(matches!(scene.read("db"), Read::Waits(_)), "by name it may be allowed");
}

#[test]
fn a_secret_deleted_and_made_anew_is_found_by_name_and_no_longer_by_the_old_arn() {
    let mut scene = Scene::new();
    scene.fetch("db", found_as("v1", ARN));
    scene.refresh("db", Answer::missing());
    assert!(matches!(scene.read(ARN), Read::Waits(_)), "the name's answer says nothing of the ARN");
    let departure = scene.depart();
    scene.land(&departure, ARN, Answer::missing());
    scene.pass_secs(1);
    scene.refresh("db", found_as("v2", NEW_ARN));
    assert_eq!((scene.read("db"), scene.read(NEW_ARN)), (value("v2"), value("v2")));
    assert_eq!(scene.read(ARN), Read::Missing);
}

#[test]
fn a_secret_made_anew_between_two_refreshes_parts_from_the_old_arn() {
    let mut scene = Scene::new();
    scene.fetch(ARN, found_as("v1", ARN));
    scene.fetch("db", found_as("v1", ARN));
    scene.refresh("db", found_as("v2", NEW_ARN));
    assert_eq!((scene.read("db"), scene.read(NEW_ARN)), (value("v2"), value("v2")));
    assert_eq!(scene.fetch(ARN, Answer::missing()), Read::Missing);
    assert_eq!(scene.read("db"), value("v2"));
}

#[test]
fn a_refusal_to_an_old_arn_does_not_end_what_the_name_has() {
    let mut scene = Scene::new();
    scene.read(ARN);
    let by_arn = scene.depart();
    scene.fetch("db", found_as("v1", ARN));
    scene.land(&by_arn, ARN, Answer::missing());
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v1"), value("v1")), "the later call found it");
}

#[test]
fn versions_of_one_secret_are_apart_and_are_cleared_together() {
    let mut scene = Scene::new();
    let previous = |name: &str| Key::new(name).with_version(Version::Stage("AWSPREVIOUS".to_owned()));
    scene.fetch("db", found_as("v2", ARN));
    scene.cache.look_up(&previous("db"), Wish::Cached, scene.now);
    let departure = scene.depart();
    scene.land(&departure, "db", found_as("v1", ARN));
    assert_eq!(scene.read(ARN), value("v2"));
    assert_eq!(scene.cache.slots.len(), 2);
    scene.cache.clear_name(ARN, scene.now);
    assert!(scene.cache.slots.is_empty());
}

#[test]
fn a_secret_that_was_asked_for_by_arn_alone_is_cleared_by_its_name() {
    let mut scene = Scene::new();
    scene.fetch(ARN, found_as("v1", ARN));
    scene.cache.clear_name("db", scene.now);
    assert!(matches!(scene.read(ARN), Read::Waits(_)));
}

#[test]
fn a_call_under_way_that_turns_out_to_be_of_a_cleared_secret_is_not_kept() {
    for name in ["db", ARN] {
        let mut scene = Scene::new();
        scene.read(PARTIAL_ARN);
        let early = scene.depart();
        scene.cache.clear_name(name, scene.now);
        assert_eq!(scene.land(&early, PARTIAL_ARN, found_as("v1", ARN)), value("v1"));
        assert_eq!(
            scene.fetch(PARTIAL_ARN, found_as("v2", ARN)),
            value("v2"),
            "a call after clearing is kept"
        );
        assert_eq!((scene.read(PARTIAL_ARN), scene.read(ARN)), (value("v2"), value("v2")));
    }
}

#[test]
fn a_name_that_nothing_is_known_of_can_be_cleared() {
    let mut scene = Scene::new();
    scene.fetch("db", found_as("v1", ARN));
    scene.cache.clear_name("other", scene.now);
    assert_eq!(scene.read("db"), value("v1"));
}

#[test]
fn an_id_that_is_no_arn_is_no_name_to_ask_by() {
    let mut scene = Scene::new();
    scene.fetch("a", found_as("value of a", "b"));
    assert_eq!(scene.fetch("b", found_as("value of b", "a")), value("value of b"));
    assert_eq!((scene.read("a"), scene.read("b")), (value("value of a"), value("value of b")));
    // Nor is it cleared by it.
    assert!(matches!(scene.read("c"), Read::Waits(_)));
    let departure = scene.depart();
    scene.cache.clear_name("b", scene.now);
    scene.land(&departure, "c", Answer::found("value of c").identified_by(Identity::new("b")));
    assert_eq!(scene.read("c"), value("value of c"));
}

#[test]
fn two_keys_that_become_one_with_different_values_are_a_change() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.fetch(ARN, found_as("v2", ARN));
    let changes = scene.cache.changes();
    scene.refresh("db", found_as("v2", ARN));
    assert_eq!(scene.cache.changes(), changes + 1, "by name it was another");
}

#[test]
fn names_cleared_during_a_call_are_noted_once_and_not_for_a_call_that_is_lost() {
    let mut scene = Scene::new();
    scene.cache = scene.cache.with_patience(Duration::from_secs(30));
    let Read::Waits(flight) = scene.read(PARTIAL_ARN) else { panic!() };
    let lost = scene.depart();
    for _ in 0..3 {
        scene.cache.clear_name("db", scene.now);
        scene.cache.clear_name("other", scene.now);
    }
    assert_eq!(scene.cache.cleared.len(), 2);
    scene.pass_secs(30);
    scene.cache.clear_name("db", scene.now);
    assert_eq!((scene.cache.cleared.len(), scene.cache.take_lost()), (0, vec![flight]));
    scene.cache.check_invariants();
    scene.land(&lost, PARTIAL_ARN, found_as("v1", ARN));
    assert!(matches!(scene.read(PARTIAL_ARN), Read::Waits(_)), "it was cleared after that call had begun");
}
