//! Two plain programs: the SDK with its standard retries, all secrets by one call or each by its own, and all of them
//! again when a TTL has passed.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::config::{NAMES, is_value};
use super::instance::Policy;
use super::simulation::Fleet;

/// The TTL of `Secrets`, and its spread.
pub(super) const TTL: Duration = Duration::from_mins(5);
const SPREAD: f64 = 0.1;

pub(super) struct BatchOnly(Client);

impl BatchOnly {
    /// Whether all secrets came.
    async fn fetch(&self) -> bool {
        let names = NAMES.map(str::to_owned).to_vec();
        let Ok(answer) = self.0.batch_get_secret_value().set_secret_id_list(Some(names)).send().await else {
            return false;
        };
        let right = |name: &str| {
            answer.secret_values().iter().any(|secret| {
                secret.name() == Some(name) && secret.secret_string().is_some_and(|text| is_value(name, text))
            })
        };
        NAMES.into_iter().all(right)
    }
}

impl Policy for BatchOnly {
    const NAME: &'static str = "batch only";

    async fn start(sdk_config: &SdkConfig) -> Option<Self> {
        let program = Self(Client::new(sdk_config));
        program.fetch().await.then_some(program)
    }

    async fn serve(self, fleet: &Fleet) {
        loop {
            next_ttl().await;
            let since = Instant::now();
            fleet.note_read(since, self.fetch().await);
        }
    }
}

pub(super) struct GetOnly(Client);

impl GetOnly {
    /// Whether all secrets came.
    async fn fetch(&self) -> bool {
        let mut calls = JoinSet::new();
        for name in NAMES {
            let call = self.0.get_secret_value().secret_id(name).send();
            calls.spawn(async move {
                let answer = call.await;
                answer.is_ok_and(|answer| answer.secret_string().is_some_and(|text| is_value(name, text)))
            });
        }
        calls.join_all().await.into_iter().all(|right| right)
    }
}

impl Policy for GetOnly {
    const NAME: &'static str = "get only";

    async fn start(sdk_config: &SdkConfig) -> Option<Self> {
        let program = Self(Client::new(sdk_config));
        program.fetch().await.then_some(program)
    }

    async fn serve(self, fleet: &Fleet) {
        loop {
            next_ttl().await;
            let since = Instant::now();
            fleet.note_read(since, self.fetch().await);
        }
    }
}

async fn next_ttl() {
    let spread = fastrand::f64().mul_add(2.0 * SPREAD, 1.0 - SPREAD);
    tokio::time::sleep(TTL.mul_f64(spread)).await;
}
