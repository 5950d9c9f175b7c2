//! From a request to what goes over the wire: reads the protocol, applies the faults, calls the operation.

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use serde_json::{Value as Json, json};

use super::State;
use super::error::AwsError;
use super::faults::Fault;
use super::operations;
use super::store::{OWN_REGION, Store};
use super::writes;

/// An action of Secrets Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `GetSecretValue`
    Get,
    /// `BatchGetSecretValue`
    Batch,
    /// `DescribeSecret`
    Describe,
    /// Any other, by its name. What a rotation needs is performed, and the rest is answered as unknown.
    Other(String),
}

impl Operation {
    fn of(target: &str) -> Self {
        match target.strip_prefix("secretsmanager.").unwrap_or(target) {
            "GetSecretValue" => Self::Get,
            "BatchGetSecretValue" => Self::Batch,
            "DescribeSecret" => Self::Describe,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The name in policies and in `X-Amz-Target`.
    pub fn action(&self) -> &str {
        match self {
            Self::Get => "GetSecretValue",
            Self::Batch => "BatchGetSecretValue",
            Self::Describe => "DescribeSecret",
            Self::Other(name) => name,
        }
    }
}

/// A request as the operations see it. No `Debug`: the body of a write holds a value.
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) region: Option<String>,
    /// `None` when the body is no JSON.
    body: Option<Json>,
}

impl Request {
    pub(super) fn read(head: &Parts, body: &[u8]) -> Self {
        let header = |value: Option<&hyper::header::HeaderValue>| {
            value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        Self {
            operation: Operation::of(&header(head.headers.get("x-amz-target"))),
            region: signed_region(&header(head.headers.get(AUTHORIZATION))),
            body: serde_json::from_slice(body).ok(),
        }
    }

    /// A member that is text.
    pub(super) fn text(&self, member: &str) -> Option<&str> {
        self.body.as_ref()?.get(member)?.as_str()
    }

    /// A member that is a list of texts; empty if it is absent.
    pub(super) fn texts(&self, member: &str) -> Vec<&str> {
        let list = self.body.as_ref().and_then(|body| body.get(member)).and_then(Json::as_array);
        list.into_iter().flatten().filter_map(Json::as_str).collect()
    }

    /// A member that is a boolean; false if it is absent.
    pub(super) fn flag(&self, member: &str) -> bool {
        self.body.as_ref().and_then(|body| body.get(member)).and_then(Json::as_bool).unwrap_or_default()
    }

    /// A member that is a number.
    pub(super) fn number(&self, member: &str) -> Option<u64> {
        self.body.as_ref()?.get(member)?.as_u64()
    }

    /// All secrets that are asked for, as they are written.
    pub(super) fn ids(&self) -> Vec<&str> {
        let body = self.body.as_ref();
        match body.and_then(|body| body.get("SecretIdList")).and_then(Json::as_array) {
            Some(ids) => ids.iter().filter_map(Json::as_str).collect(),
            None => self.text("SecretId").into_iter().collect(),
        }
    }
}

/// The region of `Credential=<access key>/<date>/<region>/<service>/aws4_request`.
fn signed_region(authorization: &str) -> Option<String> {
    let (_, scope) = authorization.split_once("Credential=")?;
    scope.split([',', ' ']).next()?.split('/').nth(2).map(str::to_owned)
}

/// What becomes of a request.
pub(super) enum Answer {
    Reply(Reply),
    /// Nothing, ever.
    Hang,
    /// The connection closes.
    Close,
}

/// An answer over HTTP.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Bytes,
    /// The Content-Length to promise; more than the body has means that the connection is cut.
    pub(super) promised: usize,
}

impl Reply {
    fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, content_type, promised: body.len(), body: body.into() }
    }

    fn json(status: StatusCode, body: &Json) -> Self {
        Self::new(status, "application/x-amz-json-1.1", body.to_string().into_bytes())
    }
}

impl Reply {
    /// The same answer with the ARNs of another region.
    fn in_region(self, region: &str) -> Self {
        if region == OWN_REGION {
            return self;
        }
        let of = |region: &str| format!("arn:aws:secretsmanager:{region}:");
        let body = String::from_utf8_lossy(&self.body).replace(&of(OWN_REGION), &of(region));
        Self::new(self.status, self.content_type, body.into_bytes())
    }
}

impl From<Result<Json, AwsError>> for Reply {
    fn from(result: Result<Json, AwsError>) -> Self {
        match result {
            Ok(body) => Self::json(StatusCode::OK, &body),
            Err(error) => Self::json(error.status, &error.body()),
        }
    }
}

/// Decides what a request is answered.
pub(super) fn answer(state: &mut State, request: &Request) -> Answer {
    // A batch as a whole has no secret of its own; its entries' faults are looked up one by one.
    let asked = match request.operation {
        Operation::Batch => None,
        _ => request.text("SecretId"),
    };
    match state.faults.of_call(request, asked, &state.store) {
        Some(fault) => spoil(fault, state, request),
        None => perform(state, request).map_or_else(|fault| spoil(fault, state, request), Answer::Reply),
    }
}

/// The honest answer, or the fault of a batch's entry that the whole call has to suffer.
fn perform(state: &mut State, request: &Request) -> Result<Reply, Fault> {
    if request.body.is_none() {
        return Ok(Err(AwsError::bad_request("SerializationException", "")).into());
    }
    let State { store, faults, batch_page, .. } = state;
    let result = match &request.operation {
        Operation::Get => operations::get(store, request),
        Operation::Describe => operations::describe(store, request),
        Operation::Batch => match operations::page(request, *batch_page) {
            Err(error) => Err(error),
            Ok(page) => {
                let mut of_entries = Vec::new();
                for id in &page.ids {
                    match faults.of_entry(request, id, store) {
                        Some(fault) if fault.fits_an_entry() => of_entries.push((*id, fault)),
                        Some(fault) => return Err(fault),
                        None => {}
                    }
                }
                let of_entry =
                    |id: &str| of_entries.iter().find(|(of, _)| *of == id).map(|(_, fault)| *fault);
                Ok(operations::batch(store, request, &page, of_entry))
            }
        },
        Operation::Other(action) => {
            writes::perform(action, store, request).unwrap_or_else(|| Err(AwsError::unknown_operation()))
        }
    };
    // The secrets are the same in every region, as if each had a replica there.
    let result: Result<Json, AwsError> = result;
    Ok(Reply::from(result).in_region(request.region.as_deref().unwrap_or(OWN_REGION)))
}

/// The answer of a call that a fault has hit.
fn spoil(fault: Fault, state: &State, request: &Request) -> Answer {
    let store = &state.store;
    let asked = match (&request.operation, fault) {
        (Operation::Batch, Fault::EchoError)
        | (Operation::Get | Operation::Describe | Operation::Other(_), _) => request.ids().first().copied(),
        (Operation::Batch, _) => None,
    };
    if let Some(error) = fault.error(&request.operation, asked, store) {
        return Answer::Reply(Err(error).into());
    }
    let honest = || match request.operation {
        Operation::Get => operations::get(store, request),
        Operation::Describe => operations::describe(store, request),
        Operation::Batch => operations::page(request, state.batch_page)
            .map(|page| operations::batch(store, request, &page, |_| None)),
        Operation::Other(_) => Err(AwsError::unknown_operation()),
    };
    Answer::Reply(match fault {
        Fault::Hang => return Answer::Hang,
        Fault::Reset => return Answer::Close,
        Fault::NotAws => Reply::new(
            StatusCode::OK,
            "text/html; charset=utf-8",
            b"<!doctype html><title>Welcome</title><p>Please sign in to the guest network.".to_vec(),
        ),
        Fault::EmptyObject => Reply::json(StatusCode::OK, &json!({})),
        Fault::WrongTypes => {
            let mut answer = honest().unwrap_or_else(|_| json!({}));
            operations::wrong_types(&mut answer);
            Reply::json(StatusCode::OK, &answer)
        }
        Fault::TruncatedBody => cut(honest().into(), request, store),
        // What is left is `BrokenJson`: the error answers have returned above.
        _ => {
            let mut reply = cut(honest().into(), request, store);
            reply.status = StatusCode::OK;
            reply.promised = reply.body.len();
            reply
        }
    })
}

/// Ends a body in the middle of the first value, so that a part of a secret is in what arrives.
fn cut(mut reply: Reply, request: &Request, store: &Store) -> Reply {
    let value = request.ids().first().and_then(|id| store.find(id)?.by_stage("AWSCURRENT"));
    let at = value.and_then(|version| {
        let written = Json::from(version.value.as_str()).to_string();
        let start = reply.body.windows(written.len()).position(|part| part == written.as_bytes())?;
        Some(start + written.len() / 2)
    });
    reply.body.truncate(at.unwrap_or(reply.body.len() / 2));
    reply
}
