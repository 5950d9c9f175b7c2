//! The capacity of the cache, and the entries that are evicted first.

use std::time::Duration;

use secrets_runtime::Secrets;
use tokio::time::advance;

use super::{PAST_TTL, of, text, text_at_once, warm, with};
use crate::support::remote::Remote;
use crate::support::time::turns;

const TICK: Duration = Duration::from_millis(1);

fn numbers(secrets: usize) -> impl Iterator<Item = String> {
    (0..secrets).map(|number| number.to_string())
}

fn remote(secrets: usize) -> Remote {
    numbers(secrets).fold(Remote::new().with("hot", "h"), |remote, name| remote.with(&name, &name))
}

fn kept(secrets: &Secrets, names: impl Iterator<Item = String>) -> usize {
    names.filter(|name| text_at_once(secrets, name).is_some()).count()
}

#[tokio::test(start_paused = true)]
async fn no_more_are_kept_than_there_is_room_for() {
    for (capacity, loaded) in [(1, 5), (10, 100)] {
        let remote = remote(loaded);
        let secrets = with(remote.clone()).capacity(capacity).build().unwrap();
        for name in numbers(loaded) {
            text(&secrets, &name).await;
            advance(TICK).await;
        }
        let last = || numbers(loaded).skip(loaded - capacity);
        assert_eq!(kept(&secrets, last()), capacity, "the last that were read");
        assert_eq!(kept(&secrets, numbers(loaded - capacity)), 0, "and no other");
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_capacity_is_1024() {
    let remote = remote(1500);
    let secrets = of(&remote);
    read_all(&secrets, 1500).await;
    assert_eq!(kept(&secrets, numbers(1500)), 1024);
}

/// Reads each name in a task of its own, all side by side.
async fn read_all(secrets: &Secrets, names: usize) {
    let read = |name: String| {
        let secrets = secrets.clone();
        tokio::spawn(async move { text(&secrets, &name).await == name })
    };
    let tasks: Vec<_> = numbers(names).map(read).collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_all_the_time_stays_under_pressure() {
    for reads in [1, 3] {
        let remote = remote(1000);
        let secrets = with(remote.clone()).capacity(10).build().unwrap();
        for _ in 0..reads {
            text(&secrets, "hot").await;
        }
        for name in numbers(1000) {
            text(&secrets, &name).await;
            advance(TICK).await;
            assert_eq!(text_at_once(&secrets, "hot").unwrap(), "h", "{name}");
        }
        assert_eq!(remote.requests(), 1001);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_read_all_the_time_stays_when_everything_happens_in_one_moment() {
    let remote = remote(100);
    let secrets = with(remote.clone()).capacity(10).build().unwrap();
    warm(&secrets, "hot").await;
    for name in numbers(100) {
        text(&secrets, &name).await;
        assert_eq!(text(&secrets, "hot").await, "h");
    }
    assert_eq!(remote.fetches().concat().iter().filter(|name| *name == "hot").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_has_left_is_asked_for_again() {
    let remote = remote(3);
    let secrets = with(remote.clone()).capacity(2).build().unwrap();
    for name in numbers(3) {
        warm(&secrets, &name).await;
        advance(TICK).await;
    }
    remote.put("0", "new");
    assert_eq!(text_at_once(&secrets, "0"), None);
    assert_eq!(text(&secrets, "0").await, "new");
    assert_eq!(remote.fetches().concat(), ["0", "1", "2", "0"]);
}

#[tokio::test(start_paused = true)]
async fn names_that_are_not_there_do_not_push_out_what_is() {
    let remote = remote(0);
    let secrets = with(remote.clone()).capacity(5).build().unwrap();
    warm(&secrets, "hot").await;
    for name in numbers(100) {
        advance(TICK).await;
        assert!(secrets.get(&name).await.is_err());
    }
    assert_eq!(text_at_once(&secrets, "hot").unwrap(), "h");
    assert_eq!(remote.requests(), 101);
}

#[tokio::test(start_paused = true)]
async fn a_load_of_more_than_there_is_room_for_has_all_of_its_values() {
    let remote = remote(50);
    let secrets = with(remote.clone()).capacity(10).build().unwrap();
    read_all(&secrets, 50).await;
    assert_eq!(remote.requests(), 1);
    assert_eq!(kept(&secrets, numbers(50)), 10);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_refreshed_is_not_pushed_out() {
    let remote = remote(20);
    let secrets = with(remote.clone()).capacity(5).build().unwrap();
    warm(&secrets, "hot").await;
    remote.put("hot", "new");
    advance(PAST_TTL).await;
    remote.hold();
    assert_eq!(text_at_once(&secrets, "hot").unwrap(), "h");
    remote.asked(2).await;
    remote.hold_no_more();
    for name in numbers(20) {
        advance(TICK).await;
        text(&secrets, &name).await;
    }
    assert_eq!(text_at_once(&secrets, "hot").unwrap(), "h");
    remote.release();
    turns().await;
    assert_eq!(text_at_once(&secrets, "hot").unwrap(), "new");
}
