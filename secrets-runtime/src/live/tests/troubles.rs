//! What must not stop, slow down or mislead those who follow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Remote, production, seconds, text};
use crate::client::{Clock, Lookup, Secrets};
use crate::error::{ErrorKind, SourceError};
use crate::live::{Live, Loader};
use crate::secret::Secret;
use crate::setting::Setting;
use crate::source::{Answer, BoxFuture, Env, Fetched, Key, Location, Memory, Source};

/// A source of this machine that does as it is told.
#[derive(Clone, Default)]
struct Local(Arc<Told>);

#[derive(Default)]
struct Told {
    has_it: AtomicBool,
    hangs: AtomicBool,
    panics: AtomicBool,
    calls: AtomicUsize,
}

impl Source for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        assert!(!self.0.panics.swap(false, Ordering::Relaxed), "as an application's own source may");
        if setting.path() == "elsewhere" { vec![] } else { vec![Location::of_secret(setting)] }
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            self.0.calls.fetch_add(1, Ordering::Relaxed);
            if self.0.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            let has_it = self.0.has_it.load(Ordering::Relaxed);
            keys.iter().map(|_| if has_it { Answer::found("local") } else { Answer::missing() }).collect()
        })
    }
}

fn with(local: &Local, remote: &Remote) -> Secrets {
    production().source(local.clone()).source(remote.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn pending_values_never_come_from_a_local_source() {
    let remote = Remote::default();
    remote.put("token", Answer::found("current"));
    let variables = Env::from_iter([("TOKEN", "left over")]);
    let memory = Memory::from([("token", "left over, too")]);
    let secrets = production().source(remote.clone()).source(variables).source(memory).build().unwrap();
    let token = secrets.watch("token").await.unwrap();
    let mut tried = Vec::new();
    let call = |token: Arc<Secret<String>>| {
        tried.push(token.expose_secret().clone());
        std::future::ready(Err::<(), _>("refused"))
    };
    let refused = token.across_rotation(|_: &&str| true).or_pending().run(call).await;
    assert_eq!((refused, tried), (Err("refused"), vec!["current".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_setting_that_moves_to_an_earlier_source_is_not_fetched_from_a_later_one() {
    let (local, remote) = (Local::default(), Remote::default());
    remote.put("token", Answer::found("remote"));
    let secrets = with(&local, &remote);
    let token = secrets.watch("token").await.unwrap();
    local.0.has_it.store(true, Ordering::Relaxed);
    seconds(120).await;
    assert_eq!(text(&token), "local");
    let (reads, calls) = (local.0.calls.load(Ordering::Relaxed), remote.calls());
    seconds(1000).await;
    let more = local.0.calls.load(Ordering::Relaxed) - reads;
    assert!((9..=11).contains(&more), "{more} reads in ten TTLs");
    assert_eq!(remote.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_becomes_available_is_seen_within_a_ttl() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    let optional = secrets.request("optional").default_value("none").watch().await.unwrap();
    remote.put("token", SourceError::new(ErrorKind::AccessDenied));
    seconds(150).await;
    assert_eq!(token.failure().unwrap().kind(), ErrorKind::AccessDenied);
    remote.put("token", Answer::found("new"));
    remote.put("optional", Answer::found("there"));
    seconds(110).await;
    assert_eq!((text(&token), text(&optional)), ("new".to_owned(), "there".to_owned()));
    assert!(token.failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_does_not_end_the_task_that_all_share() {
    let (local, remote) = (Local::default(), Remote::default());
    remote.put("token", Answer::found("old"));
    let secrets = with(&local, &remote);
    let token = secrets.watch("token").await.unwrap();
    local.0.panics.store(true, Ordering::Relaxed);
    seconds(120).await;
    remote.put("token", Answer::found("new"));
    seconds(120).await;
    assert_eq!(text(&token), "new");
    assert!(token.failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_validation_that_panics_after_a_later_load_is_an_error_of_the_refresh() {
    let local = Local::default();
    local.0.has_it.store(true, Ordering::Relaxed);
    let secrets = with(&local, &Remote::default());
    let loader = Loader {
        name: "token".to_owned(),
        settings: Box::new(|secrets| vec![secrets.setting("token")]),
        build: Box::new(|_, lookup: &Lookup| {
            assert!(!lookup.has_failed(), "as an application's own validation may");
            Ok(())
        }),
    };
    let live = Live::start(&secrets, loader).await.unwrap();
    seconds(1).await;
    local.0.hangs.store(true, Ordering::Relaxed);
    let late = live.clone();
    let late = tokio::spawn(async move { late.refresh().await });
    seconds(1).await;
    local.0.hangs.store(false, Ordering::Relaxed);
    live.refresh().await.unwrap();
    // The first refresh runs into the time limit.
    assert_eq!(late.await.unwrap().unwrap_err().kind(), ErrorKind::Invalid);
    assert!(live.failure().is_none(), "the later load counts");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_source_does_not_delay_other_values() {
    let (local, remote) = (Local::default(), Remote::default());
    remote.put("elsewhere", Answer::found("old"));
    local.0.has_it.store(true, Ordering::Relaxed);
    let secrets = with(&local, &remote);
    let _slow = secrets.watch("token").await.unwrap();
    let fast = secrets.watch("elsewhere").await.unwrap();
    local.0.hangs.store(true, Ordering::Relaxed);
    seconds(150).await;
    remote.put("elsewhere", Answer::found("new"));
    seconds(115).await;
    assert_eq!(text(&fast), "new");
}

#[tokio::test(start_paused = true)]
async fn more_than_the_cache_holds_can_be_watched_without_a_loop() {
    let remote = Remote::default();
    let secrets = production().sources([remote.clone()]).capacity(3).build().unwrap();
    let mut watched = Vec::new();
    for name in ["a", "b", "c", "d"] {
        remote.put(name, Answer::found("old"));
        watched.push(secrets.watch(name).await.unwrap());
    }
    let calls = remote.calls();
    seconds(600).await;
    // One for each longest pause at most.
    assert!(remote.calls() - calls <= 130, "{}", remote.calls() - calls);
}

#[test]
fn a_runtime_that_is_gone_is_replaced_by_the_one_that_asks() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let builder =
        Secrets::builder().environment(crate::environment::Environment::PRODUCTION).clock(Clock::System);
    let secrets = builder.sources([remote.clone()]).build().unwrap();
    let first = runtime();
    let token = first.block_on(secrets.watch("token")).unwrap();
    drop(first);
    assert_eq!(token.failure().unwrap().kind(), ErrorKind::Configuration);
    remote.put("token", Answer::found("new"));
    runtime().block_on(async {
        assert!(token.failure().is_none());
        token.refresh().await.unwrap();
        assert_eq!(text(&token), "new");
    });
}

/// Panics when it is dropped.
struct Trap;

impl Drop for Trap {
    fn drop(&mut self) {
        panic!("intended by the test");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rebuild_whose_panic_panics_again_does_not_end_the_task_that_all_share() {
    static PANICS: AtomicBool = AtomicBool::new(false);

    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let settings = |secrets: &Secrets| {
        if PANICS.swap(false, Ordering::Relaxed) {
            std::panic::panic_any(Trap);
        }
        vec![secrets.setting("token")]
    };
    let build = |_: &Secrets, _: &Lookup| Ok(());
    let loader = Loader { name: "trap".to_owned(), settings: Box::new(settings), build: Box::new(build) };
    let _trap = Live::start(&secrets, loader).await.unwrap();
    let token = secrets.watch("token").await.unwrap();
    PANICS.store(true, Ordering::Relaxed);
    seconds(120).await;
    assert!(!PANICS.load(Ordering::Relaxed));
    remote.put("token", Answer::found("new"));
    seconds(120).await;
    assert_eq!(text(&token), "new");
}

#[test]
fn a_runtime_that_stands_still_is_replaced_within_half_a_minute() {
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let first = runtime();
    let token = first.block_on(async {
        let token = secrets.watch("token").await.unwrap();
        seconds(1).await;
        token
    });
    runtime().block_on(async {
        seconds(30).await;
        assert!(token.failure().is_none());
        remote.put("token", Answer::found("new"));
        seconds(120).await;
    });
    assert_eq!(text(&token), "new");
}
