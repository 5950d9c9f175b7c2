//! Clearing the cache.

use harness::stub::Stub;
use secrets_runtime::{Secret, SecretConfig};

use super::{of, of_stub, text, text_at_once, warm, with};
use crate::support::remote::Remote;
use crate::support::time::turns;

#[tokio::test(start_paused = true)]
async fn clear_cache_forgets_every_secret() {
    let remote = Remote::new().with("a", "a").with("b", "b");
    let secrets = of(&remote);
    warm(&secrets, "a").await;
    warm(&secrets, "b").await;
    remote.put("a", "new a");
    secrets.clear_cache();
    assert_eq!((text_at_once(&secrets, "a"), text_at_once(&secrets, "b")), (None, None));
    assert_eq!((text(&secrets, "a").await.as_str(), text(&secrets, "b").await.as_str()), ("new a", "b"));
    assert_eq!(remote.fetches().concat(), ["a", "b", "a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn clear_cache_of_one_clone_is_that_of_all() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    let clone = secrets.clone();
    warm(&clone, "key").await;
    remote.put("key", "new");
    secrets.clear_cache();
    assert_eq!(text(&clone, "key").await, "new");
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_the_cache_and_the_secrets() {
    let secrets = of(&Remote::new().with("key", "k"));
    warm(&secrets, "key").await;
    let handle = secrets.get("key").await.unwrap();
    secrets.clear_cache();
    drop(secrets);
    assert_eq!(handle.expose_secret(), "k");
}

#[tokio::test(start_paused = true)]
async fn clear_cached_forgets_one_secret_in_all_its_versions_and_no_other() {
    let remote = Remote::new().with("key", "k").with("key@AWSPREVIOUS", "p").with("key@1", "1");
    remote.put("key-2", "other");
    remote.put("ke", "another");
    let secrets = of(&remote);
    let read_all = async || {
        warm(&secrets, "key").await;
        warm(&secrets, "key-2").await;
        warm(&secrets, "ke").await;
        secrets.request("key").stage("AWSPREVIOUS").await.unwrap();
        secrets.request("key").version_id("1").await.unwrap();
    };
    read_all().await;
    let before = remote.requests();
    secrets.clear_cached("key");
    read_all().await;
    assert_eq!(remote.fetches()[before..], [["key"], ["key@AWSPREVIOUS"], ["key@1"]]);
}

#[tokio::test]
async fn clear_cached_knows_a_secret_by_its_name_and_by_its_arn() {
    let stub = Stub::start().await;
    stub.put("key", "k");
    let arn = stub.arn("key");
    let (partial, _) = arn.rsplit_once('-').unwrap();
    for cleared in ["key", &arn, partial] {
        let (secrets, _) = of_stub(&stub);
        for read in ["key", &arn, partial] {
            warm(&secrets, read).await;
        }
        stub.reset_requests();
        secrets.clear_cached(cleared);
        for read in ["key", &arn, partial] {
            assert_eq!(text_at_once(&secrets, read), None, "{read} after {cleared} was cleared");
        }
    }
}

#[tokio::test]
async fn clear_cached_knows_an_arn_that_was_never_asked_for() {
    let stub = Stub::start().await;
    stub.put("key", "old");
    let (secrets, _) = of_stub(&stub);
    warm(&secrets, "key").await;
    stub.put("key", "new");
    secrets.clear_cached(&stub.arn("key"));
    assert_eq!(text(&secrets, "key").await, "new");
}

#[tokio::test(start_paused = true)]
async fn clear_cached_puts_a_name_under_the_prefix() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        jwt: Secret<String>,
    }
    let remote = Remote::new().with("app/production/jwt", "old").with("jwt", "of somebody else");
    let secrets = with(remote.clone()).prefix("app/{environment}").build().unwrap();
    warm(&secrets, "jwt").await;
    remote.put("app/production/jwt", "new");
    // Under the prefix there is no such name.
    secrets.clear_cached("app/production/jwt");
    assert_eq!(text_at_once(&secrets, "jwt").unwrap(), "old");
    secrets.clear_cached("jwt");
    assert_eq!(text_at_once(&secrets, "jwt"), None);
    assert_eq!(Config::load_from(&secrets).await.unwrap().jwt.expose_secret(), "new");
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_before_a_clear_is_not_kept_after_it() {
    for one in [false, true] {
        let remote = Remote::new().with("key", "old");
        let secrets = of(&remote);
        remote.hold();
        let early = tokio::spawn({
            let secrets = secrets.clone();
            async move { text(&secrets, "key").await }
        });
        remote.asked(1).await;
        remote.put("key", "new");
        if one {
            secrets.clear_cached("key");
        } else {
            secrets.clear_cache();
        }
        remote.release();
        assert_eq!(early.await.unwrap(), "old", "who waits already gets what was asked for");
        assert_eq!(text_at_once(&secrets, "key"), None);
        assert_eq!(text(&secrets, "key").await, "new");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clear_while_a_refresh_is_under_way_is_not_undone_by_it() {
    let remote = Remote::new().with("key", "1");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.put("key", "2");
    tokio::time::advance(super::PAST_TTL).await;
    remote.hold();
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "1");
    remote.asked(2).await;
    remote.put("key", "3");
    secrets.clear_cache();
    remote.release();
    turns().await;
    assert_eq!(text_at_once(&secrets, "key"), None);
    assert_eq!(text(&secrets, "key").await, "3");
}

#[tokio::test(start_paused = true)]
async fn to_clear_what_is_not_there_is_nothing() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    secrets.clear_cache();
    secrets.clear_cached("key");
    warm(&secrets, "key").await;
    for name in ["absent", "", "not a name", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key"] {
        secrets.clear_cached(name);
    }
    assert_eq!((text_at_once(&secrets, "key").unwrap().as_str(), remote.requests()), ("k", 1));
}
