//! What both sides start from: secrets in a stub, and an SDK configuration that leads to it.

mod config;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use harness::stub::{Requests, Stub};

pub(crate) use config::{AppConfig, NAMES};

use crate::outcome::Result;

pub(crate) struct Shop {
    pub(crate) stub: Stub,
    /// Without an HTTP client: whoever makes a client of it makes connections of its own.
    pub(crate) sdk_config: SdkConfig,
}

impl Shop {
    /// A shop with the secrets of [`AppConfig`].
    pub(crate) async fn open(latency: Duration) -> Self {
        // On a thread of its own: it shares no runtime with what is measured.
        let stub = Stub::start_on_thread();
        for name in NAMES {
            stub.put(&secret_id(name), &value(name));
        }
        stub.set_latency(latency);
        let sdk_config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::from_keys("test", "test", None))
            .endpoint_url(stub.url())
            .load()
            .await;
        Self { stub, sdk_config }
    }

    /// One request through `client`, which keeps its connection.
    pub(crate) async fn round_trip(&self, client: &Client) -> Result<()> {
        let [name, ..] = NAMES;
        let answer = client.get_secret_value().secret_id(secret_id(name)).send().await?;
        check(name, answer.secret_string())
    }
}

/// What the field `name` is called in the store: ours makes the same of the field.
pub(crate) fn secret_id(name: &str) -> String {
    format!("shop/production/{}", name.replace('_', "-"))
}

/// What the secret of the field `name` holds.
pub(crate) fn value(name: &str) -> String {
    format!("the value of {name}")
}

/// Who is fast with the wrong values is not fast.
pub(crate) fn check(name: &str, found: Option<&str>) -> Result<()> {
    if found == Some(&value(name)) {
        Ok(())
    } else {
        Err(format!("{name} has not the value that was stored").into())
    }
}

/// How many requests of which kind there were.
pub(crate) fn kinds(requests: &Requests) -> String {
    let Requests { get, batch, describe, other, .. } = requests;
    let kinds = [(*batch, "batch"), (*get, "get"), (*describe, "describe"), (*other, "other")];
    let asked = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}"));
    asked.collect::<Vec<_>>().join(" + ")
}
