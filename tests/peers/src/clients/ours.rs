//! `Secrets`, as a service in production makes it.

use aws_config::SdkConfig;
use secrets_runtime::{Environment, Secret, SecretConfig as _, Secrets};

use super::{Client, Settings};
use crate::outcome::Result;
use crate::shop::{AppConfig, check};

#[derive(Clone)]
pub(crate) struct Ours(Secrets);

impl Client for Ours {
    const NAME: &str = "ours";

    type Value = Secret<String>;

    async fn open(sdk_config: &SdkConfig, settings: Settings) -> Result<Self> {
        let mut builder = Secrets::builder().environment(Environment::PRODUCTION).sdk_config(sdk_config);
        if let Some(ttl) = settings.ttl {
            builder = builder.ttl(ttl);
        }
        if let Some(capacity) = settings.capacity {
            builder = builder.capacity(capacity);
        }
        Ok(Self(builder.build()?))
    }

    async fn get(&self, id: &str) -> std::result::Result<Secret<String>, String> {
        self.0.get(id).await.map_err(|error| error.to_string())
    }

    fn text(value: &Secret<String>) -> &str {
        value.expose_secret()
    }

    async fn load_all(&self) -> Result<()> {
        let config = AppConfig::load_from(&self.0).await?;
        config.fields().into_iter().try_for_each(|(name, secret)| check(name, Some(secret.expose_secret())))
    }
}
