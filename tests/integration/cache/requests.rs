//! What one request may ask for that another does not.

use std::time::Duration;

use secrets_runtime::ErrorKind;
use secrets_runtime::source::SourceError;
use tokio::time::advance;

use super::{PAST_BACKOFF, PAST_MAX_STALE, PAST_TTL, of, text, text_at_once, warm};
use crate::support::kinds;
use crate::support::remote::Remote;
use crate::support::time::{at_once, turns};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn a_ttl_of_its_own_takes_what_is_young_enough_and_waits_for_a_new_one_otherwise() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "new");
    let request = || secrets.request("key").ttl(MINUTE);
    advance(MINUTE.mul_f32(0.99)).await;
    assert_eq!(at_once(request().text()).unwrap().unwrap().expose_secret(), "old");
    advance(Duration::from_secs(2)).await;
    assert!(at_once(request().text()).is_none());
    assert_eq!(request().await.unwrap().expose_secret(), "new");
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new", "what it has brought is everybody's");
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_ttl_of_its_own_may_be_longer_than_that_of_the_cache() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    advance(PAST_TTL).await;
    assert_eq!(secrets.request("key").ttl(PAST_TTL * 2).await.unwrap().expose_secret(), "old");
    turns().await;
    assert_eq!(remote.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_ttl_of_its_own_does_not_make_an_outage_an_error_while_there_is_an_older_value() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.fail(SourceError::new(ErrorKind::Unavailable));
    advance(MINUTE).await;
    for requests in [2, 2, 2] {
        assert_eq!(secrets.request("key").ttl(MINUTE).await.unwrap().expose_secret(), "old");
        assert_eq!(remote.requests(), requests, "it is not tried again at once");
    }
    advance(PAST_MAX_STALE).await;
    let error = secrets.request("key").ttl(MINUTE).await.unwrap_err();
    assert_eq!(kinds(&error), [("key", ErrorKind::Unavailable)]);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_is_asked_for_from_now_on_and_is_kept() {
    let remote = Remote::new().with("key", "1");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "2");
    assert_eq!(secrets.request("key").refresh().await.unwrap().expose_secret(), "2");
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "2");
    remote.put("key", "3");
    assert_eq!(secrets.request("key").ttl(Duration::ZERO).await.unwrap().expose_secret(), "3");
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "3");
    assert_eq!(remote.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn refreshes_at_the_same_time_are_one_request() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "new");
    let refresh = || {
        let secrets = secrets.clone();
        tokio::spawn(async move { secrets.request("key").refresh().await.unwrap().expose_secret().clone() })
    };
    let refreshes: Vec<_> = (0..50).map(|_| refresh()).collect();
    for refresh in refreshes {
        assert_eq!(refresh.await.unwrap(), "new");
    }
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_does_not_take_what_was_asked_for_before_it() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    remote.hold();
    let reader = tokio::spawn({
        let secrets = secrets.clone();
        async move { text(&secrets, "key").await }
    });
    remote.asked(1).await;
    remote.put("key", "new");
    let refresh = tokio::spawn({
        let secrets = secrets.clone();
        async move { secrets.request("key").refresh().await.unwrap().expose_secret().clone() }
    });
    turns().await;
    remote.release();
    assert_eq!(reader.await.unwrap(), "old");
    assert_eq!(refresh.await.unwrap(), "new");
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_an_error_and_others_go_on_with_what_is_there() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.fail(SourceError::new(ErrorKind::Throttled));
    let error = secrets.request("key").refresh().await.unwrap_err();
    assert_eq!(kinds(&error), [("key", ErrorKind::Throttled)]);
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    remote.mend();
    remote.put("key", "new");
    // A wish is not made to wait by the failure before it.
    assert_eq!(secrets.request("key").refresh().await.unwrap().expose_secret(), "new");
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
}

#[tokio::test(start_paused = true)]
async fn past_the_cache_nothing_is_read_and_nothing_is_kept() {
    let remote = Remote::new().with("key", "old").with("other", "o");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "new");
    for _ in 0..2 {
        assert_eq!(secrets.request("key").bypass_cache().await.unwrap().expose_secret(), "new");
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    }
    assert_eq!(secrets.request("other").bypass_cache().await.unwrap().expose_secret(), "o");
    assert_eq!(text_at_once(&secrets, "other"), None);
    assert_eq!(remote.fetches(), [["key"], ["key"], ["key"], ["other"]]);
}

#[tokio::test(start_paused = true)]
async fn past_the_cache_an_outage_is_an_error() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.fail(SourceError::new(ErrorKind::Unavailable));
    let error = secrets.request("key").bypass_cache().await.unwrap_err();
    assert_eq!(kinds(&error), [("key", ErrorKind::Unavailable)]);
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
}

#[tokio::test(start_paused = true)]
async fn every_form_of_a_request_says_how_fresh_it_is_to_be() {
    let remote = Remote::new().with("key", "1");
    let secrets = of(&remote);
    assert_eq!(secrets.get_json::<u8>("key").await.unwrap(), 1);
    remote.put("key", "2");
    assert_eq!(secrets.request("key").json::<u8>().await.unwrap(), 1);
    assert_eq!(secrets.request("key").refresh().json::<u8>().await.unwrap(), 2);
    remote.put("key", "3");
    assert_eq!(secrets.request("key").bytes().await.unwrap().expose_secret(), b"2");
    assert_eq!(secrets.request("key").refresh().bytes().await.unwrap().expose_secret(), b"3");
    remote.put("key", "4");
    let value = secrets.request("key").refresh().value().await.unwrap();
    assert_eq!(value.as_text().unwrap().expose_secret(), "4");
    assert_eq!(remote.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_version_is_cached_in_addition_to_the_current_one() {
    let remote =
        Remote::new().with("key", "current").with("key@AWSPREVIOUS", "previous").with("key@1", "first");
    let secrets = of(&remote);
    for _ in 0..3 {
        assert_eq!(text(&secrets, "key").await, "current");
        let previous = secrets.request("key").stage("AWSPREVIOUS");
        assert_eq!(previous.await.unwrap().expose_secret(), "previous");
        assert_eq!(secrets.request("key").version_id("1").await.unwrap().expose_secret(), "first");
    }
    assert_eq!(remote.fetches(), [["key"], ["key@AWSPREVIOUS"], ["key@1"]]);
}

#[tokio::test(start_paused = true)]
async fn a_default_is_not_kept() {
    let remote = Remote::new();
    let secrets = of(&remote);
    assert_eq!(secrets.request("key").default_value("d").await.unwrap().expose_secret(), "d");
    assert_eq!(kinds(&secrets.get("key").await.unwrap_err()), [("key", ErrorKind::Missing)]);
    remote.put("key", "k");
    advance(PAST_BACKOFF).await;
    assert_eq!(secrets.request("key").default_value("d").await.unwrap().expose_secret(), "k");
}
