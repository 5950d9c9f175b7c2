//! One setting that does not load does not stop the others, and no secret is used in part.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use secrets_runtime::source::{
    Answer, BoxFuture, Fetched, Identity, Key, Location, Setting, Source, SourceError,
};
use secrets_runtime::{Clock, ErrorKind, Live, Memory, Secret, SecretConfig, Zeroize};

use super::{AppConfig, TTL, login, of, remote, soon_by, watched};
use crate::support::events::Events;
use crate::support::production;
use crate::support::remote::Remote;

const DENIED: SourceError = SourceError::new(ErrorKind::AccessDenied);

fn jwt(config: &Live<AppConfig>) -> String {
    config.get().jwt.expose_secret().clone()
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_does_not_load_keeps_its_last_good_value_while_the_others_are_replaced() {
    type Spoil = fn(&Remote);
    let spoiled: [(&str, Spoil); 5] = [
        ("invalid", |remote| remote.put("db", r#"{"user": "app-2", "password": "no"}"#)),
        ("not JSON", |remote| remote.put("db", "app-2:password 2")),
        ("without the key", |remote| remote.put("db", r#"{"user": "app-2"}"#)),
        ("missing", |remote| remote.remove("db")),
        ("denied", |remote| remote.answer("db", DENIED)),
    ];
    for (what, spoil) in spoiled {
        let remote = remote();
        let mut config = watched(&remote).await;
        spoil(&remote);
        remote.put("app/jwt", "key 2");
        remote.put("app/smtp/password", "mail 2");
        let changes = soon_by(TTL, config.changed()).await;
        assert_eq!(changes.to_string(), "jwt, smtp.password", "{what}");
        assert_eq!((jwt(&config), login(&config).0), ("key 2".to_owned(), "app-1".to_owned()), "{what}");
        assert_eq!(login(&config).1, "password 1", "{what}");
        let failure = config.failure().unwrap();
        assert!(failure.fields().iter().any(|field| field.path() == "password"), "{what}: {failure}");
        assert!(config.refresh().await.is_err(), "{what}");
        // It loads again.
        remote.put("db", r#"{"user": "app-2", "password": "password 2"}"#);
        assert_eq!(config.refresh().await.unwrap().to_string(), "password, user", "{what}");
        assert!(config.failure().is_none(), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_setting_is_invalid_an_unchanged_config_is_not_replaced() {
    let remote = remote();
    let config = watched(&remote).await;
    remote.put("db", r#"{"user": "app-2", "password": "no"}"#);
    let first = config.snapshot();
    tokio::time::sleep(TTL * 5).await;
    assert!(Arc::ptr_eq(&first, &config.snapshot()));
    assert_eq!(config.failure().unwrap().kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_read_under_two_names_is_not_used_in_part() {
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf";

    #[derive(SecretConfig)]
    struct TwoNames {
        #[secret(id = "db", key = "user")]
        user: Secret<String>,
        #[secret(id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf", key = "port")]
        port: Secret<u16>,
    }

    let remote = Remote::new();
    let put = |value| remote.put_identified(&["db", ARN], ARN, value);
    put(r#"{"user": "app-1", "port": 1}"#);
    let config = TwoNames::watch(&of(&remote)).await.unwrap();
    put(r#"{"user": "app-2", "port": "none"}"#);
    assert!(config.refresh().await.is_err());
    assert_eq!(config.get().user.expose_secret(), "app-1");
    assert_eq!(config.get().port.expose_secret(), &1);
}

#[tokio::test(start_paused = true)]
async fn a_nested_config_that_appears_in_part_stays_absent_and_does_not_stop_the_others() {
    #[derive(SecretConfig)]
    struct Outer {
        jwt: Secret<String>,
        #[secret(nested)]
        mail: Option<Mail>,
    }

    #[derive(SecretConfig)]
    struct Mail {
        user: Secret<String>,
        password: Secret<String>,
    }

    let remote = Remote::new().with("jwt", "key 1");
    let config = Outer::watch(&of(&remote)).await.unwrap();
    remote.put("mail/password", "mail 2");
    remote.put("jwt", "key 2");
    let error = config.refresh().await.unwrap_err();
    assert_eq!(error.fields()[0].path(), "mail.user");
    assert!(config.get().mail.is_none());
    assert_eq!(config.get().jwt.expose_secret(), "key 2");
    remote.put("mail/user", "me");
    assert_eq!(config.refresh().await.unwrap().to_string(), "mail.password, mail.user");
    let config = config.get();
    let mail = config.mail.as_ref().unwrap();
    assert_eq!(
        (mail.user.expose_secret().as_str(), mail.password.expose_secret().as_str()),
        ("me", "mail 2")
    );
}

#[tokio::test(start_paused = true)]
async fn code_of_the_application_that_panics_for_one_field_does_not_stop_the_others() {
    #[derive(SecretConfig)]
    struct Panics {
        jwt: Secret<String>,
        #[secret(with = decoded)]
        token: Secret<String>,
    }

    #[allow(clippy::unnecessary_wraps, reason = "decoders return a result")]
    fn decoded(text: &str) -> Result<String, &'static str> {
        assert!(text != "bad", "as an application's own code may");
        Ok(text.to_owned())
    }

    let remote = Remote::new().with("token", "good").with("jwt", "key 1");
    let config = Panics::watch(&of(&remote)).await.unwrap();
    remote.put("token", "bad");
    remote.put("jwt", "key 2");
    assert_eq!(config.refresh().await.unwrap_err().fields()[0].path(), "token");
    assert_eq!(config.get().jwt.expose_secret(), "key 2");
    assert_eq!(config.get().token.expose_secret(), "good");
}

#[tokio::test(start_paused = true)]
async fn a_last_good_value_that_expires_stays_in_use_and_does_not_stop_the_others() {
    static HAS_EXPIRED: AtomicBool = AtomicBool::new(false);

    #[derive(SecretConfig)]
    struct Certified {
        jwt: Secret<String>,
        #[secret(validate = not_expired)]
        certificate: Secret<String>,
    }

    fn not_expired(_: &str) -> Result<(), &'static str> {
        if HAS_EXPIRED.load(Ordering::Relaxed) { Err("expired") } else { Ok(()) }
    }

    let remote = Remote::new().with("jwt", "key 1").with("certificate", "1");
    let config = Certified::watch(&of(&remote)).await.unwrap();
    HAS_EXPIRED.store(true, Ordering::Relaxed);
    remote.put("jwt", "key 2");
    assert!(config.refresh().await.unwrap_err().to_string().contains("certificate   invalid: expired"));
    assert_eq!(config.get().jwt.expose_secret(), "key 2");
    assert_eq!(config.get().certificate.expose_secret(), "1");
}

/// A file of plain settings, of which a line may be broken.
#[derive(Clone, Default)]
struct File(Arc<Mutex<(HashMap<String, String>, bool)>>);

impl Source for File {
    fn name(&self) -> &'static str {
        "file"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        setting.variables().map(Location::value).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let (values, is_broken) = &*self.0.lock().unwrap();
            let answer = |key: &Key| {
                values.get(key.name()).map_or(Answer::missing(), |value| Answer::found(value.as_str()))
            };
            let fetched: Fetched = keys.iter().map(answer).collect();
            let problem = SourceError::new(ErrorKind::Configuration).because("not an assignment").at_line(3);
            if *is_broken { fetched.with_problem(problem) } else { fetched }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_file_keeps_what_it_may_hide_and_does_not_stop_the_sources_before_it() {
    #[derive(SecretConfig)]
    struct WithFile {
        jwt: Secret<String>,
        #[secret(default = 8080)]
        port: u16,
        #[secret(default = 1)]
        level: u8,
    }

    let (remote, file) = (Remote::new().with("jwt", "key 1"), File::default());
    let settings = [("PORT", "80"), ("LEVEL", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    file.0.lock().unwrap().0.extend(settings);
    let builder = production().source(remote.clone()).source(file.clone()).clock(Clock::Tokio);
    let config = WithFile::watch(&builder.build().unwrap()).await.unwrap();
    {
        let (values, is_broken) = &mut *file.0.lock().unwrap();
        *is_broken = true;
        values.remove("PORT");
        values.insert("LEVEL".to_owned(), "3".to_owned());
    }
    remote.put("jwt", "key 2");
    let error = config.refresh().await.unwrap_err();
    assert!(error.to_string().contains("file: line 3: not an assignment"), "{error}");
    let current = config.get();
    assert_eq!((current.jwt.expose_secret().as_str(), current.port, current.level), ("key 2", 80, 2));
    drop(current);
    file.0.lock().unwrap().1 = false;
    assert_eq!(config.refresh().await.unwrap().to_string(), "level, port");
    assert_eq!((config.get().port, config.get().level), (8080, 3));
}

#[tokio::test(start_paused = true)]
async fn each_setting_that_does_not_load_is_logged_once_and_so_is_its_recovery() {
    let remote = remote();
    let config = watched(&remote).await;
    let events = Events::capture();
    let said = || {
        let about = |event: &String| event.contains("watched settings");
        let short = |event: String| {
            let (level, _) = event.split_once(' ').unwrap();
            format!("{level} {}", &event[event.find("config=").unwrap()..])
        };
        events.own().into_iter().filter(about).map(short).collect::<Vec<_>>()
    };
    remote.put("db", r#"{"user": "app-2", "password": "no"}"#);
    for _ in 0..3 {
        let _ = config.refresh().await;
    }
    let password = "WARN config=AppConfig fields=password kind=invalid";
    assert_eq!(said(), [password]);
    remote.remove("app/jwt");
    tokio::time::sleep(TTL * 3).await;
    let jwt = "WARN config=AppConfig fields=jwt kind=missing";
    assert_eq!(said(), [password, jwt]);
    remote.put("db", r#"{"user": "app-2", "password": "password 2"}"#);
    let _ = config.refresh().await;
    let recovered = "INFO config=AppConfig fields=password";
    assert_eq!(said(), [password, jwt, recovered]);
    remote.put("app/jwt", "key 2");
    tokio::time::sleep(TTL * 2).await;
    assert_eq!(said(), [password, jwt, recovered, "INFO config=AppConfig fields=jwt"]);
}

#[tokio::test(start_paused = true)]
async fn another_cause_is_logged_too_unless_it_passes() {
    let remote = remote();
    let config = watched(&remote).await;
    let events = Events::capture();
    let kinds = async || {
        let _ = config.refresh().await;
        let warnings = events.warnings();
        let about = warnings.iter().filter(|line| line.contains("fields=jwt "));
        about.map(|line| line[line.find("kind=").unwrap()..].to_owned()).collect::<Vec<_>>().join(" ")
    };
    remote.remove("app/jwt");
    assert_eq!(kinds().await, "kind=missing");
    remote.answer("app/jwt", DENIED);
    assert_eq!(kinds().await, "kind=missing kind=access denied");
    remote.answer("app/jwt", SourceError::new(ErrorKind::Throttled));
    assert_eq!(kinds().await, "kind=missing kind=access denied");
}

thread_local! {
    /// Whether the next trap that is dropped on this thread panics.
    static IS_SET: Cell<bool> = const { Cell::new(false) };
}

/// A value that panics when it is dropped.
struct Trap;

impl Zeroize for Trap {
    fn zeroize(&mut self) {}
}

impl Drop for Trap {
    fn drop(&mut self) {
        assert!(!IS_SET.take(), "as an application's own code may");
    }
}

#[allow(clippy::unnecessary_wraps, reason = "decoders return a result")]
fn trap(_: &str) -> Result<Trap, &'static str> {
    Ok(Trap)
}

#[derive(SecretConfig)]
struct Trapped {
    #[secret(with = trap)]
    token: Secret<Trap>,
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_rebuild_is_logged() {
    let remote = Remote::new().with("token", "1");
    let config = Trapped::watch(&of(&remote)).await.unwrap();
    let events = Events::capture();
    IS_SET.set(true);
    remote.put("token", "2");
    tokio::time::sleep(TTL * 2).await;
    let warnings = events.warnings();
    let expected = |line: &&String| line.contains("config=Trapped fields=config kind=invalid");
    assert_eq!(warnings.iter().filter(expected).count(), 1, "{warnings:?}");
    drop(config);
}

#[tokio::test]
async fn a_config_that_is_not_returned_may_panic_when_it_is_dropped() {
    let (remote, file) = (Remote::new().with("token", "1"), File::default());
    file.0.lock().unwrap().1 = true;
    let secrets = production().source(file).source(remote).build().unwrap();
    IS_SET.set(true);
    let Err(error) = Trapped::load_from(&secrets).await else { panic!("the file is broken") };
    assert!(error.to_string().contains("file: line 3: not an assignment"), "{error}");
    assert!(!IS_SET.get(), "it was dropped");
}

#[tokio::test(start_paused = true)]
async fn stats_count_what_does_not_load_now() {
    let remote = remote();
    let secrets = of(&remote);
    let config = AppConfig::watch(&secrets).await.unwrap();
    let token = secrets.watch("app/jwt").await.unwrap();
    let counts = || (secrets.stats().watched, secrets.stats().watched_failing);
    assert_eq!(counts(), (2, 0));
    remote.put("db", r#"{"user": "app-2", "password": "no"}"#);
    let _ = config.refresh().await;
    assert_eq!(counts(), (2, 1));
    let table = secrets.stats().to_string();
    assert!(
        table.lines().any(|row| row.starts_with("watched ") && row.ends_with(" 2  1 of them do not load")),
        "{table}"
    );
    remote.put("db", r#"{"user": "app-2", "password": "password 2"}"#);
    config.refresh().await.unwrap();
    drop(token);
    assert_eq!(counts(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_value_in_memory_can_be_set_while_it_is_watched() {
    let memory = Memory::from([("app/jwt", "key 1"), ("app/smtp/password", "mail 1")])
        .with("db", r#"{"user": "app-1", "password": "password 1"}"#);
    let secrets = production().source(Box::new(memory.clone())).build().unwrap();
    let mut config = AppConfig::watch(&secrets).await.unwrap();
    let before = tokio::time::Instant::now();
    for number in 2..5 {
        tokio::time::sleep(TTL).await;
        memory.set("app/jwt", format!("key {number}"));
        let set_at = tokio::time::Instant::now();
        assert_eq!(config.changed().await.to_string(), "jwt");
        assert!(set_at.elapsed().as_millis() <= 100, "after {:?}", before.elapsed());
        assert_eq!(jwt(&config), format!("key {number}"));
    }
    // A source made from it has values of its own.
    let other = memory.clone().with("app/jwt", "other");
    other.set("app/jwt", "another");
    assert!(config.refresh().await.unwrap().is_empty());
    // Pulled from a call across a rotation, a value that was set is used at once.
    memory.set("app/jwt", "key 5");
    let call = config.across_rotation(|_: &&str| true).run(async |now: Arc<AppConfig>| {
        if now.jwt.expose_secret() == "key 5" { Ok(()) } else { Err("old") }
    });
    assert_eq!(call.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn an_identity_that_changes_does_not_tie_two_secrets_together() {
    let remote = remote();
    let identified = |id: &str, value: &str| {
        remote.answer(id, Answer::found(value).identified_by(Identity::new(format!("arn:{id}"))));
    };
    identified("app/jwt", "key 1");
    identified("db", r#"{"user": "app-1", "password": "password 1"}"#);
    let config = watched(&remote).await;
    identified("app/jwt", "key 2");
    identified("db", r#"{"user": "app-2", "password": "no"}"#);
    assert!(config.refresh().await.is_err());
    assert_eq!((jwt(&config), login(&config).0), ("key 2".to_owned(), "app-1".to_owned()));
}
