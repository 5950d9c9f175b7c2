//! A program that has a config, and reads its secrets through `Secrets` while it serves.

use std::time::Duration;

use aws_config::SdkConfig;
use secrets_runtime::{Clock, Environment, SecretConfig as _, Secrets};
use tokio::time::Instant;

use super::config::{NAMES, Shop, is_value};
use super::instance::Policy;
use super::simulation::Fleet;

/// How often every secret is read. A program under traffic reads more often, which only this machine would notice.
pub(super) const READS_EVERY: Duration = Duration::from_secs(10);

/// With the defaults that a user gets; only the clock is the simulation's.
pub(super) struct Ours(Secrets);

impl Policy for Ours {
    const NAME: &'static str = "Secrets";

    async fn start(sdk_config: &SdkConfig) -> Option<Self> {
        let secrets = Secrets::builder()
            .environment(Environment::PRODUCTION)
            .clock(Clock::Tokio)
            .sdk_config(sdk_config)
            .build()
            .ok()?;
        let shop = Shop::load_from(&secrets).await.ok()?;
        let is_right = |(field, secret): (&str, &secrets_runtime::Secret<String>)| {
            is_value(&format!("shop/{field}"), secret.expose_secret())
        };
        shop.secrets().all(is_right).then_some(Self(secrets))
    }

    async fn serve(self, fleet: &Fleet) {
        tokio::time::sleep(READS_EVERY.mul_f64(fastrand::f64())).await;
        loop {
            for name in NAMES {
                let since = Instant::now();
                let read = self.0.get(name).await;
                fleet.note_read(since, read.is_ok_and(|secret| is_value(name, secret.expose_secret())));
            }
            tokio::time::sleep(READS_EVERY).await;
        }
    }
}
