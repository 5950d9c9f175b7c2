//! The same start with `aws_secretsmanager_caching`, in both ways that it offers.

use crate::clients::{Client as _, Official, Settings};
use crate::outcome::Result;
use crate::shop::{NAMES, Shop, check, secret_id};

pub(super) async fn one_by_one(shop: &Shop) -> Result<()> {
    let client = client(shop).await?;
    for name in NAMES {
        let secret = client.get(&secret_id(name)).await?;
        check(name, secret.secret_string.as_deref())?;
    }
    Ok(())
}

pub(super) async fn batches_in_turn(shop: &Shop) -> Result<()> {
    client(shop).await?.load_all().await
}

async fn client(shop: &Shop) -> Result<Official> {
    Official::open(&shop.sdk_config, Settings { capacity: Some(NAMES.len()), ttl: None }).await
}
