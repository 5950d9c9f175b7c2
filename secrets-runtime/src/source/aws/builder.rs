//! Sets up [`SecretsManager`] in code: its constructors and its builder.
//!
//! What the code does not set comes from `variables` and from the SDK.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;

use super::endpoint::{is_endpoint, is_region};
use super::secrets_manager::SecretsManager;
use super::settings::{Base, CONCURRENCY, Settings, StaticCredentials};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;

impl SecretsManager {
    /// Secrets Manager as the SDK's default chain finds it: credentials from variables, profiles (with SSO,
    /// roles and programs), containers or the metadata service, the region and the endpoint likewise.
    ///
    /// A region or an endpoint among the variables that cannot be one is reported, as a configuration error
    /// that names the variable, under each secret asked for. An empty one is not set.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// `LocalStack` on this machine: `http://localhost:4566`, region `us-east-1`, credentials `test`.
    /// Whatever variables and profiles say is left out of account.
    ///
    /// ```no_run
    /// use secrets_runtime::{Secrets, SecretsManager};
    ///
    /// let secrets = Secrets::builder().sources([SecretsManager::localstack()]).build()?;
    /// # Ok::<(), secrets_runtime::Error>(())
    /// ```
    pub fn localstack() -> Self {
        Self::builder()
            .isolated()
            .endpoint_url("http://localhost:4566")
            .region("us-east-1")
            .credentials("test", "test", None)
            .build()
    }

    /// Secrets Manager as an application's own SDK configuration says: its credentials, region, endpoint,
    /// HTTP client, time-outs and retries.
    ///
    /// ```no_run
    /// use secrets_runtime::SecretsManager;
    ///
    /// # async fn example() {
    /// let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    /// let aws = SecretsManager::from_sdk_config(&config);
    /// # }
    /// ```
    pub fn from_sdk_config(config: &SdkConfig) -> Self {
        Self::builder().sdk_config(config).build()
    }

    /// Sets up region, endpoint, credentials, time-outs and more.
    pub fn builder() -> SecretsManagerBuilder {
        SecretsManagerBuilder::default()
    }
}

/// The same as [`SecretsManager::new`].
impl Default for SecretsManager {
    fn default() -> Self {
        Self::new()
    }
}

/// Sets up [`SecretsManager`]. What is not said comes from the SDK's default chain.
///
/// ```no_run
/// use std::time::Duration;
/// use secrets_runtime::{Secrets, SecretsManager};
///
/// let aws = SecretsManager::builder()
///     .region("eu-west-1")
///     .profile("staging")
///     .attempt_timeout(Duration::from_secs(2))
///     .build();
/// let secrets = Secrets::builder().sources([aws]).build()?;
/// # Ok::<(), secrets_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct SecretsManagerBuilder {
    settings: Settings,
    concurrency: usize,
    /// The first thing said that cannot be.
    fault: Option<SourceError>,
}

impl Default for SecretsManagerBuilder {
    fn default() -> Self {
        Self { settings: Settings::default(), concurrency: CONCURRENCY, fault: None }
    }
}

impl SecretsManagerBuilder {
    /// The region to ask in, such as `eu-west-1`. A secret named by an ARN is asked for in the ARN's region.
    ///
    /// What cannot be a region's name is reported, as a configuration error, under each secret asked for.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        let region = region.into();
        if is_region(&region) {
            self.settings.region = Some(region);
        } else {
            self.refuse("the region set in code is no region's name");
        }
        self
    }

    /// An endpoint in place of AWS's own, as an `http` or `https` URL: that of an emulator or of a VPC
    /// endpoint.
    ///
    /// What is no such URL, or holds a user name, a password or a query, is reported, as a configuration
    /// error, under each secret asked for.
    #[must_use]
    pub fn endpoint_url(mut self, endpoint_url: impl Into<String>) -> Self {
        let endpoint_url = endpoint_url.into();
        if is_endpoint(&endpoint_url) {
            self.settings.endpoint_url = Some(endpoint_url);
        } else {
            self.refuse("the endpoint set in code is no http or https URL");
        }
        self
    }

    /// The profile of the shared AWS configuration files to use, in place of `AWS_PROFILE`. Without effect
    /// beside [`sdk_config`](Self::sdk_config).
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.settings.profile = Some(profile.into());
        self
    }

    /// Static credentials. Prefer roles and profiles, which are renewed by themselves; these are for
    /// emulators and tests.
    #[must_use]
    pub fn credentials(
        mut self,
        access_key_id: impl Into<Secret<String>>,
        secret_access_key: impl Into<Secret<String>>,
        session_token: Option<Secret<String>>,
    ) -> Self {
        self.settings.credentials = Some(StaticCredentials {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token,
        });
        self
    }

    /// The SDK configuration that the application has loaded itself, in place of the default chain. What is
    /// said to this builder comes before what it says.
    #[must_use]
    pub fn sdk_config(mut self, config: &SdkConfig) -> Self {
        self.settings.base = Base::SdkConfig(Box::new(config.clone()));
        self
    }

    /// How long a connection may take to be made. Default: what the SDK says, 3.1 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = Some(timeout);
        self
    }

    /// How long one attempt of a call may take, from its connection (and its credentials, if they have to be
    /// fetched) to the last byte of the answer. Default: 5 seconds.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = Some(timeout);
        self
    }

    /// How long a call may take with all its attempts and the pauses between them. Default: 15 seconds.
    ///
    /// A fetch that needs several calls, one after the other, may take longer;
    /// [`SecretsBuilder::timeout`](crate::SecretsBuilder::timeout) bounds it as a whole.
    #[must_use]
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.settings.operation_timeout = Some(timeout);
        self
    }

    /// How often a call is attempted if it fails for a reason that may pass, the first attempt included; at
    /// least 1. Default: what the SDK says, 3 (`AWS_MAX_ATTEMPTS`).
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts.max(1));
        self
    }

    /// How many calls may be under way at once, over all fetches; at least 1. Default: 100.
    ///
    /// It matters where `BatchGetSecretValue` is not allowed: each call then needs a connection of its own.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// The source. Nothing is loaded and nobody is asked before the first fetch.
    pub fn build(self) -> SecretsManager {
        match self.fault {
            None => SecretsManager::with_settings(self.settings, self.concurrency),
            Some(error) => SecretsManager::failing(error),
        }
    }

    /// Leaves every variable and file of this machine out of account, and the metadata service.
    pub(super) fn isolated(mut self) -> Self {
        self.settings.base = Base::Isolated;
        self
    }

    fn refuse(&mut self, reason: &'static str) {
        self.fault.get_or_insert(SourceError::new(ErrorKind::Configuration).because(reason));
    }
}

impl fmt::Debug for SecretsManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManagerBuilder").field("region", &self.settings.region).finish_non_exhaustive()
    }
}
