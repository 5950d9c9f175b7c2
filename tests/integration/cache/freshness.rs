//! How long a value is served, and who waits for a new one.

use std::time::Duration;

use secrets_runtime::ErrorKind;
use secrets_runtime::source::SourceError;
use tokio::time::advance;

use super::{MAX_STALE, PAST_BACKOFF, PAST_MAX_STALE, PAST_TTL, TTL, of, text, text_at_once, warm, with};
use crate::support::kinds;
use crate::support::remote::Remote;

#[tokio::test(start_paused = true)]
async fn a_ttl_is_five_minutes_give_or_take_a_tenth_for_each_its_own() {
    let remotes: Vec<Remote> = (0..200).map(|_| Remote::new().with("key", "k")).collect();
    let readers: Vec<_> = remotes.iter().map(of).collect();
    let mut asked_again = Vec::new();
    for elapsed in [0, 269, 300, 331] {
        advance(Duration::from_secs(elapsed).saturating_sub(since_start(&asked_again))).await;
        for (secrets, remote) in readers.iter().zip(&remotes) {
            let before = remote.requests();
            assert_eq!(text(secrets, "key").await, "k");
            crate::support::time::turns().await;
            assert!(remote.requests() <= before + 1);
        }
        asked_again.push(remotes.iter().filter(|remote| remote.requests() > 1).count());
    }
    let [cold, early, at, late] = asked_again[..] else { panic!("{asked_again:?}") };
    assert_eq!((cold, early, late), (0, 0, 200));
    assert!((20..180).contains(&at), "{at} of 200 are due after the TTL as it was set");
}

/// How much time the steps before have taken.
fn since_start(steps: &[usize]) -> Duration {
    Duration::from_secs([0, 0, 269, 300][steps.len()])
}

#[tokio::test(start_paused = true)]
async fn within_its_ttl_a_value_is_not_asked_for_again() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "new");
    advance(TTL.mul_f32(0.89)).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    assert_eq!(remote.fetches(), [["key"]]);
}

#[tokio::test(start_paused = true)]
async fn past_its_ttl_the_old_value_is_read_at_once_while_one_request_brings_the_new_one() {
    // By the first way to a cached value and by the shortest.
    for reads in [1, 3] {
        let remote = Remote::new().with("key", "old");
        let secrets = of(&remote);
        for _ in 0..reads {
            assert_eq!(text(&secrets, "key").await, "old");
        }
        remote.put("key", "new");
        advance(PAST_TTL).await;
        remote.hold();
        for _ in 0..10 {
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
        }
        remote.asked(2).await;
        for _ in 0..10 {
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
        }
        remote.release();
        crate::support::time::turns().await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
        assert_eq!(remote.requests(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_finds_the_same_value_keeps_the_readers_copy() {
    let remote = Remote::new().with("key", "same");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    let before = secrets.get("key").await.unwrap();
    advance(PAST_TTL).await;
    warm(&secrets, "key").await;
    remote.asked(2).await;
    let after = secrets.get("key").await.unwrap();
    assert!(std::ptr::eq(before.expose_secret(), after.expose_secret()));
    advance(TTL.mul_f32(0.89)).await;
    assert_eq!((text_at_once(&secrets, "key").unwrap().as_str(), remote.requests()), ("same", 2));
}

#[tokio::test(start_paused = true)]
async fn past_max_stale_a_reader_waits() {
    for reads in [1, 3] {
        let remote = Remote::new().with("key", "old");
        let secrets = of(&remote);
        for _ in 0..reads {
            assert_eq!(text(&secrets, "key").await, "old");
        }
        remote.put("key", "new");
        advance(TTL.mul_f32(0.89) + MAX_STALE).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
        // That read has brought the new one.
        remote.asked(2).await;
        remote.put("key", "newest");
        advance(PAST_MAX_STALE).await;
        assert_eq!(text(&secrets, "key").await, "newest");
        assert_eq!(remote.requests(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn past_max_stale_an_outage_is_an_error() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.fail(SourceError::new(ErrorKind::Unavailable));
    advance(PAST_TTL).await;
    assert_eq!(text(&secrets, "key").await, "old");
    advance(PAST_MAX_STALE).await;
    let error = secrets.get("key").await.unwrap_err();
    assert_eq!(kinds(&error), [("key", ErrorKind::Unavailable)]);
    remote.mend();
    advance(PAST_BACKOFF).await;
    assert_eq!(text(&secrets, "key").await, "old");
}

#[tokio::test(start_paused = true)]
async fn without_a_time_to_be_stale_every_reader_past_the_ttl_waits() {
    let remote = Remote::new().with("key", "old");
    let secrets = with(remote.clone()).max_stale(Duration::ZERO).build().unwrap();
    warm(&secrets, "key").await;
    remote.put("key", "new");
    advance(TTL.mul_f32(0.89)).await;
    assert_eq!(text(&secrets, "key").await, "old");
    advance(PAST_TTL).await;
    assert_eq!(text_at_once(&secrets, "key"), None);
    assert_eq!(text(&secrets, "key").await, "new");
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_time_to_be_stale_an_outage_past_the_ttl_is_an_error() {
    let remote = Remote::new().with("key", "old");
    let secrets = with(remote.clone()).max_stale(Duration::ZERO).build().unwrap();
    warm(&secrets, "key").await;
    advance(PAST_TTL).await;
    remote.fail(SourceError::new(ErrorKind::Throttled));
    assert_eq!(kinds(&secrets.get("key").await.unwrap_err()), [("key", ErrorKind::Throttled)]);
}

#[tokio::test(start_paused = true)]
async fn a_ttl_of_zero_keeps_nothing() {
    let remote = Remote::new().with("key", "1");
    let secrets = with(remote.clone()).ttl(Duration::ZERO).build().unwrap();
    for value in ["1", "2", "3"] {
        remote.put("key", value);
        assert_eq!(text(&secrets, "key").await, value);
    }
    remote.remove("key");
    assert_eq!(kinds(&secrets.get("key").await.unwrap_err()), [("key", ErrorKind::Missing)]);
    remote.put("key", "4");
    assert_eq!(text(&secrets, "key").await, "4");
    remote.fail(SourceError::new(ErrorKind::Unavailable));
    assert_eq!(kinds(&secrets.get("key").await.unwrap_err()), [("key", ErrorKind::Unavailable)]);
    remote.mend();
    assert_eq!(text(&secrets, "key").await, "4");
    assert_eq!(remote.requests(), 7);
}

#[tokio::test(start_paused = true)]
async fn times_without_end_are_times() {
    for (ttl, max_stale) in [(Duration::MAX, Duration::MAX), (TTL, Duration::MAX), (Duration::MAX, MAX_STALE)]
    {
        // By chance it may be spread either way.
        for _ in 0..20 {
            let remote = Remote::new().with("key", "k");
            let secrets = with(remote.clone()).ttl(ttl).max_stale(max_stale).build().unwrap();
            warm(&secrets, "key").await;
            advance(TTL.mul_f32(0.89)).await;
            assert_eq!((text(&secrets, "key").await.as_str(), remote.requests()), ("k", 1), "{ttl:?}");
        }
    }
}
