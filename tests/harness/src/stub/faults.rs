//! What can go wrong, and for which requests it does.

use hyper::StatusCode;

use super::error::AwsError;
use super::protocol::{Operation, Request};
use super::store::Store;

/// A way to fail. By itself it holds for every request; [`on`](Self::on), [`of`](Self::of) and
/// [`times`](Self::times) narrow it.
///
/// In a batch, a fault of one secret becomes that secret's entry in `Errors`. Those that are no error answer but a
/// broken one (hang, reset, a cut or foreign body) hit the whole call even then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400 `AccessDeniedException`; the message names principal, action and ARN, as AWS's does.
    Denied,
    /// 400 `ThrottlingException`.
    Throttled,
    /// 500 `InternalServiceError`.
    ServerError,
    /// 503 `ServiceUnavailable`.
    Unavailable,
    /// 400 `DecryptionFailure`.
    DecryptionFailure,
    /// 400 `InvalidRequestException` of a secret that is marked for deletion.
    PendingDeletion,
    /// 400 `ResourceNotFoundException`.
    NotFound,
    /// 400 `UnknownOperationException`.
    UnknownOperation,
    /// 400 `UnrecognizedClientException`.
    InvalidCredentials,
    /// 400 `ExpiredTokenException`.
    ExpiredToken,
    /// Never answers.
    Hang,
    /// 200 with the right answer cut in the middle of the value; the Content-Length is that of the cut body.
    BrokenJson,
    /// The same cut, but the Content-Length promises the whole and then the connection closes.
    TruncatedBody,
    /// 200 and valid JSON whose `SecretString` is a number.
    WrongTypes,
    /// 200 `{}`.
    EmptyObject,
    /// The connection closes without an answer.
    Reset,
    /// 400 whose code and message are the secret's value: a hostile proxy.
    EchoError,
    /// 200 with a web page: a captive portal.
    NotAws,
}

impl Fault {
    /// Only for this operation.
    pub fn on(self, operation: Operation) -> FaultRule {
        FaultRule::from(self).on(operation)
    }

    /// Only for this secret, by name or ARN.
    pub fn of(self, secret: &str) -> FaultRule {
        FaultRule::from(self).of(secret)
    }

    /// Only for requests that are signed for this region.
    pub fn in_region(self, region: &str) -> FaultRule {
        FaultRule::from(self).in_region(region)
    }

    /// Only for the next `requests` requests that it fits.
    pub fn times(self, requests: usize) -> FaultRule {
        FaultRule::from(self).times(requests)
    }

    /// The error answer that this fault is, if it is one. `asked` is the id of the request, `None` for a batch call
    /// as a whole.
    pub(super) fn error(self, operation: &Operation, asked: Option<&str>, store: &Store) -> Option<AwsError> {
        let (status, code, message) = match self {
            Self::Denied => {
                let message = denial(operation, asked, store);
                return Some(AwsError::bad_request("AccessDeniedException", message));
            }
            Self::EchoError => {
                let version = asked.and_then(|id| store.find(id)?.by_stage("AWSCURRENT"));
                let value = version.map_or("", |version| version.value.as_str());
                return Some(AwsError::bad_request(value, format!("cannot process {value}")));
            }
            Self::NotFound => return Some(AwsError::not_found()),
            Self::UnknownOperation => return Some(AwsError::unknown_operation()),
            Self::Throttled => (StatusCode::BAD_REQUEST, "ThrottlingException", "Rate exceeded"),
            Self::ServerError => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServiceError",
                "An error occurred on the server side.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailable",
                "Service is unable to handle request.",
            ),
            Self::DecryptionFailure => (
                StatusCode::BAD_REQUEST,
                "DecryptionFailure",
                "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            ),
            Self::PendingDeletion => (
                StatusCode::BAD_REQUEST,
                "InvalidRequestException",
                "You can't perform this operation on the secret because it was marked for deletion.",
            ),
            Self::InvalidCredentials => (
                StatusCode::BAD_REQUEST,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Self::ExpiredToken => (
                StatusCode::BAD_REQUEST,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            Self::Hang
            | Self::BrokenJson
            | Self::TruncatedBody
            | Self::WrongTypes
            | Self::EmptyObject
            | Self::Reset
            | Self::NotAws => return None,
        };
        Some(AwsError { status, code: code.to_owned(), message: message.to_owned() })
    }

    /// Whether it can hit one entry of a batch and leave the others alone.
    pub(super) fn fits_an_entry(self) -> bool {
        !matches!(self, Self::Hang | Self::BrokenJson | Self::TruncatedBody | Self::Reset | Self::NotAws)
    }
}

fn denial(operation: &Operation, asked: Option<&str>, store: &Store) -> String {
    let principal = "arn:aws:sts::123456789012:assumed-role/app/i-0123456789abcdef0";
    let action = format!("secretsmanager:{}", operation.action());
    let resource = match asked {
        Some(id) => format!(" on resource: {}", store.find(id).map_or(id, |secret| &secret.arn)),
        None => String::new(),
    };
    format!(
        "User: {principal} is not authorized to perform: {action}{resource} \
         because no identity-based policy allows the {action} action"
    )
}

/// A [`Fault`] and the requests it is for.
#[derive(Clone, Debug)]
pub struct FaultRule {
    fault: Fault,
    operation: Option<Operation>,
    secret: Option<String>,
    region: Option<String>,
    left: Option<usize>,
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self { fault, operation: None, secret: None, region: None, left: None }
    }
}

impl FaultRule {
    /// Only for this operation.
    pub fn on(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// Only for this secret, by name or ARN.
    pub fn of(self, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..self }
    }

    /// Only for requests that are signed for this region.
    pub fn in_region(self, region: &str) -> Self {
        Self { region: Some(region.to_owned()), ..self }
    }

    /// Only for the next `requests` requests that it fits.
    pub fn times(self, requests: usize) -> Self {
        Self { left: Some(requests), ..self }
    }

    fn is_for(&self, request: &Request) -> bool {
        self.left != Some(0)
            && self.operation.as_ref().is_none_or(|only| *only == request.operation)
            && (self.region.is_none() || self.region == request.region)
    }

    fn names(&self, id: &str, store: &Store) -> bool {
        self.secret.as_deref().is_some_and(|secret| store.name_of(secret) == store.name_of(id))
    }

    fn use_up(&mut self) -> Fault {
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        self.fault
    }
}

/// The rules in force, oldest first.
#[derive(Default)]
pub(super) struct Faults(Vec<FaultRule>);

impl Faults {
    pub(super) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    /// The fault of a call: a rule for all secrets, or for the one that the call names.
    pub(super) fn of_call(&mut self, request: &Request, asked: Option<&str>, store: &Store) -> Option<Fault> {
        self.first(request, |rule| rule.secret.is_none() || asked.is_some_and(|id| rule.names(id, store)))
    }

    /// The fault of one entry of a batch: a rule for that secret.
    pub(super) fn of_entry(&mut self, request: &Request, id: &str, store: &Store) -> Option<Fault> {
        self.first(request, |rule| rule.names(id, store))
    }

    fn first(&mut self, request: &Request, fits: impl Fn(&FaultRule) -> bool) -> Option<Fault> {
        self.0.iter_mut().find(|rule| rule.is_for(request) && fits(rule)).map(FaultRule::use_up)
    }
}
