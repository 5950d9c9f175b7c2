//! [`CheckedCredentials`]: credentials of any provider, checked before the SDK signs with them. If there are
//! none, `chain` finds out why.

mod assumed_role;
mod chain;
mod failure;
mod no_credentials;
mod profile_chain;
mod profile_step;
mod providers;
mod role_step;
mod step;
mod unsendable;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;

pub(super) use assumed_role::AssumedRole;
pub(super) use chain::{absent_profile, role};
pub(super) use no_credentials::NoCredentials;
pub(super) use unsendable::Unsendable;

use super::checked_setting::is_credential;
use super::sdk_files::FileFaults;

/// Refuses credentials that cannot be sent. The SDK panics when it signs with them.
#[derive(Debug)]
pub(super) struct CheckedCredentials {
    provider: SharedCredentialsProvider,
    /// `None` for a provider of the application, whose parts are not known.
    default_chain: Option<DefaultChain>,
}

/// The provider is the default chain of the SDK.
#[derive(Debug)]
pub(super) struct DefaultChain {
    pub(super) profile: Option<String>,
    pub(super) files: EnvConfigFiles,
    pub(super) file_faults: FileFaults,
    /// How long the chain may take. `None` for ever.
    pub(super) timeout: Option<Duration>,
}

impl CheckedCredentials {
    pub(super) fn new(provider: SharedCredentialsProvider, default_chain: Option<DefaultChain>) -> Self {
        Self { provider, default_chain }
    }

    async fn checked(&self) -> Result {
        let credentials = match &self.default_chain {
            // Boxed: the SDK moves this future to the heap, and what the stack held before with it, where a
            // large future has room for it.
            Some(chain) => Box::pin(chain.explained(&self.provider)).await?,
            None => self.provider.provide_credentials().await?,
        };
        if can_be_sent(&credentials) {
            Ok(credentials)
        } else {
            Err(CredentialsError::invalid_configuration(Unsendable))
        }
    }
}

impl DefaultChain {
    /// The credentials of the chain, or why each of its providers gave none. The error is of the same kind as
    /// that of the chain.
    async fn explained(&self, provider: &SharedCredentialsProvider) -> Result {
        let credentials = provider.provide_credentials();
        let error = match self.timeout {
            None => credentials.await,
            Some(timeout) => tokio::time::timeout(timeout, credentials)
                .await
                .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(timeout))),
        };
        let error = match error {
            Ok(credentials) => return Ok(credentials),
            Err(error) => error,
        };
        let explained = chain::explain(&error, self.profile.as_deref(), &self.files, self.file_faults).await;
        Err(match error {
            CredentialsError::CredentialsNotLoaded(_) => CredentialsError::not_loaded(explained),
            CredentialsError::InvalidConfiguration(_) => CredentialsError::invalid_configuration(explained),
            _ => CredentialsError::provider_error(explained),
        })
    }
}

fn can_be_sent(credentials: &Credentials) -> bool {
    let parts = [
        credentials.access_key_id(),
        credentials.secret_access_key(),
        credentials.session_token().unwrap_or(""),
    ];
    parts.into_iter().all(is_credential)
}

impl ProvideCredentials for CheckedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.checked())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt().filter(can_be_sent)
    }
}
