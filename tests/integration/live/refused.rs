//! Calls across a rotation whose credential stays refused, and rotations while something else is wrong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrets_runtime::source::SourceError;
use secrets_runtime::{Clock, Env, ErrorKind, Live, Secret, SecretConfig};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::of;
use crate::support::events::Events;
use crate::support::production;
use crate::support::remote::Remote;

#[derive(SecretConfig)]
#[secret(prefix = "shop")]
struct Shop {
    #[secret(nested)]
    database: Database,
    #[secret(json)]
    stripe: Secret<Vec<String>>,
    smtp: Secret<String>,
}

#[derive(SecretConfig)]
#[secret(prefix = "shop", name = "database")]
struct Database {
    user: Secret<String>,
    password: Secret<String>,
    port: Option<Secret<u16>>,
}

const STRIPE: &str = r#"["public", "secret"]"#;

fn database(user: &str, password: &str) -> String {
    format!(r#"{{"user": "{user}", "password": "{password}"}}"#)
}

fn remote() -> Remote {
    Remote::new()
        .with("shop/database", &database("app", "1"))
        .with("shop/stripe", STRIPE)
        .with("shop/smtp", "mail 1")
}

async fn watched(remote: &Remote) -> Live<Shop> {
    Shop::watch(&of(remote)).await.unwrap()
}

/// A service that accepts one password.
#[derive(Clone)]
struct Server {
    password: Arc<Mutex<&'static str>>,
    /// How long an answer takes.
    delay: Duration,
}

impl Server {
    fn new(password: &'static str) -> Self {
        Self { password: Arc::new(Mutex::new(password)), delay: Duration::from_millis(2) }
    }

    fn accept(&self, password: &'static str) {
        *self.password.lock().unwrap() = password;
    }

    async fn login(&self, password: &Secret<String>) -> Result<(), &'static str> {
        tokio::time::sleep(self.delay).await;
        if password.expose_secret() == *self.password.lock().unwrap() { Ok(()) } else { Err("refused") }
    }
}

async fn connect(config: Live<Shop>, server: Server) -> Result<(), &'static str> {
    let call = config.across_rotation(|error: &&str| *error == "refused").of("database").or_pending();
    call.run(|shop| {
        let server = server.clone();
        async move { server.login(&shop.database.password).await }
    })
    .await
}

async fn send_mail(config: &Live<Shop>, server: &Server) -> Result<(), &'static str> {
    config
        .across_rotation(|_: &&str| true)
        .of("smtp")
        .or_pending()
        .run(async |shop: Arc<Shop>| server.login(&shop.smtp).await)
        .await
}

/// 50 calls a second, and what has become of them.
async fn calls(config: &Live<Shop>, server: &Server, duration: Duration) -> Vec<Result<(), &'static str>> {
    let mut calls = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let start = Instant::now();
    while start.elapsed() < duration {
        ticks.tick().await;
        calls.spawn(connect(config.clone(), server.clone()));
    }
    calls.join_all().await
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_password_that_stays_wrong_causes_two_requests_a_second_and_one_warning() {
    for pending in [None, Some("3")] {
        let remote = remote();
        if let Some(pending) = pending {
            remote.put("shop/database@AWSPENDING", &database("app", pending));
        }
        let (config, server) = (watched(&remote).await, Server::new("2"));
        let events = Events::capture();
        calls(&config, &server, seconds(1)).await;
        let first_second = remote.requests();
        assert!(first_second <= 40, "{first_second}");
        for second in 0..30 {
            let before = remote.requests();
            let done = calls(&config, &server, seconds(1)).await;
            assert!(done.iter().all(Result::is_err));
            let requests = remote.requests() - before;
            assert!(requests <= 2, "second {second}: {requests}");
        }
        let reason = match pending {
            None => "refused with the current value, and no other is pending",
            Some(_) => "refused with the current and with the pending value",
        };
        let warnings = events.warnings();
        let fields = "config=Shop fields=database.user, database.password, database.port";
        assert!(
            warnings.len() == 1 && warnings[0].contains(reason) && warnings[0].contains(fields),
            "{warnings:?}"
        );
        let failure = config.failure().unwrap();
        assert!(failure.to_string().contains(reason), "{failure}");
        assert!(failure.to_string().starts_with("credentials of Shop are refused"), "{failure}");
        // It is corrected, and found within the longest rest.
        remote.put("shop/database", &database("app", "2"));
        calls(&config, &server, seconds(31)).await;
        assert_eq!(connect(config.clone(), server.clone()).await, Ok(()));
        assert!(config.failure().is_none());
        let accepted = events.own().into_iter().filter(|line| line.contains("accepted again")).count();
        assert_eq!((accepted, events.warnings().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_accepted_now_and_then_is_not_logged_again_each_time() {
    let remote = remote();
    let (config, server) = (watched(&remote).await, Server::new("2"));
    let events = Events::capture();
    for _ in 0..50 {
        server.accept("2");
        assert!(connect(config.clone(), server.clone()).await.is_err());
        server.accept("1");
        assert!(connect(config.clone(), server.clone()).await.is_ok());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(events.warnings().len(), 1);
    tokio::time::sleep(seconds(6)).await;
    connect(config.clone(), server.clone()).await.unwrap();
    assert!(config.failure().is_none());
    assert!(events.own().iter().any(|line| line.starts_with("INFO accepted again")));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_fails_no_request_while_another_secret_is_invalid() {
    for invalid in ["not JSON", ""] {
        let remote = remote();
        let (config, server) = (watched(&remote).await, Server::new("1"));
        remote.put("shop/stripe", invalid);
        remote.put("shop/stripe@AWSPENDING", invalid);
        let rotate = async {
            tokio::time::sleep(seconds(2)).await;
            remote.put("shop/database@AWSPENDING", &database("app", "2"));
            tokio::time::sleep(seconds(1)).await;
            server.accept("2");
            tokio::time::sleep(seconds(2)).await;
            remote.put("shop/database", &database("app", "2"));
            remote.remove("shop/database@AWSPENDING");
            tokio::time::sleep(seconds(2)).await;
            // The next one follows at once.
            remote.put("shop/database@AWSPENDING", &database("app", "3"));
            server.accept("3");
            tokio::time::sleep(seconds(1)).await;
            remote.put("shop/database", &database("app", "3"));
        };
        let (done, ()) = tokio::join!(calls(&config, &server, seconds(10)), rotate);
        let failed = done.iter().filter(|done| done.is_err()).count();
        assert_eq!((failed, done.len() >= 490), (0, true), "{invalid:?}");
        assert_eq!(config.refresh().await.unwrap_err().fields()[0].path(), "stripe");
        assert_eq!(config.get().database.password.expose_secret(), "3");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pending_version_that_does_not_decode_does_not_spoil_another() {
    let remote = remote();
    let config = watched(&remote).await;
    remote.put("shop/stripe@AWSPENDING", "not JSON");
    remote.put("shop/database@AWSPENDING", &database("app", "2"));
    let call = config.across_rotation(|_: &&str| true).or_pending().run(async |shop: Arc<Shop>| {
        let is_new = shop.database.password.expose_secret() == "2" && shop.stripe.expose_secret().len() == 2;
        if is_new { Ok(()) } else { Err("refused") }
    });
    assert_eq!(call.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_pending_secret_is_not_mixed_with_its_current_version() {
    let remote = remote();
    remote.put("shop/database", r#"{"user": "app", "password": "1", "port": 5432}"#);
    let config = watched(&remote).await;
    remote.put("shop/database@AWSPENDING", &database("app", "2"));
    let tried = Mutex::new(Vec::new());
    let call = config.across_rotation(|_: &&str| true).or_pending().run(async |shop: Arc<Shop>| {
        tried.lock().unwrap().push(shop.database.port.as_ref().map(|port| *port.expose_secret()));
        Err::<(), _>("refused")
    });
    call.await.unwrap_err();
    assert_eq!(*tried.lock().unwrap(), [Some(5432), None]);
}

#[tokio::test(start_paused = true)]
async fn only_the_pending_version_of_the_named_part_is_asked_for() {
    let pending_of = async |field: &str| {
        let remote = remote();
        let config = watched(&remote).await;
        let call = config.across_rotation(|_: &&str| true).of(field).or_pending();
        call.run(async |_: Arc<Shop>| Err::<(), _>("refused")).await.unwrap_err();
        let mut asked = remote.fetches().concat();
        asked.retain(|name| name.ends_with("@AWSPENDING"));
        asked.sort();
        asked.join(" ").replace("@AWSPENDING", "").replace("shop/", "")
    };
    assert_eq!(pending_of("database").await, "database");
    assert_eq!(pending_of("database.password").await, "database");
    assert_eq!(pending_of("smtp").await, "smtp");
    for all in ["", "databse"] {
        assert_eq!(pending_of(all).await, "database smtp stripe");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_does_not_delay_the_rotation_of_another() {
    let remote = remote();
    let (config, mail, server) = (watched(&remote).await, Server::new("wrong"), Server::new("1"));
    for _ in 0..100 {
        send_mail(&config, &mail).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    remote.put("shop/database", &database("app", "2"));
    server.accept("2");
    assert_eq!(connect(config.clone(), server.clone()).await, Ok(()));
    // That it is still refused after the change is not logged again.
    let events = Events::capture();
    for _ in 0..100 {
        send_mail(&config, &mail).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(events.warnings(), [""; 0]);
    assert!(config.failure().unwrap().to_string().contains("smtp: refused with the current value"));
}

#[tokio::test(start_paused = true)]
async fn a_denied_pending_version_is_logged_once_with_what_allows_it() {
    let remote = remote();
    remote.answer("shop/database@AWSPENDING", SourceError::new(ErrorKind::AccessDenied));
    let (config, server) = (watched(&remote).await, Server::new("2"));
    let events = Events::capture();
    calls(&config, &server, seconds(20)).await;
    let warnings = events.warnings();
    let denied: Vec<_> =
        warnings.iter().filter(|line| line.contains("access to the pending version")).collect();
    let [denied] = &denied[..] else { panic!("{warnings:?}") };
    assert!(denied.contains("secrets policy --pending") && denied.contains("config=Shop"), "{denied}");
    assert!(denied.contains("database.password"), "{denied}");
    let failure = config.failure().unwrap().to_string();
    assert!(failure.contains("the pending one cannot be used"), "{failure}");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_reported_without_its_value() {
    let remote = remote();
    remote.put("shop/smtp", "hunter2 hunter2");
    remote.put("shop/smtp@AWSPENDING", "hunter3 hunter3");
    let (config, events) = (watched(&remote).await, Events::capture());
    send_mail(&config, &Server::new("other")).await.unwrap_err();
    let shown = format!("{:?} {}", config.failure(), events.all());
    assert!(shown.contains("smtp") && !shown.contains("hunter"), "{shown}");
}

/// A secret that a managed database rotates, which holds the login alone.
#[derive(SecretConfig)]
#[secret(name = "database")]
struct Managed {
    password: Secret<String>,
    host: Secret<String>,
    #[secret(default = 5432)]
    port: u16,
}

#[tokio::test(start_paused = true)]
async fn a_pending_version_does_not_replace_what_is_set_on_this_machine() {
    let variables = || Env::from_iter([("DATABASE_HOST", "local"), ("DATABASE_PORT", "6432")]);
    for is_env_first in [false, true] {
        let remote = Remote::new();
        let (current, pending) = if is_env_first {
            let members = |password| format!(r#"{{"password": "{password}", "host": "db", "port": 1}}"#);
            (members("1"), members("2"))
        } else {
            (r#"{"password": "1"}"#.to_owned(), r#"{"password": "2"}"#.to_owned())
        };
        remote.put("database", &current);
        let builder = production().clock(Clock::Tokio);
        let builder = if is_env_first {
            builder.source(variables()).source(remote.clone())
        } else {
            builder.source(remote.clone()).source(variables())
        };
        let config = Managed::watch(&builder.build().unwrap()).await.unwrap();
        remote.put("database@AWSPENDING", &pending);
        let tried = Mutex::new(Vec::new());
        let call = config.across_rotation(|_: &&str| true).or_pending().run(async |now: Arc<Managed>| {
            let (password, host, port) = (now.password.expose_secret(), now.host.expose_secret(), now.port);
            tried.lock().unwrap().push(format!("{password} {host} {port}"));
            Err::<(), _>("refused")
        });
        call.await.unwrap_err();
        assert_eq!(*tried.lock().unwrap(), ["1 local 6432", "2 local 6432"], "{is_env_first}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_after_one_success_although_no_further_call_is_made() {
    for asks_for_failure in [true, false] {
        let remote = remote();
        let (config, server) = (watched(&remote).await, Server::new("2"));
        let events = Events::capture();
        connect(config.clone(), server.clone()).await.unwrap_err();
        // A person sets the database's password back.
        server.accept("1");
        tokio::time::sleep(seconds(1)).await;
        connect(config.clone(), server.clone()).await.unwrap();
        assert!(config.failure().is_some(), "another server may still refuse it");
        let accepted = || events.own().into_iter().filter(|line| line.contains("accepted again")).count();
        assert_eq!(accepted(), 0);
        if asks_for_failure {
            tokio::time::sleep(seconds(6)).await;
            assert!(config.failure().is_none());
        } else {
            tokio::time::sleep(super::TTL * 2).await;
        }
        assert_eq!(accepted(), 1);
        // The next refusal is a new one.
        server.accept("2");
        connect(config.clone(), server.clone()).await.unwrap_err();
        assert_eq!(events.warnings().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_refusal_makes_no_call_of_the_next_rotation_fail() {
    for since in [seconds(5), seconds(120)] {
        let remote = remote();
        let (config, server) = (watched(&remote).await, Server::new("2"));
        connect(config.clone(), server.clone()).await.unwrap_err();
        tokio::time::sleep(since).await;
        remote.put("shop/database@AWSPENDING", &database("app", "2"));
        let calls: JoinSet<_> = (0..20).map(|_| connect(config.clone(), server.clone())).collect();
        assert_eq!(calls.join_all().await, [Ok(()); 20], "{since:?}");
        tokio::time::sleep(since).await;
        remote.put("shop/database", &database("app", "3"));
        server.accept("3");
        let calls: JoinSet<_> = (0..20).map(|_| connect(config.clone(), server.clone())).collect();
        assert_eq!(calls.join_all().await, [Ok(()); 20], "{since:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_made_and_refused_rarely_is_logged_once() {
    let remote = remote();
    let (config, server) = (watched(&remote).await, Server::new("2"));
    let events = Events::capture();
    for _ in 0..5 {
        connect(config.clone(), server.clone()).await.unwrap_err();
        tokio::time::sleep(seconds(120)).await;
    }
    assert_eq!(events.warnings().len(), 1, "{:?}", events.warnings());
}

#[tokio::test(start_paused = true)]
async fn a_helper_that_makes_the_calls_of_several_fields_keeps_them_apart() {
    let login = async |config: &Live<Shop>, field: &str, server: &Server| {
        let call = config.across_rotation(|_: &&str| true).of(field).or_pending();
        let is_mail = field == "smtp";
        call.run(async |shop: Arc<Shop>| {
            server.login(if is_mail { &shop.smtp } else { &shop.database.password }).await
        })
        .await
    };
    let remote = remote();
    let (config, mail, server) = (watched(&remote).await, Server::new("wrong"), Server::new("2"));
    let events = Events::capture();
    login(&config, "smtp", &mail).await.unwrap_err();
    remote.put("shop/database@AWSPENDING", &database("app", "2"));
    assert_eq!(login(&config, "database", &server).await, Ok(()));
    server.accept("3");
    login(&config, "database", &server).await.unwrap_err();
    assert_eq!(events.warnings().len(), 2, "{:?}", events.warnings());
    let failure = config.failure().unwrap().to_string();
    assert!(failure.contains("smtp: refused") && failure.contains("database.user, "), "{failure}");
}

#[tokio::test(start_paused = true)]
async fn slow_refusals_cause_no_storm_of_requests() {
    let remote = remote();
    remote.put("shop/database@AWSPENDING", &database("app", "3"));
    let (config, server) = (watched(&remote).await, Server { delay: seconds(2), ..Server::new("2") });
    let count = async {
        let mut most = 0;
        for _ in 0..10 {
            let before = remote.requests();
            tokio::time::sleep(seconds(1)).await;
            most = most.max(remote.requests() - before);
        }
        most
    };
    let (_, most) = tokio::join!(calls(&config, &server, seconds(10)), count);
    // Ten refreshes and ten lookups of pending versions.
    assert!(most <= 20, "{most} in a second");
}

#[tokio::test(start_paused = true)]
async fn a_denied_pending_version_is_logged_once_although_another_is_allowed_or_it_is_unavailable() {
    let remote = remote();
    let denied = || remote.answer("shop/database@AWSPENDING", SourceError::new(ErrorKind::AccessDenied));
    let (config, server) = (watched(&remote).await, Server::new("2"));
    let events = Events::capture();
    for _ in 0..4 {
        denied();
        connect(config.clone(), server.clone()).await.unwrap_err();
        send_mail(&config, &server).await.unwrap_err();
        tokio::time::sleep(seconds(60)).await;
        remote.answer("shop/database@AWSPENDING", SourceError::new(ErrorKind::Unavailable));
        connect(config.clone(), server.clone()).await.unwrap_err();
        tokio::time::sleep(seconds(60)).await;
    }
    let said =
        || events.warnings().iter().filter(|line| line.contains("the pending version is denied")).count();
    assert_eq!(said(), 1, "{:?}", events.warnings());
    // It is allowed, and denied again.
    remote.remove("shop/database@AWSPENDING");
    connect(config.clone(), server.clone()).await.unwrap_err();
    tokio::time::sleep(seconds(60)).await;
    denied();
    connect(config.clone(), server.clone()).await.unwrap_err();
    assert_eq!(said(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_names_a_refusal_beside_a_setting_that_does_not_load() {
    let remote = remote();
    let (config, server) = (watched(&remote).await, Server::new("2"));
    remote.put("shop/stripe", "not JSON");
    connect(config.clone(), server).await.unwrap_err();
    let failure = config.failure().unwrap();
    assert_eq!(failure.fields()[0].path(), "stripe");
    let failure = failure.to_string();
    assert!(
        failure.contains("database.password, database.port: refused with the current value"),
        "{failure}"
    );
}
