//! A thousand configs over a hundred secrets, followed by one client: its requests, and what the configs hold.

use std::time::{Duration, Instant};

use secrets_runtime::{Live, Secret, SecretConfig, Secrets};

use super::report::{Report, count};
use super::{LATENCY, client};
use crate::outcome::Result;
use crate::shop::Shop;

const TTL: Duration = Duration::from_secs(2);
/// How long requests are counted.
const TTLS: u32 = 8;
/// Times that each of the ten configs is watched.
const TIMES: usize = 100;

/// A config that is followed, whatever it is.
trait Followed: Send {
    /// Whether all its fields hold the value.
    fn holds(&self, value: &str) -> bool;
}

/// Ten configs of ten secrets, under names of their own.
macro_rules! configs {
    ($($config:ident $prefix:literal)*) => {
        $(
            #[derive(SecretConfig)]
            #[secret(prefix = $prefix)]
            struct $config {
                a: Secret<String>,
                b: Secret<String>,
                c: Secret<String>,
                d: Secret<String>,
                e: Secret<String>,
                f: Secret<String>,
                g: Secret<String>,
                h: Secret<String>,
                i: Secret<String>,
                j: Secret<String>,
            }

            impl Followed for Live<$config> {
                fn holds(&self, value: &str) -> bool {
                    let $config { a, b, c, d, e, f, g, h, i, j } = &*self.get();
                    [a, b, c, d, e, f, g, h, i, j].iter().all(|secret| secret.expose_secret() == value)
                }
            }
        )*

        const PREFIXES: [&str; 10] = [$($prefix),*];

        /// Each of them once.
        async fn watch_all(secrets: &Secrets) -> Result<Vec<Box<dyn Followed>>> {
            Ok(vec![$(Box::new($config::watch(secrets).await?)),*])
        }
    };
}

configs! {
    First "many/0" Second "many/1" Third "many/2" Fourth "many/3" Fifth "many/4"
    Sixth "many/5" Seventh "many/6" Eighth "many/7" Ninth "many/8" Tenth "many/9"
}

pub(super) async fn run(report: &mut Report) -> Result<()> {
    let shop = Shop::open(LATENCY).await;
    put_all(&shop, "first");
    let secrets = client(&shop, TTL)?;
    let mut configs = Vec::new();
    for _ in 0..TIMES {
        configs.append(&mut watch_all(&secrets).await?);
    }

    shop.stub.reset_requests();
    let begun = Instant::now();
    tokio::time::sleep(TTL * TTLS).await;
    let requests = shop.stub.requests();
    let average = count(requests.total())? / begun.elapsed().div_duration_f64(TTL);
    let largest_batch = requests.batch_ids.iter().max().copied().unwrap_or(0);

    put_all(&shop, "second");
    tokio::time::sleep(TTL.mul_f64(1.1)).await;
    let have_changed = configs.iter().filter(|config| config.holds("second")).count();

    let what = format!("{} configs over {} secrets", configs.len(), PREFIXES.len() * FIELDS.len());
    report.plain(&format!("{what}: requests a TTL, mean of {TTLS}"), format!("{average:.2}"));
    let shown = format!("{} in {} batches of at most {largest_batch}", requests.total(), requests.batch);
    report.plain("  all of them", shown);
    report.plain("  changed a TTL and a tenth after all secrets were", have_changed.to_string());
    let outcome = &mut report.outcome;
    outcome.at_most(5.0, format!("{what}, requests a TTL"), average);
    outcome.holds(format!("{what}, all follow within a TTL and a tenth"), have_changed == configs.len());
    Ok(())
}

const FIELDS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

fn put_all(shop: &Shop, value: &str) {
    for prefix in PREFIXES {
        for field in FIELDS {
            shop.stub.put(&format!("{prefix}/{field}"), value);
        }
    }
}
