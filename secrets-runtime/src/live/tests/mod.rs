//! Secrets that change, on paused time.

mod suspension;
mod troubles;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::client::{Clock, Secrets, SecretsBuilder};
use crate::environment::Environment;
use crate::error::{ErrorKind, SourceError};
use crate::live::Live;
use crate::secret::Secret;
use crate::setting::Setting;
use crate::source::{Answer, BoxFuture, Fetched, Key, Location, Source};

/// A store across a network, of ten milliseconds.
#[derive(Clone, Default)]
struct Remote(Arc<Inside>);

#[derive(Default)]
struct Inside {
    answers: Mutex<Vec<(String, Answer)>>,
    calls: AtomicUsize,
    open: AtomicUsize,
}

impl Remote {
    fn put(&self, name: &str, answer: impl Into<Answer>) {
        let mut answers = self.0.answers.lock().unwrap();
        answers.retain(|(other, _)| other != name);
        answers.push((name.to_owned(), answer.into()));
    }

    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    fn secrets(&self) -> Secrets {
        production().sources([self.clone()]).build().unwrap()
    }
}

fn production() -> SecretsBuilder {
    let builder = Secrets::builder().environment(Environment::PRODUCTION).clock(Clock::Tokio);
    builder.ttl(Duration::from_secs(100))
}

impl Source for Remote {
    fn name(&self) -> &'static str {
        "remote"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            self.0.calls.fetch_add(1, Ordering::Relaxed);
            self.0.open.fetch_add(1, Ordering::Relaxed);
            let answers = self.0.answers.lock().unwrap().clone();
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.0.open.fetch_sub(1, Ordering::Relaxed);
            let shown = |key: &Key| format!("{key:?}");
            let answer = |key: &Key| {
                answers
                    .iter()
                    .find(|(name, _)| *name == shown(key))
                    .map_or(Answer::missing(), |(_, answer)| answer.clone())
            };
            keys.iter().map(answer).collect()
        })
    }

    fn is_remote(&self) -> bool {
        true
    }
}

fn text(live: &Live<Secret<String>>) -> String {
    live.get().expose_secret().clone()
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_change_is_seen_within_the_ttl_and_a_tenth_without_a_call() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let mut token = secrets.watch("token").await.unwrap();
    remote.put("token", Answer::found("new"));
    let start = tokio::time::Instant::now();
    assert_eq!(token.changed().await.to_string(), "token");
    assert!(start.elapsed() < Duration::from_secs(110) && start.elapsed() > Duration::from_secs(88));
    assert_eq!(text(&token), "new");
    assert_eq!(remote.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_value_is_not_rebuilt_while_nothing_changes() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    let first = token.snapshot();
    seconds(1000).await;
    assert!(Arc::ptr_eq(&first, &token.snapshot()));
    assert!((9..=13).contains(&remote.calls()), "{}", remote.calls());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_sees_a_change_at_once_and_names_it() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    assert!(token.refresh().await.unwrap().is_empty());
    remote.put("token", Answer::found("new"));
    assert!(token.refresh().await.unwrap().contains("token"));
    assert_eq!(text(&token), "new");
}

#[tokio::test(start_paused = true)]
async fn a_failed_reload_keeps_the_last_good_value_and_is_reported() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    assert!(token.failure().is_none());
    remote.put("token", SourceError::new(ErrorKind::Unavailable));
    seconds(120).await;
    assert_eq!(token.failure().unwrap().kind(), ErrorKind::Unavailable);
    assert_eq!(token.refresh().await.unwrap_err().kind(), ErrorKind::Unavailable);
    remote.put("token", SourceError::new(ErrorKind::AccessDenied));
    seconds(120).await;
    assert_eq!(token.failure().unwrap().kind(), ErrorKind::AccessDenied);
    assert_eq!(text(&token), "old");
    remote.put("token", Answer::found("new"));
    seconds(301).await;
    assert_eq!(text(&token), "new");
    assert!(token.failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn one_call_refreshes_everything_that_is_watched() {
    let remote = Remote::default();
    for number in 0..100 {
        remote.put(&format!("token-{number}"), Answer::found("old"));
    }
    let secrets = remote.secrets();
    let mut watched = Vec::new();
    for number in 0..1000 {
        watched.push(secrets.watch(&format!("token-{}", number % 100)).await.unwrap());
    }
    let before = remote.calls();
    seconds(1000).await;
    let calls = remote.calls() - before;
    // Ten TTLs, each spread by a tenth, and the first rounds before all travel together.
    assert!((9..=13).contains(&calls), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn without_subscribers_nothing_is_fetched() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    drop(token.clone());
    drop(token);
    let calls = remote.calls();
    seconds(1000).await;
    assert_eq!(remote.calls(), calls);
    let _token = secrets.watch("token").await.unwrap();
    seconds(1000).await;
    assert!(remote.calls() > calls + 8);
}

#[tokio::test(start_paused = true)]
async fn a_call_across_a_rotation_succeeds_at_its_second_try_with_one_refresh_for_all() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    remote.put("token", Answer::found("new"));
    let before = remote.calls();
    let tries = Arc::new(AtomicUsize::new(0));
    let call = |token: Live<Secret<String>>, tries: Arc<AtomicUsize>| async move {
        let call = token.across_rotation(|error: &&str| *error == "refused").run(|token| {
            let tries = Arc::clone(&tries);
            async move {
                tries.fetch_add(1, Ordering::Relaxed);
                if token.expose_secret() == "new" { Ok(()) } else { Err("refused") }
            }
        });
        call.await
    };
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(call(token.clone(), Arc::clone(&tries)))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(remote.calls() - before, 1);
    assert_eq!(tries.load(Ordering::Relaxed), 200);
}

#[tokio::test(start_paused = true)]
async fn pending_values_are_tried_last_and_only_on_request() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    remote.put("token@AWSPENDING", Answer::found("new"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    let call = |token: Arc<Secret<String>>| async move {
        if token.expose_secret() == "new" { Ok(()) } else { Err("refused") }
    };
    let refused = |error: &&str| *error == "refused";
    assert_eq!(token.across_rotation(refused).run(call).await, Err("refused"));
    assert_eq!(token.across_rotation(refused).or_pending().run(call).await, Ok(()));
    assert_eq!(text(&token), "old");
}

#[tokio::test(start_paused = true)]
async fn calls_start_with_the_accepted_pending_value_until_it_is_refused_or_the_current_one_changes() {
    let remote = Remote::default();
    remote.put("token", Answer::found("1"));
    remote.put("token@AWSPENDING", Answer::found("2"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    let in_force = Mutex::new("2");
    let tried = Mutex::new(Vec::new());
    let call = |token: Arc<Secret<String>>| {
        let token = token.expose_secret();
        tried.lock().unwrap().push(token.clone());
        std::future::ready(if token == *in_force.lock().unwrap() { Ok(()) } else { Err("refused") })
    };
    let login = || token.across_rotation(|_: &&str| true).or_pending().run(call);
    let tried_now = || std::mem::take(&mut *tried.lock().unwrap());

    assert_eq!((login().await, tried_now()), (Ok(()), vec!["1".into(), "2".into()]));
    let calls = remote.calls();
    assert_eq!((login().await, tried_now()), (Ok(()), vec!["2".into()]));
    assert_eq!(remote.calls(), calls);
    // Somebody gives the rotation up.
    *in_force.lock().unwrap() = "1";
    assert_eq!((login().await, tried_now()), (Ok(()), vec!["2".into(), "1".into()]));
    assert_eq!((login().await, tried_now()), (Ok(()), vec!["1".into()]));

    *in_force.lock().unwrap() = "2";
    seconds(1).await;
    assert_eq!((login().await, tried_now()), (Ok(()), vec!["1".into(), "2".into()]));
    // The rotation ends, and a second one comes as far.
    seconds(1).await;
    remote.put("token", Answer::found("2"));
    remote.put("token@AWSPENDING", Answer::found("3"));
    *in_force.lock().unwrap() = "3";
    let tried_after_two = vec!["2".into(), "1".into(), "2".into(), "3".into()];
    assert_eq!((login().await, tried_now()), (Ok(()), tried_after_two));
    remote.put("token", Answer::found("3"));
    token.refresh().await.unwrap();
    assert_eq!((login().await, tried_now()), (Ok(()), vec!["3".into()]));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_ends_just_after_a_refresh_is_found_where_nothing_is_pending_any_more() {
    let remote = Remote::default();
    remote.put("token", Answer::found("1"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    let login = |token: Arc<Secret<String>>| async move {
        if token.expose_secret() == "2" { Ok(()) } else { Err("refused") }
    };
    let another = token.across_rotation(|_: &&str| true).run(login).await;
    assert_eq!(another, Err("refused"));
    remote.put("token", Answer::found("2"));
    assert_eq!(token.across_rotation(|_: &&str| true).or_pending().run(login).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn other_errors_are_not_tried_again() {
    let remote = Remote::default();
    remote.put("token", Answer::found("old"));
    let secrets = remote.secrets();
    let token = secrets.watch("token").await.unwrap();
    let before = remote.calls();
    let call = token
        .across_rotation(|error: &&str| *error == "refused")
        .run(|_| async { Err::<(), _>("unreachable") });
    assert_eq!(call.await, Err("unreachable"));
    assert_eq!(remote.calls(), before);
}
