//! However a call ends, its readers are woken, and the next reader can fetch again.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, advance, sleep};

use super::super::CachedSource;
use super::fake::{
    Does, TIMEOUT, cached, cached_by, contained, poll_times, quickly, read, read_with, settle, spawn_read,
    value_of,
};
use crate::client::cache::Clock;
use crate::client::freshness::Freshness;
use crate::error::{ErrorKind, SourceError};
use crate::source::{Answer, Key};
use crate::value::Payload;

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_fails_its_readers_and_the_next_one_fetches_again() {
    let (cached, fake) = contained([Does::Panic]);
    let readers: Vec<_> = (0..10).map(|_| spawn_read(&cached, "db", Freshness::Cached)).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Err(ErrorKind::Configuration));
    }
    advance(Duration::from_millis(100)).await;
    assert_eq!(read(&cached, "db").await.unwrap(), "v2");
    assert_eq!((fake.count(), fake.running()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_in_a_refresh_leaves_the_held_value() {
    let (cached, _) = contained([quickly(), Does::Panic]);
    read(&cached, "db").await.unwrap();
    advance(Duration::from_secs(111)).await;
    for _ in 0..3 {
        assert_eq!(read(&cached, "db").await.unwrap(), "v1");
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_times_out() {
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
async fn a_refresh_without_readers_times_out_sooner_and_later_after_each_failure() {
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
    assert_eq!(fake.running(), 1, "a dropped reader does not end it");
    drop(cached);
    settle().await;
    assert_eq!(fake.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_dropped_at_any_moment_does_not_disturb_the_next_one() {
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
async fn a_refresh_dropped_at_any_moment_does_not_disturb_the_next_one() {
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
fn readers_of_a_call_whose_runtime_is_shut_down_fetch_on_their_own() {
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
fn readers_of_a_call_whose_runtime_is_shut_down_before_it_starts_fetch_on_their_own() {
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
fn a_runtime_that_runs_only_during_reads_gets_its_refreshes_too() {
    let (cached, fake) = cached([]);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let later = |duration| runtime.block_on(async { advance(duration).await });
    assert_eq!(runtime.block_on(read(&cached, "db")).unwrap(), "v1");
    later(Duration::from_secs(111));
    assert_eq!(runtime.block_on(read(&cached, "db")).unwrap(), "v1", "the first reader does not wait");
    later(TIMEOUT * 2);
    assert_eq!(runtime.block_on(read(&cached, "db")).unwrap(), format!("v{}", fake.count()));
    assert!(fake.count() > 1);
}

#[test]
fn a_call_on_a_stopped_runtime_does_not_delay_other_runtimes() {
    for has_begun in [false, true] {
        let (cached, fake) = cached([]);
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
        // Nor does its late answer change anything.
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
    assert_eq!(poll, Poll::Ready(Ok("uncached".to_owned())));
    assert_eq!(fake.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn problems_of_the_source_are_reported_to_the_readers_of_its_last_answers() {
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
async fn a_log_subscriber_that_panics_leaves_no_reader_waiting() {
    // The source's name is read for each report: when a call starts, and when answers have come.
    for during_the_call in [false, true] {
        let (cached, fake) = cached([]);
        let reader = spawn_read(&cached, "db", Freshness::Cached);
        if during_the_call {
            settle().await;
        }
        *fake.on_name.lock().unwrap() = Some(Box::new(|| panic!("intended by the test")));
        assert_eq!(reader.await.unwrap().unwrap(), "v1");
        assert_eq!(read(&cached, "db").await.unwrap(), "v1");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_subscriber_that_panics_each_time_ends_neither_the_program_nor_other_requests() {
    let (cached, fake) = cached([Does::AnswerOneByOne]);
    let readers = ["a", "b"].map(|name| spawn_read(&cached, name, Freshness::Cached));
    settle().await;
    // When the first answer comes, and when the next call starts.
    fake.panics_by_name.store(2, Ordering::Relaxed);
    for (reader, value) in readers.into_iter().zip(["v1", "v2"]) {
        assert_eq!(reader.await.unwrap().unwrap(), value);
    }
    assert_eq!(fake.calls(), [vec!["a", "b"], vec!["b"]]);
}

#[test]
fn a_runtime_that_is_shut_down_by_a_panic_is_not_a_panic_of_the_source() {
    let (cached, fake) = cached_by(Clock::System, [Does::NeverEnd]);
    let second = runtime();
    let mut reader = Box::pin(read(&cached, "db"));
    let unwound = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let first = runtime();
        first.block_on(async {
            let _leader = spawn_read(&cached, "db", Freshness::Cached);
            settle().await;
        });
        second.block_on(async {
            let poll = poll_fn(|context| Poll::Ready(reader.as_mut().poll(context)));
            assert!(poll.await.is_pending());
        });
        panic!("intended by the test");
    }));
    assert!(unwound.is_err());
    assert_eq!(second.block_on(reader).unwrap(), "v2");
    assert_eq!((fake.count(), fake.running()), (2, 0));
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// A runtime that has stopped during a call.
fn stopped_during_a_call(cached: &Arc<CachedSource>) -> Runtime {
    let stopped = paused();
    stopped.block_on(async {
        let _reader = spawn_read(cached, "db", Freshness::Cached);
        settle().await;
    });
    stopped
}

#[test]
fn a_reader_of_a_call_that_never_starts_soon_starts_one() {
    let (cached, fake) = cached([]);
    let stopped = paused();
    let mut leader = Box::pin(read(&cached, "db"));
    stopped.block_on(async {
        let poll = poll_fn(|context| Poll::Ready(leader.as_mut().poll(context)));
        assert!(poll.await.is_pending());
    });
    assert_eq!(fake.count(), 0);
    let running = paused();
    running.block_on(async {
        let start = Instant::now();
        assert_eq!(read(&cached, "other").await.unwrap(), "v1");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    });
    assert_eq!(fake.calls(), [["db", "other"]]);
    assert_eq!(stopped.block_on(leader).unwrap(), "v1");
}

#[test]
fn a_reader_of_a_call_on_a_stopped_runtime_soon_starts_another() {
    let (cached, fake) = cached([]);
    let stopped = stopped_during_a_call(&cached);
    let other = {
        let _entered = stopped.enter();
        spawn_read(&cached, "db", Freshness::Cached)
    };
    assert_eq!(fake.running(), 1);
    let running = paused();
    running.block_on(async {
        let start = Instant::now();
        assert_eq!(read(&cached, "db").await.unwrap(), "v2");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    });
    assert_eq!(stopped.block_on(other).unwrap().unwrap(), "v2", "the newer answer counts there, too");
    assert_eq!(running.block_on(read(&cached, "db")).unwrap(), "v2", "a late answer replaced a newer one");
    assert_eq!((fake.count(), cached.shared.state().carried.len()), (2, 0));
}

#[test]
fn a_read_of_many_secrets_takes_them_all_from_a_stopped_runtime_at_once() {
    let (cached, fake) = cached([]);
    let stopped = paused();
    let names: Vec<String> = (0..40).map(|number| format!("db-{number}")).collect();
    for half in names.chunks(20) {
        stopped.block_on(async {
            for name in half {
                drop(spawn_read(&cached, name, Freshness::Cached));
            }
            settle().await;
        });
    }
    assert_eq!(fake.running(), 2);
    paused().block_on(async {
        let start = Instant::now();
        let keys: Vec<Key> = names.iter().map(|name| Key::new(name.as_str())).collect();
        let fetched = cached.read(&keys, Freshness::Cached).await;
        assert!(fetched.answers().iter().all(|answer| value_of(answer).unwrap() == "v3"));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    });
}

#[test]
fn a_refresh_and_a_read_that_was_cleared_leave_a_stopped_runtime_soon_too() {
    for is_cleared in [false, true] {
        let (cached, fake) = cached([]);
        let _stopped = stopped_during_a_call(&cached);
        paused().block_on(async {
            let start = Instant::now();
            let freshness = if is_cleared { Freshness::Cached } else { Freshness::Refreshed };
            let reader = spawn_read(&cached, "db", freshness);
            settle().await;
            if is_cleared {
                cached.clear();
            }
            assert_eq!(reader.await.unwrap().unwrap(), "v2");
            assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
            assert_eq!(fake.count(), 2);
        });
    }
}

#[test]
fn readers_of_another_runtime_wait_for_a_slow_call_whose_runtime_runs() {
    let slowly = Does::Answer(Duration::from_millis(1500), None);
    let (cached, fake) = cached_by(Clock::System, [slowly]);
    let carrier = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let leader = carrier.spawn({
        let cached = Arc::clone(&cached);
        async move { read(&cached, "db").await }
    });
    runtime().block_on(async {
        while fake.running() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let readers = [(); 3].map(|()| spawn_read(&cached, "db", Freshness::Cached));
        for reader in readers {
            assert_eq!(reader.await.unwrap().unwrap(), "v1");
        }
    });
    assert_eq!(carrier.block_on(leader).unwrap().unwrap(), "v1");
    assert_eq!(fake.count(), 1);
}

#[test]
fn all_readers_of_a_stalled_request_look_up_again_when_one_finds_it_stalled() {
    let (cached, fake) = cached([]);
    let _stopped = stopped_during_a_call(&cached);
    assert_eq!(fake.running(), 1);
    paused().block_on(async {
        let start = Instant::now();
        sleep(TIMEOUT / 2).await;
        let early = spawn_read(&cached, "db", Freshness::Cached);
        sleep(TIMEOUT / 2 + Duration::from_millis(1500)).await;
        assert_eq!(read(&cached, "db").await.unwrap(), "v2");
        assert_eq!(early.await.unwrap().unwrap(), "v2");
        assert!(start.elapsed() < TIMEOUT + Duration::from_secs(2), "{:?}", start.elapsed());
    });
    assert_eq!(cached.shared.state().waiting.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_expired_value_is_dropped_from_the_fast_path_when_a_call_starts() {
    let (cached, fake) = cached([quickly(), Does::NeverEnd]);
    read(&cached, "db").await.unwrap();
    let lease = {
        let fetched = cached.read(&[Key::new("db")], Freshness::Cached).await;
        let Answer::Found(Payload::Text(value), _) = &fetched.answers()[0] else { panic!("it is text") };
        let lease = cached.lease_of(&Key::new("db"), value).unwrap();
        cached.shared.fast_path.insert("db", value.clone(), Arc::clone(&lease));
        Arc::downgrade(&lease)
    };
    advance(Duration::from_hours(2)).await;
    let _reader = spawn_read(&cached, "other", Freshness::Cached);
    settle().await;
    assert_eq!(fake.running(), 1);
    assert!(lease.upgrade().is_none(), "the value is still in memory");
}
