//! How a fetch goes on when it is throttled, as all instances of a fleet are that start at once: it keeps what it has, and
//! asks for the rest again, few at a time.

use std::time::Duration;

use aws_sdk_secretsmanager::config::interceptors::InterceptorContext;
use aws_sdk_secretsmanager::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use tokio::time::Instant;

use super::fault::Fault;

/// The first pause is long enough for a bucket of tokens to fill by a second's worth.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longer ones leave quota unused while the last of a fleet wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Less than what a load may take by default, so that its error still says that it was throttled.
const PATIENCE: Duration = Duration::from_secs(25);

/// The pace of one fetch.
#[derive(Debug)]
pub(super) struct Pace {
    begun: Instant,
    pause: Duration,
    /// How many calls may be under way before one for a single secret is added.
    window: usize,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), pause: FIRST_PAUSE, window: usize::MAX }
    }

    /// Whether a single secret may be asked for beside the calls that are under way.
    pub(super) const fn admits(&self, under_way: usize) -> bool {
        under_way < self.window
    }

    /// One more at once from now on, which doubles them with each round trip.
    pub(super) const fn answered(&mut self) {
        self.window = self.window.saturating_add(1);
    }

    /// Whoever shares the quota is throttled, too. One call finds out whether there is any of it left.
    pub(super) const fn throttled(&mut self) {
        self.window = 1;
    }

    /// How long to wait before the next round, if there may be one: between half and all of a pause, so that those who
    /// were throttled together do not come back together.
    pub(super) fn next_pause(&mut self) -> Option<Duration> {
        let pause = self.pause.mul_f64(fastrand::f64().mul_add(0.5, 0.5));
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
        (self.begun.elapsed() + pause < PATIENCE).then_some(pause)
    }
}

/// Forbids the SDK to repeat a call that was throttled: the rest of the fetch is to know of it, and a batch can take
/// what single calls have left.
#[derive(Debug)]
pub(super) struct NoRetryOfThrottling;

impl ClassifyRetry for NoRetryOfThrottling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let status = context.response().map(|response| response.status().as_u16());
        let fault = context.output_or_error().and_then(Result::err).and_then(|error| {
            let error = error.as_operation_error()?;
            let batch = error.downcast_ref().map(BatchGetSecretValueError::meta);
            let error = batch.or_else(|| Some(error.downcast_ref::<GetSecretValueError>()?.meta()))?;
            Some(Fault::of(error.code(), error.message(), status))
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
    async fn all_at_once_until_a_call_is_throttled_then_twice_as_many_each_round_trip() {
        let admitted = |pace: &Pace| (0..100).filter(|under_way| pace.admits(*under_way)).count();
        let mut pace = Pace::new();
        assert_eq!(admitted(&pace), 100);
        pace.throttled();
        for expected in [1, 2, 4, 8] {
            assert_eq!(admitted(&pace), expected);
            (0..expected).for_each(|_| pace.answered());
        }
        pace.throttled();
        assert_eq!(admitted(&pace), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_spread_and_end() {
        let mut pace = Pace::new();
        let mut pauses = Vec::new();
        while let Some(pause) = pace.next_pause() {
            pauses.push(pause);
            tokio::time::advance(pause).await;
        }
        assert!(pauses[0] >= FIRST_PAUSE / 2 && pauses[0] <= FIRST_PAUSE);
        assert!(pauses[1..].iter().all(|pause| (LONGEST_PAUSE / 2..=LONGEST_PAUSE).contains(pause)));
        assert!(pauses.iter().sum::<Duration>() < PATIENCE);
        assert!(pauses.len() > 11);
    }
}
