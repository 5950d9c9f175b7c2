//! However a call ends, everybody who waits for it learns of it, and the next reader may ask again.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, advance, sleep};

use super::fake::{
    Does, TIMEOUT, cached, cached_by, poll_times, quickly, read, read_with, settle, spawn_read, value_of,
};
use crate::client::clock::Clock;
use crate::client::wish::Freshness;
use crate::error::{ErrorKind, SourceError};
use crate::source::Key;

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_fails_everybody_who_waits_and_the_next_one_asks_again() {
    let (cached, fake) = cached([Does::Panic]);
    let readers: Vec<_> = (0..10).map(|_| spawn_read(&cached, "db", Freshness::Cached)).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Err(ErrorKind::Unavailable));
    }
    advance(Duration::from_millis(100)).await;
    assert_eq!(read(&cached, "db").await.unwrap(), "v2");
    assert_eq!((fake.count(), fake.running()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_in_a_refresh_leaves_the_value_that_is_held() {
    let (cached, _) = cached([quickly(), Does::Panic]);
    read(&cached, "db").await.unwrap();
    advance(Duration::from_secs(111)).await;
    for _ in 0..3 {
        assert_eq!(read(&cached, "db").await.unwrap(), "v1");
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_is_ended() {
    let (cached, fake) = cached([Does::NeverEnd]);
    let start = Instant::now();
    assert_eq!(read(&cached, "db").await, Err(ErrorKind::Unavailable));
    assert_eq!(start.elapsed(), TIMEOUT);
    settle().await;
    assert_eq!(fake.running(), 0);
    advance(Duration::from_millis(100)).await;
    assert_eq!(read(&cached, "db").await.unwrap(), "v2");
}

/// An outage of a second may swallow a request for good.
#[tokio::test(start_paused = true)]
async fn a_refresh_that_nobody_waits_for_is_ended_sooner_and_later_after_each_failure() {
    let (cached, fake) = cached([quickly(), Does::NeverEnd, Does::NeverEnd]);
    read(&cached, "db").await.unwrap();
    advance(Duration::from_secs(111)).await;
    let start = Instant::now();
    let mut ended = Vec::new();
    let mut running = 0;
    while read(&cached, "db").await.unwrap() == "v1" {
        sleep(Duration::from_millis(10)).await;
        if fake.running() < running {
            ended.push(start.elapsed().as_secs());
        }
        running = fake.running();
    }
    // Two seconds, a back-off of up to half a second, four seconds.
    assert!(matches!(ended[..], [2, 6, ..]), "{ended:?}");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_left_out_is_a_failure() {
    let (cached, _) = cached([Does::LeaveOut]);
    let fetched = cached.read(&["a", "b"].map(Key::new), Freshness::Cached).await;
    let values: Vec<_> = fetched.answers().iter().map(value_of).collect();
    assert_eq!(values, [Ok("v1".to_owned()), Err(ErrorKind::Unavailable)]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_handle_ends_the_call() {
    let (cached, fake) = cached([Does::NeverEnd]);
    let reader = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    reader.abort();
    settle().await;
    assert_eq!(fake.running(), 1, "a reader who goes away does not end it");
    drop(cached);
    settle().await;
    assert_eq!(fake.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_dropped_at_any_moment_leaves_the_next_one_what_he_needs() {
    for (times, does) in (0..12).flat_map(|times| [(times, quickly()), (times, Does::AnswerOneByOne)]) {
        let (cached, fake) = cached([does]);
        let keys = ["a", "b"].map(Key::new);
        let _ = poll_times(times, cached.read(&keys, Freshness::Cached)).await;
        let fetched = cached.read(&keys, Freshness::Cached).await;
        let values: Vec<_> = fetched.answers().iter().map(|answer| value_of(answer).unwrap()).collect();
        assert_eq!(values, ["v1", "v1"], "after {times} polls");
        assert_eq!(fake.count(), 1);
        assert!(cached.shared.state().waiting.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_dropped_at_any_moment_leaves_the_next_one_what_he_needs() {
    for times in 0..12 {
        let (cached, _) = cached([]);
        let first = spawn_read(&cached, "db", Freshness::Cached);
        settle().await;
        let _ = poll_times(times, read_with(&cached, "db", Freshness::Refreshed)).await;
        first.await.unwrap().unwrap();
        let refreshed = read_with(&cached, "db", Freshness::Refreshed).await.unwrap();
        assert_ne!(refreshed, "v1", "after {times} polls");
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

#[test]
fn readers_of_a_runtime_that_is_shut_down_during_a_call_ask_again_on_their_own() {
    let (cached, fake) = cached_by(Clock::System, [Does::NeverEnd]);
    let (first, second) = (runtime(), runtime());
    first.block_on(async {
        let _leader = spawn_read(&cached, "db", Freshness::Cached);
        settle().await;
    });
    assert_eq!(fake.running(), 1);
    let reader = second.spawn({
        let cached = Arc::clone(&cached);
        async move { read(&cached, "db").await }
    });
    second.block_on(settle());
    assert_eq!(fake.count(), 1, "the second reader waits for the call of the first");
    drop(first);
    assert_eq!(second.block_on(reader).unwrap().unwrap(), "v2");
    assert_eq!((fake.count(), fake.running()), (2, 0));
}

#[test]
fn readers_of_a_runtime_that_is_shut_down_before_a_call_begins_ask_again_on_their_own() {
    let (cached, fake) = cached_by(Clock::System, []);
    let (first, second) = (runtime(), runtime());
    let mut leader = Box::pin(read(&cached, "db"));
    {
        let _entered = first.enter();
        assert!(leader.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(first);
    assert_eq!(fake.count(), 0);
    assert_eq!(second.block_on(leader).unwrap(), "v1");
    assert_eq!(second.block_on(read(&cached, "db")).unwrap(), "v1");
    assert_eq!(fake.count(), 1);
}

/// Reads as a program without async code does, that runs its runtime only while it reads.
#[test]
fn a_runtime_that_is_run_only_while_somebody_reads_gets_its_refreshes_too() {
    let (cached, fake) = cached([]);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let later = |duration| runtime.block_on(async { advance(duration).await });
    assert_eq!(runtime.block_on(read(&cached, "db")).unwrap(), "v1");
    later(Duration::from_secs(111));
    assert_eq!(runtime.block_on(read(&cached, "db")).unwrap(), "v1", "nobody waits at first");
    later(TIMEOUT * 2);
    assert_eq!(runtime.block_on(read(&cached, "db")).unwrap(), format!("v{}", fake.count()));
    assert!(fake.count() > 1);
}

#[test]
fn a_call_on_a_runtime_that_is_not_run_any_more_keeps_no_other_runtime_waiting() {
    for has_begun in [false, true] {
        let (cached, fake) = cached([]);
        let paused = || Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (stopped, running) = (paused(), paused());
        let mut leader = Box::pin(read(&cached, "db"));
        stopped.block_on(async {
            let poll = poll_fn(|context| Poll::Ready(leader.as_mut().poll(context)));
            assert!(poll.await.is_pending());
            if has_begun {
                settle().await;
            }
        });
        assert_eq!(fake.running(), usize::from(has_begun));
        running.block_on(async {
            advance(TIMEOUT * 2).await;
            assert!(read(&cached, "db").await.is_ok());
        });
        // Nor does what comes of it in the end change anything.
        stopped.block_on(leader).unwrap();
        assert_eq!(
            running.block_on(read(&cached, "db")).unwrap(),
            format!("v{}", 1 + usize::from(has_begun))
        );
    }
}

#[test]
fn without_a_runtime_the_source_is_asked_directly() {
    let (cached, fake) = cached_by(Clock::System, []);
    let mut read = Box::pin(read(&cached, "db"));
    let poll = read.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll, Poll::Ready(Ok("past the cache".to_owned())));
    assert_eq!(fake.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_source_is_told_to_who_waits_for_its_last_answers() {
    let (cached, _) = cached([Does::Complain]);
    let keys = ["a", "b"].map(Key::new);
    let fetched = cached.read(&keys, Freshness::Cached).await;
    assert_eq!(fetched.answers().len(), 2);
    assert!(fetched.answers().iter().all(|answer| value_of(answer).is_ok()));
    assert_eq!(fetched.problems(), [SourceError::new(ErrorKind::Configuration)]);
    sleep(Duration::from_secs(1)).await;
    assert!(cached.shared.state().waiting.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_listens_to_what_happens_and_panics_leaves_nobody_waiting() {
    // The source's name is asked for whenever something is told: as a call begins, and when answers have come.
    for during_the_call in [false, true] {
        let (cached, fake) = cached([]);
        let reader = spawn_read(&cached, "db", Freshness::Cached);
        if during_the_call {
            settle().await;
        }
        *fake.on_name.lock().unwrap() = Some(Box::new(|| panic!("as the test wants it")));
        let expected = if during_the_call { Ok("v1".to_owned()) } else { Err(ErrorKind::Unavailable) };
        assert_eq!(reader.await.unwrap(), expected);
        advance(Duration::from_millis(100)).await;
        assert!(read(&cached, "db").await.is_ok());
    }
}
