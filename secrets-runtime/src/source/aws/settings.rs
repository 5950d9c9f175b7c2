//! What a source has been told, before anything is asked of anybody.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::config::retry::RetryConfig;

use crate::secret::Secret;

/// How long one attempt of a call may take. GetSecretValue answers within tens of milliseconds; a cold KMS key, or a
/// role that has to be assumed first, takes a second or two.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take with all its attempts.
pub(super) const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);
/// How many calls may be under way at once.
pub(super) const CONCURRENCY: usize = 50;

/// Where what is not said in `Settings` comes from.
#[derive(Clone, Default)]
pub(super) enum Base {
    /// The SDK's default chain: variables of the process, profiles, containers, the metadata service.
    #[default]
    DefaultChain,
    /// What the application has loaded itself.
    Given(Box<SdkConfig>),
    /// Nowhere: no file, no variable and no metadata service is looked at.
    Nowhere,
}

/// Static credentials, wiped with the last handle.
#[derive(Clone)]
pub(super) struct StaticCredentials {
    pub(super) access_key_id: Secret<String>,
    pub(super) secret_access_key: Secret<String>,
    pub(super) session_token: Option<Secret<String>>,
}

#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) base: Base,
    pub(super) region: Option<String>,
    pub(super) endpoint_url: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) credentials: Option<StaticCredentials>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) operation_timeout: Option<Duration>,
    pub(super) max_attempts: Option<u32>,
}

impl Settings {
    pub(super) fn has_endpoint_override(&self) -> bool {
        self.endpoint_url.is_some() || matches!(&self.base, Base::Given(sdk) if sdk.endpoint_url().is_some())
    }

    /// Loads what the client needs. May read files and, for the region, ask the metadata service, which gives up after a
    /// second.
    pub(super) async fn load(&self) -> Config {
        warn_of_open_logs();
        let sdk = match &self.base {
            Base::DefaultChain => self.chain().load().await,
            Base::Given(sdk) => (**sdk).clone(),
            Base::Nowhere => SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
        };
        let mut config = Builder::from(&sdk).timeout_config(self.timeouts(&sdk));
        if let Some(region) = &self.region {
            config = config.region(Region::new(region.clone()));
        }
        if let Some(endpoint_url) = &self.endpoint_url {
            config = config.endpoint_url(endpoint_url);
        }
        if let Some(credentials) = self.credentials() {
            config = config.credentials_provider(credentials);
        }
        if let Some(max_attempts) = self.max_attempts {
            let retries = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
            config = config.retry_config(retries.with_max_attempts(max_attempts));
        }
        config.build()
    }

    /// The default chain. It is told what is known, so that it does not look for it.
    fn chain(&self) -> ConfigLoader {
        let mut chain = aws_config::defaults(BehaviorVersion::latest());
        if let Some(region) = &self.region {
            chain = chain.region(Region::new(region.clone()));
        }
        if let Some(endpoint_url) = &self.endpoint_url {
            chain = chain.endpoint_url(endpoint_url);
        }
        if let Some(profile) = &self.profile {
            chain = chain.profile_name(profile);
        }
        if let Some(credentials) = self.credentials() {
            chain = chain.credentials_provider(credentials);
        }
        chain
    }

    /// What is said here first, then what the application's own configuration says, then the defaults.
    fn timeouts(&self, sdk: &SdkConfig) -> TimeoutConfig {
        let mut said = TimeoutConfig::builder();
        said.set_connect_timeout(self.connect_timeout);
        said.set_operation_attempt_timeout(self.attempt_timeout);
        said.set_operation_timeout(self.operation_timeout);
        let mut timeouts = said.build();
        if let Some(sdk) = sdk.timeout_config() {
            timeouts.take_defaults_from(sdk);
        }
        let defaults = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        timeouts.take_defaults_from(&defaults);
        timeouts
    }

    fn credentials(&self) -> Option<Credentials> {
        self.credentials.as_ref().map(|credentials| {
            Credentials::new(
                credentials.access_key_id.expose_secret(),
                credentials.secret_access_key.expose_secret(),
                credentials.session_token.as_ref().map(|token| token.expose_secret().clone()),
                None,
                "secrets-runtime",
            )
        })
    }
}

/// The SDK has switches that turn its redaction off, and reads them from the process itself.
fn warn_of_open_logs() {
    for variable in ["LOG_SENSITIVE_BODIES", "LOG_SIGNABLE_BODY"] {
        if std::env::var_os(variable).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            tracing::warn!(variable, "is set: the AWS SDK writes secret values into its log");
        }
    }
}
