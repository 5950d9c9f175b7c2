//! Secrets Manager as an account sees it: two quotas, some latency, answers in its language. It is an HTTP client of the
//! SDK that never leaves the process, and knows no clock but tokio's, which the simulation pauses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_secretsmanager::config::http::{HttpRequest, HttpResponse};
use aws_sdk_secretsmanager::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::{Value, json};

use super::bucket::Bucket;
use super::config::value;
use super::traffic::{Operation, Traffic};

/// From the request to the answer. The spread keeps those that arrive together from returning together for ever.
pub(super) const LATENCY: std::ops::Range<u64> = 15..26;

#[derive(Debug, Clone)]
pub(super) struct Service {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    batch: Bucket,
    get: Bucket,
    traffic: Traffic,
}

impl Service {
    /// With so many calls a second of each operation.
    pub(super) fn new(batch: f64, get: f64) -> Self {
        let state =
            State { batch: Bucket::full(batch), get: Bucket::full(get), traffic: Traffic::from_now() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// The traffic so far; a new count begins.
    pub(super) fn take_traffic(&self) -> Traffic {
        std::mem::replace(&mut self.lock().traffic, Traffic::from_now()).until_now()
    }

    fn answer(&self, request: &HttpRequest) -> Option<(u16, Value)> {
        let operation = match request.headers().get("x-amz-target")?.rsplit_once('.')?.1 {
            "BatchGetSecretValue" => Operation::Batch,
            "GetSecretValue" => Operation::Get,
            _ => return None,
        };
        if !self.lock().admits(operation) {
            let throttled = json!({"__type": "ThrottlingException", "message": "Rate exceeded"});
            return Some((400, throttled));
        }
        let body: Value = serde_json::from_slice(request.body().bytes()?).ok()?;
        Some((
            200,
            match operation {
                Operation::Batch => {
                    let ids = body.get("SecretIdList")?.as_array()?.iter().filter_map(Value::as_str);
                    json!({"SecretValues": ids.map(|id| secret(request, id)).collect::<Vec<_>>(), "Errors": []})
                }
                Operation::Get => secret(request, body.get("SecretId")?.as_str()?),
            },
        ))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admits(&mut self, operation: Operation) -> bool {
        let admitted = match operation {
            Operation::Batch => self.batch.admits(),
            Operation::Get => self.get.admits(),
        };
        self.traffic.note(operation, admitted);
        admitted
    }
}

/// Every secret that is asked for is there.
fn secret(request: &HttpRequest, id: &str) -> Value {
    let name = id.splitn(7, ':').nth(6).and_then(|name| Some(name.rsplit_once('-')?.0)).unwrap_or(id);
    json!({
        "ARN": format!("arn:aws:secretsmanager:{}:111111111111:secret:{name}-AbCdEf", region(request)),
        "Name": name,
        "VersionId": "5bb2b2a4-3a8b-4b0a-9b0e-0f1d2c3b4a59",
        "SecretString": value(name),
        "VersionStages": ["AWSCURRENT"],
        "CreatedDate": 1_700_000_000.0,
    })
}

/// Where the request was signed for: each instance has a region of its own, see [`super::instance`], and must find it in
/// the ARN if it asks by that.
fn region(request: &HttpRequest) -> &str {
    request.headers().get("authorization").and_then(|scope| scope.split('/').nth(2)).unwrap_or("us-east-1")
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.answer(&request);
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(LATENCY))).await;
            let unknown = || ConnectorError::user("the service does not know this request".into());
            let (status, body) = answer.ok_or_else(unknown)?;
            let status = status.try_into().map_err(|_| unknown())?;
            Ok(HttpResponse::new(status, body.to_string().into()))
        })
    }
}

impl HttpClient for Service {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
