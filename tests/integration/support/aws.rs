//! Secrets Manager at an endpoint of a test's own. Neither variables nor profiles of whoever runs the tests count.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use harness::stub::Stub;
use secrets_runtime::{Error, SecretConfig, Secrets, SecretsBuilder, SecretsManager};

use super::production;

/// What an application that asks an emulator would load, with pauses between attempts that nobody notices.
pub(crate) fn sdk_config(url: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .build()
}

/// The line of a report about where requests of these sources go.
pub(crate) fn target(url: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    format!("  aws: region us-east-1, endpoint http {host} (of the application's SdkConfig)\n")
}

/// A place of a report without the status and the endpoint in parentheses.
pub(crate) fn without_endpoint(place: &str) -> String {
    let end = [" (status ", " (endpoint "].into_iter().find_map(|start| place.find(start));
    place[..end.unwrap_or(place.len())].to_owned()
}

/// The options with which a printed command asks the same endpoint.
pub(crate) fn options(url: &str) -> String {
    format!("--region us-east-1 --endpoint-url {url}")
}

/// The source in which a call is attempted once.
pub(crate) fn once(url: &str) -> SecretsManager {
    SecretsManager::builder().sdk_config(&sdk_config(url)).max_attempts(1).build()
}

/// The source with the attempts that it makes by default.
pub(crate) fn retrying(url: &str) -> SecretsManager {
    SecretsManager::from_sdk_config(&sdk_config(url))
}

/// Production with this source alone.
pub(crate) fn alone(source: SecretsManager) -> SecretsBuilder {
    production().sources([source])
}

/// Secrets of a stub that is asked once.
pub(crate) fn of(stub: &Stub) -> Secrets {
    alone(once(&stub.url())).build().unwrap()
}

/// Loads from a stub that is asked once.
pub(crate) async fn load<C: SecretConfig>(stub: &Stub) -> Result<C, Error> {
    C::load_from(&of(stub)).await
}
