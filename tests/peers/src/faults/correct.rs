//! What has to be right, however long it takes: yes or no.

use std::time::{Duration, Instant};

use harness::stub::{Fault, Operation, Stub};

use crate::clients::{Client, Official, Ours, Settings};
use crate::outcome::{Outcome, Result};
use crate::shop::{NAMES, Shop, secret_id};
use crate::table::Table;

const ID: &str = "shop/production/password";
const TTL: Duration = Duration::from_secs(1);
/// More than the TTL, whatever it is spread by.
const EXPIRED: Duration = Duration::from_millis(1300);
/// How long the new value may take from there.
const SOON: Duration = Duration::from_secs(2);
/// The answer that comes late.
const LATE: Duration = Duration::from_millis(400);
/// As many as the small cache holds, and as many as pass through it.
const CAPACITY: usize = 10;

pub(super) async fn run(outcome: &mut Outcome) -> Result<()> {
    let recreate = |stub: &Stub| {
        stub.remove(ID);
        stub.put(ID, "new");
    };
    let deny_describe = |stub: &Stub| {
        stub.fault(Fault::Denied.on(Operation::Describe));
        stub.put(ID, "new");
    };
    let rows = [
        (
            "deleted and created again: the new one is read, no read fails",
            renewed::<Ours>(recreate).await?,
            renewed::<Official>(recreate).await?,
        ),
        (
            "DescribeSecret denied: the new value is read, no read fails",
            renewed::<Ours>(deny_describe).await?,
            renewed::<Official>(deny_describe).await?,
        ),
        (
            "a late old answer leaves a newer one alone",
            // One secret under two names, since two requests for one name are one.
            overtaken(async |ours: Ours, _| ours.get(ID).await, async |ours: Ours, arn| ours.get(&arn).await)
                .await?,
            overtaken(
                async |official: Official, _| official.refresh(ID).await,
                async |official: Official, _| official.refresh(ID).await,
            )
            .await?,
        ),
        (
            "a hot secret stays while others pass through a small cache",
            hot::<Ours>().await?,
            hot::<Official>().await?,
        ),
        (
            "a secret got in a batch is there under its ARN too",
            by_arn::<Ours>().await?,
            by_arn::<Official>().await?,
        ),
    ];
    let mut table = Table::new(["", Ours::NAME, Official::NAME]);
    for (what, ours, official) in rows {
        let shown = |right| if right { "yes" } else { "no" }.to_owned();
        table.row([what.to_owned(), shown(ours), shown(official)]);
        outcome.holds(what, ours);
    }
    print!("\n{table}");
    Ok(())
}

async fn shop() -> Shop {
    let shop = Shop::open(Duration::from_millis(20)).await;
    shop.stub.put(ID, "old");
    shop
}

/// Whether the value that `change` stores is read soon after the old one has expired, and nothing fails.
async fn renewed<C: Client>(change: impl Fn(&Stub)) -> Result<bool> {
    let shop = shop().await;
    let client = C::open(&shop.sdk_config, Settings::ttl(TTL)).await?;
    client.get(ID).await?;
    change(&shop.stub);
    tokio::time::sleep(EXPIRED).await;
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        match client.get(ID).await {
            Ok(value) if C::text(&value) == "new" => return Ok(true),
            Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(_) => return Ok(false),
        }
    }
    Ok(false)
}

/// Whether the newer value stays when the answer to `slow`, which is older than that to `quick`, comes after it.
async fn overtaken<C: Client, V: Send + 'static>(
    slow: impl AsyncFn(C, String) -> std::result::Result<V, String>,
    quick: impl AsyncFn(C, String) -> std::result::Result<V, String>,
) -> Result<bool> {
    let shop = shop().await;
    let client = C::open(&shop.sdk_config, Settings::default()).await?;
    let arn = shop.stub.arn(ID);
    shop.stub.set_latency(LATE);
    let (late, newer) = tokio::join!(slow(client.clone(), arn.clone()), async {
        shop.stub.arrived(1).await;
        shop.stub.put(ID, "new");
        shop.stub.set_latency(Duration::ZERO);
        quick(client.clone(), arn).await
    });
    late.and(newer)?;
    Ok(C::text(&client.get(ID).await?) == "new")
}

/// Whether a secret that is read all the time is asked for once, while ten times as many as fit are read once each.
async fn hot<C: Client>() -> Result<bool> {
    let shop = shop().await;
    let client = C::open(&shop.sdk_config, Settings { capacity: Some(CAPACITY), ttl: None }).await?;
    for name in NAMES.into_iter().take(10 * CAPACITY) {
        client.get(ID).await?;
        client.get(&secret_id(name)).await?;
    }
    client.get(ID).await?;
    let asked = shop.stub.log().iter().filter(|entry| entry.ids.iter().any(|id| id == ID)).count();
    Ok(asked == 1)
}

async fn by_arn<C: Client>() -> Result<bool> {
    let shop = shop().await;
    let client = C::open(&shop.sdk_config, Settings::default()).await?;
    client.load_all().await?;
    shop.stub.reset_requests();
    let [name, ..] = NAMES;
    client.get(&shop.stub.arn(&secret_id(name))).await?;
    Ok(shop.stub.requests().total() == 0)
}
