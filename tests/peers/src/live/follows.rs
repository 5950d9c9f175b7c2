//! How soon a rotated secret is in the config: by itself, and when asked for.

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client as SdkClient;
use secrets_runtime::{Live, SecretConfig};
use tokio::task::JoinSet;

use super::report::{Report, count};
use super::{LATENCY, NEVER, Service, TOKEN, client};
use crate::outcome::Result;
use crate::samples::{largest, median, milliseconds};
use crate::shop::Shop;

const TTL: Duration = Duration::from_secs(2);
/// Each follows on its own, so that a rotation meets them at different times of their TTL.
const CLIENTS: usize = 20;
/// Each waits for a TTL.
const ROTATIONS: usize = 5;
const REFRESHES: usize = 25;
/// What a refresh may take beyond the round trip: signing, reading the answer, building the config, waking who waits.
const BEYOND_MILLISECONDS: f64 = 2.0;

pub(super) async fn run(report: &mut Report) -> Result<()> {
    let shop = Shop::open(LATENCY).await;
    shop.stub.put(TOKEN, "token");
    by_itself(&shop, report).await?;
    when_asked_for(&shop, report).await
}

async fn by_itself(shop: &Shop, report: &mut Report) -> Result<()> {
    let mut configs = Vec::new();
    for _ in 0..CLIENTS {
        configs.push(Service::watch(&client(shop, TTL)?).await?);
    }
    let mut delays = Vec::new();
    for rotation in 0..ROTATIONS {
        let token = format!("token of rotation {rotation}");
        let rotated = Instant::now();
        shop.stub.put(TOKEN, &token);
        let mut waiting = JoinSet::new();
        for mut config in configs.drain(..) {
            let token = token.clone();
            waiting.spawn(async move {
                config.changed().await;
                let delay = rotated.elapsed();
                holds(&config, &token)?;
                Ok::<_, String>((config, delay))
            });
        }
        for followed in waiting.join_all().await {
            let (config, delay) = followed?;
            configs.push(config);
            delays.push(delay.as_secs_f64() / TTL.as_secs_f64());
        }
    }
    let what = format!("a rotated secret is in the config, {CLIENTS} clients, {ROTATIONS} rotations");
    report.plain(&format!("{what}, in TTLs of {} s: median", TTL.as_secs()), show(median(delays.clone())));
    report.plain("  worst", show(largest(delays.clone())));
    report.outcome.at_most(1.1, format!("{what}, in TTLs, worst"), largest(delays));
    Ok(())
}

fn show(ttls: f64) -> String {
    format!("{ttls:.3}")
}

fn holds(config: &Live<Service>, token: &str) -> std::result::Result<(), String> {
    let holds = config.get().token.expose_secret() == token;
    if holds { Ok(()) } else { Err("a config has changed, but not to what was stored".to_owned()) }
}

async fn when_asked_for(shop: &Shop, report: &mut Report) -> Result<()> {
    let sdk = SdkClient::new(&shop.sdk_config);
    let config = Service::watch(&client(shop, NEVER)?).await?;
    let (mut trips, mut refreshes, mut beyond) = (Vec::new(), Vec::new(), Vec::new());
    let mut requests = 0;
    // The first round is not counted: it opens connections.
    for round in 0..=REFRESHES {
        let begun = Instant::now();
        shop.round_trip(&sdk).await?;
        let trip = milliseconds(begun.elapsed());
        let token = format!("token of round {round}");
        shop.stub.put(TOKEN, &token);
        shop.stub.reset_requests();
        let begun = Instant::now();
        config.refresh().await?;
        let refresh = milliseconds(begun.elapsed());
        holds(&config, &token)?;
        if round > 0 {
            trips.push(trip);
            refreshes.push(refresh);
            beyond.push(refresh - trip);
            requests = requests.max(shop.stub.requests().total());
        }
    }
    let (trip, refresh) = (median(trips), median(refreshes));
    let beside = format!("a warm GetSecretValue of the SDK: {trip:.1}");
    let what = "`refresh()` until the new value is in the config, ms";
    report.beside(what, format!("{refresh:.1}"), &beside, refresh / trip);
    report.plain("  requests of one, at most", requests.to_string());
    let outcome = &mut report.outcome;
    outcome.at_most(BEYOND_MILLISECONDS, "refresh(), ms beyond one round trip", median(beyond));
    outcome.at_most(1.0, "refresh(), requests", count(requests)?);
    Ok(())
}
