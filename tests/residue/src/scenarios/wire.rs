//! Secrets from AWS Secrets Manager, over the AWS SDK and its HTTP client: beside a bare call of the SDK, whose answer is taken
//! out and wiped as well as it can be.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::primitives::Blob;
use secrets_runtime::{Secret, SecretConfig, Secrets, SecretsManager};

use super::{ENDPOINT, block_on, production};
use crate::canary::{CANARY, PLAIN};
use crate::residue::{Measured, measure};

/// Nothing of it is the machine's: no variable and no profile.
fn sdk_config() -> SdkConfig {
    with_credentials(Credentials::for_tests())
}

fn with_credentials(credentials: Credentials) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(std::env::var(ENDPOINT).unwrap())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}

/// The source in which a call is attempted once.
fn aws() -> SecretsManager {
    SecretsManager::from_sdk_config(&sdk_config())
}

/// Asks for something with this crate, and for the same without. Each has a client and a runtime of its own, and lets go of
/// both.
///
/// The first round is not counted, in which a process sets up what all its clients share.
pub(super) fn beside<T, U>(ours: impl AsyncFn(Secrets) -> T, without: impl AsyncFn(Client) -> U) -> Measured {
    let ours = || block_on(async { ours(production().sources([aws()]).build().unwrap()).await });
    let without = || block_on(async { without(Client::new(&sdk_config())).await });
    drop((ours(), without()));
    Measured { without: Some(measure(without)), ours: measure(ours) }
}

fn get(name: &'static str) -> Measured {
    beside(
        async |secrets| (secrets.get(name).await.unwrap(), secrets),
        async |client| {
            let answer = client.get_secret_value().secret_id(name).send().await.unwrap();
            Secret::from(answer.secret_string.unwrap())
        },
    )
}

pub(super) fn text() -> Measured {
    get("plain")
}

pub(super) fn escaped_text() -> Measured {
    get("text")
}

pub(super) fn long_text() -> Measured {
    get("long")
}

#[derive(SecretConfig)]
struct Keyed {
    #[secret(id = "json", key = "password")]
    password: Secret<String>,
}

pub(super) fn json_key() -> Measured {
    beside(
        async |secrets| Keyed::load_from(&secrets).await.unwrap().password,
        async |client| {
            let answer = client.get_secret_value().secret_id("json").send().await.unwrap();
            Secret::from(answer.secret_string.unwrap())
        },
    )
}

pub(super) fn binary() -> Measured {
    beside(
        async |secrets| secrets.get_bytes("binary").await.unwrap(),
        async |client| {
            let answer = client.get_secret_value().secret_id("binary").send().await.unwrap();
            Secret::from(answer.secret_binary.map(Blob::into_inner).unwrap())
        },
    )
}

#[derive(SecretConfig)]
struct Batch {
    text: Secret<String>,
    plain: Secret<String>,
    binary: Secret<Vec<u8>>,
}

const BATCH: [&str; 3] = ["text", "plain", "binary"];

pub(super) fn batch() -> Measured {
    beside(
        async |secrets| Batch::load_from(&secrets).await.unwrap(),
        async |client| {
            let ids = BATCH.map(str::to_owned).to_vec();
            let answer = client.batch_get_secret_value().set_secret_id_list(Some(ids)).send().await.unwrap();
            let values = answer.secret_values.unwrap_or_default().into_iter();
            let texts = values.map(|value| {
                (
                    value.secret_string.map(Secret::from),
                    value.secret_binary.map(|blob| Secret::from(blob.into_inner())),
                )
            });
            texts.collect::<Vec<_>>()
        },
    )
}

pub(super) fn config() -> Measured {
    beside(
        async |secrets| {
            let config = Batch::watch(&secrets).await.unwrap();
            config.refresh().await.unwrap();
            assert!(config.get().text.ct_eq(CANARY));
            secrets.clear_cache();
            config.refresh().await.unwrap();
            (config, secrets)
        },
        async |client| {
            for _ in 0..3 {
                let ids = BATCH.map(str::to_owned).to_vec();
                let answer =
                    client.batch_get_secret_value().set_secret_id_list(Some(ids)).send().await.unwrap();
                for value in answer.secret_values.unwrap_or_default() {
                    drop((
                        value.secret_string.map(Secret::from),
                        value.secret_binary.map(|blob| Secret::from(blob.into_inner())),
                    ));
                }
            }
        },
    )
}

/// What goes wrong with the secret of this name: the error is all that remains.
fn fail(name: &'static str) -> Measured {
    beside(
        async |secrets| secrets.get(name).await.unwrap_err(),
        async |client| drop(client.get_secret_value().secret_id(name).send().await.unwrap_err()),
    )
}

pub(super) fn echoing_error() -> Measured {
    fail("echo")
}

pub(super) fn cut_answer() -> Measured {
    fail("cut")
}

pub(super) fn cut_connection() -> Measured {
    fail("truncated")
}

/// What a part of credentials can hold.
fn token() -> String {
    PLAIN.split('é').collect()
}

/// The key with which requests are signed, and the token that is sent with them.
pub(super) fn credentials() -> Measured {
    let ours = || {
        let aws = SecretsManager::builder()
            .region("us-east-1")
            .endpoint_url(std::env::var(ENDPOINT).unwrap())
            .credentials("id", token(), Some(token().into()))
            .max_attempts(1);
        block_on(production().sources([aws.build()]).build().unwrap().get("other")).unwrap();
    };
    let without = || {
        let credentials = Credentials::new("id", token(), Some(token()), None, "residue");
        let client = Client::new(&with_credentials(credentials));
        block_on(client.get_secret_value().secret_id("other").send()).unwrap();
    };
    ours();
    without();
    Measured { without: Some(measure(without)), ours: measure(ours) }
}
