//! [BatchGetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html)
//! with all its pages.

use std::sync::Arc;

use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::operation::RequestId;
use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueOutput;
use tokio::sync::Semaphore;

use super::connections::Regional;
use super::fault::Fault;
use super::fetch::{Done, Wanted};
use super::sanitize::CutDown;
use super::sdk_error::Failure;
use super::throttle::NoRetryOfThrottling;
use super::value::Value;
use crate::source::Answer;

/// How many ids one batch takes.
pub(super) const IDS: usize = 20;

/// How many pages of one batch are read. Twenty values of 64 KiB need a few; an endpoint that always names a next page
/// is not followed for ever.
const PAGES: usize = 20;

/// The current versions of up to [`IDS`] secrets, and how far they have been read.
pub(super) struct Batch {
    ids: Vec<String>,
    open: Open,
    next: Option<String>,
    pages: usize,
}

impl Batch {
    pub(super) fn new(wanted: Vec<Wanted>) -> Self {
        let ids = wanted.iter().map(|wanted| wanted.key.name().to_owned()).collect();
        Self { ids, open: Open(wanted), next: None, pages: PAGES }
    }

    /// Reads one page, so that its answers do not wait for the next. What no page answers is left to `GetSecretValue`.
    pub(super) async fn page(mut self, regional: Arc<Regional>, permits: Arc<Semaphore>) -> Done {
        let call = regional
            .client
            .batch_get_secret_value()
            .set_secret_id_list(Some(self.ids.clone()))
            .set_next_token(self.next.take())
            .customize()
            .config_override(Config::builder().retry_classifier(NoRetryOfThrottling))
            .interceptor(regional.requests.batch.clone())
            .interceptor(CutDown::ENTRIES);
        let result = {
            let _permit = permits.acquire().await;
            call.send().await
        };
        match result {
            Ok(page) => self.settle(regional, page),
            Err(error) => failed(regional, &Failure::of(&error), self.open),
        }
    }

    fn settle(mut self, regional: Arc<Regional>, page: BatchGetSecretValueOutput) -> Done {
        let mut answers = Vec::new();
        self.next = self.open.settle(page, &mut answers);
        self.pages = self.pages.saturating_sub(1);
        let done = Done { answers, ..Done::of(regional) };
        if self.next.is_none() || self.pages == 0 || self.open.is_empty() {
            Done { alone: self.open.0, ..done }
        } else {
            Done { more: Some(self), ..done }
        }
    }
}

/// What becomes of the secrets of a call that failed as a whole.
fn failed(regional: Arc<Regional>, failure: &Failure, open: Open) -> Done {
    match failure {
        Failure::NoCredentials(error) => Done { hopeless: Some(error.clone()), ..Done::of(regional) },
        Failure::NoAnswer(error)
        | Failure::Answered(
            Fault::Unavailable | Fault::CredentialsExpired | Fault::CredentialsRefused | Fault::ClockSkewed,
            error,
        ) => {
            // Nobody there, or nobody who would answer: two hundred calls more would change nothing.
            let answers = open.0.into_iter().map(|wanted| (wanted.index, error.clone().into())).collect();
            Done { answers, ..Done::of(regional) }
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
            let throttled = (*fault == Fault::Throttled).then(|| error.clone());
            Done { alone: open.0, throttled, ..Done::of(regional) }
        }
    }
}

/// The secrets of a batch that nothing has been heard of.
struct Open(Vec<Wanted>);

impl Open {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves what a page says to the answers, and gives the token of the next page.
    fn settle(
        &mut self,
        page: BatchGetSecretValueOutput,
        answers: &mut Vec<(usize, Answer)>,
    ) -> Option<String> {
        let request_id = page.request_id().map(str::to_owned);
        for entry in page.secret_values.unwrap_or_default() {
            let value = Value::from(entry);
            let asked = self.take_value(value.arn.as_deref(), value.name.as_deref());
            // Also where nobody asked: a value that is not wanted is wiped as any other.
            let answer = Answer::from(value);
            answers.extend(asked.into_iter().map(|wanted| (wanted.index, answer.clone())));
        }
        for entry in page.errors.unwrap_or_default() {
            let failure = Failure::of_entry(entry.error_code(), entry.message(), request_id.as_deref());
            // GetSecretValue, which is retried, is asked for what may be otherwise in a moment.
            if !failure.may_pass() {
                let asked = entry.secret_id.as_deref().map(|id| self.take_id(id)).unwrap_or_default();
                let answer = Answer::from(failure);
                answers.extend(asked.into_iter().map(|wanted| (wanted.index, answer.clone())));
            }
        }
        page.next_token.filter(|token| !token.is_empty())
    }

    /// Whoever asked for this secret. By name only if nobody asked by ARN: a secret of another account may bear the same
    /// name, and is answered under its ARN. A name that is then left open is asked for by itself.
    fn take_value(&mut self, arn: Option<&str>, name: Option<&str>) -> Vec<Wanted> {
        let asked = arn.map(|arn| self.take_id(arn)).unwrap_or_default();
        match name {
            Some(name) if asked.is_empty() => self.take(|id| id == name),
            _ => asked,
        }
    }

    /// Whoever asked by this id, or by this ARN without its suffix.
    fn take_id(&mut self, asked: &str) -> Vec<Wanted> {
        let partial = without_suffix(asked);
        self.take(|id| id == asked || Some(id) == partial)
    }

    fn take(&mut self, is_meant: impl Fn(&str) -> bool) -> Vec<Wanted> {
        self.0.extract_if(.., |wanted| is_meant(wanted.key.name())).collect()
    }
}

/// An ARN without the hyphen and the six characters that Secrets Manager puts at the end of a secret's name: the form in
/// which [an ARN may be asked for too](https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen).
fn without_suffix(arn: &str) -> Option<&str> {
    let (partial, suffix) = arn.rsplit_once('-')?;
    (arn.starts_with("arn:") && suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then_some(partial)
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::types::builders::SecretValueEntryBuilder;
    use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};

    use super::*;
    use crate::source::Key;

    const OWN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";
    const OTHER: &str = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:db-GhIjKl";

    fn wanted(ids: &[&str]) -> Vec<Wanted> {
        ids.iter().enumerate().map(|(index, id)| Wanted { index, key: Key::new(*id) }).collect()
    }

    fn open(ids: &[&str]) -> Open {
        Open(wanted(ids))
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
    fn who_asks_twice_is_answered_twice() {
        assert_eq!(indices(open(&["db", "a", "db"]).take_value(Some(OWN), Some("db"))), [0, 2]);
        assert_eq!(indices(open(&["a", "a"]).take_id("a")), [0, 1]);
    }

    fn entry(name: &str) -> SecretValueEntryBuilder {
        SecretValueEntry::builder().name(name).secret_string(name)
    }

    fn error(id: &str, code: &str) -> ApiErrorType {
        ApiErrorType::builder().secret_id(id).error_code(code).build()
    }

    #[test]
    fn a_page_answers_whom_it_names_and_leaves_the_rest() {
        let page = BatchGetSecretValueOutput::builder()
            .secret_values(entry("db").arn(OWN).version_id("v1").build())
            .secret_values(entry("nobody asked").build())
            .errors(error("denied", "AccessDeniedException"))
            .errors(error("slow", "ThrottlingException"))
            .errors(error("key", "KMSInternalException"))
            .errors(ApiErrorType::builder().build())
            .build();
        let done = Batch::new(wanted(&["db", "denied", "slow", "key", "silent"]))
            .settle(Regional::of_nobody(), page);
        assert!(done.more.is_none());
        assert_eq!(indices(done.alone), [2, 3, 4]);
        let [(0, Answer::Found(_, identity)), (1, Answer::Failed(denied))] = done.answers.as_slice() else {
            panic!("{:?}", done.answers)
        };
        assert_eq!(
            (identity.id(), identity.name(), identity.version_id()),
            (Some(OWN), Some("db"), Some("v1"))
        );
        assert_eq!(denied.code(), Some("AccessDeniedException"));
    }

    #[test]
    fn a_batch_is_read_on_while_there_are_pages_and_somebody_waits() {
        let page = |names: &[&str], next: &str| {
            let entries = names.iter().map(|name| entry(name).build()).collect();
            BatchGetSecretValueOutput::builder().set_secret_values(Some(entries)).next_token(next).build()
        };
        let settle = |batch: Batch, page| batch.settle(Regional::of_nobody(), page);
        let first = settle(Batch::new(wanted(&["a", "b"])), page(&["a"], "token"));
        assert_eq!(first.answers.len(), 1);
        let last = settle(first.more.unwrap(), page(&["b"], "token"));
        assert_eq!((last.answers.len(), last.more.is_none(), last.alone.len()), (1, true, 0));
        assert!(settle(Batch::new(wanted(&["a", "b"])), page(&["a"], "")).more.is_none());

        let mut done = settle(Batch::new(wanted(&["a"])), page(&[], "token"));
        let mut pages = 1;
        while let Some(batch) = done.more {
            done = settle(batch, page(&[], "token"));
            pages += 1;
        }
        assert_eq!((pages, indices(done.alone)), (PAGES, vec![0]));
    }

    #[test]
    fn a_fault_of_one_key_does_not_fail_the_whole_batch() {
        let of = |code: &str| {
            let failure = Failure::of_entry(Some(code), None, None);
            failed(Regional::of_nobody(), &failure, open(&["a", "b"]))
        };
        for code in ["KMSInternalException", "DecryptionFailure", "ThrottlingException"] {
            assert_eq!(indices(of(code).alone), [0, 1], "{code}");
        }
        assert_eq!(of("ExpiredTokenException").answers.len(), 2);
    }

    #[test]
    fn only_an_arn_has_a_suffix() {
        assert_eq!(without_suffix("app-abcdef"), None);
        assert_eq!(without_suffix("arn:aws:secretsmanager:eu-west-1:111111111111:secret:db"), None);
    }
}
