//! One SDK client for each runtime and region, built at its first use. The clients of a source share limits,
//! counters and settings.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::config::{Region, SharedHttpClient};
use aws_sdk_secretsmanager::{Client, Config};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use super::batch_refusals::BatchRefusals;
use super::bounded_body::Buffered;
use super::failover::{Failover, SAME_REGION};
use super::http_client::BoundedClient;
use super::per_runtime::PerRuntime;
use super::request_counter::RequestCounters;
use super::sanitize::Sanitizer;
use super::sdk_files::{check_certificates, check_tokens};
use super::settings::Settings;
use super::target::Target;
use crate::error::{ErrorKind, SourceError};
use crate::lock::lock;
use crate::source::runtime::{NO_IO, lacks_io};

/// How long a region is not looked for again while ARNs are requested. Without it, each request would read
/// the files and ask the metadata service, which takes a second to give up.
const NO_REGION_FOR: Duration = Duration::from_secs(5);

/// The most regions whose clients are kept. AWS has fewer than forty: more of them are invented, in ARNs
/// that come from elsewhere, and each client takes memory for as long as the source lives.
const MAX_REGIONS: usize = 64;

const NO_RUNTIME: SourceError =
    SourceError::new(ErrorKind::Configuration).because("AWS can be asked from a Tokio runtime only");

/// The clients of a source, and what they share.
pub(super) struct Connections {
    settings: Settings,
    runtimes: PerRuntime<RuntimeConnections>,
    /// By region.
    batch_refusals: Mutex<HashMap<String, Arc<BatchRefusals>>>,
    /// Where requests went, with the region that was found last.
    target: Mutex<Option<Arc<Target>>>,
    buffered: Buffered,
    /// The number of calls that may run at once on one runtime.
    concurrency: usize,
    pub(super) requests: RequestCounters,
    /// The requests to the failover region.
    pub(super) failover_requests: RequestCounters,
    /// Whether secrets are read from the failover region.
    is_failing_over: Arc<AtomicBool>,
}

impl Connections {
    pub(super) fn new(settings: Settings, concurrency: usize) -> Self {
        Self {
            settings,
            runtimes: PerRuntime::default(),
            batch_refusals: Mutex::default(),
            target: Mutex::default(),
            buffered: Buffered::default(),
            concurrency: concurrency.clamp(1, Semaphore::MAX_PERMITS),
            requests: RequestCounters::default(),
            failover_requests: RequestCounters::default(),
            is_failing_over: Arc::default(),
        }
    }

    /// Connections with other settings and the same limit and counters.
    pub(super) fn with(&self, settings: Settings) -> Self {
        Self {
            requests: self.requests.clone(),
            failover_requests: self.failover_requests.clone(),
            buffered: self.buffered.clone(),
            ..Self::new(settings, self.concurrency)
        }
    }

    /// One permit for each call that may run at once on this runtime. A call on a runtime that is not
    /// polled keeps its permit.
    ///
    /// # Errors
    /// Outside of a Tokio runtime.
    pub(super) fn permits(&self) -> Result<Arc<Semaphore>, SourceError> {
        let runtime = self.runtimes.get(&Handle::try_current().map_err(|_| NO_RUNTIME)?);
        let permits = runtime.permits.get_or_init(|| Arc::new(Semaphore::new(self.concurrency)));
        Ok(Arc::clone(permits))
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where requests go. `None` before the first one.
    pub(super) fn target(&self) -> Option<Arc<Target>> {
        lock(&self.target).clone()
    }

    /// Loads the configuration of the clients at the first call on this runtime. `None` if no region is
    /// found and `named`, the region of an ARN, is none either.
    ///
    /// That there is no region is not remembered for long: the metadata service may only have been late.
    ///
    /// # Errors
    /// If a variable of the process, a file that it names or a key of the profile cannot be used (the SDK
    /// does not see it then), if the failover region is the region itself, or outside of a Tokio runtime with
    /// I/O.
    pub(super) async fn load(&self, named: Option<&str>) -> Result<Option<Arc<LoadedConfig>>, SourceError> {
        // The SDK panics without a runtime.
        let runtime = self.runtimes.get(&Handle::try_current().map_err(|_| NO_RUNTIME)?);
        if let Some(loaded) = runtime.loaded.get() {
            return Ok(Some(Arc::clone(loaded)));
        }
        if named.is_some()
            && let Some(loaded) = runtime.recent_without_region()
        {
            return Ok(Some(loaded));
        }
        if lacks_io() {
            return Err(NO_IO);
        }
        let settings = self.settings.completed_by_process()?.completed_by_profile().await?;
        if settings.given_http_client().is_none() {
            check_certificates().await?;
        }
        if settings.uses_default_chain() {
            check_tokens().await?;
        }
        let new_client = || BoundedClient::shared(settings.given_http_client(), &self.buffered);
        let http = runtime.http.get_or_init(new_client);
        let loaded = |config, region: Option<&Region>, target| LoadedConfig {
            config,
            region: region.map(ToString::to_string),
            target,
            has_regional_endpoint: settings.endpoint().is_some() && settings.emulator().is_none(),
            failover_region: region.and_then(|_| settings.failover_region.clone()),
            clients: Clients::default(),
        };
        let load = || async {
            let region = settings.region(http).await.ok_or(None)?;
            if settings.failover_region.as_deref() == Some(region.as_ref()) {
                return Err(Some(SAME_REGION));
            }
            let target = self.remember_target(Target::new(&settings, Some(region.to_string())));
            target.warn_about_plain_text(settings.is_development);
            let config = settings.load(region.clone(), http).await;
            Ok(Arc::new(loaded(config, Some(&region), target)))
        };
        match runtime.loaded.get_or_try_init(load).await {
            Ok(loaded) => return Ok(Some(Arc::clone(loaded))),
            Err(Some(error)) => return Err(error),
            Err(None) => {}
        }
        let target = self.remember_target(Target::new(&settings, None));
        let Some(named) = named else { return Ok(None) };
        let config = settings.load(Region::new(named.to_owned()), http).await;
        let loaded = Arc::new(loaded(config, None, target));
        *lock(&runtime.without_region) = Some((Instant::now(), Arc::clone(&loaded)));
        Ok(Some(loaded))
    }

    fn remember_target(&self, target: Target) -> Arc<Target> {
        let target = Arc::new(target);
        *lock(&self.target) = Some(Arc::clone(&target));
        target
    }

    /// The client of a region. An endpoint that was set is that of the configured region, unless it is an
    /// emulator's: other regions, and all of them if none is configured, are asked at their own endpoints.
    pub(super) fn client(&self, loaded: &LoadedConfig, region: &str) -> Arc<RegionalClient> {
        self.client_for(loaded, region, Use::Own)
    }

    fn client_for(&self, loaded: &LoadedConfig, region: &str, used: Use) -> Arc<RegionalClient> {
        let key = (region.to_owned(), used);
        if let Some(client) = lock(&loaded.clients).get(&key) {
            return Arc::clone(client);
        }
        let replica = loaded.failover_of(region).filter(|_| used == Use::Own);
        let failover = replica.map(|replica| {
            let client = self.client_for(loaded, replica, Use::Failover);
            Failover::new(region, replica, client, Arc::clone(&self.is_failing_over))
        });
        let client = Arc::new(self.new_client(loaded, region, used, failover));
        let mut clients = lock(&loaded.clients);
        if clients.len() >= MAX_REGIONS && !clients.contains_key(&key) && !loaded.is_set(region) {
            return client;
        }
        // Another task may have been faster.
        Arc::clone(clients.entry(key).or_insert(client))
    }

    fn new_client(
        &self,
        loaded: &LoadedConfig,
        region: &str,
        used: Use,
        failover: Option<Failover<RegionalClient>>,
    ) -> RegionalClient {
        let mut config =
            loaded.config.to_builder().region(Region::new(region.to_owned())).interceptor(Sanitizer::ERRORS);
        let mut target = Target { region: Some(region.to_owned()), ..(*loaded.target).clone() };
        if loaded.has_regional_endpoint && loaded.region.as_deref() != Some(region) {
            config.set_endpoint_url(None);
            target.endpoint = None;
        }
        if failover.is_some() {
            config.set_timeout_config(loaded.config.timeout_config().map(of_one_attempt));
        }
        let requests = match used {
            Use::Own => &self.requests,
            Use::Failover => &self.failover_requests,
        };
        RegionalClient {
            sdk: Client::from_conf(config.build()),
            target: Arc::new(target),
            requests: requests.clone(),
            batch_refusals: self.batch_refusals(loaded, region),
            failover,
        }
    }

    /// What batches refuse in a region, on every runtime.
    fn batch_refusals(&self, loaded: &LoadedConfig, region: &str) -> Arc<BatchRefusals> {
        let mut refusals = lock(&self.batch_refusals);
        match refusals.get(region) {
            Some(known) => Arc::clone(known),
            None if refusals.len() >= MAX_REGIONS && !loaded.is_set(region) => Arc::default(),
            None => Arc::clone(refusals.entry(region.to_owned()).or_default()),
        }
    }
}

/// What a client is used for. A region may have a client of each kind: a secret may be requested there by
/// its ARN, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Use {
    /// For the secrets of its region.
    Own,
    /// For replicas, while the first region does not answer.
    Failover,
}

/// The connections of one runtime, and the credentials that were obtained through them. Work that
/// another runtime has begun is not waited for, since that runtime may not be polled.
#[derive(Default)]
struct RuntimeConnections {
    /// A caller that is cancelled, or finds no region, leaves the cell empty.
    loaded: OnceCell<Arc<LoadedConfig>>,
    /// When no region was found last, and the configuration for secrets that are requested by ARN.
    without_region: Mutex<Option<(Instant, Arc<LoadedConfig>)>>,
    http: OnceLock<SharedHttpClient>,
    permits: OnceLock<Arc<Semaphore>>,
}

impl RuntimeConnections {
    fn recent_without_region(&self) -> Option<Arc<LoadedConfig>> {
        let without_region = lock(&self.without_region);
        let (found_at, loaded) = without_region.as_ref()?;
        (found_at.elapsed() < NO_REGION_FOR).then(|| Arc::clone(loaded))
    }
}

/// By region and use.
type Clients = Mutex<HashMap<(String, Use), Arc<RegionalClient>>>;

/// The configuration of the clients.
pub(super) struct LoadedConfig {
    config: Config,
    /// The region of secrets that are requested by name. An ARN holds its own.
    pub(super) region: Option<String>,
    target: Arc<Target>,
    /// Whether an endpoint is set that serves this region alone.
    has_regional_endpoint: bool,
    failover_region: Option<String>,
    /// Of this configuration alone: those that were made while no region was known have no failover.
    clients: Clients,
}

impl LoadedConfig {
    /// Whether a region is one of the two that are set.
    fn is_set(&self, region: &str) -> bool {
        [&self.region, &self.failover_region].into_iter().any(|set| set.as_deref() == Some(region))
    }

    /// The region that stands in for a region. Only the configured one has such a region.
    fn failover_of(&self, region: &str) -> Option<&str> {
        self.failover_region.as_deref().filter(|_| self.region.as_deref() == Some(region))
    }
}

/// The same time-outs, with that of one attempt for the whole call: a caller that has another region to ask
/// waits for the first one no longer than that.
fn of_one_attempt(timeouts: &TimeoutConfig) -> TimeoutConfig {
    let mut one = timeouts.to_builder();
    if let Some(limit) = timeouts.operation_attempt_timeout() {
        let whole = timeouts.operation_timeout().map_or(limit, |whole| whole.min(limit));
        one = one.operation_timeout(whole);
    }
    one.build()
}

/// The SDK client of one runtime and region, and what batches refuse there.
pub(super) struct RegionalClient {
    pub(super) sdk: Client,
    /// Where its requests go.
    pub(super) target: Arc<Target>,
    pub(super) requests: RequestCounters,
    pub(super) batch_refusals: Arc<BatchRefusals>,
    /// The region to ask if this one does not answer.
    pub(super) failover: Option<Failover<Self>>,
}

impl RegionalClient {
    /// A client for tests that make no call.
    #[cfg(test)]
    pub(super) fn without_server() -> Arc<Self> {
        let config = Config::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        Arc::new(Self {
            sdk: Client::from_conf(config),
            target: Arc::default(),
            requests: RequestCounters::default(),
            batch_refusals: Arc::default(),
            failover: None,
        })
    }

    /// Whether a failed call may be repeated. The application may have disabled retries.
    pub(super) fn may_retry(&self) -> bool {
        self.sdk.config().retry_config().is_none_or(|retries| retries.max_attempts() > 1)
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_secretsmanager::config::http::HttpRequest;
    use aws_sdk_secretsmanager::config::{HttpClient, RuntimeComponents};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::super::settings::Base;
    use super::*;
    use crate::source::{Key, SecretsManager, SecretsManagerBuilder, Source};

    fn connections(region: Option<&str>) -> Connections {
        let region = region.map(str::to_owned);
        Connections::new(Settings { base: Base::Isolated, region, ..Settings::default() }, 0)
    }

    #[tokio::test]
    async fn each_region_has_one_client() {
        let connections = connections(Some("eu-west-1"));
        let loaded = connections.load(None).await.unwrap().unwrap();
        let here = connections.client(&loaded, "eu-west-1");
        assert!(Arc::ptr_eq(&here, &connections.client(&loaded, "eu-west-1")));
        let there = connections.client(&loaded, "us-east-1");
        assert!(!Arc::ptr_eq(&here, &there));
        assert_eq!(there.sdk.config().region(), Some(&Region::new("us-east-1")));
    }

    #[tokio::test]
    async fn without_a_region_only_arns_can_be_requested() {
        let connections = connections(None);
        assert!(connections.load(None).await.unwrap().is_none());
        assert_eq!(connections.load(Some("eu-west-1")).await.unwrap().unwrap().region, None);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_region_the_settings_are_not_read_again_for_each_arn() {
        let connections = connections(None);
        let load = || async { connections.load(Some("eu-west-1")).await.unwrap().unwrap() };
        let first = load().await;
        assert!(Arc::ptr_eq(&first, &load().await));
        assert!(connections.load(None).await.unwrap().is_none());
        tokio::time::advance(NO_REGION_FOR).await;
        assert!(!Arc::ptr_eq(&first, &load().await), "there may be a region by now");
    }

    #[tokio::test]
    async fn a_client_that_was_made_without_a_region_is_not_kept_once_there_is_one() {
        let mut connections = connections(None);
        connections.settings.failover_region = Some("eu-central-1".to_owned());
        let early = connections.load(Some("eu-west-1")).await.unwrap().unwrap();
        assert!(connections.client(&early, "eu-west-1").failover.is_none());
        // As if the metadata service had been late.
        connections.settings.region = Some("eu-west-1".to_owned());
        let late = connections.load(None).await.unwrap().unwrap();
        assert!(connections.client(&late, "eu-west-1").failover.is_some());
    }

    #[tokio::test]
    async fn the_regions_of_arns_take_a_bounded_amount_of_memory() {
        let connections = connections(Some("eu-west-1"));
        let loaded = connections.load(None).await.unwrap().unwrap();
        for number in 0..MAX_REGIONS + 8 {
            connections.client(&loaded, &format!("region-{number}"));
        }
        let first = connections.client(&loaded, "eu-west-1");
        assert!(Arc::ptr_eq(&first, &connections.client(&loaded, "eu-west-1")), "the set region is kept");
        assert_eq!(lock(&loaded.clients).len(), MAX_REGIONS + 1);
        assert_eq!(lock(&connections.batch_refusals).len(), MAX_REGIONS + 1);
    }

    #[tokio::test]
    async fn a_target_names_the_endpoint_that_is_asked() {
        let settings = |endpoint: &str, region: Option<&str>| Settings {
            base: Base::Isolated,
            region: region.map(str::to_owned),
            endpoint_url: Some(endpoint.to_owned()),
            ..Settings::default()
        };
        for (endpoint, region, asked, has_endpoint) in [
            (VPC, Some("eu-west-1"), "eu-west-1", true),
            (VPC, Some("eu-west-1"), "ap-south-1", false),
            (VPC, None, "eu-west-1", false),
            ("http://localstack:4566", Some("eu-west-1"), "ap-south-1", true),
            ("http://localstack:4566", None, "ap-south-1", true),
        ] {
            let connections = Connections::new(settings(endpoint, region), 1);
            let loaded = connections.load(Some(asked)).await.unwrap().unwrap();
            let client = connections.client(&loaded, asked);
            assert_eq!(client.target.endpoint.is_some(), has_endpoint, "{endpoint} {region:?} {asked}");
            let options = connections.target().unwrap().options(Some(asked));
            assert_eq!(options.contains("--endpoint-url"), has_endpoint, "{options}");
        }
    }

    #[tokio::test]
    async fn any_endpoint_in_development_serves_every_region() {
        let settings = Settings {
            base: Base::Isolated,
            region: Some("eu-west-1".to_owned()),
            endpoint_url: Some("https://emulator.example".to_owned()),
            is_development: true,
            ..Settings::default()
        };
        let connections = Connections::new(settings, 1);
        let loaded = connections.load(None).await.unwrap().unwrap();
        let client = connections.client(&loaded, "ap-south-1");
        assert!(client.target.endpoint.is_some() && !loaded.has_regional_endpoint);
        assert!(connections.target().unwrap().options(Some("ap-south-1")).contains("--endpoint-url"));
    }

    #[test]
    fn each_runtime_has_its_own_clients_and_shares_what_was_refused() {
        let connections = connections(Some("eu-west-1"));
        let client = || async {
            let loaded = connections.load(None).await.unwrap().unwrap();
            connections.client(&loaded, "eu-west-1")
        };
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (first, second) = (runtime(), runtime());
        let of_first = first.block_on(client());
        assert!(Arc::ptr_eq(&of_first, &first.block_on(client())));
        let of_second = second.block_on(client());
        assert!(!Arc::ptr_eq(&of_first, &of_second));
        assert!(of_first.batch_refusals.remember_action());
        assert!(!of_second.batch_refusals.may_batch());
    }

    #[test]
    fn a_runtime_does_not_wait_for_what_another_one_loads() {
        use tokio::runtime::Builder;

        let connections = connections(Some("eu-west-1"));
        let first = Builder::new_current_thread().enable_all().build().unwrap();
        // A load that has begun and that nothing polls.
        let cell = connections.runtimes.get(first.handle());
        let mut load = Box::pin(cell.loaded.get_or_init(std::future::pending));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(load.as_mut().poll(&mut context).is_pending());
        let second = Builder::new_current_thread().enable_all().build().unwrap();
        assert!(second.block_on(connections.load(None)).unwrap().is_some());
    }

    #[test]
    fn at_least_one_call_is_allowed() {
        assert_eq!(connections(None).concurrency, 1);
    }

    /// The URLs of requests. Each fails as if nothing could be reached.
    #[derive(Debug, Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Recorder {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            lock(&self.0).push(request.uri().to_owned());
            HttpConnectorFuture::ready(Err(ConnectorError::io("not sent".into())))
        }
    }

    impl HttpClient for Recorder {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    const VPC: &str = "https://vpce-1.secretsmanager.eu-west-1.vpce.amazonaws.com";

    /// The URLs that a name and an ARN of another region are requested at.
    async fn urls(
        endpoint: Option<&str>,
        set: fn(SecretsManagerBuilder) -> SecretsManagerBuilder,
    ) -> Vec<String> {
        let recorder = Recorder::default();
        let mut sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .http_client(recorder.clone())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()));
        sdk.set_endpoint_url(endpoint.map(str::to_owned));
        let aws = set(SecretsManager::builder().sdk_config(&sdk.build()).max_attempts(1)).build();
        let far = "arn:aws:secretsmanager:ap-south-1:111111111111:secret:db-AbCdEf";
        aws.fetch(&[Key::new("db"), Key::new(far)]).await;
        let mut urls = lock(&recorder.0).clone();
        urls.sort_unstable();
        urls
    }

    #[tokio::test]
    async fn an_endpoint_serves_the_configured_region_alone_unless_it_is_an_emulators() {
        let far = "https://secretsmanager.ap-south-1.amazonaws.com/";
        assert_eq!(urls(None, |aws| aws).await, [far, "https://secretsmanager.eu-west-1.amazonaws.com/"]);
        assert_eq!(urls(Some(VPC), |aws| aws).await, [far.to_owned(), format!("{VPC}/")]);
        for emulator in ["http://localstack:4566", "https://localhost:4566"] {
            assert_eq!(
                urls(Some(emulator), |aws| aws).await,
                [format!("{emulator}/"), format!("{emulator}/")]
            );
        }
    }

    #[tokio::test]
    async fn a_secret_of_the_failover_region_is_no_failover() {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .http_client(Recorder::default())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        let aws = SecretsManager::builder().sdk_config(&sdk).failover_region("eu-central-1").build();
        let arn = "arn:aws:secretsmanager:eu-central-1:111111111111:secret:db-AbCdEf";
        aws.fetch(&[Key::new(arn)]).await;
        let connections = aws.connections.as_ref().unwrap();
        assert!(connections.requests.by_operation()[0].1 > 0);
        assert_eq!(connections.failover_requests.by_operation_of_failover(), []);
        aws.fetch(&[Key::new("db")]).await;
        assert_ne!(connections.failover_requests.by_operation_of_failover(), []);
    }

    #[tokio::test]
    async fn the_failover_region_has_its_own_endpoint_too() {
        let replica = "https://secretsmanager.eu-central-1.amazonaws.com/".to_owned();
        let far = "https://secretsmanager.ap-south-1.amazonaws.com/".to_owned();
        let seen = urls(Some(VPC), |aws| aws.failover_region("eu-central-1")).await;
        assert_eq!(seen, [far, replica, format!("{VPC}/")]);
    }

    #[tokio::test]
    async fn fips_and_dual_stack_endpoints_can_be_chosen_in_code() {
        let fips = urls(None, |aws| aws.use_fips(true)).await;
        assert_eq!(fips[1], "https://secretsmanager-fips.eu-west-1.amazonaws.com/");
        // Elsewhere, the endpoint for both kinds of addresses is the usual one. The ARN of another partition
        // is not requested.
        let both = urls(None, |aws| aws.region("cn-north-1").use_fips(true).use_dual_stack(true)).await;
        assert_eq!(both, ["https://secretsmanager-fips.cn-north-1.api.amazonwebservices.com.cn/"]);
    }
}
