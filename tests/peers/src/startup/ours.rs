//! A start as a program that has a config makes it.

use secrets_runtime::{Environment, SecretConfig as _, Secrets};

use super::config::AppConfig;
use super::shop::{Shop, check};
use crate::outcome::Result;

pub(super) async fn start(shop: &Shop) -> Result<()> {
    let secrets =
        Secrets::builder().environment(Environment::PRODUCTION).sdk_config(&shop.sdk_config).build()?;
    let config = AppConfig::load_from(&secrets).await?;
    config.fields().into_iter().try_for_each(|(name, secret)| check(name, Some(secret.expose_secret())))
}
