//! One fault: a way to make it happen, and what to say of it beside its report.

use std::fmt::Display;
use std::pin::Pin;

use harness::stub::{Fault, Stub};
use secrets_runtime::{Secret, SecretConfig};

use crate::support::aws::{alone, load, once};

/// A fault that can be made to happen.
pub(super) struct Row {
    pub(super) cause: String,
    /// What the report's own help does not say.
    pub(super) fix: String,
    pub(super) report: Pin<Box<dyn Future<Output = String>>>,
}

pub(super) fn row(cause: &str, fix: &str, report: impl Future<Output = String> + 'static) -> Row {
    Row { cause: cause.to_owned(), fix: fix.to_owned(), report: Box::pin(report) }
}

/// The report of what must fail.
#[track_caller]
pub(super) fn said<T>(result: Result<T, impl Display>) -> String {
    match result {
        Ok(_) => panic!("this is to fail"),
        Err(error) => error.to_string(),
    }
}

/// The config of most rows.
#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
pub(super) struct Shop {
    database_url: Secret<String>,
}

pub(super) const DATABASE_URL: &str = "shop/production/database-url";

/// What comes of this fault of Secrets Manager.
pub(super) async fn fault(fault: Fault) -> String {
    let stub = Stub::start().await;
    stub.put(DATABASE_URL, "postgres://db");
    stub.fault(fault);
    said(load::<Shop>(&stub).await)
}

/// What comes of a server at this address.
pub(super) async fn at(url: String) -> String {
    said(Shop::load_from(&alone(once(&url)).build().unwrap()).await)
}

/// What comes of an answer with this status and body.
pub(super) async fn answered(status: u16, body: &str) -> String {
    at(crate::support::endpoint::answering(status, body)).await
}

/// What comes of an error answer of AWS.
pub(super) async fn refused(code: &str, message: &str) -> String {
    answered(400, &serde_json::json!({ "__type": code, "Message": message }).to_string()).await
}
