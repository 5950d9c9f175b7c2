//! What a source is asked for: once, without duplicates, and only for what it may be asked.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use secrets_runtime::source::Fetched;
use secrets_runtime::{Env, ErrorKind, Redacted, Secret, SecretConfig};

use crate::support::sources::{Odd, Store, chain};
use crate::support::{kinds, places, production};

#[tokio::test]
async fn one_load_is_one_fetch_without_duplicates() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app", name = "db")]
    struct Config {
        a: Secret<String>,
        b: Secret<String>,
        c: u16,
        #[secret(id = "shared")]
        whole: Secret<String>,
        #[secret(id = "shared", key = "x")]
        part: Secret<String>,
        #[secret(id = "shared", stage = "AWSPREVIOUS")]
        previous: Secret<String>,
    }
    let store =
        Store::new("store").with("app/db", r#"{"a": "1", "b": "2", "c": 3}"#).with("shared", r#"{"x": "4"}"#);
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(
        (config.a.expose_secret().as_str(), config.b.expose_secret().as_str(), config.c),
        ("1", "2", 3)
    );
    assert_eq!(config.whole.expose_secret(), r#"{"x": "4"}"#);
    assert_eq!(config.part.expose_secret(), "4");
    assert_eq!(config.previous.expose_secret(), config.whole.expose_secret());
    assert_eq!(store.fetches(), [["app/db", "shared", "shared@AWSPREVIOUS"]]);
}

#[tokio::test]
async fn a_store_is_asked_for_secrets_alone() {
    type Hidden = Vec<Secret<String>>;

    #[derive(Debug, SecretConfig)]
    struct Config {
        // No secrets: looked for in the environment alone.
        port: u16,
        address: Option<Ipv4Addr>,
        #[secret(plain, default = "info")]
        level: String,
        #[secret(plain)]
        note: Option<String>,
        #[secret(default = "1s")]
        timeout: Duration,
        // Secrets by their type, whatever it is called.
        token: Option<Secret<u64>>,
        hidden: Option<Hidden>,
        redacted: Option<Redacted<String>>,
        #[secret(parse)]
        parsed: Option<Secret<u8>>,
        // Secrets because they say so.
        #[secret(name = "size")]
        pool: Option<u32>,
        #[secret(id = "shared/size")]
        shared: Option<u32>,
        #[secret(key = "a")]
        keyed: Option<u32>,
        #[secret(stage = "AWSPREVIOUS")]
        staged: Option<u32>,
    }
    let store = Store::new("store");
    let sources = chain([Box::new(store.clone()), Box::new(Env::from_iter([("PORT", "1")]))]);
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert_eq!((config.port, config.level.as_str()), (1, "info"));
    let asked =
        ["token", "hidden", "redacted", "parsed", "size", "shared/size", "keyed", "staged@AWSPREVIOUS"];
    assert_eq!(store.fetches(), [asked]);
}

#[tokio::test]
async fn a_store_is_asked_for_a_map_of_secrets_whose_keys_are_plain() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(json, plain)]
        tokens: BTreeMap<String, Secret<String>>,
    }
    let store = Store::new("store").with("tokens", r#"{"shop": "not-to-be-seen"}"#);
    let config = Config::load_from(&production().sources([store.clone()]).build().unwrap()).await.unwrap();
    assert_eq!(format!("{config:?}"), r#"Config { tokens: {"shop": [REDACTED]} }"#);
    assert_eq!(config.tokens["shop"].expose_secret(), "not-to-be-seen");
    assert_eq!(store.fetches(), [["tokens"]]);
}

#[tokio::test]
async fn a_config_without_secrets_asks_no_store_at_all() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(default = 1)]
        port: u16,
    }
    let store = Store::new("store");
    let sources = chain([Box::new(store.clone()), Box::new(Env::from_iter([("", ""); 0]))]);
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert_eq!(config.port, 1);
    assert_eq!(store.fetches(), [[""; 0]; 0]);
}

#[tokio::test]
async fn a_later_source_is_asked_only_for_what_is_still_missing() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        first: Secret<String>,
        second: Secret<String>,
        neither: Option<Secret<String>>,
    }
    let one = Store::new("one").with("first", "1");
    let two = Store::new("two").with("first", "wrong").with("second", "2");
    let three = Store::new("three").with("second", "wrong");
    let sources = [one.clone(), two.clone(), three.clone()];
    let config = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap();
    assert_eq!((config.first.expose_secret().as_str(), config.second.expose_secret().as_str()), ("1", "2"));
    assert_eq!(one.fetches(), [["first", "second", "neither"]]);
    assert_eq!(two.fetches(), [["second", "neither"]]);
    assert_eq!(three.fetches(), [["neither"]]);
}

#[derive(Debug, SecretConfig)]
struct Two {
    a: Secret<String>,
    b: Secret<String>,
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_is_ended_by_the_time_out() {
    let hanging = || Odd(|_| Box::pin(std::future::pending()));
    for (secrets, limit) in [
        (production().sources([hanging()]).timeout(Duration::from_millis(1500)).build().unwrap(), 1500),
        (production().sources([hanging()]).build().unwrap(), 30_000),
    ] {
        let began = tokio::time::Instant::now();
        let error = Two::load_from(&secrets).await.unwrap_err();
        // The timer's own resolution is a millisecond.
        let waited = began.elapsed().as_millis();
        assert!((limit..=limit + 1).contains(&waited), "{waited}");
        assert_eq!(kinds(&error), [("a", ErrorKind::Unavailable), ("b", ErrorKind::Unavailable)]);
        assert_eq!(places(&error, "a"), ["odd a: no answer in time"]);
        let help = "check the network, or raise `Secrets::builder().timeout(..)`";
        assert_eq!(error.fields()[0].help(), [help]);
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn a_source_that_answers_too_few_keys_has_not_answered_the_rest() {
    let short =
        Odd(|_| Box::pin(async { Fetched::from_iter([secrets_runtime::source::Answer::found("1")]) }));
    let error = Two::load_from(&production().sources([short]).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("b", ErrorKind::Unavailable)]);
    assert_eq!(places(&error, "b"), ["odd b: the source did not answer"]);
}

#[tokio::test]
async fn a_source_that_answers_too_many_keys_is_believed_the_first() {
    let long = Odd(|_| {
        Box::pin(async { ["1", "2", "3"].map(secrets_runtime::source::Answer::found).into_iter().collect() })
    });
    let config = Two::load_from(&production().sources([long]).build().unwrap()).await.unwrap();
    assert_eq!((config.a.expose_secret().as_str(), config.b.expose_secret().as_str()), ("1", "2"));
}

#[tokio::test]
async fn without_any_source_every_setting_says_so() {
    let error =
        Two::load_from(&production().sources(Vec::<Store>::new()).build().unwrap()).await.unwrap_err();
    let reason = "no allowed source can hold it";
    let fields: Vec<String> = error.fields().iter().map(ToString::to_string).collect();
    assert_eq!(fields, [format!("a: configuration: {reason}"), format!("b: configuration: {reason}")]);
}
