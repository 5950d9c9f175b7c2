//! Readers of one key, or of several keys at the same time, share one call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::super::shared::Shared;
use super::fake::{Does, cached, quickly, read, read_with, settle, spawn_read, value_of};
use crate::client::freshness::Freshness;
use crate::error::ErrorKind;
use crate::source::{Answer, Identity, Key};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";
const NEW_ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-GhIjKl";

#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_and_one_cold_key_make_one_call() {
    let (cached, fake) = cached([]);
    let readers: Vec<_> = (0..1000).map(|_| spawn_read(&cached, "db", Freshness::Cached)).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "v1");
    }
    assert_eq!(fake.calls(), [["db"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_on_many_threads_make_one_call_too() {
    let (cached, fake) = cached([]);
    let readers: Vec<_> = (0..1000).map(|_| spawn_read(&cached, "db", Freshness::Cached)).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "v1");
    }
    assert_eq!(fake.calls(), [["db"]]);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_and_one_stale_key_make_one_call_and_do_not_wait() {
    let (cached, fake) = cached([]);
    read(&cached, "db").await.unwrap();
    advance(Duration::from_secs(111)).await;
    let start = Instant::now();
    let readers: Vec<_> = (0..1000).map(|_| spawn_read(&cached, "db", Freshness::Cached)).collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "v1");
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(20)).await;
    settle().await;
    assert_eq!(read(&cached, "db").await.unwrap(), "v2");
    assert_eq!(fake.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_requested_at_the_same_time_share_one_call() {
    let (cached, fake) = cached([]);
    let readers = ["a", "b", "c"].map(|name| spawn_read(&cached, name, Freshness::Cached));
    for reader in readers {
        reader.await.unwrap().unwrap();
    }
    assert_eq!(fake.calls(), [["a", "b", "c"]]);
}

#[tokio::test(start_paused = true)]
async fn many_refreshes_during_a_call_make_one_more() {
    let (cached, fake) = cached([]);
    let first = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    let readers: Vec<_> = (0..100).map(|_| spawn_read(&cached, "db", Freshness::Refreshed)).collect();
    assert_eq!(first.await.unwrap().unwrap(), "v1");
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "v2");
    }
    assert_eq!(fake.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn readers_of_one_call_are_woken_as_their_own_answers_come() {
    let (cached, _) = cached([Does::AnswerOneByOne]);
    let start = Instant::now();
    let readers = ["a", "b", "c"].map(|name| spawn_read(&cached, name, Freshness::Cached));
    for (reader, seconds) in readers.into_iter().zip(1..) {
        assert_eq!(reader.await.unwrap().unwrap(), "v1");
        assert_eq!(start.elapsed(), Duration::from_secs(seconds));
    }
}

#[tokio::test(start_paused = true)]
async fn the_answers_come_in_the_order_of_the_keys() {
    let (cached, _) = cached([quickly(), Does::AnswerOneByOne]);
    read(&cached, "b").await.unwrap();
    let fetched = cached.read(&["a", "b", "c"].map(Key::new), Freshness::Cached).await;
    let values: Vec<_> = fetched.answers().iter().map(|answer| value_of(answer).unwrap()).collect();
    assert_eq!(values, ["v2", "v1", "v2"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_reader_does_not_end_its_call() {
    let (cached, fake) = cached([]);
    let leader = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    let second = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    leader.abort();
    assert_eq!(second.await.unwrap().unwrap(), "v1");
    assert_eq!(fake.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_readers_were_all_dropped_is_kept_for_the_next() {
    let (cached, fake) = cached([]);
    let leader = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    leader.abort();
    tokio::time::sleep(Duration::from_millis(20)).await;
    settle().await;
    assert_eq!(cached.snapshot().entries.len(), 1);
    assert_eq!(read(&cached, "db").await.unwrap(), "v1");
    assert_eq!(fake.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn clearing_during_a_call_still_answers_its_readers_and_the_next_one_fetches_again() {
    let (cached, fake) = cached([]);
    let early = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    cached.clear();
    let late = spawn_read(&cached, "db", Freshness::Cached);
    settle().await;
    assert_eq!(fake.calls(), [["db"], ["db"]]);
    assert_eq!((early.await.unwrap().unwrap(), late.await.unwrap().unwrap()), ("v1".into(), "v2".into()));
    assert_eq!(read(&cached, "db").await.unwrap(), "v2");
}

#[tokio::test(start_paused = true)]
async fn a_reader_by_arn_of_a_call_by_name_does_not_get_another_secret() {
    let identified = |text: &str, arn: &str| {
        let answer = Answer::found(text).identified_by(Identity::new(arn).with_name("db"));
        Does::Answer(Duration::from_millis(20), Some(answer))
    };
    let missing = Does::Answer(Duration::from_millis(20), Some(Answer::missing()));
    let (cached, fake) = cached([identified("old", ARN), identified("new", NEW_ARN), missing]);
    assert_eq!(read(&cached, "db").await.unwrap(), "old");
    let by_name = spawn_read(&cached, "db", Freshness::Refreshed);
    let by_arn = spawn_read(&cached, ARN, Freshness::Refreshed);
    assert_eq!(by_name.await.unwrap().unwrap(), "new");
    assert_eq!(by_arn.await.unwrap(), Err(ErrorKind::Missing));
    assert_eq!(fake.calls(), [["db"], ["db"], [ARN]]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_comes_just_as_a_call_starts_joins_the_next() {
    let (cached, fake) = cached([]);
    let shared: Arc<Shared> = Arc::clone(&cached.shared);
    let first = spawn_read(&cached, "a", Freshness::Cached);
    let second = Arc::new(Mutex::new(None));
    // The source's name is read when the call has taken all queued keys.
    let (latecomer, place) = (Arc::clone(&cached), Arc::clone(&second));
    *fake.on_name.lock().unwrap() = Some(Box::new(move || {
        let reader = {
            let mut read = Box::pin(async move { read_with(&latecomer, "b", Freshness::Cached).await });
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(read.as_mut().poll(&mut context).is_pending());
            assert!(shared.state().window.is_some());
            read
        };
        *place.lock().unwrap() = Some(reader);
    }));
    settle().await;
    assert_eq!(fake.calls(), [["a"], ["b"]], "the call of the late reader was cancelled");
    let second = second.lock().unwrap().take().unwrap();
    assert_eq!(second.await.unwrap(), "v2");
    assert_eq!(first.await.unwrap().unwrap(), "v1");
}
