//! Reads of secrets that are cached.
//!
//! A thread reads for a spell, on a runtime of its own: what is counted is the read, not the scheduling of tasks. Tokio's
//! budget for a task is lifted, since it would send the official client back to the scheduler every 128 reads. A service
//! reads from the tasks of one runtime: those rows are shown too.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::{JoinSet, unconstrained};

use super::report::{Pairs, Report};
use crate::clients::{Client, Official, Ours, Settings};
use crate::outcome::Result;
use crate::shop::{NAMES, Shop, secret_id};

/// How long one measurement takes. Long beside a time slice of the scheduler, short beside the life of a disturbance.
const SPELL: Duration = Duration::from_millis(30);
/// An odd number, so that the median is a round that took place.
const ROUNDS: usize = 25;
/// Reads between two looks at the clock.
const READS: u32 = 128;
/// How many values are held at once to see whether they are copies.
const HELD: usize = 16;

pub(super) fn run(runtime: &Runtime, report: &mut Report) -> Result<()> {
    let shop = runtime.block_on(Shop::open(Duration::ZERO));
    let ours: Side<Ours> = runtime.block_on(Side::open(&shop))?;
    let official: Side<Official> = runtime.block_on(Side::open(&shop))?;
    let mut measured = <[Pairs; 6]>::default();
    for _ in 0..ROUNDS {
        for (pairs, work) in measured.iter_mut().zip(WORK) {
            pairs.push(ours.throughput(runtime, work)?, official.throughput(runtime, work)?);
        }
    }
    let [one_thread, own_secrets, one_secret, own_clients, tasks_own, tasks_one] = &measured;

    let nanoseconds = |throughput: &Pairs| throughput.map(|reads| 1e9 / reads);
    report.row("cached read, 1 thread, ns", &nanoseconds(one_thread), |time| format!("{time:.1}"));
    for (what, throughput) in [
        ("2 threads, each its own secret, ns a read in all", own_secrets),
        ("2 threads, one secret, ns a read in all", one_secret),
        ("2 threads, each its own client: what the machine gives, ns", own_clients),
        ("2 tasks of one runtime, each its own secret, ns", tasks_own),
        ("2 tasks of one runtime, one secret, ns", tasks_one),
    ] {
        report.row(what, &nanoseconds(throughput), |time| format!("{time:.1}"));
        let gain = throughput.beside(one_thread);
        report.row("  throughput beside 1 thread", &gain, |gain| format!("{gain:.2} x"));
    }
    let outcome = &mut report.outcome;
    outcome.at_most(
        0.25,
        "cached read, 1 thread, beside the official client",
        nanoseconds(one_thread).ratio(),
    );
    outcome.at_least(
        1.8,
        "2 threads, each its own secret, throughput beside 1 thread",
        own_secrets.beside(one_thread).ours(),
    );
    // The same without what else runs on the machine, which slows two threads more than one.
    outcome.at_least(
        0.9,
        "2 threads, each its own secret, throughput beside that with a client each",
        own_secrets.beside(own_clients).ours(),
    );
    outcome.at_most(
        0.5,
        "2 threads, one secret, beside the official client",
        nanoseconds(one_secret).ratio(),
    );

    let (ours, official) = (runtime.block_on(ours.copies())?, runtime.block_on(official.copies())?);
    let what = format!("places in memory of {HELD} values held");
    report.plain(&what, ours.to_string(), official.to_string());
    report.outcome.holds(format!("{what}: one, all are what is cached"), ours == 1);
    Ok(())
}

/// Who reads what at the same time.
#[derive(Clone, Copy)]
enum Work {
    OneThread,
    OwnSecrets,
    OneSecret,
    OwnClients,
    TasksOwnSecrets,
    TasksOneSecret,
}

const WORK: [Work; 6] = [
    Work::OneThread,
    Work::OwnSecrets,
    Work::OneSecret,
    Work::OwnClients,
    Work::TasksOwnSecrets,
    Work::TasksOneSecret,
];

/// Two clients of one kind, each with two secrets cached.
struct Side<C> {
    client: C,
    other: C,
    ids: [String; 2],
}

impl<C: Client> Side<C> {
    async fn open(shop: &Shop) -> Result<Self> {
        let [first, second, ..] = NAMES.map(secret_id);
        let ids = [first, second];
        let [client, other] = [
            C::open(&shop.sdk_config, Settings::default()).await?,
            C::open(&shop.sdk_config, Settings::default()).await?,
        ];
        for id in &ids {
            client.get(id).await?;
            other.get(id).await?;
        }
        Ok(Self { client, other, ids })
    }

    /// Reads a second, of all readers together.
    fn throughput(&self, runtime: &Runtime, work: Work) -> Result<f64> {
        let Self { client, other, ids: [first, second] } = self;
        match work {
            Work::OneThread => on_threads(&[(client, first)]),
            Work::OwnSecrets => on_threads(&[(client, first), (client, second)]),
            Work::OneSecret => on_threads(&[(client, first), (client, first)]),
            Work::OwnClients => on_threads(&[(client, first), (other, second)]),
            Work::TasksOwnSecrets => by_tasks(runtime, client, [first, second]),
            Work::TasksOneSecret => by_tasks(runtime, client, [first, first]),
        }
    }

    /// How many places in memory a value has that is read several times. All are held, so that none is used twice.
    async fn copies(&self) -> Result<usize> {
        let [id, _] = &self.ids;
        let mut held = Vec::with_capacity(HELD);
        for _ in 0..HELD {
            held.push(self.client.get(id).await?);
        }
        Ok(held.iter().map(|value| C::text(value).as_ptr()).collect::<BTreeSet<_>>().len())
    }
}

/// Each reader on a thread and a runtime of its own.
fn on_threads<C: Client>(readers: &[(&C, &str)]) -> Result<f64> {
    let start = Barrier::new(readers.len());
    let read_alone = |client: &C, id: &str| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        start.wait();
        runtime.block_on(unconstrained(read(client, id)))
    };
    let throughput = thread::scope(|scope| {
        let threads: Vec<_> =
            readers.iter().map(|(client, id)| scope.spawn(|| read_alone(client, id))).collect();
        let reads = threads.into_iter().map(|thread| thread.join().map_err(|_| "a reader panicked")?);
        reads.sum::<std::result::Result<f64, String>>()
    });
    Ok(throughput?)
}

/// Each reader a task of the runtime.
fn by_tasks<C: Client>(runtime: &Runtime, client: &C, ids: [&String; 2]) -> Result<f64> {
    let mut readers = JoinSet::new();
    for id in ids {
        let (client, id) = (client.clone(), id.clone());
        readers.spawn_on(unconstrained(async move { read(&client, &id).await }), runtime.handle());
    }
    let reads = runtime.block_on(readers.join_all());
    Ok(reads.into_iter().sum::<std::result::Result<f64, String>>()?)
}

/// Reads for a spell and gives the reads a second.
async fn read<C: Client>(client: &C, id: &str) -> std::result::Result<f64, String> {
    let start = Instant::now();
    let mut reads = 0_u32;
    loop {
        for _ in 0..READS {
            black_box(client.get(black_box(id)).await?);
        }
        reads += READS;
        let elapsed = start.elapsed();
        if elapsed >= SPELL {
            return Ok(f64::from(reads) / elapsed.as_secs_f64());
        }
    }
}
