//! Many secrets at once: 200 that nobody has yet, and 100 that have expired together.

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client as SdkClient;
use tokio::task::JoinSet;

use super::LATENCY;
use super::report::{Pairs, Report, count};
use crate::clients::{Client, Official, Ours, Settings};
use crate::outcome::Result;
use crate::samples::milliseconds;
use crate::shop::{NAMES, Shop, check, kinds, secret_id};

const ROUNDS: usize = 9;
/// Each waits for a TTL.
const REFRESHES: usize = 5;
const DUE: usize = 100;
const TTL: Duration = Duration::from_secs(1);
/// More than the TTL, whatever it is spread by.
const EXPIRED: Duration = Duration::from_millis(1300);
/// Enough for what the readers did not wait for to be done.
const SETTLED: Duration = Duration::from_millis(300);

pub(super) async fn run(report: &mut Report) -> Result<()> {
    let shop = Shop::open(LATENCY).await;
    cold(&shop, report).await?;
    due(&shop, report).await
}

async fn cold(shop: &Shop, report: &mut Report) -> Result<()> {
    let sdk = SdkClient::new(&shop.sdk_config);
    let [mut round_trip, mut gets, mut loads] = <[Pairs; 3]>::default();
    let [mut gets_shown, mut loads_shown] = [const { [String::new(), String::new()] }; 2];
    // The first round is not counted: it loads what a process loads once.
    for round in 0..=ROUNDS {
        let begun = Instant::now();
        shop.round_trip(&sdk).await?;
        let trip = milliseconds(begun.elapsed());
        let (ours, official) = (at_once::<Ours>(shop).await?, at_once::<Official>(shop).await?);
        let (ours_load, official_load) = (load::<Ours>(shop).await?, load::<Official>(shop).await?);
        if round > 0 {
            round_trip.push(trip, trip);
            gets.push(ours.time, official.time);
            loads.push(ours_load.time, official_load.time);
        }
        gets_shown = [ours.kinds, official.kinds];
        loads_shown = [ours_load.kinds, official_load.kinds];
    }
    report.plain("one warm GetSecretValue of the SDK, ms", format!("{:.1}", round_trip.ours()), "");
    for (what, times, [ours, official]) in [
        ("200 cold secrets, a get each, all at once", &gets, gets_shown),
        ("200 cold secrets, one config or ten batches", &loads, loads_shown),
    ] {
        report.row(&format!("{what}, ms"), times, |time| format!("{time:.1}"));
        let trips = times.beside(&round_trip);
        report.row("  in round trips", &trips, |trips| format!("{trips:.2}"));
        report.plain("  requests", ours, official);
        report.outcome.at_most(1.5, format!("{what}, in round trips"), trips.ours());
    }
    Ok(())
}

async fn due(shop: &Shop, report: &mut Report) -> Result<()> {
    let settings = Settings::ttl(TTL);
    let ours = Ours::open(&shop.sdk_config, settings).await?;
    let official = Official::open(&shop.sdk_config, settings).await?;
    for (what, way) in [
        (format!("{DUE} due secrets, read in turn by one task"), Way::InTurn),
        (format!("{DUE} due secrets, read by a task each"), Way::AtOnce),
    ] {
        let [mut requests, mut times] = <[Pairs; 2]>::default();
        let mut shown = [String::new(), String::new()];
        for _ in 0..REFRESHES {
            // The cold ones are fetched; those that have expired in the meantime, too.
            read(&ours, DUE, Way::AtOnce).await?;
            read(&official, DUE, Way::AtOnce).await?;
            tokio::time::sleep(EXPIRED).await;
            let of_ours = measured(shop, read(&ours, DUE, way)).await?;
            let of_official = measured(shop, read(&official, DUE, way)).await?;
            requests.push(count(of_ours.requests)?, count(of_official.requests)?);
            times.push(of_ours.time, of_official.time);
            shown = [of_ours.kinds, of_official.kinds];
        }
        let [of_ours, of_official] = shown;
        report.row(&format!("{what}, requests"), &requests, |requests| format!("{requests:.0}"));
        report.plain("  of the last round", of_ours, of_official);
        report.plain("  in our worst round", format!("{:.0}", requests.most_of_ours()), "");
        report.row("  ms until all are read", &times, |time| format!("{time:.1}"));
        report.outcome.at_most(5.0, format!("{what}, requests"), requests.ours());
    }
    Ok(())
}

/// How secrets are read one by one.
#[derive(Clone, Copy)]
enum Way {
    InTurn,
    AtOnce,
}

/// What some work took and caused.
struct Measured {
    /// Milliseconds.
    time: f64,
    requests: usize,
    kinds: String,
}

async fn measured(shop: &Shop, work: impl Future<Output = Result<()>>) -> Result<Measured> {
    shop.stub.reset_requests();
    let begun = Instant::now();
    work.await?;
    let time = milliseconds(begun.elapsed());
    tokio::time::sleep(SETTLED).await;
    let requests = shop.stub.requests();
    Ok(Measured { time, requests: requests.total(), kinds: kinds(&requests) })
}

/// A get of each secret of the shop by a client that has nothing, not even a connection.
async fn at_once<C: Client>(shop: &Shop) -> Result<Measured> {
    measured(shop, async {
        let client = C::open(&shop.sdk_config, Settings::default()).await?;
        read(&client, NAMES.len(), Way::AtOnce).await
    })
    .await
}

/// The same in the client's way for many secrets.
async fn load<C: Client>(shop: &Shop) -> Result<Measured> {
    // Boxed, because the official client's futures take 17 kB.
    let load = Box::pin(async { C::open(&shop.sdk_config, Settings::default()).await?.load_all().await });
    measured(shop, load).await
}

async fn read<C: Client>(client: &C, secrets: usize, way: Way) -> Result<()> {
    let mut tasks = JoinSet::new();
    for name in NAMES.into_iter().take(secrets) {
        match way {
            // Boxed, because the official client's futures take 17 kB.
            Way::InTurn => Box::pin(read_one(client, name)).await?,
            Way::AtOnce => {
                let client = client.clone();
                tasks.spawn(async move { read_one(&client, name).await });
            }
        }
    }
    Ok(tasks.join_all().await.into_iter().collect::<std::result::Result<(), String>>()?)
}

async fn read_one<C: Client>(client: &C, name: &str) -> std::result::Result<(), String> {
    let value = client.get(&secret_id(name)).await?;
    check(name, Some(C::text(&value))).map_err(|error| error.to_string())
}
