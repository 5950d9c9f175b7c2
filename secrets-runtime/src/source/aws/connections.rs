//! One SDK client for each region, built at its first use. The clients of a source share limits, counters
//! and settings.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_secretsmanager::config::Region;
use aws_sdk_secretsmanager::{Client, Config};
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use super::request_counter::RequestCounters;
use super::sanitize::Sanitizer;
use super::settings::Settings;
use crate::error::{ErrorKind, SourceError};
use crate::lock::lock;

/// How long a refused batch action is not called again. Policies change, but seldom.
const BATCH_REFUSED_FOR: Duration = Duration::from_mins(10);

const NO_RUNTIME: SourceError =
    SourceError::new(ErrorKind::Configuration).because("AWS can be asked from a Tokio runtime only");

/// The clients of a source, and what they share.
pub(super) struct Connections {
    settings: Settings,
    /// A caller that is cancelled, or finds no region, leaves the cell empty.
    loaded: OnceCell<Arc<LoadedConfig>>,
    clients: Mutex<HashMap<String, Arc<RegionalClient>>>,
    /// One permit for each call that may run at once.
    pub(super) permits: Arc<Semaphore>,
    pub(super) requests: RequestCounters,
}

impl Connections {
    pub(super) fn new(settings: Settings, concurrency: usize) -> Self {
        Self {
            settings,
            loaded: OnceCell::new(),
            clients: Mutex::default(),
            permits: Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS))),
            requests: RequestCounters::default(),
        }
    }

    /// Connections with other settings and the same limit and counters.
    pub(super) fn with(&self, settings: Settings) -> Self {
        Self { permits: Arc::clone(&self.permits), requests: self.requests.clone(), ..Self::new(settings, 1) }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Loads the configuration of the clients at the first call. `None` if no region is found and `named`,
    /// the region of an ARN, is none either.
    ///
    /// That there is no region is not remembered: the metadata service may only have been late.
    ///
    /// # Errors
    /// If a variable of the process cannot be used (the SDK does not see it then), or outside of a Tokio
    /// runtime.
    pub(super) async fn load(&self, named: Option<&str>) -> Result<Option<Arc<LoadedConfig>>, SourceError> {
        // The SDK panics without a runtime.
        Handle::try_current().map_err(|_| NO_RUNTIME)?;
        if let Some(loaded) = self.loaded.get() {
            return Ok(Some(Arc::clone(loaded)));
        }
        let settings = self.settings.completed_by_process()?;
        let load = || async {
            let region = settings.region().await.ok_or(())?;
            let config = settings.load(region.clone()).await;
            Ok::<_, ()>(Arc::new(LoadedConfig { config, region: Some(region.to_string()) }))
        };
        if let Ok(loaded) = self.loaded.get_or_try_init(load).await {
            return Ok(Some(Arc::clone(loaded)));
        }
        let Some(named) = named else { return Ok(None) };
        let config = settings.load(Region::new(named.to_owned())).await;
        Ok(Some(Arc::new(LoadedConfig { config, region: None })))
    }

    /// The client of a region. An endpoint that was set holds for every region.
    pub(super) fn client(&self, loaded: &LoadedConfig, region: &str) -> Arc<RegionalClient> {
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(region) {
            return Arc::clone(client);
        }
        let config = loaded
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .interceptor(Sanitizer::ERRORS)
            .build();
        let client = Arc::new(RegionalClient {
            sdk: Client::from_conf(config),
            requests: self.requests.clone(),
            batch_refused_at: Mutex::default(),
        });
        clients.insert(region.to_owned(), Arc::clone(&client));
        client
    }
}

/// The configuration of the clients.
pub(super) struct LoadedConfig {
    config: Config,
    /// The region of secrets that are requested by name. An ARN holds its own.
    pub(super) region: Option<String>,
}

/// The SDK client of one region, and whether its batch action was refused.
pub(super) struct RegionalClient {
    pub(super) sdk: Client,
    pub(super) requests: RequestCounters,
    batch_refused_at: Mutex<Option<Instant>>,
}

impl RegionalClient {
    /// A client for tests that make no call.
    #[cfg(test)]
    pub(super) fn without_server() -> Arc<Self> {
        let config = Config::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        Arc::new(Self {
            sdk: Client::from_conf(config),
            requests: RequestCounters::default(),
            batch_refused_at: Mutex::default(),
        })
    }

    /// Whether a failed call may be repeated. The application may have disabled retries.
    pub(super) fn may_retry(&self) -> bool {
        self.sdk.config().retry_config().is_none_or(|retries| retries.max_attempts() > 1)
    }

    /// Whether to call `BatchGetSecretValue`.
    pub(super) fn may_batch(&self) -> bool {
        lock(&self.batch_refused_at).is_none_or(|since| since.elapsed() >= BATCH_REFUSED_FOR)
    }

    /// Remembers that the batch action is refused. Returns whether it was not known.
    pub(super) fn remember_refused_batch(&self) -> bool {
        let now = Instant::now();
        let before = lock(&self.batch_refused_at).replace(now);
        before.is_none_or(|since| now.duration_since(since) >= BATCH_REFUSED_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Base;
    use super::*;

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
    async fn a_refused_batch_is_reported_once_and_called_again_after_ten_minutes() {
        let connections = connections(Some("eu-west-1"));
        let loaded = connections.load(None).await.unwrap().unwrap();
        let client = connections.client(&loaded, "eu-west-1");
        assert!(client.may_batch());
        assert!(client.remember_refused_batch());
        assert!(!client.remember_refused_batch());
        assert!(!client.may_batch());
        tokio::time::advance(BATCH_REFUSED_FOR).await;
        assert!(client.may_batch());
        assert!(client.remember_refused_batch());
    }

    #[test]
    fn at_least_one_call_is_allowed() {
        assert_eq!(connections(None).permits.available_permits(), 1);
    }
}
