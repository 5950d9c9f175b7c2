//! One
//! [GetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)
//! call.

use std::sync::Arc;

use aws_sdk_secretsmanager::Config;
use tokio::sync::Semaphore;

use super::call_outcome::{CallOutcome, KeyRequest};
use super::connections::RegionalClient;
use super::sdk_error::{CallError, Cause};
use super::throttle::NoRetryOfThrottling;
use crate::setting::Version;
use crate::source::service::fault::Fault;
use crate::source::service::value::Value;

/// The staging label of the current version.
const CURRENT: &str = "AWSCURRENT";

/// Requests one key.
pub(super) async fn get(
    client: Arc<RegionalClient>,
    request: KeyRequest,
    permits: Arc<Semaphore>,
) -> CallOutcome {
    let call = client.sdk.get_secret_value().secret_id(request.key.name());
    let call = match request.key.version() {
        // A policy may demand the label, and no request without it passes then.
        Version::Current => call.version_stage(CURRENT),
        Version::Stage(stage) => call.version_stage(stage),
        Version::Id(id) => call.version_id(id),
    };
    let call = call
        .customize()
        .config_override(Config::builder().retry_classifier(NoRetryOfThrottling))
        .interceptor(client.requests.get.clone());
    let result = {
        let _permit = permits.acquire().await;
        call.send().await
    };
    let answer = match result {
        Ok(output) => Value::from(output).answer_to(&request.key),
        Err(error) => match CallError::of(&error, &client.target) {
            error if client.failover.is_some() && error.is_outage() => {
                let outage = Some((vec![request], error.error));
                return CallOutcome { outage, ..CallOutcome::of(client) };
            }
            CallError { cause: Cause::NoCredentials, error } => {
                return CallOutcome { fatal: Some(error), ..CallOutcome::of(client) };
            }
            CallError { cause: Cause::Answered(Fault::Throttled), error } if client.may_retry() => {
                let retry_later = vec![request];
                return CallOutcome { throttled: Some(error), retry_later, ..CallOutcome::of(client) };
            }
            error => error.into(),
        },
    };
    CallOutcome { answers: vec![(request.index, answer)], ..CallOutcome::of(client) }
}
