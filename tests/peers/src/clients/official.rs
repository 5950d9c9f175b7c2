//! `aws_secretsmanager_caching`.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::Builder;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use aws_secretsmanager_caching::output::GetSecretValueOutputDef;

use super::{Client, Settings};
use crate::outcome::Result;
use crate::shop::{NAMES, check, secret_id};

/// How many secrets one batch call takes.
const BATCH: usize = 20;

#[derive(Clone)]
pub(crate) struct Official(Arc<SecretsManagerCachingClient>);

impl Official {
    /// Asks for a secret whether or not it is cached.
    pub(crate) async fn refresh(&self, id: &str) -> std::result::Result<GetSecretValueOutputDef, String> {
        self.0.get_secret_value(id, None, None, true).await.map_err(|error| error.to_string())
    }
}

impl Client for Official {
    const NAME: &str = "official";

    type Value = GetSecretValueOutputDef;

    async fn open(sdk_config: &SdkConfig, settings: Settings) -> Result<Self> {
        // It has no defaults of its own: these are its documentation's.
        let capacity = NonZeroUsize::new(settings.capacity.unwrap_or(1000)).ok_or("a capacity of zero")?;
        let ttl = settings.ttl.unwrap_or(Duration::from_mins(5));
        let builder = Builder::from(sdk_config);
        // The last argument has it serve what it holds when a refresh fails, as far as it does: its best setting.
        let client = SecretsManagerCachingClient::from_builder(builder, capacity, ttl, true).await?;
        Ok(Self(Arc::new(client)))
    }

    async fn get(&self, id: &str) -> std::result::Result<GetSecretValueOutputDef, String> {
        self.0.get_secret_value(id, None, None, false).await.map_err(|error| error.to_string())
    }

    fn text(value: &GetSecretValueOutputDef) -> &str {
        value.secret_string.as_deref().unwrap_or_default()
    }

    /// The batch call fills the cache; the values are then read from it.
    async fn load_all(&self) -> Result<()> {
        for names in NAMES.chunks(BATCH) {
            let ids = names.iter().copied().map(secret_id).collect();
            // What it gives cannot be sent to another thread, nor can its error.
            self.0
                .batch_get_secret_value(Some(ids), None, None, None)
                .await
                .map(drop)
                .map_err(|error| error.to_string())?;
        }
        for name in NAMES {
            let secret = self.get(&secret_id(name)).await?;
            check(name, secret.secret_string.as_deref())?;
        }
        Ok(())
    }
}
