//! One client for each region, built when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sdk_secretsmanager::config::Region;
use aws_sdk_secretsmanager::{Client, Config};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

use super::settings::Settings;

/// How long a refused batch action is not asked for again. Policies change seldom, but they do change.
const BATCH_REFUSED_FOR: Duration = Duration::from_secs(10 * 60);

/// What a source has built so far.
pub(super) struct Connections {
    settings: Settings,
    /// A cell that awaits without a lock, and that a caller who is cancelled, or finds no region, leaves empty.
    config: OnceCell<Config>,
    clients: Mutex<HashMap<String, Arc<Regional>>>,
    /// The calls that may be under way at once.
    pub(super) permits: Arc<Semaphore>,
}

impl Connections {
    pub(super) fn new(settings: Settings, concurrency: usize) -> Self {
        Self {
            settings,
            config: OnceCell::new(),
            clients: Mutex::default(),
            permits: Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The configuration. One without a region is used once and not kept: the metadata service may only have been late.
    pub(super) async fn config(&self) -> Config {
        let load = || async {
            let config = self.settings.load().await;
            if config.region().is_some() { Ok(config) } else { Err(config) }
        };
        self.config.get_or_try_init(load).await.cloned().unwrap_or_else(|without_region| without_region)
    }

    /// The client of a region. All of them keep the endpoint that was set, if one was.
    pub(super) fn client(&self, config: &Config, region: &str) -> Arc<Regional> {
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(region) {
            return Arc::clone(client);
        }
        let config = config.to_builder().region(Region::new(region.to_owned())).build();
        let client =
            Arc::new(Regional { client: Client::from_conf(config), batch_refused: Mutex::default() });
        clients.insert(region.to_owned(), Arc::clone(&client));
        client
    }
}

/// The client of one region, and what is known of it.
pub(super) struct Regional {
    pub(super) client: Client,
    batch_refused: Mutex<Option<Instant>>,
}

impl Regional {
    /// Whether BatchGetSecretValue may be worth asking for.
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

/// A lock for short state that no `.await` crosses. What it guards is whole at every moment, panics included.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
