//! A soak test: 200 tasks use one `Secrets` while its store is never in order for long.
//!
//! It counts what must never happen: a wrong value, a value older than a confirmed put, a failed read
//! although the cache held a value that may be served, a panic that reaches the caller, and memory,
//! descriptors or tasks that grow.
//!
//! `cargo run --release -p peers -- soak --minutes 15`

// Numbers of secrets and operations are made where the lists are.
#![allow(clippy::indexing_slicing, clippy::panic)]

mod ledger;
mod trouble;
mod workload;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::outcome::{Outcome, Result};
use crate::table::Table;
use ledger::Ledger;
use workload::World;

const TASKS: usize = 200;
/// How much the process may grow between its first tenth and its end.
const MAX_GROWTH_MIB: f64 = 32.0;
const DEFAULT_MINUTES: f64 = 1.0;

pub(crate) fn run() -> Result<Outcome> {
    let duration = Duration::from_secs_f64(60.0 * minutes()?);
    // Panics of the hostile source are part of the test: their messages would fill the screen.
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(soak(duration));
    runtime.shutdown_timeout(Duration::from_secs(5));
    outcome
}

fn minutes() -> Result<f64> {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(DEFAULT_MINUTES),
        ["--minutes", minutes] => match minutes.parse() {
            Ok(minutes) if minutes > 0.0 && minutes <= 24.0 * 60.0 => Ok(minutes),
            _ => Err("--minutes takes a positive number".into()),
        },
        _ => Err("usage: soak [--minutes N]".into()),
    }
}

async fn soak(duration: Duration) -> Result<Outcome> {
    let world = Arc::new(World::open().await?);
    let is_over = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        tasks.spawn(workload::work(Arc::clone(&world), Arc::clone(&is_over), number));
    }
    let troubles = tokio::spawn(trouble::make(Arc::clone(&world), Arc::clone(&is_over)));
    let end = Instant::now() + duration;
    pass(&world, end - duration * 9 / 10).await;
    let early = Usage::now();
    pass(&world, end).await;
    let late = Usage::now();
    is_over.store(true, Ordering::Relaxed);
    while tasks.join_next().await.is_some() {}
    let troubles = troubles.await?;
    world.settle().await;
    let drained = Usage::now();
    Ok(report(&world.ledger, &troubles, [early, late, drained]))
}

/// Waits, and empties the log of the server, which runs in this process: its growth is not the library's.
async fn pass(world: &World, end: Instant) {
    while Instant::now() < end {
        sleep(Duration::from_secs(10).min(end - Instant::now())).await;
        world.stub.reset_requests();
        eprintln!(
            "{} operations, {} until the next measurement",
            world.ledger.operations(),
            seconds(end - Instant::now())
        );
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.0} s", duration.as_secs_f64())
}

/// What the process holds at one moment.
#[derive(Clone, Copy)]
struct Usage {
    mebibytes: f64,
    descriptors: usize,
    tasks: usize,
}

impl Usage {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        Self {
            mebibytes: kibibytes.unwrap_or(f64::NAN) / 1024.0,
            descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            tasks: Handle::current().metrics().num_alive_tasks(),
        }
    }
}

fn report(ledger: &Ledger, troubles: &trouble::Troubles, usages: [Usage; 3]) -> Outcome {
    let mut table = Table::new(["operation", "done", "failed"]);
    for (operation, done, failed) in ledger.by_operation() {
        table.row([operation.to_owned(), done.to_string(), failed.to_string()]);
    }
    println!("{table}");
    let mut table = Table::new(["trouble", "times"]);
    for (trouble, times) in &troubles.times {
        table.row([trouble.clone(), times.to_string()]);
    }
    println!("{table}");
    let mut table = Table::new(["", "resident, MiB", "descriptors", "tasks"]);
    for (when, usage) in ["after a tenth", "at the end", "after the end"].into_iter().zip(usages) {
        let Usage { mebibytes, descriptors, tasks } = usage;
        table.row([when.into(), format!("{mebibytes:.1}"), descriptors.to_string(), tasks.to_string()]);
    }
    println!("{table}");
    let mut outcome = Outcome::default();
    let [early, late, drained] = usages;
    for (fault, count) in ledger.faults() {
        outcome.at_most(0.0, fault, count);
    }
    for sample in ledger.samples() {
        println!("  {sample}");
    }
    let kinds = u32::try_from(troubles.times.len()).unwrap_or(u32::MAX);
    outcome.at_least(15.0, "kinds of trouble", f64::from(kinds));
    outcome.at_most(MAX_GROWTH_MIB, "growth, MiB", late.mebibytes - early.mebibytes);
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    outcome.at_most(count(early.tasks.max(TASKS)), "tasks after the end", count(drained.tasks));
    outcome
}
