//! Time that passes when a test says so.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Lets so much time pass at once, for all that goes by the clock of this runtime.
///
/// Paused for longer, that clock runs to the next time-out whenever everybody waits: also for an answer that is on its
/// way through a socket.
pub(crate) async fn pass(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

/// Stops the clock of this runtime until it is dropped: between two reads nothing becomes due, however busy the machine is.
pub(crate) struct Still(());

impl Still {
    pub(crate) fn stand() -> Self {
        tokio::time::pause();
        Self(())
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}

/// What a future comes to without waiting for anything.
pub(crate) fn at_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Gives every other task of this runtime its turn, several times.
pub(crate) async fn turns() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Waits for what is to happen soon. On a paused clock the limit is reached as soon as nothing else can happen.
pub(crate) async fn soon<T>(what: &str, event: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, event)
        .await
        .unwrap_or_else(|_| panic!("{what}: nothing of it within {limit:?}"))
}
