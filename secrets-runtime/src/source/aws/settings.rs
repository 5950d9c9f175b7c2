//! The settings of a source, and the SDK configuration made from them.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::imds::{self, region::ImdsRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_secretsmanager::Config;
use aws_sdk_secretsmanager::config::retry::{RetryConfig, RetryMode};
use aws_sdk_secretsmanager::config::{Builder, SharedHttpClient, SharedIdentityCache};

#[cfg(feature = "credentials-process")]
use super::credential_process::ProcessProfile;
use super::credentials::{AssumedRole, CheckedCredentials, DefaultChain};
use super::endpoint::is_emulator;
use super::role::assume;
use super::sdk_files::FileFaults;
use crate::secret::Secret;

/// How long one attempt of a call may take. `GetSecretValue` answers within tens of milliseconds; a cold KMS
/// key, or a role that has to be assumed first, takes a second or two.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// The part of the time-out of an attempt that the default chain may take. It ends shortly before the
/// identity cache gives up, which does not say which provider is late.
const CHAIN_SHARE: f32 = 0.85;
/// How long a call may take with all of its attempts.
pub(super) const OPERATION_TIMEOUT: Duration = Duration::from_secs(15);
/// How many calls may run at once. Each has a connection of its own, since the service speaks HTTP/1.1: two
/// hundred secrets that are read one by one take two rounds.
pub(super) const CONCURRENCY: usize = 100;

/// The origin of what [`Settings`] do not set.
#[derive(Clone, Default)]
pub(super) enum Base {
    /// The default chain of the SDK: variables of the process, profiles, containers, the metadata service.
    #[default]
    DefaultChain,
    /// The configuration that the application has loaded itself.
    SdkConfig(Box<SdkConfig>),
    /// The settings alone: no file, no variable and no metadata service is read.
    Isolated,
}

/// Static credentials, wiped with the last handle.
#[derive(Clone)]
pub(super) struct StaticCredentials {
    pub(super) access_key_id: Secret<String>,
    pub(super) secret_access_key: Secret<String>,
    pub(super) session_token: Option<Secret<String>>,
}

impl StaticCredentials {
    /// Emulators accept any credentials.
    pub(super) fn for_emulators() -> Self {
        Self { access_key_id: "test".into(), secret_access_key: "test".into(), session_token: None }
    }
}

/// What the code and the variables have set; everything else comes from [`Base`].
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) base: Base,
    /// Whether region and endpoint come from a set of variables other than those of the process.
    pub(super) has_own_variables: bool,
    pub(super) region: Option<String>,
    /// The region of the replicas that are read while the region does not answer.
    pub(super) failover_region: Option<String>,
    /// The ARN of the role to assume.
    pub(super) role: Option<String>,
    pub(super) use_fips: Option<bool>,
    pub(super) use_dual_stack: Option<bool>,
    pub(super) endpoint_url: Option<String>,
    /// The variable, or the key and profile, that sets the endpoint. `None` in code.
    pub(super) endpoint_origin: Option<String>,
    /// Whether this is development, where an endpoint is an emulator's and needs no encryption.
    pub(super) is_development: bool,
    /// Whether only an endpoint that the code sets counts.
    pub(super) ignores_endpoints: bool,
    pub(super) profile: Option<String>,
    /// The profile of the code or of `AWS_PROFILE`, if it is in the files.
    pub(super) selected_profile: Option<String>,
    /// Set if the selected profile is not in the files: says so, with the profiles that are there.
    pub(super) absent_profile: Option<String>,
    /// What the shared configuration files hold, once they were read.
    pub(super) shared_files: Option<EnvConfigFiles>,
    pub(super) file_faults: FileFaults,
    pub(super) metadata_endpoint: Option<String>,
    #[cfg(feature = "credentials-process")]
    pub(super) process: Option<ProcessProfile>,
    /// The ARN of the role that the profile or the variables of a web identity name.
    pub(super) profile_role: Option<String>,
    pub(super) credentials: Option<StaticCredentials>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) operation_timeout: Option<Duration>,
    pub(super) max_attempts: Option<u32>,
    pub(super) retry_mode: Option<RetryMode>,
}

impl Settings {
    pub(super) fn uses_default_chain(&self) -> bool {
        matches!(self.base, Base::DefaultChain)
    }

    pub(super) fn has_endpoint_override(&self) -> bool {
        self.endpoint().is_some()
    }

    /// The endpoint, if it is not AWS's own.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.endpoint_url.as_deref().or_else(|| match &self.base {
            Base::SdkConfig(sdk) => sdk.endpoint_url(),
            Base::DefaultChain | Base::Isolated => None,
        })
    }

    /// The endpoint, if it is that of an emulator, which serves every region: any one in development, where
    /// AWS is not asked, and otherwise one without TLS or on this machine.
    pub(super) fn emulator(&self) -> Option<&str> {
        self.endpoint().filter(|endpoint| self.is_development || is_emulator(endpoint))
    }

    /// The HTTP client that the application has set, if it has set one.
    pub(super) fn given_http_client(&self) -> Option<SharedHttpClient> {
        match &self.base {
            Base::SdkConfig(sdk) => sdk.http_client(),
            Base::DefaultChain | Base::Isolated => None,
        }
    }

    /// The profile to read. The SDK takes an empty `AWS_PROFILE` for the name of a profile.
    pub(super) fn profile_name(&self) -> Option<&str> {
        let is_empty = || std::env::var_os("AWS_PROFILE").is_some_and(|name| name.is_empty());
        self.profile.as_deref().or_else(|| is_empty().then_some("default"))
    }

    /// Finds the region, if there is one. Variables and the profile have been read before: the SDK takes an
    /// empty `AWS_REGION` for a region. The default chain ends at the metadata service, which gives up after
    /// a second.
    pub(super) async fn region(&self, http: &SharedHttpClient) -> Option<Region> {
        if let Some(region) = &self.region {
            return Some(Region::new(region.clone()));
        }
        match &self.base {
            Base::DefaultChain => {
                let provider = ProviderConfig::without_region().with_http_client(http.clone());
                let client = imds::Client::builder().configure(&provider);
                let client = match &self.metadata_endpoint {
                    Some(endpoint) => client.endpoint(endpoint).ok()?,
                    None => client,
                };
                let metadata_service =
                    ImdsRegionProvider::builder().configure(&provider).imds_client(client.build()).build();
                metadata_service.region().await.filter(|region| !region.as_ref().is_empty())
            }
            Base::SdkConfig(sdk) => sdk.region().cloned(),
            Base::Isolated => None,
        }
    }

    /// Loads the configuration of the clients. The region is passed in: the SDK would ask the metadata
    /// service for it three times.
    pub(super) async fn load(&self, region: Region, http: &SharedHttpClient) -> Config {
        warn_about_unredacted_logs();
        let sdk = match &self.base {
            // The credentials providers use this client, too.
            Base::DefaultChain => self.chain(region.clone(), http).load().await,
            Base::SdkConfig(sdk) => (**sdk).clone(),
            Base::Isolated => SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
        };
        let sdk = self.with_switches(sdk);
        let timeouts = self.timeouts(&sdk);
        let mut config = Builder::from(&sdk)
            .region(region.clone())
            .timeout_config(timeouts.clone())
            .http_client(http.clone());
        if self.uses_default_chain() {
            config = config.identity_cache(identity_cache(&timeouts));
        }
        if let Some(endpoint_url) = &self.endpoint_url {
            config = config.endpoint_url(endpoint_url);
        } else if self.uses_default_chain() {
            config.set_endpoint_url(None);
        }
        // The chain has them already: each copy would be left behind by the SDK.
        let own = if self.uses_default_chain() { None } else { self.credentials() };
        let own = own.map(SharedCredentialsProvider::new);
        if let Some(provider) = own.or_else(|| sdk.credentials_provider()) {
            let chain = (self.uses_default_chain() && self.credentials.is_none()).then(|| DefaultChain {
                profile: self.profile_name().map(str::to_owned),
                files: self.shared_files.clone().unwrap_or_default(),
                file_faults: self.file_faults,
                timeout: timeouts.operation_attempt_timeout().map(|timeout| timeout.mul_f32(CHAIN_SHARE)),
            });
            let mut provider = SharedCredentialsProvider::new(CheckedCredentials::new(provider, chain));
            if let Some(role) = &self.role {
                let assumed = assume(role, provider, &sdk, region, http, self.emulator()).await;
                let explained = SharedCredentialsProvider::new(AssumedRole::new(role, assumed));
                provider = SharedCredentialsProvider::new(CheckedCredentials::new(explained, None));
            }
            config = config.credentials_provider(provider);
        }
        config.set_retry_config(Some(self.retries(sdk.retry_config())));
        config.build()
    }

    /// The switches that the code has set. They hold for the service that gives the credentials of a role,
    /// too.
    fn with_switches(&self, sdk: SdkConfig) -> SdkConfig {
        let mut sdk = sdk.into_builder();
        if let Some(use_fips) = self.use_fips {
            sdk = sdk.use_fips(use_fips);
        }
        if let Some(use_dual_stack) = self.use_dual_stack {
            sdk = sdk.use_dual_stack(use_dual_stack);
        }
        sdk.build()
    }

    /// These settings first, then those of the application.
    fn retries(&self, sdk: Option<&RetryConfig>) -> RetryConfig {
        let mut retries = sdk.cloned().unwrap_or_else(RetryConfig::standard);
        if let Some(mode) = self.retry_mode {
            retries = retries.with_retry_mode(mode);
        }
        if let Some(max_attempts) = self.max_attempts {
            retries = retries.with_max_attempts(max_attempts);
        }
        retries
    }

    /// The default chain, which does not look for what is known already.
    fn chain(&self, region: Region, http: &SharedHttpClient) -> ConfigLoader {
        // With an endpoint, the SDK neither reads the variable nor writes it to the log. `load` sets the
        // real one.
        let endpoint_url = self.endpoint_url.as_deref().unwrap_or("http://localhost");
        let mut chain = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .endpoint_url(endpoint_url)
            .http_client(http.clone())
            .retry_config(self.retries(None));
        if let Some(profile) = self.profile_name() {
            chain = chain.profile_name(profile);
        }
        if let Some(files) = &self.shared_files {
            chain = chain.profile_files(files.clone());
        }
        if let Some(credentials) = self.credentials() {
            return chain.credentials_provider(credentials);
        }
        #[cfg(feature = "credentials-process")]
        if let Some(process) = &self.process {
            return chain.credentials_provider(process.provider(self.profile_name(), region, http));
        }
        chain
    }

    /// These settings first, then the configuration of the application, then the defaults.
    fn timeouts(&self, sdk: &SdkConfig) -> TimeoutConfig {
        let mut timeouts = TimeoutConfig::builder();
        // The setters that take an `Option` take `None` for "never".
        if let Some(timeout) = self.connect_timeout {
            timeouts = timeouts.connect_timeout(timeout);
        }
        if let Some(timeout) = self.attempt_timeout {
            timeouts = timeouts.operation_attempt_timeout(timeout);
        }
        if let Some(timeout) = self.operation_timeout {
            timeouts = timeouts.operation_timeout(timeout);
        }
        let mut timeouts = timeouts.build();
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

/// Loading credentials times out shortly before the attempt does, so that the error says that the
/// credentials were late. The limit of the SDK is 22 seconds, and each attempt would load them again.
fn identity_cache(timeouts: &TimeoutConfig) -> SharedIdentityCache {
    let cache = IdentityCache::lazy();
    match timeouts.operation_attempt_timeout() {
        Some(timeout) => cache.load_timeout(timeout.mul_f32(0.9)).build(),
        None => cache.build(),
    }
}

/// Two variables of the process turn the redaction of the SDK off.
fn warn_about_unredacted_logs() {
    for variable in ["LOG_SENSITIVE_BODIES", "LOG_SIGNABLE_BODY"] {
        if std::env::var_os(variable).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            tracing::warn!(target: "secrets_runtime", variable, "is set: the AWS SDK writes secret values into its log");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bounded_body::Buffered;
    use super::super::http_client::BoundedClient;
    use super::*;

    fn seconds(timeouts: &TimeoutConfig) -> [Option<u64>; 3] {
        [timeouts.connect_timeout(), timeouts.operation_attempt_timeout(), timeouts.operation_timeout()]
            .map(|timeout| timeout.map(|timeout| timeout.as_secs()))
    }

    #[test]
    fn timeouts_come_from_the_settings_then_from_the_application_then_from_the_defaults() {
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
    fn a_timeout_that_the_application_has_disabled_stays_disabled() {
        let application = SdkConfig::builder().timeout_config(TimeoutConfig::disabled()).build();
        assert_eq!(seconds(&Settings::default().timeouts(&application)), [None; 3]);
    }

    #[tokio::test]
    async fn isolated_settings_use_no_other_region() {
        let settings = Settings { base: Base::Isolated, ..Settings::default() };
        let http = BoundedClient::shared(None, &Buffered::default());
        assert_eq!(settings.region(&http).await, None);
        let said = Settings { region: Some("eu-west-1".to_owned()), ..settings };
        assert_eq!(said.region(&http).await, Some(Region::new("eu-west-1")));
    }
}
