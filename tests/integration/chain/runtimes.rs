//! Loading on runtimes that lack something.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use secrets_runtime::admin::Admin;
use secrets_runtime::{
    Clock, DotEnv, Env, Environment, Files, Memory, Secret, SecretConfig, Secrets, SecretsManager,
};
use tokio::runtime::{Builder, Runtime};

use crate::support::aws::once;
use crate::support::folder::Folder;
use crate::support::remote::Remote;
use crate::support::{no_variables, production};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
}

/// What has its answers at once.
fn at_once() -> [Secrets; 2] {
    [
        production().sources([Memory::from([("token", "t")])]).build().unwrap(),
        production().sources([Env::from_iter([("TOKEN", "t")])]).build().unwrap(),
    ]
}

#[test]
fn what_answers_at_once_needs_no_timer() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for secrets in at_once() {
        let config = runtime.block_on(Config::load_from(&secrets)).unwrap();
        assert_eq!(config.token.expose_secret(), "t", "{secrets:?}");
        assert_eq!(runtime.block_on(secrets.get("token")).unwrap().expose_secret(), "t", "{secrets:?}");
    }
}

#[test]
fn what_answers_at_once_needs_no_runtime() {
    for secrets in at_once() {
        let mut load = Box::pin(Config::load_from(&secrets));
        let Poll::Ready(config) = load.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("{secrets:?} waits")
        };
        assert_eq!(config.unwrap().token.expose_secret(), "t", "{secrets:?}");
    }
}

fn without_timers() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

#[track_caller]
fn says_what_is_missing(report: &dyn ToString, what: &str) {
    let report = report.to_string();
    assert!(report.contains("the Tokio runtime has no timers"), "{what}: {report}");
    assert!(report.contains("help: call `enable_all()` on the runtime's builder"), "{what}: {report}");
}

#[test]
fn what_waits_on_a_runtime_without_timers_fails_and_says_what_is_missing() {
    let folder = Folder::new();
    folder.write("token", "t");
    let dotenv = DotEnv::at(folder.write(".env", "TOKEN=t\n"));
    let development = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let chains = [
        ("remote", production().sources([Remote::new().with("token", "t")]).build().unwrap()),
        ("files", production().sources([Files::new(folder.path())]).build().unwrap()),
        ("dotenv", development.dotenv(dotenv).build().unwrap()),
    ];
    for (what, secrets) in chains {
        without_timers().block_on(async {
            says_what_is_missing(&Config::load_from(&secrets).await.unwrap_err(), what);
            says_what_is_missing(&secrets.get("token").await.unwrap_err(), what);
            says_what_is_missing(&secrets.request("token").refresh().await.unwrap_err(), what);
            says_what_is_missing(&secrets.request("token").bypass_cache().await.unwrap_err(), what);
            says_what_is_missing(&secrets.watch("token").await.unwrap_err(), what);
            says_what_is_missing(&Config::watch(&secrets).await.unwrap_err(), what);
        });
    }
}

#[test]
fn a_runtime_without_timers_leaves_the_cache_to_other_runtimes() {
    let remote = Remote::new().with("token", "t").with("other", "o");
    let secrets = production().sources([remote.clone()]).build().unwrap();
    let with_timers = Builder::new_current_thread().enable_all().build().unwrap();
    let token = with_timers.block_on(async { Config::watch(&secrets).await.unwrap() });
    without_timers().block_on(async {
        assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "t", "it is in the cache");
        says_what_is_missing(&secrets.get("other").await.unwrap_err(), "a miss");
        says_what_is_missing(&token.refresh().await.unwrap_err(), "a refresh");
        assert!(secrets.stats().to_string().contains("token"));
    });
    assert_eq!(with_timers.block_on(secrets.get("other")).unwrap().expose_secret(), "o");
    assert_eq!(with_timers.block_on(secrets.get("token")).unwrap().expose_secret(), "t");
}

#[test]
fn admin_on_a_runtime_without_timers_says_what_is_missing() {
    let secrets = production().sources([SecretsManager::localstack()]).build().unwrap();
    let admin = Admin::new(&secrets).unwrap();
    without_timers().block_on(async {
        says_what_is_missing(&admin.describe("token").await.unwrap_err(), "describe");
        says_what_is_missing(&admin.versions("token").await.unwrap_err(), "versions");
    });
}

#[test]
fn secrets_manager_on_a_runtime_without_io_says_what_is_missing() {
    let secrets = production().sources([once("http://127.0.0.1:1")]).build().unwrap();
    let admin = Admin::new(&secrets).unwrap();
    Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
        for report in [
            Config::load_from(&secrets).await.unwrap_err(),
            secrets.get("token").await.unwrap_err(),
            secrets.request("token").bypass_cache().await.unwrap_err(),
            secrets.watch("token").await.unwrap_err(),
            admin.describe("token").await.unwrap_err(),
        ] {
            let report = report.to_string();
            assert!(report.contains("the Tokio runtime has no I/O"), "{report}");
            assert!(report.contains("help: call `enable_all()` on the runtime's builder"), "{report}");
        }
    });
}

#[tokio::test(start_paused = true)]
async fn endless_time_outs_and_times_to_live_do_not_overflow() {
    for (timeout, ttl, max_stale) in [
        (Duration::MAX, Duration::MAX, Duration::MAX),
        (Duration::MAX, Duration::from_secs(1), Duration::ZERO),
        (Duration::from_secs(u64::MAX / 4), Duration::from_secs(u64::MAX), Duration::from_secs(1)),
    ] {
        let remote = Remote::new().with("token", "t");
        let secrets = production().sources([remote.clone()]).timeout(timeout).ttl(ttl).max_stale(max_stale);
        let secrets = secrets.clock(Clock::Tokio).build().unwrap();
        let mut live = Config::watch(&secrets).await.unwrap();
        for request in [secrets.request("token").refresh(), secrets.request("token").ttl(Duration::MAX)] {
            assert_eq!(request.await.unwrap().expose_secret(), "t");
        }
        remote.put("token", "new");
        live.refresh().await.unwrap();
        live.changed().await;
        tokio::time::sleep(Duration::from_mins(10)).await;
        assert_eq!(live.get().token.expose_secret(), "new");
        assert_eq!(secrets.get("token").await.unwrap().expose_secret(), "new");
        assert!(secrets.stats().to_string().contains("token"));
    }
}
