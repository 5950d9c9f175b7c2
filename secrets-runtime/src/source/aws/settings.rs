//! What a source has been told, before anything is asked of anybody.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{Builder, SharedIdentityCache};

use super::process;
use crate::secret::Secret;

/// How long one attempt of a call may take. `GetSecretValue` answers within tens of milliseconds; a cold KMS key, or a
/// role that has to be assumed first, takes a second or two.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take with all its attempts.
pub(super) const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);
/// How many calls may be under way at once: each has a connection of its own, since the service speaks HTTP/1.1. Two
/// hundred secrets read one by one are then two rounds.
pub(super) const CONCURRENCY: usize = 100;

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

impl StaticCredentials {
    /// What emulators take from everybody.
    pub(super) fn of_emulators() -> Self {
        Self { access_key_id: "test".into(), secret_access_key: "test".into(), session_token: None }
    }
}

#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) base: Base,
    /// Whether variables were given that count instead of the process's, for region and endpoint.
    pub(super) has_own_variables: bool,
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
    pub(super) fn is_of_default_chain(&self) -> bool {
        matches!(self.base, Base::DefaultChain)
    }

    pub(super) fn has_endpoint_override(&self) -> bool {
        self.endpoint_url.is_some() || matches!(&self.base, Base::Given(sdk) if sdk.endpoint_url().is_some())
    }

    /// The region to ask in, if there is one. The default chain ends at the metadata service, which gives up after a
    /// second. Its variables have been looked at by then: for the SDK an empty `AWS_REGION` is a region.
    pub(super) async fn region(&self) -> Option<Region> {
        if let Some(region) = &self.region {
            return Some(Region::new(region.clone()));
        }
        match &self.base {
            Base::DefaultChain => {
                let mut profile = ProfileFileRegionProvider::builder();
                if let Some(name) = &self.profile {
                    profile = profile.profile_name(name);
                }
                let chain = RegionProviderChain::first_try(profile.build())
                    .or_else(ImdsRegionProvider::builder().build());
                chain.region().await.filter(|region| !region.as_ref().is_empty())
            }
            Base::Given(sdk) => sdk.region().cloned(),
            Base::Nowhere => None,
        }
    }

    /// Loads what the clients need. The region is known by then: the SDK would ask the metadata service for it thrice.
    pub(super) async fn load(&self, region: Region) -> Config {
        warn_of_open_logs();
        let sdk = match &self.base {
            Base::DefaultChain => self.chain(region.clone()).load().await,
            Base::Given(sdk) => (**sdk).clone(),
            Base::Nowhere => SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
        };
        let timeouts = self.timeouts(&sdk);
        let mut config = Builder::from(&sdk).region(region).timeout_config(timeouts.clone());
        if self.is_of_default_chain() {
            config = config.identity_cache(identity_cache(&timeouts));
        }
        if let Some(endpoint_url) = &self.endpoint_url {
            config = config.endpoint_url(endpoint_url);
        } else if self.hides_endpoint_of_process() {
            config.set_endpoint_url(None);
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

    /// Whether the process has an endpoint that does not count: an empty one, an ignored one, or any beside variables
    /// of one's own. An endpoint of the profile is then hidden too: the SDK looks there only where no variable is.
    fn hides_endpoint_of_process(&self) -> bool {
        self.is_of_default_chain() && self.endpoint_url.is_none() && process::has_endpoint()
    }

    /// The default chain. It is told what is known, so that it does not look for it.
    fn chain(&self, region: Region) -> ConfigLoader {
        let mut chain = aws_config::defaults(BehaviorVersion::latest()).region(region);
        if let Some(endpoint_url) = &self.endpoint_url {
            chain = chain.endpoint_url(endpoint_url);
        } else if self.hides_endpoint_of_process() {
            // Taken back in `load`. Told an endpoint, the SDK neither reads the variable nor writes it to the log.
            chain = chain.endpoint_url("http://localhost");
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
        // The setters that take an `Option` understand `None` as "never".
        if let Some(timeout) = self.connect_timeout {
            said = said.connect_timeout(timeout);
        }
        if let Some(timeout) = self.attempt_timeout {
            said = said.operation_attempt_timeout(timeout);
        }
        if let Some(timeout) = self.operation_timeout {
            said = said.operation_timeout(timeout);
        }
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

/// Credentials that take nearly as long as an attempt may are given up before it is, so that the error says what was
/// late. The SDK's own limit is 22 seconds, and each attempt would begin anew.
fn identity_cache(timeouts: &TimeoutConfig) -> SharedIdentityCache {
    let cache = IdentityCache::lazy();
    match timeouts.operation_attempt_timeout() {
        Some(timeout) => cache.load_timeout(timeout.mul_f32(0.9)).build(),
        None => cache.build(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(timeouts: &TimeoutConfig) -> [Option<u64>; 3] {
        [timeouts.connect_timeout(), timeouts.operation_attempt_timeout(), timeouts.operation_timeout()]
            .map(|timeout| timeout.map(|timeout| timeout.as_secs()))
    }

    #[test]
    fn timeouts_are_what_is_said_then_what_the_application_has_then_the_defaults() {
        let application = SdkConfig::builder()
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(Duration::from_secs(7))
                    .operation_timeout(Duration::from_secs(70))
                    .build(),
            )
            .build();
        let said = Settings { attempt_timeout: Some(Duration::from_secs(1)), ..Settings::default() };
        assert_eq!(seconds(&said.timeouts(&application)), [None, Some(1), Some(70)]);
        let nothing = SdkConfig::builder().build();
        assert_eq!(seconds(&Settings::default().timeouts(&nothing)), [None, Some(5), Some(15)]);
    }

    #[test]
    fn a_timeout_that_the_application_has_switched_off_stays_off() {
        let application = SdkConfig::builder().timeout_config(TimeoutConfig::disabled()).build();
        assert_eq!(seconds(&Settings::default().timeouts(&application)), [None; 3]);
    }

    #[tokio::test]
    async fn by_itself_nothing_but_what_is_said_counts() {
        let settings = Settings { base: Base::Nowhere, ..Settings::default() };
        assert_eq!(settings.region().await, None);
        let said = Settings { region: Some("eu-west-1".to_owned()), ..settings };
        assert_eq!(said.region().await, Some(Region::new("eu-west-1")));
    }
}
