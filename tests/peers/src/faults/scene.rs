//! One client that holds a value, a store that gets out of order and in order again while the value changes, and what the
//! readers see of it.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::trouble::{Provider, Trouble};
use crate::clients::{Client, Settings};
use crate::samples::{largest, milliseconds, percentile_99};
use crate::shop::{Shop, kinds};

const LATENCY: Duration = Duration::from_millis(20);
const ID: &str = "shop/production/password";

/// So long that a value taken for fresh by mistake cannot expire before it is noticed.
const TTL: Duration = Duration::from_secs(4);
/// Between two reads: 200 a second.
const PACE: Duration = Duration::from_millis(5);
/// A read that has no answer by then has failed.
const TOO_LATE: Duration = Duration::from_secs(2);
/// How long the new value is waited for.
const PATIENCE: Duration = Duration::from_secs(9);

/// What happens when, counted from the first read.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    trouble: Duration,
    rotation: Duration,
    /// From here to the end of the trouble, reads are timed.
    reads: Duration,
    order: Duration,
}

impl Plan {
    /// The trouble begins before the value expires, whatever the TTL is spread by, and is over a second after.
    pub(super) const REFRESH: Self = Self {
        trouble: Duration::from_millis(3400),
        rotation: Duration::from_millis(3500),
        reads: Duration::from_millis(4500),
        order: Duration::from_millis(5500),
    };
    /// The trouble takes a second, and the value expires in it.
    pub(super) const OUTAGE: Self = Self {
        trouble: Duration::from_millis(3500),
        rotation: Duration::from_secs(4),
        reads: Duration::from_millis(3500),
        order: Duration::from_millis(4500),
    };
}

pub(super) struct Seen {
    pub(super) reads: usize,
    pub(super) failed: usize,
    /// Milliseconds; a read without an answer counts with the time that it was given.
    pub(super) slowest: f64,
    pub(super) percentile_99: f64,
    /// Seconds from the end of the trouble to the first read that gave the new value.
    pub(super) renewed: Option<f64>,
    pub(super) requests: String,
}

/// One timed read.
struct Read {
    time: Duration,
    failed: bool,
}

/// Runs the plan so that its timed second begins in the slot of the row.
pub(super) async fn play<C: Client>(trouble: Trouble, plan: Plan, slot: Instant) -> Result<Seen, String> {
    sleep_until(slot + Plan::REFRESH.reads.saturating_sub(plan.reads)).await;
    let shop = Shop::open(LATENCY).await;
    shop.stub.put(ID, "old");
    let provider = Provider::default();
    let sdk_config = shop.sdk_config.to_builder();
    let shared = aws_credential_types::provider::SharedCredentialsProvider::new(provider.clone());
    let sdk_config = sdk_config.credentials_provider(shared).build();
    let client = C::open(&sdk_config, Settings::ttl(TTL)).await.map_err(|error| error.to_string())?;
    let value = client.get(ID).await?;
    if C::text(&value) != "old" {
        return Err("the first read did not give what was stored".to_owned());
    }
    let begin = Instant::now();

    let store = async {
        sleep_until(begin + plan.trouble).await;
        trouble.begin(&shop.stub, &provider).await;
        shop.stub.reset_requests();
        sleep_until(begin + plan.rotation).await;
        shop.stub.put(ID, "new");
        sleep_until(begin + plan.order).await;
        let requests = kinds(&shop.stub.requests());
        trouble.end(&shop.stub, &provider).await;
        requests
    };
    let readers = async {
        sleep_until(begin + plan.reads).await;
        let mut reads = JoinSet::new();
        while begin.elapsed() < plan.order {
            reads.spawn(read(client.clone()));
            sleep_until(begin + plan.reads + PACE * u32::try_from(reads.len()).unwrap_or(u32::MAX)).await;
        }
        reads
    };
    let (requests, reads) = tokio::join!(store, readers);
    let renewed = renewed(&client).await;
    let reads = reads.join_all().await;
    let times = || reads.iter().map(|read| milliseconds(read.time));
    Ok(Seen {
        reads: reads.len(),
        failed: reads.iter().filter(|read| read.failed).count(),
        slowest: largest(times()),
        percentile_99: percentile_99(times()),
        renewed,
        requests,
    })
}

/// The time is the reader's own: not how long its task waited for its turn.
async fn read<C: Client>(client: C) -> Read {
    let begun = Instant::now();
    let answer = timeout(TOO_LATE, client.get(ID)).await;
    Read { time: begun.elapsed(), failed: !matches!(answer, Ok(Ok(_))) }
}

/// Reads until the new value comes.
async fn renewed<C: Client>(client: &C) -> Option<f64> {
    let order = Instant::now();
    while order.elapsed() < PATIENCE {
        if let Ok(Ok(value)) = timeout(TOO_LATE, client.get(ID)).await
            && C::text(&value) == "new"
        {
            return Some(order.elapsed().as_secs_f64());
        }
        tokio::time::sleep(PACE).await;
    }
    None
}
