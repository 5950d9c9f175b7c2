//! A start as a program that has a config makes it.

use crate::clients::{Client as _, Ours, Settings};
use crate::outcome::Result;
use crate::shop::Shop;

pub(super) async fn start(shop: &Shop) -> Result<()> {
    Ours::open(&shop.sdk_config, Settings::default()).await?.load_all().await
}
