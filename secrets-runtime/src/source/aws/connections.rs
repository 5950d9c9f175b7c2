//! One client for each region, built when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_secretsmanager::config::Region;
use aws_sdk_secretsmanager::{Client, Config};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use super::request_counter::Requests;
use super::sanitize::CutDown;
use super::settings::Settings;
use crate::error::SourceError;
use crate::lock::lock;

/// How long a refused batch action is not asked for again. Policies change seldom, but they do change.
const BATCH_REFUSED_FOR: Duration = Duration::from_mins(10);

/// What a source has built so far.
pub(super) struct Connections {
    settings: Settings,
    /// A cell that awaits without a lock, and that a caller who is cancelled, or finds no region, leaves empty.
    loaded: OnceCell<Arc<Loaded>>,
    clients: Mutex<HashMap<String, Arc<Regional>>>,
    /// The calls that may be under way at once.
    pub(super) permits: Arc<Semaphore>,
    pub(super) requests: Requests,
}

impl Connections {
    pub(super) fn new(settings: Settings, concurrency: usize) -> Self {
        Self {
            settings,
            loaded: OnceCell::new(),
            clients: Mutex::default(),
            permits: Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS))),
            requests: Requests::default(),
        }
    }

    /// The same limit and count of calls with other settings, nothing built yet.
    pub(super) fn with(&self, settings: Settings) -> Self {
        Self { permits: Arc::clone(&self.permits), requests: self.requests.clone(), ..Self::new(settings, 1) }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What the clients are built from; none if no region is to be found, not even `another` to ask in.
    ///
    /// That there is no region is not remembered: the metadata service may only have been late.
    ///
    /// # Errors
    /// A variable of the process that cannot be used. The SDK does not see it then.
    pub(super) async fn load(&self, another: Option<&str>) -> Result<Option<Arc<Loaded>>, SourceError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(Some(Arc::clone(loaded)));
        }
        let settings = self.settings.completed_by_process()?;
        let load = || async {
            let region = settings.region().await.ok_or(())?;
            let config = settings.load(region.clone()).await;
            Ok::<_, ()>(Arc::new(Loaded { config, region: Some(region.to_string()) }))
        };
        if let Ok(loaded) = self.loaded.get_or_try_init(load).await {
            return Ok(Some(Arc::clone(loaded)));
        }
        let Some(another) = another else { return Ok(None) };
        let config = settings.load(Region::new(another.to_owned())).await;
        Ok(Some(Arc::new(Loaded { config, region: None })))
    }

    /// The client of a region. All of them keep the endpoint that was set, if one was.
    pub(super) fn client(&self, loaded: &Loaded, region: &str) -> Arc<Regional> {
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(region) {
            return Arc::clone(client);
        }
        let config = loaded
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .interceptor(CutDown::ERRORS)
            .build();
        let client = Arc::new(Regional {
            client: Client::from_conf(config),
            requests: self.requests.clone(),
            batch_refused: Mutex::default(),
        });
        clients.insert(region.to_owned(), Arc::clone(&client));
        client
    }
}

/// What the clients are built from.
pub(super) struct Loaded {
    config: Config,
    /// Where names are looked up; an ARN says it by itself.
    pub(super) region: Option<String>,
}

/// The client of one region, and what is known of it.
pub(super) struct Regional {
    pub(super) client: Client,
    pub(super) requests: Requests,
    batch_refused: Mutex<Option<Instant>>,
}

impl Regional {
    /// A client that is never asked.
    #[cfg(test)]
    pub(super) fn of_nobody() -> Arc<Self> {
        let config = Config::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        Arc::new(Self {
            client: Client::from_conf(config),
            requests: Requests::default(),
            batch_refused: Mutex::default(),
        })
    }

    /// Whether what has failed may be asked for again: the application may want to know at once.
    pub(super) fn may_retry(&self) -> bool {
        self.client.config().retry_config().is_none_or(|retries| retries.max_attempts() > 1)
    }

    /// Whether `BatchGetSecretValue` may be worth asking for.
    pub(super) fn may_batch(&self) -> bool {
        lock(&self.batch_refused).is_none_or(|since| since.elapsed() >= BATCH_REFUSED_FOR)
    }

    /// Remembers that the batch action is refused. `true` if that is news.
    pub(super) fn batch_is_refused(&self) -> bool {
        let now = Instant::now();
        let before = lock(&self.batch_refused).replace(now);
        before.is_none_or(|since| now.duration_since(since) >= BATCH_REFUSED_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Base;
    use super::*;

    fn connections(region: Option<&str>) -> Connections {
        let region = region.map(str::to_owned);
        Connections::new(Settings { base: Base::Nowhere, region, ..Settings::default() }, 0)
    }

    #[tokio::test]
    async fn each_region_has_one_client() {
        let connections = connections(Some("eu-west-1"));
        let loaded = connections.load(None).await.unwrap().unwrap();
        let here = connections.client(&loaded, "eu-west-1");
        assert!(Arc::ptr_eq(&here, &connections.client(&loaded, "eu-west-1")));
        let there = connections.client(&loaded, "us-east-1");
        assert!(!Arc::ptr_eq(&here, &there));
        assert_eq!(there.client.config().region(), Some(&Region::new("us-east-1")));
    }

    #[tokio::test]
    async fn without_a_region_only_arns_can_be_asked_for() {
        let connections = connections(None);
        assert!(connections.load(None).await.unwrap().is_none());
        assert_eq!(connections.load(Some("eu-west-1")).await.unwrap().unwrap().region, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_batch_is_news_once_and_asked_for_again_after_ten_minutes() {
        let connections = connections(Some("eu-west-1"));
        let loaded = connections.load(None).await.unwrap().unwrap();
        let regional = connections.client(&loaded, "eu-west-1");
        assert!(regional.may_batch());
        assert!(regional.batch_is_refused());
        assert!(!regional.batch_is_refused());
        assert!(!regional.may_batch());
        tokio::time::advance(BATCH_REFUSED_FOR).await;
        assert!(regional.may_batch());
        assert!(regional.batch_is_refused());
    }

    #[test]
    fn at_least_one_call_is_allowed() {
        assert_eq!(connections(None).permits.available_permits(), 1);
    }
}
