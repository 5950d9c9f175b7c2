//! Sets up [`SecretsManager`] in code: its constructors and its builder.
//!
//! What the code does not set comes from `variables` and from the SDK.

use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;

use super::endpoint::{is_endpoint, is_region};
use super::failover::SAME_REGION;
use super::role::is_role;
use super::secrets_manager::SecretsManager;
use super::settings::{Base, CONCURRENCY, Settings, StaticCredentials};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;

impl SecretsManager {
    /// Creates a source that uses the default chain of the SDK: credentials, region and endpoint come from
    /// variables, profiles (with SSO, roles and programs), containers or the metadata service.
    ///
    /// The program of `credential_process` may take 85 % of the time-out of an attempt, which is 4.25
    /// seconds unless [`attempt_timeout`](SecretsManagerBuilder::attempt_timeout) is set, and at most a
    /// minute. It may print 64 KiB, and ends with the call.
    ///
    /// A variable or a key of the profile that the SDK cannot use, such as a malformed endpoint,
    /// `AWS_MAX_ATTEMPTS=0`, an access key with a line break or a folder in place of a file, is reported
    /// under each requested secret, as a configuration error that names it. An empty one counts as not set,
    /// and the retry mode `legacy` means `standard`. The opt-in `AWS_NEW_RETRIES_2026` of the SDK has no
    /// effect.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Creates a source for `LocalStack` on this machine: `http://localhost:4566`, region `us-east-1`,
    /// credentials `test`. Variables and profiles are not read.
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

    /// Creates a source from the SDK configuration of the application: its credentials, region, endpoint,
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

    /// Returns a builder for region, endpoint, credentials, time-outs and more.
    pub fn builder() -> SecretsManagerBuilder {
        SecretsManagerBuilder::default()
    }
}

/// Like [`SecretsManager::new`].
impl Default for SecretsManager {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds a [`SecretsManager`]. Everything that is not set comes from the default chain of the SDK.
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
    /// The error of the first invalid call.
    error: Option<SourceError>,
}

impl Default for SecretsManagerBuilder {
    fn default() -> Self {
        Self { settings: Settings::default(), concurrency: CONCURRENCY, error: None }
    }
}

impl SecretsManagerBuilder {
    /// Sets the region, such as `eu-west-1`. A secret named by an ARN is requested in the region of the ARN.
    ///
    /// An invalid name is reported under each requested secret, as a configuration error.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        let region = region.into();
        if is_region(&region) {
            self.settings.region = Some(region);
        } else {
            self.refuse("the region set in code is not a valid region name");
        }
        self
    }

    /// Sets the endpoint, an `http` or `https` URL, for instance of an emulator or of a VPC endpoint. It
    /// serves the configured region alone, unless it has no TLS or is on this machine, as emulators do, or
    /// the environment is development. ARNs of other regions, and all ARNs if no region is configured, are
    /// requested at AWS's own endpoints.
    ///
    /// Any other text, and a URL with a user name, a password or a query, is reported under each requested
    /// secret, as a configuration error.
    #[must_use]
    pub fn endpoint_url(mut self, endpoint_url: impl Into<String>) -> Self {
        let endpoint_url = endpoint_url.into();
        if is_endpoint(&endpoint_url) {
            self.settings.endpoint_url = Some(endpoint_url);
        } else {
            self.refuse("the endpoint set in code is not an http or https URL");
        }
        self
    }

    /// Sets the region of replicas, such as `eu-central-1`, which are read while the region does not answer.
    /// Default in the default chain: the variable `SECRET_FAILOVER_REGION`.
    ///
    /// A secret is requested from its [replica][1] if the region cannot be reached, does not answer in time
    /// or answers with an internal error (5xx). Any other answer counts: a secret that is denied or missing,
    /// or a request that is throttled, does not go on. The replica has the same name; in an ARN of the
    /// region, the region is replaced. If the replica has no value either, the error is that of the region,
    /// and a detail of it says why the replica gave none.
    ///
    /// Each fetch asks the region first, for at most the time-out of one attempt, so that it is used again
    /// as soon as it answers. A WARN says that replicas are read and why, an INFO that the region answers;
    /// `Secrets::stats` and the metrics count requests to replicas under names of their own, such as
    /// `GetSecretValue (failover)`, and a check shows the region of a replica. Writes are never sent there.
    ///
    /// An invalid name, or that of the region itself, is reported under each requested secret, as a
    /// configuration error. A policy for a role has to allow the replicas, too.
    ///
    /// [1]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    #[must_use]
    pub fn failover_region(mut self, region: impl Into<String>) -> Self {
        let region = region.into();
        if is_region(&region) {
            self.settings.failover_region = Some(region);
        } else {
            self.refuse("the failover region set in code is not a valid region name");
        }
        self
    }

    /// Sets a role to assume for the calls to Secrets Manager alone, by its ARN, for instance one of the
    /// account that owns the secrets. The credentials that are configured otherwise assume it, in the
    /// region of this source, and its session is named `secrets-runtime`.
    ///
    /// Any other text is reported under each requested secret, as a configuration error.
    ///
    /// ```no_run
    /// use secrets_runtime::SecretsManager;
    ///
    /// let aws = SecretsManager::builder().assume_role("arn:aws:iam::123456789012:role/shop-secrets").build();
    /// ```
    #[must_use]
    pub fn assume_role(mut self, arn: impl Into<String>) -> Self {
        let arn = arn.into();
        if is_role(&arn) {
            self.settings.role = Some(arn);
        } else {
            self.refuse("the role set in code is not the ARN of an IAM role");
        }
        self
    }

    /// Sets whether FIPS endpoints are used, instead of `AWS_USE_FIPS_ENDPOINT` and the profile. They cannot
    /// be combined with an [endpoint](Self::endpoint_url).
    #[must_use]
    pub fn use_fips(mut self, use_fips: bool) -> Self {
        self.settings.use_fips = Some(use_fips);
        self
    }

    /// Sets whether dual-stack endpoints are used, which have IPv6 addresses too, instead of
    /// `AWS_USE_DUALSTACK_ENDPOINT` and the profile. They cannot be combined with an
    /// [endpoint](Self::endpoint_url). In the partition `aws`, they are the same as the usual ones.
    #[must_use]
    pub fn use_dual_stack(mut self, use_dual_stack: bool) -> Self {
        self.settings.use_dual_stack = Some(use_dual_stack);
        self
    }

    /// Sets the profile of the shared AWS configuration files, instead of `AWS_PROFILE`. It has no effect
    /// together with [`sdk_config`](Self::sdk_config).
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.settings.profile = Some(profile.into());
        self
    }

    /// Sets static credentials, for emulators and tests. Prefer roles and profiles, whose credentials are
    /// renewed.
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

    /// Sets an SDK configuration that the application has loaded, instead of the default chain. The other
    /// settings of this builder override it.
    ///
    /// Its credentials provider and its HTTP client, if it has one, are shared by all runtimes of the
    /// process. If their first runtime is no longer polled, calls of other runtimes may wait for their
    /// time-outs.
    #[must_use]
    pub fn sdk_config(mut self, config: &SdkConfig) -> Self {
        self.settings.base = Base::SdkConfig(Box::new(config.clone()));
        self
    }

    /// Sets how long connecting may take. Default: that of the SDK, 3.1 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = Some(timeout);
        self
    }

    /// Sets how long one attempt of a call may take, from connecting (and fetching credentials, if
    /// necessary) to the last byte of the answer. Default: 5 seconds.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long a call may take with all of its attempts and the pauses between them. Default: 15
    /// seconds.
    ///
    /// A fetch with several calls in a row may take longer.
    /// [`SecretsBuilder::timeout`](crate::SecretsBuilder::timeout) limits the whole fetch.
    #[must_use]
    pub fn operation_timeout(mut self, timeout: Duration) -> Self {
        self.settings.operation_timeout = Some(timeout);
        self
    }

    /// Sets how often a call that fails for a transient reason is attempted, including the first attempt; at
    /// least 1. Default: that of the SDK, 3 (`AWS_MAX_ATTEMPTS`).
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = Some(attempts.max(1));
        self
    }

    /// Sets how many calls all fetches on one Tokio runtime may run at once; at least 1. Default: 100.
    ///
    /// It matters if `BatchGetSecretValue` is not allowed: each secret then takes a call with its own
    /// connection.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// Builds the source. It loads nothing and connects to nothing before the first fetch.
    pub fn build(mut self) -> SecretsManager {
        let Settings { region, failover_region, .. } = &self.settings;
        if failover_region.is_some() && failover_region == region {
            self.error.get_or_insert(SAME_REGION);
        }
        match self.error {
            None => SecretsManager::with_settings(self.settings, self.concurrency),
            Some(error) => SecretsManager::failing(error),
        }
    }

    /// Reads no variable and no file, and does not ask the metadata service.
    pub(super) fn isolated(mut self) -> Self {
        self.settings.base = Base::Isolated;
        self
    }

    fn refuse(&mut self, reason: &'static str) {
        self.error.get_or_insert(SourceError::new(ErrorKind::Configuration).because(reason));
    }
}

impl fmt::Debug for SecretsManagerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManagerBuilder").field("region", &self.settings.region).finish_non_exhaustive()
    }
}
