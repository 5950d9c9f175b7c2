//! A thousand tasks that want one secret at the same moment: when nobody has it yet, while it is fresh, and when it has
//! expired.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::LATENCY;
use super::report::{Pairs, Report, count};
use crate::clients::{Client, Official, Ours, Settings};
use crate::outcome::Result;
use crate::samples::{median, milliseconds, percentile_99};
use crate::shop::{NAMES, Shop, check, kinds, secret_id};

const TASKS: usize = 1000;
const ROUNDS: usize = 7;
const TTL: Duration = Duration::from_secs(2);
/// More than the TTL, whatever it is spread by.
const EXPIRED: Duration = Duration::from_millis(2400);
/// Enough for what the readers did not wait for to be done.
const SETTLED: Duration = Duration::from_millis(200);

/// What one round was for one side.
struct Herd {
    /// Microseconds of each read, measured by the task that read.
    reads: Vec<f64>,
    /// Milliseconds until the last task had it.
    all: f64,
    requests: usize,
    kinds: String,
}

pub(super) async fn run(report: &mut Report) -> Result<()> {
    let shop = Shop::open(LATENCY).await;
    cold(&shop, report).await?;
    expired(&shop, report).await
}

async fn cold(shop: &Shop, report: &mut Report) -> Result<()> {
    let (mut requests, mut times) = (Pairs::default(), Pairs::default());
    let mut shown = (String::new(), String::new());
    for _ in 0..ROUNDS {
        let ours = herd(&Ours::open(&shop.sdk_config, Settings::default()).await?, shop).await?;
        let official = herd(&Official::open(&shop.sdk_config, Settings::default()).await?, shop).await?;
        requests.push(count(ours.requests)?, count(official.requests)?);
        times.push(ours.all, official.all);
        shown = (ours.kinds, official.kinds);
    }
    let what = format!("{TASKS} tasks, one cold secret");
    report.row(&format!("{what}, requests"), &requests, |requests| format!("{requests:.0}"));
    report.plain("  of the last round", shown.0, shown.1);
    report.row("  ms until all have it", &times, |time| format!("{time:.1}"));
    report.outcome.at_most(1.0, format!("{what}, requests in the worst round"), requests.most_of_ours());
    Ok(())
}

async fn expired(shop: &Shop, report: &mut Report) -> Result<()> {
    let settings = Settings::ttl(TTL);
    let ours = Ours::open(&shop.sdk_config, settings).await?;
    let official = Official::open(&shop.sdk_config, settings).await?;
    let [mut fresh, mut fresh_99, mut expired, mut expired_99, mut requests] = <[Pairs; 5]>::default();
    let mut shown = (String::new(), String::new());
    for _ in 0..ROUNDS {
        herd(&ours, shop).await?;
        herd(&official, shop).await?;
        let (of_ours, of_official) = (herd(&ours, shop).await?, herd(&official, shop).await?);
        fresh.push(median(of_ours.reads.iter().copied()), median(of_official.reads.iter().copied()));
        fresh_99.push(percentile_99(of_ours.reads), percentile_99(of_official.reads));
        tokio::time::sleep(EXPIRED).await;
        let (of_ours, of_official) = (herd(&ours, shop).await?, herd(&official, shop).await?);
        expired.push(median(of_ours.reads.iter().copied()), median(of_official.reads.iter().copied()));
        expired_99.push(percentile_99(of_ours.reads), percentile_99(of_official.reads));
        requests.push(count(of_ours.requests)?, count(of_official.requests)?);
        shown = (of_ours.kinds, of_official.kinds);
    }
    let microseconds = |time: f64| format!("{time:.2}");
    let what = format!("{TASKS} tasks, one expired secret");
    report.row(&format!("{what}, requests"), &requests, |requests| format!("{requests:.0}"));
    report.plain("  of the last round", shown.0, shown.1);
    report.row("  a read: median, µs", &expired, microseconds);
    report.row("  a read: 99th percentile, µs", &expired_99, microseconds);
    report.row("  the same while fresh: median, µs", &fresh, microseconds);
    report.row("  the same while fresh: 99th percentile, µs", &fresh_99, microseconds);
    let waiting = expired_99.beside(&fresh);
    report.row("  expired 99th percentile beside fresh median", &waiting, |ratio| format!("{ratio:.1} x"));
    report.outcome.at_most(1.0, format!("{what}, requests in the worst round"), requests.most_of_ours());
    report.outcome.at_most(
        10.0,
        format!("{what}, 99th percentile of a read beside the median of a fresh read"),
        waiting.ours(),
    );
    Ok(())
}

/// Has all tasks read at once, and waits for them and for the requests that they caused.
async fn herd<C: Client>(client: &C, shop: &Shop) -> Result<Herd> {
    let [name, ..] = NAMES;
    shop.stub.reset_requests();
    let start = Arc::new(Barrier::new(TASKS + 1));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (client, start, id) = (client.clone(), Arc::clone(&start), secret_id(name));
        tasks.spawn(async move {
            start.wait().await;
            let begun = Instant::now();
            let value = client.get(&id).await?;
            let elapsed = begun.elapsed();
            check(name, Some(C::text(&value))).map_err(|error| error.to_string())?;
            Ok::<_, String>(elapsed.as_secs_f64() * 1e6)
        });
    }
    start.wait().await;
    let begun = Instant::now();
    let reads = tasks.join_all().await.into_iter().collect::<std::result::Result<Vec<_>, _>>();
    let all = milliseconds(begun.elapsed());
    let reads = reads.map_err(|error| format!("{}: {error}", C::NAME))?;
    tokio::time::sleep(SETTLED).await;
    let requests = shop.stub.requests();
    Ok(Herd { reads, all, requests: requests.total(), kinds: kinds(&requests) })
}
