//! The deadline of a fetch, and the errors of a source that does not answer.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{ErrorKind, SourceError};
pub(super) use crate::source::UNANSWERED;
use crate::source::{Answers, BoxFuture, Fetched, Key, NO_TIMERS, Source, lacks_timers};

pub(super) const TIMED_OUT: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("no answer in time")
    .with_help("check the network, or raise `Secrets::builder().timeout(..)`");

/// The answers of a fetch, or a failure for every key if it takes longer than `limit`.
pub(super) async fn in_time(limit: Duration, keys: &[Key], mut fetch: BoxFuture<'_, Fetched>) -> Fetched {
    // A source that answers at once needs no timer, which the runtime may lack.
    if let Poll::Ready(fetched) = poll_fn(|context| Poll::Ready(fetch.as_mut().poll(context))).await {
        return fetched;
    }
    // Tokio's timer panics on another executor.
    if Handle::try_current().is_err() {
        return fetch.await;
    }
    if lacks_timers() {
        return Fetched::failed(keys, &NO_TIMERS);
    }
    tokio::time::timeout(limit, fetch).await.unwrap_or_else(|_| Fetched::failed(keys, &TIMED_OUT))
}

/// The answers of a source. A key that it has not answered in time fails, and the others keep their answers.
pub(super) async fn fetch_in_time(limit: Duration, keys: &[Key], source: &dyn Source) -> Fetched {
    let answers = Answers::new(keys.len());
    let deliver = |index, answer| answers.take(index, answer);
    let fetch = Box::pin(async {
        let problems = source.fetch_each(keys, &deliver).await;
        problems.into_iter().fold(Fetched::failed(keys, &UNANSWERED), Fetched::with_problem)
    });
    let mut fetched = in_time(limit, keys, fetch).await;
    answers.replace_in(&mut fetched);
    fetched
}
