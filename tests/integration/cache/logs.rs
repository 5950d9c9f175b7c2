//! What the cache tells a log of fetches, outages and values that end.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use secrets_runtime::source::{
    Answer, BoxFuture, Deliver, Fetched, Key, Location, Setting, Source, SourceError,
};
use secrets_runtime::{Clock, ErrorKind, Live, Secret, SecretConfig, Secrets};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{PAST_MAX_STALE, PAST_TTL, Remote, TTL, of, text, with};
use crate::support::events::Events;
use crate::support::production;
use crate::support::time::turns;

const DENIED: SourceError = SourceError::new(ErrorKind::AccessDenied);
const UNAVAILABLE: SourceError = SourceError::new(ErrorKind::Unavailable);

async fn after(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// What of it is for whoever runs the service.
fn above_debug(events: &Events) -> Vec<String> {
    let is_loud = |event: &String| event.starts_with("WARN") || event.starts_with("INFO");
    events.own().into_iter().filter(is_loud).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_a_span_with_its_outcomes() {
    let remote = Remote::new().with("jwt", "1");
    remote.answer("denied", DENIED.with_code("AccessDenied"));
    let secrets = of(&remote);
    let events = Events::capture();
    secrets.get("jwt").await.unwrap();
    secrets.get("other").await.unwrap_err();
    secrets.request("denied").bypass_cache().await.unwrap_err();
    let outcomes = [
        "DEBUG fetched source=remote key=jwt",
        "DEBUG not found source=remote key=other",
        "DEBUG fetch failed source=remote key=denied error=AccessDenied",
    ];
    assert_eq!(events.own(), outcomes);
    assert_eq!(events.spans(), ["INFO fetch source=remote keys=1"; 3]);
    secrets.get("jwt").await.unwrap();
    assert_eq!(events.own(), outcomes, "a read of a cached secret says nothing");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_an_hour_is_two_lines() {
    let remote = Remote::new().with("jwt", "1").with("db", "1");
    let secrets = of(&remote);
    let read = async || {
        let (jwt, db) = tokio::join!(secrets.get("jwt"), secrets.get("db"));
        (jwt.unwrap(), db.unwrap())
    };
    read().await;
    let events = Events::capture();
    remote.fail(UNAVAILABLE);
    for _ in 0..360 {
        after(Duration::from_secs(10)).await;
        read().await;
    }
    remote.mend();
    for _ in 0..10 {
        after(Duration::from_secs(10)).await;
        read().await;
    }
    let again = events.own().iter().filter(|line| line.starts_with("DEBUG refresh failed again")).count();
    assert!(again > 60, "{again}");
    let [failed, fetched_again] = &above_debug(&events)[..] else { panic!("{:#?}", above_debug(&events)) };
    assert!(failed.starts_with("WARN refresh failed: cached values are served"), "{failed}");
    assert!(
        fetched_again.starts_with("INFO fetch succeeded after failures source=remote keys=["),
        "{fetched_again}"
    );
    assert!([failed, fetched_again].iter().all(|line| line.contains("jwt") && line.contains("db")));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_source_no_longer_gives_is_told_of() {
    let remote = Remote::new().with("jwt", "1");
    let secrets = of(&remote);
    secrets.get("jwt").await.unwrap();
    remote.answer("jwt", DENIED);
    let events = Events::capture();
    after(PAST_TTL).await;
    secrets.get("jwt").await.unwrap();
    turns().await;
    assert_eq!(
        above_debug(&events),
        [
            "WARN the source no longer returns these secrets: reads of them fail; in watched configs, settings \
             that are required keep their last good values source=remote keys=[jwt] kind=access denied"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_denial_of_five_secrets_is_one_line() {
    let names = ["a", "b", "c", "d", "e"];
    let remote = names.iter().fold(Remote::new(), |remote, name| remote.with(name, "1"));
    let secrets = of(&remote);
    let mut watched = Vec::new();
    for name in names {
        watched.push(secrets.watch(name).await.unwrap());
    }
    remote.fail(DENIED);
    let events = Events::capture();
    after(PAST_TTL).await;
    let denied = above_debug(&events).into_iter().filter(|line| line.contains("no longer returns")).count();
    assert_eq!(denied, 1, "{:#?}", above_debug(&events));
}

#[tokio::test(start_paused = true)]
async fn answers_that_arrive_one_after_the_other_are_reported_together() {
    /// Answers a request for each key, and denies them at the second call.
    struct OneByOne(AtomicUsize);

    impl Source for OneByOne {
        fn name(&self) -> &'static str {
            "one-by-one"
        }

        fn locate(&self, setting: &Setting) -> Vec<Location> {
            vec![Location::of_secret(setting)]
        }

        fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
            Box::pin(async move { Fetched::failed(keys, &UNAVAILABLE) })
        }

        fn fetch_each<'a>(
            &'a self,
            keys: &'a [Key],
            deliver: Deliver<'a>,
        ) -> BoxFuture<'a, Vec<SourceError>> {
            let is_denied = self.0.fetch_add(1, Ordering::Relaxed) > 0;
            Box::pin(async move {
                for index in 0..keys.len() {
                    after(Duration::from_millis(10)).await;
                    deliver(index, if is_denied { DENIED.into() } else { Answer::found("1") });
                }
                Vec::new()
            })
        }

        fn is_remote(&self) -> bool {
            true
        }
    }

    #[derive(SecretConfig)]
    struct Three {
        a: Secret<String>,
        b: Secret<String>,
        c: Secret<String>,
    }

    let builder = production().sources([OneByOne(AtomicUsize::new(0))]);
    let secrets = builder.clock(Clock::Tokio).build().unwrap();
    let config: Live<Three> = Three::watch(&secrets).await.unwrap();
    let events = Events::capture();
    config.refresh().await.unwrap_err();
    let Three { a, b, c } = &*config.get();
    assert!([a, b, c].iter().all(|secret| secret.expose_secret() == "1"));
    // The watched config is compared with all answers of the call at once.
    after(Duration::from_millis(100)).await;
    let mut warnings = events.warnings();
    warnings.sort();
    let [ended, failing] = &warnings[..] else { panic!("{warnings:#?}") };
    assert!(ended.contains("no longer returns these secrets") && ended.contains("keys=[a, b, c]"), "{ended}");
    assert!(
        failing.contains("watched settings do not load") && failing.contains("fields=a, b, c"),
        "{failing}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_no_refresh_has_saved_is_told_of() {
    let remote = Remote::new().with("db", "1");
    let secrets = of(&remote);
    secrets.get("db").await.unwrap();
    remote.fail(UNAVAILABLE);
    let events = Events::capture();
    after(PAST_TTL).await;
    secrets.get("db").await.unwrap();
    turns().await;
    after(PAST_MAX_STALE).await;
    secrets.get("db").await.unwrap_err();
    let [failed, expired] = &above_debug(&events)[..] else { panic!("{:#?}", above_debug(&events)) };
    assert!(failed.starts_with("WARN refresh failed"), "{failed}");
    assert_eq!(expired, "WARN cached value expired: no refresh succeeded in time source=remote key=db");
}

#[tokio::test(start_paused = true)]
async fn a_value_without_readers_expires_without_a_warning() {
    let remote = Remote::new().with("jwt", "1").with("other", "1");
    let secrets = of(&remote);
    secrets.get("jwt").await.unwrap();
    let events = Events::capture();
    after(2 * PAST_MAX_STALE).await;
    secrets.get("other").await.unwrap();
    let expired = "DEBUG cached value expired: it was not read in time source=remote key=jwt";
    assert!(events.own().iter().any(|line| line == expired), "{:#?}", events.own());
    assert_eq!(above_debug(&events), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_makes_room_is_told_of() {
    let names: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let remote = names.iter().fold(Remote::new(), |remote, name| remote.with(name, "1"));
    let secrets = with(remote).capacity(10).build().unwrap();
    let events = Events::capture();
    for name in &names {
        text(&secrets, name).await;
        after(TTL / 100).await;
    }
    let evicted: Vec<_> = events.own().into_iter().filter(|line| line.starts_with("TRACE")).collect();
    assert_eq!(evicted, ["TRACE evicted: the cache is full source=remote key=0"]);
    assert_eq!(secrets.stats().evictions, 1);
}

#[tokio::test(start_paused = true)]
async fn who_listens_may_ask_for_secrets() {
    struct Asking(Secrets, Mutex<u32>);

    impl Subscriber for Asking {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            if event.metadata().target().starts_with("secrets_runtime") {
                let _stats = self.0.stats();
                *self.1.lock().unwrap() += 1;
            }
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    let secrets = of(&Remote::new().with("jwt", "1"));
    let listening = tracing::Dispatch::new(Asking(secrets.clone(), Mutex::new(0)));
    let _guard = tracing::dispatcher::set_default(&listening);
    secrets.get("jwt").await.unwrap();
    secrets.request("jwt").bypass_cache().await.unwrap();
    let heard = *listening.downcast_ref::<Asking>().unwrap().1.lock().unwrap();
    assert_eq!(heard, 2);
}
