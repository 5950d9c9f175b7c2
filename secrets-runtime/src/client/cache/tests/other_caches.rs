//! Which fetches go past other caches on the way to the store.

use std::time::Duration;

use super::scene::{Scene, found, value};
use crate::client::cache::Acceptance;

/// Whether the next fetch goes past other caches.
fn is_uncached(scene: &mut Scene) -> bool {
    scene.start().uncached
}

#[test]
fn another_cache_may_answer_a_read_that_any_cached_value_would_do_for() {
    let mut scene = Scene::new();
    scene.read("db");
    let batch = scene.start();
    assert!(!batch.uncached);
    scene.complete(&batch, "db", found("v"));
    scene.pass_secs(111);
    assert_eq!(scene.read("db"), value("v"));
    assert!(!is_uncached(&mut scene), "a stale value is refreshed");
}

#[test]
fn a_reader_that_asks_how_the_store_is_now_is_answered_by_the_store() {
    let acceptances = |scene: &Scene| {
        [
            Acceptance::After(scene.cache.last_fetch()),
            Acceptance::YoungerThan(Duration::from_secs(1)),
            Acceptance::RefreshAhead,
        ]
    };
    for index in 0..3 {
        let mut scene = Scene::new();
        scene.fetch("db", found("v"));
        scene.pass_secs(111);
        let acceptance = acceptances(&scene)[index];
        scene.read_with("db", acceptance);
        assert!(is_uncached(&mut scene), "{acceptance:?}");
    }
}

#[test]
fn a_fetch_goes_past_other_caches_if_one_of_its_readers_needs_that() {
    let mut scene = Scene::new();
    scene.read("db");
    scene.read("other");
    scene.read_with("db", Acceptance::After(scene.cache.last_fetch()));
    assert!(is_uncached(&mut scene));
}

#[test]
fn every_refresh_of_a_watched_value_goes_past_other_caches() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v"));
    assert_eq!(scene.read_with("db", Acceptance::RefreshAhead), value("v"));
    scene.pass_secs(85);
    // The value is due soon and shares this fetch. It is not due again for a whole TTL.
    scene.read("other");
    let batch = scene.start();
    assert_eq!((batch.names(), batch.uncached), (vec!["db", "other"], true));
    for name in ["db", "other"] {
        scene.complete(&batch, name, found("v"));
    }
    scene.pass_secs(111);
    scene.read("db");
    assert!(is_uncached(&mut scene), "a plain read has found it stale");
}

#[test]
fn a_value_that_is_not_watched_any_more_is_refreshed_from_other_caches() {
    let mut scene = Scene::new();
    scene.fetch("db", found("v"));
    scene.read_with("db", Acceptance::RefreshAhead);
    for _ in 0..3 {
        scene.pass_secs(111);
        scene.read("db");
        let batch = scene.start();
        scene.complete(&batch, "db", found("v"));
    }
    scene.pass_secs(111);
    scene.read("db");
    assert!(!is_uncached(&mut scene), "its watcher was dropped");
}
