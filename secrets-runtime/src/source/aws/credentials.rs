//! [`CheckedCredentials`]: credentials of any provider, checked before the SDK signs with them.

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};

use super::checked_setting::is_credential;

/// Refuses credentials that cannot be sent. The SDK panics when it signs with them.
#[derive(Debug)]
pub(super) struct CheckedCredentials(pub(super) SharedCredentialsProvider);

/// Why credentials were refused.
#[derive(Debug)]
pub(super) struct Unsendable;

impl CheckedCredentials {
    async fn checked(&self) -> Result {
        let credentials = self.0.provide_credentials().await?;
        if can_be_sent(&credentials) {
            Ok(credentials)
        } else {
            Err(CredentialsError::invalid_configuration(Unsendable))
        }
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
        self.0.fallback_on_interrupt().filter(can_be_sent)
    }
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the credentials hold a character that no HTTP header can hold")
    }
}

impl std::error::Error for Unsendable {}
