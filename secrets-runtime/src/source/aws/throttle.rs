//! Slows a fetch down when the service throttles it, as happens when many instances start at once.
//!
//! The fetch keeps the answers that it has, and requests the other keys again, few at a time.

use std::time::Duration;

use aws_sdk_secretsmanager::config::interceptors::InterceptorContext;
use aws_sdk_secretsmanager::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::time::Instant;

use crate::source::service::error_code::fault_of;
use crate::source::service::fault::Fault;

/// Long enough for the token bucket of the quota to gain the tokens of one second.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longer pauses would leave quota unused while the last instances wait.
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// Less than the default time-out of a load, so that the error of the load says that it was throttled.
const MAX_DURATION: Duration = Duration::from_secs(25);

/// How many calls one fetch may run at once, and how long it pauses.
#[derive(Debug)]
pub(super) struct Throttle {
    started: Instant,
    pause: Duration,
    /// The number of calls that may run before a call for a single key is added.
    window: usize,
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), pause: FIRST_PAUSE, window: usize::MAX }
    }

    /// Whether a call for a single key may start while `running` calls run.
    pub(super) const fn allows(&self, running: usize) -> bool {
        running < self.window
    }

    /// Allows one more call at once, which doubles their number with each round trip.
    pub(super) const fn answered(&mut self) {
        self.window = self.window.saturating_add(1);
    }

    /// Allows one call, which shows whether any quota is left: other callers that share it are throttled
    /// too.
    pub(super) const fn throttled(&mut self) {
        self.window = 1;
    }

    /// The pause before the next round, or `None` if the fetch has taken too long. It is random, between
    /// half and all of the current pause, so that callers that were throttled together do not retry
    /// together.
    pub(super) fn next_pause(&mut self) -> Option<Duration> {
        let pause = self.pause.mul_f64(fastrand::f64().mul_add(0.5, 0.5));
        self.pause = MAX_PAUSE.min(self.pause * 2);
        (self.started.elapsed() + pause < MAX_DURATION).then_some(pause)
    }
}

/// Forbids the SDK to repeat a throttled call: the fetch slows down as a whole, and one batch can repeat
/// many single calls.
#[derive(Debug)]
pub(super) struct NoRetryOfThrottling;

impl ClassifyRetry for NoRetryOfThrottling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let status = context.response().map(|response| response.status().as_u16());
        let fault = context.output_or_error().and_then(Result::err).and_then(|error| {
            let error = error.as_operation_error()?;
            let batch = error.downcast_ref().map(BatchGetSecretValueError::meta);
            let error = batch.or_else(|| Some(error.downcast_ref::<GetSecretValueError>()?.meta()))?;
            Some(fault_of(error.code(), error.message(), status))
        });
        match fault {
            Some(Fault::Throttled) => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "no retry of throttled calls"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_calls_run_at_once_until_one_is_throttled_then_their_number_doubles() {
        let allowed = |throttle: &Throttle| (0..100).filter(|running| throttle.allows(*running)).count();
        let mut throttle = Throttle::new();
        assert_eq!(allowed(&throttle), 100);
        throttle.throttled();
        for expected in [1, 2, 4, 8] {
            assert_eq!(allowed(&throttle), expected);
            (0..expected).for_each(|_| throttle.answered());
        }
        throttle.throttled();
        assert_eq!(allowed(&throttle), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_vary_and_end() {
        let mut throttle = Throttle::new();
        let mut pauses = Vec::new();
        while let Some(pause) = throttle.next_pause() {
            pauses.push(pause);
            tokio::time::advance(pause).await;
        }
        assert!(pauses[0] >= FIRST_PAUSE / 2 && pauses[0] <= FIRST_PAUSE);
        assert!(pauses[1..].iter().all(|pause| (MAX_PAUSE / 2..=MAX_PAUSE).contains(pause)));
        assert!(pauses.iter().sum::<Duration>() < MAX_DURATION);
        assert!(pauses.len() > 11);
    }
}
