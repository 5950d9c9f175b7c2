//! Calls a rotator, which is code of the application: a panic, and a call that does not end, become errors.

use std::time::Duration;

use super::rotator_error::RotatorError;
use crate::contain::{Contained, Panicked};
use crate::error::{ErrorKind, SourceError};
use crate::source::BoxFuture;

const PANICKED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the rotator panicked")
    .with_help("the panic's message is in the standard error output of the process");

const TIMED_OUT: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("the rotator did not answer in time")
    .with_help("Rotation::timeout sets the time limit of a rotator's call");

/// Awaits the answer of a rotator. The call itself must be inside the future, since it may panic, too.
///
/// It is boxed: a driver's futures have tens of kilobytes.
pub(super) async fn answer_of<T>(
    limit: Duration,
    call: BoxFuture<'_, Result<T, RotatorError>>,
) -> Result<T, RotatorError> {
    let call = Contained::new(|| call);
    let answer = async { call.await.unwrap_or_else(|Panicked| Err(PANICKED.into())) };
    // Without a runtime there is no clock.
    if tokio::runtime::Handle::try_current().is_err() {
        return answer.await;
    }
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| Err(TIMED_OUT.into()))
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    fn of(answer: Result<(), RotatorError>) -> (ErrorKind, String) {
        let error = answer.unwrap_err();
        (error.kind(), error.to_string())
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_an_error_that_is_not_transient() {
        let expected = (ErrorKind::Configuration, "the rotator panicked".to_owned());
        assert_eq!(of(answer_of(LIMIT, Box::pin(async { panic!("hunter2") })).await), expected);
        let later = async {
            tokio::task::yield_now().await;
            panic!("hunter2")
        };
        assert_eq!(of(answer_of(LIMIT, Box::pin(later)).await), expected);
        assert!(!ErrorKind::Configuration.is_transient());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_does_not_end_is_dropped_at_the_limit() {
        let begun = tokio::time::Instant::now();
        let error = of(answer_of(LIMIT, Box::pin(pending())).await);
        assert_eq!(error, (ErrorKind::Unavailable, "the rotator did not answer in time".to_owned()));
        assert_eq!(begun.elapsed(), LIMIT);
        assert!(answer_of(Duration::MAX, Box::pin(async { Ok(()) })).await.is_ok());
    }
}
