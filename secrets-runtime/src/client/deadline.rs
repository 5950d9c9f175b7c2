//! The deadline of a fetch, and the errors of a source that does not answer.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{ErrorKind, SourceError};
pub(super) use crate::source::UNANSWERED;
use crate::source::{BoxFuture, Fetched, Key, NO_TIMERS, lacks_timers};

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
