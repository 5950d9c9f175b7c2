//! Configs and secrets that follow what changes while the program runs.

mod partial;
mod refused;

use std::sync::Arc;
use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::source::SourceError;
use secrets_runtime::{Clock, ErrorKind, Files, Live, Secret, SecretConfig, Secrets, Zeroize};
use serde::Deserialize;

use crate::support::aws::once;
use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::production;
use crate::support::remote::Remote;
use crate::support::time::soon;

const TTL: Duration = Duration::from_mins(5);

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app")]
struct AppConfig {
    /// Signs sessions.
    jwt: Secret<String>,
    #[secret(id = "db", key = "user")]
    user: Secret<String>,
    #[secret(id = "db", key = "password", validate = long_enough)]
    password: Secret<String>,
    #[secret(nested)]
    smtp: Smtp,
    sentry: Option<Secret<String>>,
}

#[derive(Debug, SecretConfig)]
struct Smtp {
    password: Secret<String>,
}

#[allow(clippy::ptr_arg, reason = "validation takes the field's type")]
fn long_enough(password: &Secret<String>) -> Result<(), &'static str> {
    if password.expose_secret().len() >= 4 { Ok(()) } else { Err("shorter than 4 characters") }
}

fn remote() -> Remote {
    Remote::new()
        .with("app/jwt", "key 1")
        .with("db", r#"{"user": "app-1", "password": "password 1"}"#)
        .with("app/smtp/password", "mail 1")
}

fn of(remote: &Remote) -> Secrets {
    production().sources([remote.clone()]).clock(Clock::Tokio).build().unwrap()
}

async fn watched(remote: &Remote) -> Live<AppConfig> {
    AppConfig::watch(&of(remote)).await.unwrap()
}

fn login(config: &Live<AppConfig>) -> (String, String) {
    let config = config.get();
    (config.user.expose_secret().clone(), config.password.expose_secret().clone())
}

#[tokio::test(start_paused = true)]
async fn a_config_follows_its_secrets_and_names_the_fields_that_changed() {
    let remote = remote();
    let mut config = watched(&remote).await;
    remote.put("db", r#"{"user": "app-2", "password": "password 2"}"#);
    remote.put("app/smtp/password", "mail 2");
    let changes = soon_by(TTL, config.changed()).await;
    assert_eq!(changes.fields().collect::<Vec<_>>(), ["password", "smtp.password", "user"]);
    assert!(changes.contains("smtp") && !changes.contains("jwt"));
    assert_eq!(login(&config), ("app-2".to_owned(), "password 2".to_owned()));
    assert_eq!(config.get().smtp.password.expose_secret(), "mail 2");
}

/// Waits for what is to happen within a TTL and a tenth.
async fn soon_by<T>(ttl: Duration, event: impl Future<Output = T>) -> T {
    tokio::time::timeout(ttl.mul_f64(1.1), event).await.expect("within the TTL and a tenth")
}

#[tokio::test(start_paused = true)]
async fn a_reader_never_sees_a_mix_of_old_and_new_values() {
    let remote = remote();
    let config = watched(&remote).await;
    let reader = tokio::spawn({
        let config = config.clone();
        async move {
            for _ in 0..2000 {
                let (user, password) = login(&config);
                assert_eq!(user.rsplit('-').next(), password.rsplit(' ').next());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
    for number in 2..20 {
        remote.put("db", &format!(r#"{{"user": "app-{number}", "password": "password {number}"}}"#));
        config.refresh().await.unwrap();
        tokio::time::sleep(Duration::from_secs(7)).await;
    }
    reader.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_does_not_build_leaves_the_last_good_one_and_says_what_is_wrong() {
    let remote = remote();
    let config = watched(&remote).await;
    remote.put("db", r#"{"user": "app-2", "password": "no"}"#);
    let error = config.refresh().await.unwrap_err();
    assert_eq!(error.fields()[0].path(), "password");
    assert_eq!(login(&config), ("app-1".to_owned(), "password 1".to_owned()));
    let failure = config.failure().unwrap();
    assert_eq!(failure.kind(), ErrorKind::Invalid);
    assert!(failure.to_string().contains("shorter than 4 characters"));
    remote.put("db", r#"{"user": "app-2", "password": "long enough"}"#);
    let changes = config.refresh().await.unwrap();
    assert_eq!(changes.to_string(), "password, user");
    assert!(config.failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn changes_and_rejected_values_are_logged_once() {
    let events = Events::capture();
    let remote = remote();
    let config = watched(&remote).await;
    let refreshed = async |db: &str| {
        remote.put("db", db);
        let _ = config.refresh().await;
        let about = |event: &String| event.contains("secrets changed") || event.contains("watched settings");
        let said: Vec<String> = events.own().into_iter().filter(about).collect();
        said
    };
    assert!(refreshed(r#"{"user": "app-1", "password": "password 1"}"#).await.is_empty());
    let followed = "INFO secrets changed: the new values are in use config=AppConfig fields=password";
    assert_eq!(refreshed(r#"{"user": "app-1", "password": "password 2"}"#).await, [followed]);
    let broken = "WARN watched settings do not load: their last good values stay in use, and so do those of \
                  the same secret; `Live::failure` returns the reason config=AppConfig fields=password kind=invalid";
    for password in ["no", "2"] {
        let db = format!(r#"{{"user": "app-1", "password": "{password}"}}"#);
        assert_eq!(refreshed(&db).await, [followed, broken]);
    }
    let mended = refreshed(r#"{"user": "app-1", "password": "password 3"}"#).await;
    let loads = "INFO watched settings load again config=AppConfig fields=password";
    assert_eq!(mended, [followed, broken, followed, loads]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_goes_missing_is_said_and_one_that_appears_is_taken() {
    let remote = remote();
    let config = watched(&remote).await;
    assert!(config.get().sentry.is_none());
    remote.put("app/sentry", "dsn");
    assert_eq!(config.refresh().await.unwrap().to_string(), "sentry");
    assert!(config.get().sentry.is_some());
    remote.remove("app/sentry");
    assert_eq!(config.refresh().await.unwrap().to_string(), "sentry");
    remote.remove("app/jwt");
    assert_eq!(config.refresh().await.unwrap_err().kind(), ErrorKind::Missing);
    assert_eq!(config.get().jwt.expose_secret(), "key 1");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_said_and_changes_nothing() {
    let remote = remote();
    let config = watched(&remote).await;
    remote.fail(SourceError::new(ErrorKind::Throttled));
    tokio::time::sleep(TTL * 2).await;
    assert_eq!(config.failure().unwrap().kind(), ErrorKind::Throttled);
    assert_eq!(config.get().jwt.expose_secret(), "key 1");
    remote.mend();
    remote.put("app/jwt", "key 2");
    tokio::time::sleep(TTL).await;
    assert!(config.failure().is_none());
    assert_eq!(config.get().jwt.expose_secret(), "key 2");
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_config_is_not_built_again() {
    let remote = remote();
    let config = watched(&remote).await;
    let first = config.snapshot();
    tokio::time::sleep(TTL * 10).await;
    assert!(Arc::ptr_eq(&first, &config.snapshot()));
}

#[tokio::test(start_paused = true)]
async fn a_change_of_something_else_is_not_taken_for_the_new_password() {
    let remote = remote();
    let config = watched(&remote).await;
    let login = config.across_rotation(|_: &&str| true).run(async |now: Arc<AppConfig>| {
        if now.jwt.expose_secret() == "key 1" {
            remote.put("app/jwt", "key 2");
            config.refresh().await.unwrap();
            remote.put("db", r#"{"user": "app-1", "password": "password 2"}"#);
        }
        if now.password.expose_secret() == "password 2" { Ok(()) } else { Err("refused") }
    });
    assert_eq!(login.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn changes_that_were_not_told_add_up() {
    let remote = remote();
    let mut config = watched(&remote).await;
    let mut other = config.clone();
    remote.put("app/jwt", "key 2");
    config.refresh().await.unwrap();
    assert_eq!(config.changed().await.to_string(), "jwt");
    remote.put("app/smtp/password", "mail 2");
    config.refresh().await.unwrap();
    assert_eq!(config.changed().await.to_string(), "smtp.password");
    assert_eq!(other.changed().await.to_string(), "jwt, smtp.password");
    assert!(tokio::time::timeout(TTL * 3, other.changed()).await.is_err());
}

#[derive(Deserialize)]
struct Keys {
    public: String,
}

impl Zeroize for Keys {
    fn zeroize(&mut self) {
        self.public.zeroize();
    }
}

#[tokio::test(start_paused = true)]
async fn one_secret_can_be_watched_as_text_or_json_in_any_version_and_with_a_default() {
    let remote = Remote::new().with("keys", r#"{"public": "1"}"#).with("keys@AWSPREVIOUS", "old");
    let secrets = of(&remote);
    let text = secrets.watch("keys").await.unwrap();
    let json: Live<Secret<Keys>> = secrets.watch_json("keys").await.unwrap();
    let previous = secrets.request("keys").stage("AWSPREVIOUS").watch().await.unwrap();
    let absent = secrets.request("absent").default_value("none").watch().await.unwrap();
    assert_eq!(text.get().expose_secret(), r#"{"public": "1"}"#);
    assert_eq!(previous.get().expose_secret(), "old");
    assert_eq!(absent.get().expose_secret(), "none");
    remote.put("keys", r#"{"public": "2"}"#);
    remote.put("absent", "there");
    json.refresh().await.unwrap();
    absent.refresh().await.unwrap();
    assert_eq!(json.get().expose_secret().public, "2");
    assert_eq!(absent.get().expose_secret(), "there");
    // They share a cache, and are told of what another has fetched.
    soon("the text follows", async {
        while text.get().expose_secret() != r#"{"public": "2"}"# {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn files_that_are_mounted_are_followed_too() {
    let folder = Folder::new();
    folder.write("token", "1");
    let secrets = production().sources([Files::new(folder.path())]).clock(Clock::Tokio).build().unwrap();
    let mut token = secrets.watch("token").await.unwrap();
    folder.write("token", "2");
    assert_eq!(soon_by(TTL, token.changed()).await.to_string(), "token");
    assert_eq!(token.get().expose_secret(), "2");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_applications_own_code_is_an_error_and_the_next_change_is_taken() {
    #[derive(SecretConfig)]
    struct Panics {
        #[secret(validate = panics)]
        token: Secret<String>,
    }

    #[allow(clippy::ptr_arg, reason = "validation takes the field's type")]
    #[allow(clippy::unnecessary_wraps, reason = "so are validations")]
    fn panics(token: &Secret<String>) -> Result<(), &'static str> {
        assert!(token.expose_secret() != "bad", "as an application's own code may");
        Ok(())
    }

    let remote = Remote::new().with("token", "good");
    let config = Panics::watch(&of(&remote)).await.unwrap();
    remote.put("token", "bad");
    let error = config.refresh().await.unwrap_err();
    assert!(error.fields()[0].to_string().contains("its validation panicked"), "{error}");
    remote.put("token", "better");
    tokio::time::sleep(TTL * 2).await;
    assert_eq!(config.get().token.expose_secret(), "better");
}

#[tokio::test(start_paused = true)]
async fn what_a_load_refuses_cannot_be_watched() {
    #[derive(Debug, SecretConfig)]
    struct Twice {
        #[secret(nested(prefix = "smtp", env_prefix = "SMTP_"))]
        one: Smtp,
        #[secret(nested(prefix = "smtp", env_prefix = "SMTP_"))]
        two: Smtp,
    }

    let secrets = of(&Remote::new().with("smtp/password", "mail"));
    let refused = Twice::load_from(&secrets).await.unwrap_err();
    assert_eq!(Twice::watch(&secrets).await.unwrap_err().to_string(), refused.to_string());
}

#[tokio::test]
async fn a_rotation_is_seen_within_one_round_trip_of_a_refresh() {
    let stub = Stub::start().await;
    for name in ["app/jwt", "app/smtp/password"] {
        stub.put(name, "1");
    }
    stub.put("db", r#"{"user": "app-1", "password": "password 1"}"#);
    let secrets = production().sources([once(&stub.url())]).build().unwrap();
    let config = AppConfig::watch(&secrets).await.unwrap();
    stub.put("app/jwt", "2");
    stub.reset_requests();
    assert_eq!(config.refresh().await.unwrap().to_string(), "jwt");
    assert_eq!((stub.requests().batch, stub.requests().get), (1, 0));
    stub.fault(Fault::Throttled);
    assert_eq!(config.refresh().await.unwrap_err().kind(), ErrorKind::Throttled);
    assert_eq!(config.get().jwt.expose_secret(), "2");
}

#[tokio::test(start_paused = true)]
async fn what_is_shown_holds_no_value() {
    let remote = remote();
    let config = watched(&remote).await;
    remote.put("app/jwt", "hunter2 hunter2");
    let changes = config.refresh().await.unwrap();
    remote.put("db", r#"{"user": "hunter2", "password": ["hunter2"]}"#);
    let error = config.refresh().await.unwrap_err();
    let failure = config.failure();
    let shown = format!("{config:?} {:?} {changes:?} {changes} {error:?} {failure:?}", config.get());
    assert!(shown.contains("[REDACTED]") && !shown.contains("hunter"), "{shown}");
}
