//! One [BatchGetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html)
//! call with all its pages.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::config::interceptors::InterceptorContext;
use aws_sdk_secretsmanager::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_sdk_secretsmanager::operation::RequestId;
use aws_sdk_secretsmanager::operation::batch_get_secret_value::{
    BatchGetSecretValueError, BatchGetSecretValueOutput,
};
use tokio::sync::Semaphore;

use super::connections::Regional;
use super::failure::Failure;
use super::fault::Fault;
use super::fetch::{Done, Wanted, payload};
use crate::source::Answer;

/// How many ids one call takes.
pub(super) const IDS: usize = 20;

/// How many pages of one call are read. Twenty values of 64 KiB need a few; an endpoint that always names a next page
/// is not followed for ever.
const PAGES: usize = 20;

/// Asks for the current versions of up to [`IDS`] secrets. Whatever is then still open is left to `GetSecretValue`.
pub(super) async fn batch(regional: Arc<Regional>, wanted: Vec<Wanted>, permits: Arc<Semaphore>) -> Done {
    let ids: Vec<String> = wanted.iter().map(|wanted| wanted.key.name().to_owned()).collect();
    let mut open = Open::new(wanted);
    let mut answers = Vec::new();
    let mut next = None;
    for _ in 0..PAGES {
        let call = regional
            .client
            .batch_get_secret_value()
            .set_secret_id_list(Some(ids.clone()))
            .set_next_token(next)
            .customize()
            .config_override(Config::builder().retry_classifier(NoRetryOfThrottling));
        let result = {
            let _permit = permits.acquire().await;
            call.send().await
        };
        match result {
            Ok(output) => next = open.settle(output, &mut answers),
            Err(error) => return failed(&regional, &Failure::of(&error), answers, open),
        }
        if next.is_none() || open.is_empty() {
            break;
        }
    }
    Done { answers, alone: open.into_wanted(), ..Done::of(regional) }
}

/// What becomes of the secrets of a call that failed as a whole.
fn failed(
    regional: &Arc<Regional>,
    failure: &Failure,
    mut answers: Vec<(usize, Answer)>,
    open: Open,
) -> Done {
    let done = Done::of(Arc::clone(regional));
    match failure {
        Failure::NoCredentials(error) => Done { answers, hopeless: Some(error.clone()), ..done },
        Failure::NoAnswer(error)
        | Failure::Answered(
            Fault::Unavailable | Fault::CredentialsExpired | Fault::CredentialsRefused | Fault::ClockSkewed,
            error,
        ) => {
            // Nobody there, or nobody who would answer: two hundred calls more would change nothing.
            answers.extend(open.into_wanted().into_iter().map(|wanted| (wanted.index, error.clone().into())));
            Done { answers, ..done }
        }
        Failure::Answered(fault, error) => {
            if matches!(fault, Fault::Denied | Fault::UnknownAction) && regional.batch_is_refused() {
                tracing::warn!(
                    answer = %error,
                    "secretsmanager:BatchGetSecretValue is refused: secrets are read one by one with GetSecretValue"
                );
            }
            // Throttled: the quota of this action is 100 calls a second, that of GetSecretValue 10 000.
            // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
            // Anything else: one secret of the twenty may be the reason, and only that one should fail.
            Done { answers, alone: open.into_wanted(), ..done }
        }
    }
}

/// The secrets of a call that nothing has been heard of, by the id under which they were asked for.
struct Open(HashMap<String, Wanted>);

impl Open {
    fn new(wanted: Vec<Wanted>) -> Self {
        Self(wanted.into_iter().map(|wanted| (wanted.key.name().to_owned(), wanted)).collect())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn into_wanted(self) -> Vec<Wanted> {
        self.0.into_values().collect()
    }

    /// Moves what a page says to the answers, and gives the token of the next page.
    fn settle(
        &mut self,
        page: BatchGetSecretValueOutput,
        answers: &mut Vec<(usize, Answer)>,
    ) -> Option<String> {
        let request_id = page.request_id().map(str::to_owned);
        for entry in page.secret_values.unwrap_or_default() {
            let asked = self.take_value(entry.arn.as_deref(), entry.name.as_deref());
            let answer = payload(entry.secret_string, entry.secret_binary);
            answers.extend(asked.into_iter().map(|wanted| (wanted.index, answer.clone())));
        }
        for entry in page.errors.unwrap_or_default() {
            let failure = Failure::of_entry(entry.error_code(), entry.message(), request_id.as_deref());
            // GetSecretValue, which is retried, is asked for what may be otherwise in a moment.
            if !failure.is_transient() {
                let asked = entry.secret_id.as_deref().and_then(|id| self.take_id(id));
                answers.extend(asked.map(|wanted| (wanted.index, failure.into())));
            }
        }
        page.next_token.filter(|token| !token.is_empty())
    }

    /// Whoever asked for this secret. By name only if nobody asked by ARN: a secret of another account may bear the same
    /// name, and is answered under its ARN. A name that is then left open is asked for by itself.
    fn take_value(&mut self, arn: Option<&str>, name: Option<&str>) -> Vec<Wanted> {
        let by_arn = arn.into_iter().flat_map(|arn| [Some(arn), without_suffix(arn)]).flatten();
        let asked: Vec<Wanted> = by_arn.filter_map(|id| self.0.remove(id)).collect();
        if asked.is_empty() { name.and_then(|name| self.0.remove(name)).into_iter().collect() } else { asked }
    }

    fn take_id(&mut self, id: &str) -> Option<Wanted> {
        self.0.remove(id).or_else(|| self.0.remove(without_suffix(id)?))
    }
}

/// An ARN without the hyphen and the six characters that Secrets Manager puts at the end of a secret's name: the form in
/// which [an ARN may be asked for too](https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen).
fn without_suffix(arn: &str) -> Option<&str> {
    let (partial, suffix) = arn.rsplit_once('-')?;
    (arn.starts_with("arn:") && suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then_some(partial)
}

/// Forbids the SDK to repeat a batch call that was throttled: `GetSecretValue` has a hundred times its quota.
#[derive(Debug)]
struct NoRetryOfThrottling;

impl ClassifyRetry for NoRetryOfThrottling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let status = context.response().map(|response| response.status().as_u16());
        let error = context
            .output_or_error()
            .and_then(Result::err)
            .and_then(|error| error.as_operation_error()?.downcast_ref::<BatchGetSecretValueError>());
        match error.map(|error| Fault::of(error.code(), error.message(), status)) {
            Some(Fault::Throttled) => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "no retry of throttled batches"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Key;

    const OWN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";
    const OTHER: &str = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:db-GhIjKl";

    fn open(ids: &[&str]) -> Open {
        Open::new(ids.iter().enumerate().map(|(index, id)| Wanted { index, key: Key::new(*id) }).collect())
    }

    fn indices(wanted: Vec<Wanted>) -> Vec<usize> {
        wanted.into_iter().map(|wanted| wanted.index).collect()
    }

    #[test]
    fn a_value_belongs_to_who_asked_by_name_by_arn_or_by_partial_arn() {
        let partial = without_suffix(OWN).unwrap();
        assert_eq!(partial, "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db");
        assert_eq!(indices(open(&["a", "db"]).take_value(Some(OWN), Some("db"))), [1]);
        assert_eq!(indices(open(&["a", OWN]).take_value(Some(OWN), Some("db"))), [1]);
        assert_eq!(indices(open(&["a", partial]).take_value(Some(OWN), Some("db"))), [1]);
        assert_eq!(indices(open(&[OWN, partial]).take_value(Some(OWN), Some("db"))), [0, 1]);
        assert_eq!(indices(open(&["a"]).take_value(None, None)), [0; 0]);
    }

    #[test]
    fn a_secret_of_another_account_is_not_taken_for_one_of_the_same_name() {
        let mut open = open(&["db", OTHER]);
        assert_eq!(indices(open.take_value(Some(OTHER), Some("db"))), [1]);
        assert_eq!(indices(open.take_value(Some(OWN), Some("db"))), [0]);
    }

    #[test]
    fn only_an_arn_has_a_suffix() {
        assert_eq!(without_suffix("app-abcdef"), None);
        assert_eq!(without_suffix("arn:aws:secretsmanager:eu-west-1:111111111111:secret:db"), None);
    }
}
