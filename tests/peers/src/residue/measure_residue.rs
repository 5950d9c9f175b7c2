//! Runs one scenario, seen by the hook: one of `tests/residue`, or a peer's of those below. `peers -- residue` runs it.
//!
//! A program of its own, because the hook replaces the allocator of the program that it is linked to.
#![forbid(unsafe_code)]

use std::error::Error;
use std::future::Future;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use residue::{Residue, measure};
use secrecy::SecretString;
use zeroize::Zeroizing;

#[global_allocator]
static ALLOCATOR: residue::Hook = residue::Hook;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let residue = match std::env::args().nth(1).as_deref() {
        Some("peers::sdk_cloned") => twice(sdk_cloned)?,
        Some("peers::sdk_taken_out") => twice(sdk_taken_out)?,
        Some("peers::official") => twice(official)?,
        _ => return Ok(residue::run()),
    };
    println!("{residue}");
    Ok(ExitCode::SUCCESS)
}

/// The first round is not counted, in which a process sets up what all its clients share.
fn twice<T, F: Future<Output = Result<T, Box<dyn Error>>>>(
    scenario: impl Fn(SdkConfig) -> F,
) -> Result<Residue, Box<dyn Error>> {
    let url = std::env::var(residue::scenarios::ENDPOINT)?;
    let run = || {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(&url)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(scenario(config))
    };
    run()?;
    let mut result = Ok(());
    let residue = measure(|| run().map_err(|error| result = Err(error)).ok());
    result.map(|()| residue)
}

const NO_TEXT: &str = "the answer has no text";

async fn sdk_cloned(config: SdkConfig) -> Result<SecretString, Box<dyn Error>> {
    let answer = Client::new(&config).get_secret_value().secret_id("text").send().await?;
    Ok(SecretString::from(answer.secret_string().ok_or(NO_TEXT)?))
}

async fn sdk_taken_out(config: SdkConfig) -> Result<Zeroizing<String>, Box<dyn Error>> {
    let answer = Client::new(&config).get_secret_value().secret_id("text").send().await?;
    Ok(Zeroizing::new(answer.secret_string.ok_or(NO_TEXT)?))
}

/// Read twice, the second time from its cache.
async fn official(config: SdkConfig) -> Result<SecretString, Box<dyn Error>> {
    let capacity = NonZeroUsize::new(10).ok_or("a capacity of zero")?;
    let ttl = Duration::from_mins(5);
    let client =
        SecretsManagerCachingClient::from_builder(Builder::from(&config), capacity, ttl, false).await?;
    client.get_secret_value("text", None, None, false).await?;
    let answer = client.get_secret_value("text", None, None, false).await?;
    Ok(SecretString::from(answer.secret_string.ok_or(NO_TEXT)?))
}
