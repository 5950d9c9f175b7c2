//! The same start with `aws_secretsmanager_caching`, in both ways that it offers.

use std::num::NonZeroUsize;
use std::time::Duration;

use aws_sdk_secretsmanager::config::Builder;
use aws_secretsmanager_caching::SecretsManagerCachingClient;

use super::config::NAMES;
use super::shop::{Shop, check, secret_id};
use crate::outcome::Result;

/// How many secrets one batch call takes.
const BATCH: usize = 20;

pub(super) async fn one_by_one(shop: &Shop) -> Result<()> {
    let client = client(shop).await?;
    for name in NAMES {
        let secret = get(&client, name).await?;
        check(name, secret.as_deref())?;
    }
    Ok(())
}

/// The batch call fills the cache; the values are then read from it.
pub(super) async fn batches_in_turn(shop: &Shop) -> Result<()> {
    let client = client(shop).await?;
    for names in NAMES.chunks(BATCH) {
        let ids = names.iter().copied().map(secret_id).collect();
        client.batch_get_secret_value(Some(ids), None, None, None).await?;
    }
    for name in NAMES {
        let secret = get(&client, name).await?;
        check(name, secret.as_deref())?;
    }
    Ok(())
}

async fn client(shop: &Shop) -> Result<SecretsManagerCachingClient> {
    let capacity = NonZeroUsize::new(NAMES.len()).ok_or("there are no secrets")?;
    let builder = Builder::from(&shop.sdk_config);
    Ok(SecretsManagerCachingClient::from_builder(builder, capacity, Duration::from_mins(5), false).await?)
}

async fn get(client: &SecretsManagerCachingClient, name: &str) -> Result<Option<String>> {
    let secret = client.get_secret_value(&secret_id(name), None, None, false).await?;
    Ok(secret.secret_string)
}
