//! What passes on to the next source, by each policy.

use secrets_runtime::source::SourceError;
use secrets_runtime::{Env, Environment, Error, ErrorKind, Fallback, Secret, SecretConfig};

use crate::support::events::Events;
use crate::support::sources::{Store, chain};
use crate::support::{kinds, places, production};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct Optional {
    token: Option<Secret<String>>,
}

#[derive(Debug, SecretConfig)]
struct Defaulted {
    #[secret(default = Secret::new(String::new()))]
    token: Secret<String>,
}

/// Every way in which a store fails without knowing whether it has the secret.
const FAILURES: [ErrorKind; 7] = [
    ErrorKind::AccessDenied,
    ErrorKind::Throttled,
    ErrorKind::Unavailable,
    ErrorKind::Decryption,
    ErrorKind::PendingDeletion,
    ErrorKind::Configuration,
    ErrorKind::Invalid,
];

fn failing(kind: ErrorKind) -> Store {
    Store::new("first").failing(SourceError::new(kind).with_code("Code"))
}

async fn load<C: SecretConfig>(fallback: Fallback, sources: [Store; 2]) -> Result<C, Error> {
    C::load_from(&production().sources(sources).fallback(fallback).build().unwrap()).await
}

#[tokio::test]
async fn on_missing_passes_on_what_is_not_there() {
    let second = Store::new("second").with("token", "t");
    let config: Config = load(Fallback::OnMissing, [Store::new("first"), second]).await.unwrap();
    assert_eq!(config.token.expose_secret(), "t");
}

#[tokio::test]
async fn on_missing_is_the_default() {
    let sources = [failing(ErrorKind::AccessDenied), Store::new("second").with("token", "t")];
    let error = Config::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::AccessDenied)]);
    assert_eq!(Fallback::default(), Fallback::OnMissing);
}

#[tokio::test]
async fn on_unavailable_passes_on_what_may_be_better_in_a_moment_and_nothing_else() {
    for kind in FAILURES {
        let sources = [failing(kind), Store::new("second").with("token", "t")];
        let loaded = load::<Config>(Fallback::OnUnavailable, sources).await;
        match kind {
            ErrorKind::Unavailable | ErrorKind::Throttled => {
                assert_eq!(loaded.unwrap().token.expose_secret(), "t", "{kind}");
            }
            _ => assert_eq!(kinds(&loaded.unwrap_err()), [("token", kind)]),
        }
    }
    let sources = [Store::new("first"), Store::new("second").with("token", "t")];
    let config: Config = load(Fallback::OnUnavailable, sources).await.unwrap();
    assert_eq!(config.token.expose_secret(), "t", "what is missing passes on, too");
    let nowhere = [failing(ErrorKind::Unavailable), Store::new("second")];
    let error = load::<Config>(Fallback::OnUnavailable, nowhere).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Unavailable)]);
}

#[tokio::test]
async fn on_missing_reports_a_failure_and_asks_no_other_source() {
    for kind in FAILURES {
        let second = Store::new("second").with("token", "t");
        let error = load::<Config>(Fallback::OnMissing, [failing(kind), second.clone()]).await.unwrap_err();
        assert_eq!(kinds(&error), [("token", kind)]);
        assert_eq!(places(&error, "token"), ["first token: Code"], "{kind}");
        assert_eq!(second.fetches(), [[""; 0]; 0], "{kind}");
    }
}

#[tokio::test]
async fn a_failure_is_no_absence() {
    for kind in FAILURES {
        let sources = || [failing(kind), Store::new("second")];
        let error = load::<Optional>(Fallback::OnMissing, sources()).await.unwrap_err();
        assert_eq!(kinds(&error), [("token", kind)], "an option is not `None`");
        let error = load::<Defaulted>(Fallback::OnMissing, sources()).await.unwrap_err();
        assert_eq!(kinds(&error), [("token", kind)], "a default does not stand in");
        let error = load::<Optional>(Fallback::OnError, sources()).await.unwrap_err();
        assert_eq!(kinds(&error), [("token", kind)], "nor if every source is asked");
    }
}

#[tokio::test]
async fn on_error_passes_failures_on_as_well() {
    for kind in FAILURES.into_iter().filter(|kind| *kind != ErrorKind::Invalid) {
        let second = Store::new("second").with("token", "t");
        let config: Config = load(Fallback::OnError, [failing(kind), second]).await.unwrap();
        assert_eq!(config.token.expose_secret(), "t", "{kind}");
    }
}

#[tokio::test]
async fn on_error_a_value_that_is_there_and_bad_is_not_replaced() {
    let second = Store::new("second").with("token", "t");
    let error = load::<Config>(Fallback::OnError, [failing(ErrorKind::Invalid), second]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Invalid)]);
}

#[tokio::test]
async fn on_error_the_outage_is_the_error_if_nothing_else_has_it() {
    let error =
        load::<Config>(Fallback::OnError, [failing(ErrorKind::Unavailable), Store::new("second")]).await;
    let error = error.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Unavailable)]);
    assert_eq!(places(&error, "token"), ["first token: Code", "second token: no such secret"]);
    assert!(error.is_transient());
}

#[tokio::test]
async fn on_error_the_first_of_two_outages_is_the_error() {
    let second = Store::new("second").failing(SourceError::new(ErrorKind::AccessDenied));
    let error = load::<Config>(Fallback::OnError, [failing(ErrorKind::Throttled), second]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Throttled)]);
    assert_eq!(places(&error, "token"), ["first token: Code", "second token: access denied"]);
}

#[tokio::test]
async fn never_asks_the_first_source_alone() {
    let second = Store::new("second").with("token", "t");
    let error = load::<Config>(Fallback::Never, [Store::new("first"), second.clone()]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing)]);
    assert_eq!(places(&error, "token"), ["first token: no such secret"]);
    assert_eq!(second.fetches(), [[""; 0]; 0]);

    let config: Optional = load(Fallback::Never, [Store::new("first"), second]).await.unwrap();
    assert!(config.token.is_none(), "what the first source does not have is absent");
}

#[tokio::test]
async fn never_means_the_first_source_that_can_hold_the_setting() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        port: u16,
    }
    let sources = chain([Box::new(Store::new("first")), Box::new(Env::from_iter([("PORT", "1")]))]);
    let secrets = production().sources(sources).fallback(Fallback::Never).build().unwrap();
    assert_eq!(Config::load_from(&secrets).await.unwrap().port, 1);
}

#[tokio::test]
async fn never_reports_a_failure_as_what_it_is() {
    let second = Store::new("second").with("token", "t");
    let error = load::<Config>(Fallback::Never, [failing(ErrorKind::Throttled), second]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Throttled)]);
}

#[tokio::test]
async fn a_secret_that_production_takes_from_the_fallback_is_logged_without_its_value() {
    let env = Env::from_iter([("TOKEN", "not-to-be-seen")]);
    let sources = chain([Box::new(Store::new("first")), Box::new(env)]);
    let secrets = production().sources(sources).build().unwrap();
    let events = Events::capture();
    assert_eq!(Config::load_from(&secrets).await.unwrap().token.expose_secret(), "not-to-be-seen");
    let expected =
        "WARN secret loaded from a fallback source setting=token source=env environment=production";
    assert_eq!(events.warnings(), [expected]);
    assert!(!events.all().contains("not-to-be-seen"));
}

#[tokio::test]
async fn neither_the_first_source_nor_a_setting_that_is_no_secret_is_a_fallback() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        token: Secret<String>,
        port: u16,
    }
    let first = Store::new("first").with("token", "t");
    let sources = chain([Box::new(first), Box::new(Env::from_iter([("PORT", "1")]))]);
    let secrets = production().environment(Environment::STAGING).sources(sources).build().unwrap();
    let events = Events::capture();
    assert_eq!(Config::load_from(&secrets).await.unwrap().port, 1);
    assert_eq!(events.warnings(), [""; 0]);
}

#[tokio::test]
async fn on_error_a_value_that_is_bad_is_not_replaced_after_an_outage_either() {
    let second = Store::new("second").failing(SourceError::new(ErrorKind::Invalid).because("not Unicode"));
    let third = Store::new("third").with("token", "t");
    let sources = [failing(ErrorKind::Unavailable), second, third.clone()];
    let secrets = production().sources(sources).fallback(Fallback::OnError).build().unwrap();
    let error = Config::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Invalid)]);
    assert_eq!(places(&error, "token"), ["first token: Code", "second token: not Unicode"]);
    assert_eq!(third.fetches(), [[""; 0]; 0]);
}
