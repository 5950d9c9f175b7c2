//! One [BatchGetSecretValue][1] call, page by page.
//!
//! [1]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html

use std::sync::Arc;

use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::operation::RequestId;
use aws_sdk_secretsmanager::operation::batch_get_secret_value::BatchGetSecretValueOutput;
use tokio::sync::Semaphore;

use super::batch_refusals::may_be_readable_alone;
use super::call_outcome::{CallOutcome, KeyRequest};
use super::connections::RegionalClient;
use super::pages::Pages;
use super::sanitize::Sanitizer;
use super::sdk_error::{CallError, Cause};
use super::throttle::NoRetryOfThrottling;
use crate::secret_id::{Arn, without_suffix};
use crate::source::Answer;
use crate::source::service::answered::Stated;
use crate::source::service::fault::Fault;
use crate::source::service::value::Value;

/// The number of ids that one batch takes.
pub(super) const MAX_IDS: usize = 20;

/// The number of pages of one batch that are read. Twenty values of 64 KiB need a few; an endpoint that
/// always names a next page is not followed for ever.
const MAX_PAGES: usize = 20;

/// A batch that asks for the current versions of up to [`MAX_IDS`] secrets, with the pages read so far.
pub(super) struct Batch {
    unanswered: Unanswered,
    pages: Pages,
}

impl Batch {
    pub(super) fn new(requests: Vec<KeyRequest>) -> Self {
        Self { unanswered: Unanswered::new(requests), pages: Pages::new(MAX_PAGES) }
    }

    /// Reads one page, so that its answers do not wait for the next one. The second value is the rest of the
    /// batch, if there is another page. Keys that no page answers, and those that only a batch may refuse,
    /// are left to `GetSecretValue`.
    pub(super) async fn read_page(
        self,
        client: Arc<RegionalClient>,
        permits: Arc<Semaphore>,
    ) -> (CallOutcome, Option<Self>) {
        let call = client
            .sdk
            .batch_get_secret_value()
            .set_secret_id_list(Some(self.unanswered.ids.clone()))
            .set_next_token(self.pages.token())
            .customize()
            .config_override(Config::builder().retry_classifier(NoRetryOfThrottling))
            .interceptor(client.requests.batch.clone())
            .interceptor(Sanitizer::BATCH_ERRORS);
        let result = {
            let _permit = permits.acquire().await;
            call.send().await
        };
        match result {
            Ok(page) => self.take_page(client, page),
            Err(error) => {
                let error = CallError::of(&error, &client.target);
                (failed(client, &error, self.unanswered), None)
            }
        }
    }

    fn take_page(
        mut self,
        client: Arc<RegionalClient>,
        page: BatchGetSecretValueOutput,
    ) -> (CallOutcome, Option<Self>) {
        let mut answers = Vec::new();
        let mut retry_alone = Vec::new();
        let next_token = self.unanswered.take_page(page, &mut answers, &mut retry_alone);
        for request in &retry_alone {
            client.batch_refusals.remember_id(request.key.name());
        }
        // If the pages do not end, what they have not answered is requested alone.
        let is_last = self.pages.advance(next_token).is_err() || self.pages.is_done();
        let is_last = is_last || self.unanswered.requests.is_empty();
        if is_last {
            retry_alone.append(&mut self.unanswered.requests);
        }
        let outcome = CallOutcome { answers, retry_alone, ..CallOutcome::of(client) };
        (outcome, (!is_last).then_some(self))
    }
}

/// The outcome of a call that failed as a whole.
fn failed(client: Arc<RegionalClient>, error: &CallError, unanswered: Unanswered) -> CallOutcome {
    if client.failover.is_some() && error.is_outage() {
        let outage = Some((unanswered.requests, error.error.clone()));
        return CallOutcome { outage, ..CallOutcome::of(client) };
    }
    let CallError { cause, error } = error;
    match cause {
        Cause::NoCredentials => CallOutcome { fatal: Some(error.clone()), ..CallOutcome::of(client) },
        Cause::NoAnswer
        | Cause::Answered(
            Fault::Unavailable
            | Fault::CredentialsExpired
            | Fault::CredentialsRefused
            | Fault::ClockSkewed
            | Fault::NotSecretsManager
            | Fault::Redirected
            | Fault::ProxyAuthentication,
        ) => {
            // The server is down or refuses the caller: one call for each key would fail too.
            let answers =
                unanswered.requests.into_iter().map(|request| (request.index, error.clone().into()));
            CallOutcome { answers: answers.collect(), ..CallOutcome::of(client) }
        }
        Cause::Answered(fault) => {
            if matches!(fault, Fault::Denied(_) | Fault::UnknownAction)
                && client.batch_refusals.remember_action()
            {
                tracing::warn!(
                    target: "secrets_runtime",
                    answer = %error,
                    "secretsmanager:BatchGetSecretValue is refused: secrets are read one by one with GetSecretValue"
                );
            }
            // Throttled: the quota of this action is 100 calls a second, that of GetSecretValue 10 000.
            // https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
            // Anything else: one secret of the twenty may be the reason, and only that one should fail.
            let throttled = (*fault == Fault::Throttled).then(|| error.clone());
            CallOutcome { retry_alone: unanswered.requests, throttled, ..CallOutcome::of(client) }
        }
    }
}

/// The keys of a batch that no page has answered.
struct Unanswered {
    requests: Vec<KeyRequest>,
    /// The ids of the whole batch, answered or not. An id that is among them means its own request alone.
    ids: Vec<String>,
}

impl Unanswered {
    fn new(requests: Vec<KeyRequest>) -> Self {
        let ids = requests.iter().map(|request| request.key.name().to_owned()).collect();
        Self { requests, ids }
    }

    /// Moves the keys that a page answers to `answers`, and those that only a batch may refuse to `refused`.
    /// Returns the token of the next page.
    fn take_page(
        &mut self,
        page: BatchGetSecretValueOutput,
        answers: &mut Vec<(usize, Answer)>,
        refused: &mut Vec<KeyRequest>,
    ) -> Option<String> {
        let request_id = page.request_id().map(str::to_owned);
        for entry in page.secret_values.unwrap_or_default() {
            let value = Value::from(entry);
            let requests = if value.is_bounded() { self.take_secret(value.stated()) } else { Vec::new() };
            // Also without a request: the conversion wipes a value that nothing asked for.
            let answer = Answer::from(value);
            answers.extend(requests.into_iter().map(|request| (request.index, answer.clone())));
        }
        for entry in page.errors.unwrap_or_default() {
            let error = CallError::of_entry(entry.error_code(), entry.message(), request_id.as_deref());
            // A transient error is left to GetSecretValue, which is retried.
            if error.is_transient() {
                continue;
            }
            let requests = entry.secret_id.as_deref().map(|id| self.take_id(id)).unwrap_or_default();
            let is_refused = |request: &KeyRequest| matches!(error.cause, Cause::Answered(fault) if may_be_readable_alone(fault, request.key.name()));
            let (alone, answered): (Vec<_>, Vec<_>) = requests.into_iter().partition(is_refused);
            refused.extend(alone);
            let answer = Answer::from(error);
            answers.extend(answered.into_iter().map(|request| (request.index, answer.clone())));
        }
        page.next_token
    }

    /// Takes the requests for a secret. A name counts only if no request has the ARN: a secret of another
    /// account may have the same name, and is answered under its ARN. A name that stays unanswered is then
    /// requested alone.
    fn take_secret(&mut self, stated: Stated<'_>) -> Vec<KeyRequest> {
        let is_arn = |id: &str| Arn::parse(id).is_some();
        let by_arn = self.ids.iter().any(|id| is_arn(id) && stated.has_id(id));
        self.take(|id| is_arn(id) == by_arn && stated.has_id(id))
    }

    /// Takes the requests that an error is about: those with exactly this id, or, if there are none, those
    /// with this ARN without its suffix, a form that [AWS accepts][1] too.
    ///
    /// The ARN without its suffix of `db-master` looks like an ARN of `db`. If both may be meant, nothing is
    /// taken, and each is requested alone.
    ///
    /// [1]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
    fn take_id(&mut self, answered: &str) -> Vec<KeyRequest> {
        if self.has_id(answered) {
            return self.take(|id| id == answered);
        }
        match Arn::parse(answered) {
            Some(arn) if !self.has_id(arn.name) => {
                let partial = without_suffix(answered);
                self.take(|id| Some(id) == partial)
            }
            _ => Vec::new(),
        }
    }

    fn has_id(&self, id: &str) -> bool {
        self.ids.iter().any(|asked| asked == id)
    }

    fn take(&mut self, matches: impl Fn(&str) -> bool) -> Vec<KeyRequest> {
        self.requests.extract_if(.., |request| matches(request.key.name())).collect()
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::types::builders::SecretValueEntryBuilder;
    use aws_sdk_secretsmanager::types::{ApiErrorType, SecretValueEntry};

    use super::*;
    use crate::source::Key;

    const OWN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";
    const OTHER: &str = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:db-GhIjKl";

    fn requests(ids: &[&str]) -> Vec<KeyRequest> {
        ids.iter().enumerate().map(|(index, id)| KeyRequest { index, key: Key::new(*id) }).collect()
    }

    fn unanswered(ids: &[&str]) -> Unanswered {
        Unanswered::new(requests(ids))
    }

    fn take_secret(unanswered: &mut Unanswered, arn: Option<&str>, name: Option<&str>) -> Vec<usize> {
        indices(unanswered.take_secret(Stated::new(arn, name)))
    }

    fn indices(requests: Vec<KeyRequest>) -> Vec<usize> {
        requests.into_iter().map(|request| request.index).collect()
    }

    #[test]
    fn a_value_answers_a_request_by_name_by_arn_or_by_partial_arn() {
        let partial = without_suffix(OWN).unwrap();
        assert_eq!(partial, "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db");
        let taken = |ids: &[&str]| take_secret(&mut unanswered(ids), Some(OWN), Some("db"));
        assert_eq!(taken(&["a", "db"]), [1]);
        assert_eq!(taken(&["a", OWN]), [1]);
        assert_eq!(taken(&["a", partial]), [1]);
        assert_eq!(taken(&[OWN, partial]), [0, 1]);
        assert_eq!(take_secret(&mut unanswered(&["a"]), None, None), [0; 0]);
    }

    #[test]
    fn a_secret_of_another_account_is_not_taken_for_one_of_the_same_name() {
        let mut unanswered = unanswered(&["db", OTHER]);
        assert_eq!(take_secret(&mut unanswered, Some(OTHER), Some("db")), [1]);
        assert_eq!(take_secret(&mut unanswered, Some(OTHER), Some("db")), [0; 0], "a second time");
        assert_eq!(take_secret(&mut unanswered, Some(OWN), Some("db")), [0]);
    }

    #[test]
    fn a_key_that_is_requested_twice_is_answered_twice() {
        let mut by_name = unanswered(&["db", "a", "db"]);
        assert_eq!(take_secret(&mut by_name, Some(OWN), Some("db")), [0, 2]);
        assert_eq!(indices(unanswered(&["a", "a"]).take_id("a")), [0, 1]);
    }

    #[test]
    fn a_value_whose_name_and_arn_differ_answers_no_request() {
        let jwt = OWN.replace("db", "jwt");
        for ids in [["db", "jwt"], [OWN, "jwt"], ["db", &jwt]] {
            assert_eq!(take_secret(&mut unanswered(&ids), Some(OWN), Some("jwt")), [0; 0], "{ids:?}");
        }
    }

    #[test]
    fn an_error_is_that_of_the_exact_id_and_not_of_a_partial_arn() {
        let db = without_suffix(OWN).unwrap();
        let master = format!("{db}-master");
        let mut both = unanswered(&[db, &master]);
        assert_eq!(indices(both.take_id(&master)), [1]);
        assert_eq!(indices(both.take_id(&master)), [0; 0], "also once it is answered");
        assert_eq!(indices(both.take_id(db)), [0]);
        assert_eq!(indices(unanswered(&[db, OWN]).take_id(OWN)), [1]);
        assert_eq!(indices(unanswered(&["a", db]).take_id(OWN)), [1]);
        // The secret `db` with the suffix `master`, or the secret `db-master` without its suffix.
        assert_eq!(indices(unanswered(&[db, "db-master"]).take_id(&master)), [0; 0]);
        assert_eq!(indices(unanswered(&["db"]).take_id(OWN)), [0; 0]);
    }

    fn entry(name: &str) -> SecretValueEntryBuilder {
        SecretValueEntry::builder().name(name).secret_string(name)
    }

    fn error(id: &str, code: &str) -> ApiErrorType {
        ApiErrorType::builder().secret_id(id).error_code(code).build()
    }

    #[test]
    fn a_page_answers_the_keys_it_names_and_leaves_the_rest() {
        let page = BatchGetSecretValueOutput::builder()
            .secret_values(entry("db").arn(OWN).version_id("v1").build())
            .secret_values(entry("nobody asked").build())
            .errors(error("broken", "DecryptionFailure"))
            .errors(error("denied", "AccessDeniedException"))
            .errors(error("slow", "ThrottlingException"))
            .errors(error("key", "KMSInternalException"))
            .errors(ApiErrorType::builder().build())
            .build();
        let client = RegionalClient::without_server();
        let (outcome, rest) = Batch::new(requests(&["db", "broken", "slow", "key", "silent", "denied"]))
            .take_page(Arc::clone(&client), page);
        assert!(rest.is_none());
        assert_eq!(indices(outcome.retry_alone), [5, 2, 3, 4]);
        let in_batches = ["denied", "slow", "silent"].map(|id| client.batch_refusals.may_batch_id(id));
        assert_eq!(in_batches, [false, true, true], "only a refusal is remembered");
        let [(0, Answer::Found(_, identity)), (1, Answer::Failed(broken))] = outcome.answers.as_slice()
        else {
            panic!("{:?}", outcome.answers)
        };
        assert_eq!(
            (identity.id(), identity.name(), identity.version_id()),
            (Some(OWN), Some("db"), Some("v1"))
        );
        assert_eq!(broken.code(), Some("DecryptionFailure"));
    }

    #[test]
    fn pages_are_read_until_there_is_no_more_or_every_key_is_answered() {
        let page = |names: &[&str], next: &str| {
            let entries = names.iter().map(|name| entry(name).build()).collect();
            BatchGetSecretValueOutput::builder().set_secret_values(Some(entries)).next_token(next).build()
        };
        let take = |batch: Batch, page| batch.take_page(RegionalClient::without_server(), page);
        let (first, rest) = take(Batch::new(requests(&["a", "b"])), page(&["a"], "token"));
        assert_eq!(first.answers.len(), 1);
        let (last, rest) = take(rest.unwrap(), page(&["b"], "another token"));
        assert_eq!((last.answers.len(), rest.is_none(), last.retry_alone.len()), (1, true, 0));
        assert!(take(Batch::new(requests(&["a", "b"])), page(&["a"], "")).1.is_none());
    }

    #[test]
    fn pages_without_end_are_given_up_and_their_keys_requested_alone() {
        let pages = |token: fn(usize) -> String| {
            let (mut batch, mut pages) = (Some(Batch::new(requests(&["a"]))), 0);
            let mut retry_alone = Vec::new();
            while let Some(next) = batch.take() {
                let page = BatchGetSecretValueOutput::builder().next_token(token(pages)).build();
                let (outcome, rest) = next.take_page(RegionalClient::without_server(), page);
                (batch, retry_alone) = (rest, indices(outcome.retry_alone));
                pages += 1;
            }
            (pages, retry_alone)
        };
        assert_eq!(pages(|page| page.to_string()), (MAX_PAGES, vec![0]));
        assert_eq!(pages(|_| "token".to_owned()), (2, vec![0]));
    }

    #[test]
    fn a_fault_of_one_key_does_not_fail_the_whole_batch() {
        let of = |code: &str| {
            let error = CallError::of_entry(Some(code), None, None);
            failed(RegionalClient::without_server(), &error, unanswered(&["a", "b"]))
        };
        for code in ["KMSInternalException", "DecryptionFailure", "ThrottlingException"] {
            assert_eq!(indices(of(code).retry_alone), [0, 1], "{code}");
        }
        assert_eq!(of("ExpiredTokenException").answers.len(), 2);
    }
}
