//! What is out of order, and how it begins and ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use harness::stub::{Fault, Stub};

#[derive(Clone, Copy)]
pub(super) enum Trouble {
    /// The stub answers every request so.
    Answer(Fault),
    /// Nobody listens.
    Refused,
    /// The client finds no credentials any more.
    Credentials,
}

impl Trouble {
    pub(super) async fn begin(self, stub: &Stub, credentials: &Provider) {
        match self {
            Self::Answer(fault) => stub.fault(fault),
            Self::Refused => stub.close().await,
            Self::Credentials => credentials.works.store(false, Ordering::Relaxed),
        }
    }

    pub(super) async fn end(self, stub: &Stub, credentials: &Provider) {
        match self {
            Self::Answer(_) => stub.clear_faults(),
            Self::Refused => stub.open().await,
            Self::Credentials => credentials.works.store(true, Ordering::Relaxed),
        }
    }
}

/// A provider that can fail. What it gives expires within a second, so that it is asked for each request.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    works: Arc<AtomicBool>,
}

impl Default for Provider {
    fn default() -> Self {
        Self { works: Arc::new(AtomicBool::new(true)) }
    }
}

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let expiry = SystemTime::now() + Duration::from_secs(1);
        future::ProvideCredentials::ready(if self.works.load(Ordering::Relaxed) {
            Ok(Credentials::new("test", "test", None, Some(expiry), "peers"))
        } else {
            Err(CredentialsError::provider_error("out of order"))
        })
    }
}
