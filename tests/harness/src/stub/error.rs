//! Errors as Secrets Manager words them.

use hyper::StatusCode;
use serde_json::{Value as Json, json};

/// An error answer: HTTP status, code (`__type`) and message.
pub(super) struct AwsError {
    pub(super) status: StatusCode,
    pub(super) code: String,
    /// Empty where AWS sends none.
    pub(super) message: String,
}

impl AwsError {
    /// The client's fault: HTTP 400, which AWS uses for throttling too.
    pub(super) fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: code.to_owned(), message: message.into() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::bad_request("ValidationException", message)
    }

    pub(super) fn not_found() -> Self {
        Self::bad_request("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    }

    pub(super) fn unknown_operation() -> Self {
        Self::bad_request("UnknownOperationException", "")
    }

    /// The body of an answer that is this error.
    pub(super) fn body(&self) -> Json {
        if self.message.is_empty() {
            json!({ "__type": self.code })
        } else {
            json!({ "__type": self.code, "Message": self.message })
        }
    }

    /// The entry of a batch answer's `Errors` for the id that was asked for.
    pub(super) fn batch_entry(&self, id: &str) -> Json {
        json!({ "SecretId": id, "ErrorCode": self.code, "Message": self.message })
    }
}
