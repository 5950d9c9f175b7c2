//! A read of a field, beside the pointer swap that it is made of and beside the official client's cached read.
//!
//! A thread reads for a spell. The official client's reads are futures: each of its readers has a runtime of its own, and
//! tokio's budget for a task is lifted.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use secrets_runtime::{Live, SecretConfig};
use tokio::runtime::Runtime;
use tokio::task::unconstrained;

use super::report::{Report, ratio};
use super::{NEVER, Service, TOKEN, client};
use crate::clients::{Client, Official, Settings};
use crate::outcome::Result;
use crate::samples::median;
use crate::shop::Shop;

/// How long one measurement takes. Long beside a time slice of the scheduler, short beside the life of a disturbance.
const SPELL: Duration = Duration::from_millis(30);
/// An odd number, so that the median is a round that took place.
const ROUNDS: usize = 25;
/// Reads between two looks at the clock, which takes longer than some of them.
const READS: u32 = 4096;

pub(super) fn run(runtime: &Runtime, report: &mut Report) -> Result<()> {
    let shop = runtime.block_on(Shop::open(Duration::ZERO));
    shop.stub.put(TOKEN, "token");
    let open = || -> Result<_> { Ok(Field(runtime.block_on(Service::watch(&client(&shop, NEVER)?))?)) };
    let (live, other): (Field, Field) = (open()?, open()?);
    let bare = Bare(ArcSwap::new(live.0.snapshot()));
    let bare_field = BareField(ArcSwap::new(live.0.snapshot()));
    let official = runtime.block_on(Cached::open(&shop))?;

    // What is compared stands together: the machine's clock is not the same a tenth of a second later.
    let readers: [&[&dyn Reader]; 6] =
        [&[&bare_field], &[&bare], &[&live], &[&live, &live], &[&live, &other], &[&official]];
    let mut throughputs = [const { Vec::new() }; 6];
    for _ in 0..ROUNDS {
        for (throughputs, readers) in throughputs.iter_mut().zip(readers) {
            throughputs.push(on_threads(readers)?);
        }
    }
    show(report, &throughputs);
    Ok(())
}

fn show(report: &mut Report, throughputs: &[Vec<f64>; 6]) {
    let [bare_field, bare, live, shared, own, official] = throughputs;
    let nanoseconds =
        |throughput: &[f64]| format!("{:.2}", median(throughput.iter().map(|reads| 1e9 / reads)));
    // Time is the reciprocal of throughput.
    let (to_bare, to_official) = (ratio(bare, live), ratio(live, official));
    let beside = |what: &str, throughput: &[f64]| format!("{what}: {}", nanoseconds(throughput));
    let read = "`Live::get` and a field, 1 thread, ns";
    report.beside(read, nanoseconds(live), &beside("a bare arc_swap load", bare), to_bare);
    report.beside(
        "",
        nanoseconds(live),
        &beside("a load and the field", bare_field),
        ratio(bare_field, live),
    );
    report.beside(
        "",
        nanoseconds(live),
        &beside("official client's cached read", official),
        ratio(official, live),
    );
    let two = "2 threads, one config, ns a read in all";
    report.beside(two, nanoseconds(shared), &beside("1 thread", live), ratio(live, shared));
    let machine = "2 threads, a client and a config each: what the machine gives";
    report.beside(machine, nanoseconds(own), &beside("1 thread", live), ratio(live, own));

    let outcome = &mut report.outcome;
    outcome.at_most(1.3, "Live::get and a field, beside a bare arc_swap load", to_bare);
    outcome.at_least(10.0, "the official client's cached read, beside Live::get and a field", to_official);
    outcome.at_least(1.8, "2 threads, one config, throughput beside 1 thread", ratio(shared, live));
    // The same without what else runs on the machine, which slows two threads more than one.
    outcome.at_least(
        0.9,
        "2 threads, one config, throughput beside that with a client each",
        ratio(shared, own),
    );
}

/// Something to read over and over.
trait Reader: Sync {
    /// Reads for a spell and gives the reads a second.
    fn throughput(&self) -> std::result::Result<f64, String>;
}

struct Field(Live<Service>);

impl Reader for Field {
    fn throughput(&self) -> std::result::Result<f64, String> {
        Ok(spell(|| {
            black_box(black_box(&self.0).get().token.expose_secret().as_str());
        }))
    }
}

struct Bare(ArcSwap<Service>);

impl Reader for Bare {
    fn throughput(&self) -> std::result::Result<f64, String> {
        Ok(spell(|| {
            black_box(&**black_box(&self.0).load());
        }))
    }
}

struct BareField(ArcSwap<Service>);

impl Reader for BareField {
    fn throughput(&self) -> std::result::Result<f64, String> {
        Ok(spell(|| {
            black_box(black_box(&self.0).load().token.expose_secret().as_str());
        }))
    }
}

struct Cached(Arc<Official>);

impl Cached {
    async fn open(shop: &Shop) -> Result<Self> {
        let official = Official::open(&shop.sdk_config, Settings::ttl(NEVER)).await?;
        official.get(TOKEN).await?;
        Ok(Self(Arc::new(official)))
    }
}

impl Reader for Cached {
    fn throughput(&self) -> std::result::Result<f64, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(unconstrained(async {
            let start = Instant::now();
            let mut reads = 0_u32;
            loop {
                // Its reads take long enough to look at the clock more often.
                for _ in 0..READS / 32 {
                    black_box(self.0.get(black_box(TOKEN)).await?);
                }
                reads += READS / 32;
                let elapsed = start.elapsed();
                if elapsed >= SPELL {
                    return Ok(f64::from(reads) / elapsed.as_secs_f64());
                }
            }
        }))
    }
}

fn spell(read: impl Fn()) -> f64 {
    let start = Instant::now();
    let mut reads = 0_u32;
    loop {
        for _ in 0..READS {
            read();
        }
        reads += READS;
        let elapsed = start.elapsed();
        if elapsed >= SPELL {
            return f64::from(reads) / elapsed.as_secs_f64();
        }
    }
}

/// Each reader on a thread of its own; the reads of all of them together.
fn on_threads(readers: &[&dyn Reader]) -> Result<f64> {
    let start = Barrier::new(readers.len());
    let throughput = thread::scope(|scope| {
        let threads: Vec<_> = readers
            .iter()
            .map(|reader| {
                scope.spawn(|| {
                    start.wait();
                    reader.throughput()
                })
            })
            .collect();
        let reads = threads.into_iter().map(|thread| thread.join().map_err(|_| "a reader panicked")?);
        reads.sum::<std::result::Result<f64, String>>()
    });
    Ok(throughput?)
}
