//! A name and its ARN are one secret.

use std::time::Duration;

use super::scene::{ARN, NEW_ARN, PARTIAL_ARN, Read, Scene, denied, found, found_as, throttled, value};
use crate::client::cache::Acceptance;
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
fn a_name_and_its_arn_are_merged_and_refreshed_once_by_name() {
    for names in [["db", ARN], [ARN, "db"]] {
        let mut scene = Scene::new();
        for name in names {
            if matches!(scene.read(name), Read::Waits(_)) {
                let batch = scene.start();
                scene.complete(&batch, name, found_as("v1", ARN));
            }
        }
        assert_eq!(scene.cache.slots.len(), 1);
        scene.pass_secs(111);
        scene.read(ARN);
        scene.read("db");
        assert_eq!(scene.start().names(), ["db"], "an ARN does not outlive its secret, a name does");
    }
}

#[test]
fn a_name_and_its_arn_fetched_concurrently_keep_the_answer_of_the_later_fetch() {
    let mut scene = Scene::new();
    scene.read("db");
    let early = scene.start();
    scene.read(ARN);
    let late = scene.start();
    scene.complete(&late, ARN, found_as("v2", ARN));
    assert_eq!(scene.complete(&early, "db", found_as("v1", ARN)), value("v2"));
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v2"), value("v2")));
    assert_eq!(scene.cache.slots.len(), 1);
}

#[test]
fn a_late_answer_for_a_secret_that_is_known_by_another_key_is_dropped() {
    let mut scene = Scene::new();
    scene.read(PARTIAL_ARN);
    let early = scene.start();
    scene.fetch("db", found_as("v2", ARN));
    assert_eq!(scene.complete(&early, PARTIAL_ARN, found_as("v1", ARN)), value("v2"));
    for name in ["db", ARN, PARTIAL_ARN] {
        assert_eq!(scene.read(name), value("v2"));
    }
}

#[test]
fn a_late_value_does_not_undo_a_refusal_of_its_arn() {
    for refusal in [Answer::missing(), denied()] {
        let mut scene = Scene::new();
        scene.read("db");
        let early = scene.start();
        let refused = scene.fetch(ARN, refusal);
        assert_eq!(scene.complete(&early, "db", found_as("v1", ARN)), value("v1"), "its own readers get it");
        assert!(matches!(scene.read("db"), Read::Waits(_)), "the current value of the name is not known");
        assert_eq!(scene.read(ARN), refused);
    }
}

#[test]
fn a_later_value_by_name_undoes_a_refusal_of_its_arn() {
    let mut scene = Scene::new();
    scene.fetch(ARN, denied());
    scene.fetch("db", found_as("v1", ARN));
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v1"), value("v1")));
}

#[test]
fn a_late_value_is_kept_if_the_later_fetch_failed_for_a_transient_reason() {
    let mut scene = Scene::new();
    scene.read("db");
    let early = scene.start();
    scene.fetch(ARN, throttled());
    assert_eq!(scene.complete(&early, "db", found_as("v1", ARN)), value("v1"));
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v1"), value("v1")));
}

#[test]
fn a_reader_of_an_arn_gets_its_own_answer_after_the_arn_was_merged_with_the_name() {
    let mut scene = Scene::new();
    scene.read("db");
    let Read::Waits(pending) = scene.read(ARN) else { panic!() };
    let batch = scene.start();
    assert_eq!(batch.names(), [ARN, "db"]);
    scene.complete(&batch, "db", found_as("v1", ARN));
    assert_eq!(
        scene.read_with("db", Acceptance::After(scene.cache.last_fetch())),
        Read::WaitsToLookAgain(pending),
        "one secret has one request"
    );
    assert_eq!(scene.complete(&batch, ARN, denied()), Read::Failed(crate::error::ErrorKind::AccessDenied));
    assert_eq!(scene.read(ARN), Read::Failed(crate::error::ErrorKind::AccessDenied));
    assert!(matches!(scene.read("db"), Read::Waits(_)), "by name it may be allowed");
}

#[test]
fn a_secret_created_again_is_found_by_name_and_no_longer_by_the_old_arn() {
    let mut scene = Scene::new();
    scene.fetch("db", found_as("v1", ARN));
    scene.refresh("db", Answer::missing());
    assert!(
        matches!(scene.read(ARN), Read::Waits(_)),
        "the answer for the name is not an answer for the ARN"
    );
    let batch = scene.start();
    scene.complete(&batch, ARN, Answer::missing());
    scene.pass_secs(1);
    scene.refresh("db", found_as("v2", NEW_ARN));
    assert_eq!((scene.read("db"), scene.read(NEW_ARN)), (value("v2"), value("v2")));
    assert_eq!(scene.read(ARN), Read::Missing);
}

#[test]
fn a_secret_created_again_between_two_refreshes_loses_the_old_arn() {
    let mut scene = Scene::new();
    scene.fetch(ARN, found_as("v1", ARN));
    scene.fetch("db", found_as("v1", ARN));
    scene.refresh("db", found_as("v2", NEW_ARN));
    assert_eq!((scene.read("db"), scene.read(NEW_ARN)), (value("v2"), value("v2")));
    assert_eq!(scene.fetch(ARN, Answer::missing()), Read::Missing);
    assert_eq!(scene.read("db"), value("v2"));
}

#[test]
fn a_refusal_of_an_old_arn_does_not_end_the_value_of_the_name() {
    let mut scene = Scene::new();
    scene.read(ARN);
    let by_arn = scene.start();
    scene.fetch("db", found_as("v1", ARN));
    scene.complete(&by_arn, ARN, Answer::missing());
    assert_eq!((scene.read("db"), scene.read(ARN)), (value("v1"), value("v1")), "the later fetch found it");
}

#[test]
fn versions_of_one_secret_are_separate_and_are_cleared_together() {
    let mut scene = Scene::new();
    let previous = |name: &str| Key::new(name).with_version(Version::Stage("AWSPREVIOUS".to_owned()));
    scene.fetch("db", found_as("v2", ARN));
    scene.look_up(&previous("db"), Acceptance::Cached);
    let batch = scene.start();
    scene.complete(&batch, "db", found_as("v1", ARN));
    assert_eq!(scene.read(ARN), value("v2"));
    assert_eq!(scene.cache.slots.len(), 2);
    scene.cache.clear_name(ARN, scene.now);
    assert!(scene.cache.slots.is_empty());
}

#[test]
fn a_secret_requested_only_by_arn_is_cleared_by_its_name() {
    let mut scene = Scene::new();
    scene.fetch(ARN, found_as("v1", ARN));
    scene.cache.clear_name("db", scene.now);
    assert!(matches!(scene.read(ARN), Read::Waits(_)));
}

#[test]
fn an_answer_in_flight_that_turns_out_to_be_of_a_cleared_secret_is_not_kept() {
    for name in ["db", ARN] {
        let mut scene = Scene::new();
        scene.read(PARTIAL_ARN);
        let early = scene.start();
        scene.cache.clear_name(name, scene.now);
        assert_eq!(scene.complete(&early, PARTIAL_ARN, found_as("v1", ARN)), value("v1"));
        assert_eq!(
            scene.fetch(PARTIAL_ARN, found_as("v2", ARN)),
            value("v2"),
            "a fetch after clearing is kept"
        );
        assert_eq!((scene.read(PARTIAL_ARN), scene.read(ARN)), (value("v2"), value("v2")));
    }
}

#[test]
fn an_unknown_name_can_be_cleared() {
    let mut scene = Scene::new();
    scene.fetch("db", found_as("v1", ARN));
    scene.cache.clear_name("other", scene.now);
    assert_eq!(scene.read("db"), value("v1"));
}

#[test]
fn an_id_that_is_not_an_arn_is_not_an_alias() {
    let mut scene = Scene::new();
    scene.fetch("a", found_as("value of a", "b"));
    assert_eq!(scene.fetch("b", found_as("value of b", "a")), value("value of b"));
    assert_eq!((scene.read("a"), scene.read("b")), (value("value of a"), value("value of b")));
    // Nor does it clear the secret.
    assert!(matches!(scene.read("c"), Read::Waits(_)));
    let batch = scene.start();
    scene.cache.clear_name("b", scene.now);
    scene.complete(&batch, "c", Answer::found("value of c").identified_by(Identity::new("b")));
    assert_eq!(scene.read("c"), value("value of c"));
}

#[test]
fn merging_two_keys_with_different_values_is_a_change() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v1"));
    scene.fetch(ARN, found_as("v2", ARN));
    let changes = scene.cache.changes();
    scene.refresh("db", found_as("v2", ARN));
    assert_eq!(scene.cache.changes(), changes + 1, "by name it was another value");
}

#[test]
fn names_cleared_during_a_fetch_are_noted_once_and_not_for_a_stalled_fetch() {
    let mut scene = Scene::new();
    scene.cache = scene.cache.with_max_duration(Duration::from_secs(30));
    let Read::Waits(pending) = scene.read(PARTIAL_ARN) else { panic!() };
    let stalled = scene.start();
    for _ in 0..3 {
        scene.cache.clear_name("db", scene.now);
        scene.cache.clear_name("other", scene.now);
    }
    assert_eq!(scene.cache.cleared.len(), 2);
    scene.pass_secs(30);
    scene.cache.clear_name("db", scene.now);
    assert_eq!((scene.cache.cleared.len(), scene.cache.take_stalled()), (0, vec![pending]));
    scene.cache.check_invariants();
    scene.complete(&stalled, PARTIAL_ARN, found_as("v1", ARN));
    assert!(matches!(scene.read(PARTIAL_ARN), Read::Waits(_)), "it was cleared after that fetch had started");
}
