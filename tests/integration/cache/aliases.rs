//! Different names of one secret share an entry, until they no longer name the same secret.

use harness::stub::{Fault, Operation, Requests, Stub};
use secrets_runtime::{ErrorKind, Secret, SecretConfig};
use tokio::time::advance;

use super::{PAST_TTL, of, of_stub, text, text_at_once, warm, with};
use crate::support::kinds;
use crate::support::remote::Remote;
use crate::support::time::{pass, turns};

#[tokio::test]
async fn an_arn_is_the_secret_of_its_name() {
    for reads in [1, 3] {
        let stub = Stub::start().await;
        stub.put("key", "old");
        let arn = stub.arn("key");
        for [first, second] in [["key", &arn], [&arn, "key"]] {
            let (secrets, source) = of_stub(&stub);
            stub.put("key", "old");
            stub.reset_requests();
            for _ in 0..reads {
                assert_eq!(text(&secrets, first).await, "old");
            }
            for _ in 0..reads {
                assert_eq!(text(&secrets, second).await, "old");
            }
            // A name is not known to be an ARN's before somebody asks for it.
            let cold = if first == "key" { 1 } else { 2 };
            assert_eq!(stub.requests().total(), cold, "{first}, then {second}");
            stub.put("key", "new");
            pass(PAST_TTL).await;
            assert_eq!(text_at_once(&secrets, second).unwrap(), "old");
            source.ended(cold + 1).await;
            assert_eq!(text_at_once(&secrets, first).unwrap(), "new");
            assert_eq!(text_at_once(&secrets, second).unwrap(), "new");
            assert_eq!(stub.requests().total(), cold + 1, "{first}, then {second}");
        }
    }
}

#[tokio::test]
async fn an_arn_without_its_suffix_is_the_same_secret_once_it_was_asked_for() {
    let stub = Stub::start().await;
    stub.put("key", "k");
    let arn = stub.arn("key");
    let (partial, _) = arn.rsplit_once('-').unwrap();
    let (secrets, source) = of_stub(&stub);
    for id in ["key", &arn, partial] {
        warm(&secrets, id).await;
    }
    assert_eq!(stub.requests().get, 2);
    stub.put("key", "new");
    pass(PAST_TTL).await;
    for id in ["key", &arn, partial] {
        assert_eq!(text_at_once(&secrets, id).unwrap(), "k");
    }
    source.ended(3).await;
    for id in ["key", &arn, partial] {
        assert_eq!(text_at_once(&secrets, id).unwrap(), "new", "{id}");
    }
    assert_eq!(stub.requests().total(), 3);
}

#[tokio::test]
async fn the_versions_of_a_secret_are_not_each_other() {
    let stub = Stub::start().await;
    stub.put("key", "1");
    stub.put("key", "2");
    let arn = stub.arn("key");
    let (secrets, _) = of_stub(&stub);
    for _ in 0..3 {
        for id in ["key", &arn] {
            assert_eq!(text(&secrets, id).await, "2");
            let previous = secrets.request(id).stage("AWSPREVIOUS").await.unwrap();
            assert_eq!(previous.expose_secret(), "1");
        }
    }
    assert_eq!(stub.requests(), Requests { get: 2, ..Requests::default() });
}

#[tokio::test]
async fn a_secret_that_is_deleted_and_created_again_is_another_one() {
    for reads in [1, 3] {
        let stub = Stub::start().await;
        stub.put("key", "old");
        let old_arn = stub.arn("key");
        let (secrets, source) = of_stub(&stub);
        for id in ["key", &old_arn] {
            for _ in 0..reads {
                assert_eq!(text(&secrets, id).await, "old");
            }
        }
        stub.remove("key");
        stub.put("key", "new");
        let new_arn = stub.arn("key");
        assert_ne!(old_arn, new_arn);
        pass(PAST_TTL).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
        source.ended(2).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
        assert_eq!(text(&secrets, &new_arn).await, "new");
        assert_eq!(stub.requests().total(), 2);
        let error = secrets.get(&old_arn).await.unwrap_err();
        assert_eq!(kinds(&error), [(old_arn.as_str(), ErrorKind::Missing)]);
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "new", "which the old one's end does not end");
        assert_eq!(stub.requests().total(), 3);
    }
}

#[tokio::test]
async fn a_secret_that_an_arn_finds_gone_is_asked_for_again_by_its_name() {
    let stub = Stub::start().await;
    stub.put("key", "old");
    let old_arn = stub.arn("key");
    let (secrets, source) = of_stub(&stub);
    // By the ARN alone, so that it is what a refresh asks for.
    warm(&secrets, &old_arn).await;
    stub.remove("key");
    stub.put("key", "new");
    pass(PAST_TTL).await;
    assert_eq!(text_at_once(&secrets, &old_arn).unwrap(), "old");
    source.ended(2).await;
    assert!(secrets.get(&old_arn).await.is_err());
    assert_eq!(text(&secrets, "key").await, "new");
}

#[tokio::test]
async fn reads_send_no_describe_secret() {
    let stub = Stub::start().await;
    stub.put("a", "1");
    stub.put("b", "2");
    stub.fault(Fault::Denied.on(Operation::Describe));
    let (secrets, source) = of_stub(&stub);
    for name in ["a", "b"] {
        warm(&secrets, name).await;
    }
    stub.put("a", "3");
    stub.remove("b");
    pass(PAST_TTL).await;
    for name in ["a", "b"] {
        assert!(text_at_once(&secrets, name).is_some());
    }
    source.ended(3).await;
    assert_eq!(text(&secrets, "a").await, "3");
    secrets.get("b").await.unwrap_err();
    secrets.request("a").refresh().await.unwrap();
    secrets.request("a").bypass_cache().await.unwrap();
    let requests = stub.requests();
    assert_eq!((requests.describe, requests.other), (0, 0));
    assert!(requests.total() > 4);
}

#[tokio::test(start_paused = true)]
async fn names_are_those_of_a_struct_with_these_fields() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app/{environment}")]
    struct Config {
        database_url: Secret<String>,
        #[secret(name = "sub/jwt")]
        jwt: Secret<String>,
        #[secret(id = "{environment}/shared")]
        shared: Secret<String>,
        #[secret(name = "sub/jwt", env = "OLD", stage = "AWSPREVIOUS")]
        old: Secret<String>,
    }
    let remote = Remote::new().with("app/production/database-url", "d").with("app/production/sub/jwt", "j");
    let remote = remote.with("production/shared", "s").with("app/production/sub/jwt@AWSPREVIOUS", "o");
    let secrets = with(remote.clone()).prefix("app/{environment}").build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert_eq!(config.old.expose_secret(), "o");
    assert_eq!(text_at_once(&secrets, "database-url").unwrap(), "d");
    assert_eq!(text_at_once(&secrets, "sub/jwt").unwrap(), "j");
    let old = secrets.request("sub/jwt").stage("AWSPREVIOUS").await.unwrap();
    assert_eq!(old.expose_secret(), "o");
    assert_eq!(remote.requests(), 1);
    let bare = with(remote.clone()).build().unwrap();
    Config::load_from(&bare).await.unwrap();
    assert_eq!(text_at_once(&bare, "{environment}/shared").unwrap(), "s");
    assert_eq!(text_at_once(&bare, "production/shared").unwrap(), "s");
    assert_eq!(text_at_once(&bare, "app/{environment}/database-url").unwrap(), "d");
    assert_eq!(remote.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn two_names_that_a_store_calls_one_secret_are_one() {
    const ID: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";
    let remote = Remote::new();
    remote.put_identified(&["db", "alias"], ID, "old");
    let secrets = of(&remote);
    warm(&secrets, "db").await;
    warm(&secrets, "alias").await;
    assert_eq!(remote.requests(), 2);
    remote.put_identified(&["db", "alias"], ID, "new");
    advance(PAST_TTL).await;
    for name in ["db", "alias", ID] {
        assert_eq!(text_at_once(&secrets, name).unwrap(), "old", "{name}");
    }
    turns().await;
    for name in ["db", "alias", ID] {
        assert_eq!(text_at_once(&secrets, name).unwrap(), "new", "{name}");
    }
    assert_eq!(remote.requests(), 3);
}
