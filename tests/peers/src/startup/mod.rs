//! How long a program that needs 200 secrets takes to start, beside the official caching client.
//!
//! Both sides run in this process, against one stub that answers every request after 20 ms, from the same SDK
//! configuration. Each run makes a client of its own: the time holds its construction, its connections and all requests,
//! with nothing cached. The round trip that the times are measured by is the SDK's own `GetSecretValue` on a connection
//! that is open already.

mod official;
mod ours;

use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use harness::stub::{Fault, Operation, Stub};

use crate::outcome::{Outcome, Result};
use crate::samples::{median, milliseconds};
use crate::shop::{NAMES, Shop, kinds};
use crate::table::Table;

const LATENCY: Duration = Duration::from_millis(20);

/// Odd numbers, so that the median is a run that took place.
const RUNS: usize = 15;
/// One by one takes seconds.
const SLOW_RUNS: usize = 3;

/// What came of the runs of one way to start.
struct Measured {
    what: &'static str,
    time: Duration,
    requests: String,
}

pub(crate) fn run() -> Result<Outcome> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(compare())
}

async fn compare() -> Result<Outcome> {
    let shop = Shop::open(LATENCY).await;
    let stub = &shop.stub;
    let client = Client::new(&shop.sdk_config);
    let round_trip = measure("one GetSecretValue, warm", stub, RUNS, || shop.round_trip(&client)).await?;
    let ours = measure("ours", stub, RUNS, || ours::start(&shop)).await?;
    let in_turn =
        measure("official, its batch call in turn", stub, RUNS, || official::batches_in_turn(&shop)).await?;
    let one_by_one = measure("official, one by one", stub, SLOW_RUNS, || official::one_by_one(&shop)).await?;
    stub.fault(Fault::Denied.on(Operation::Batch));
    let denied = measure("ours, batches denied", stub, RUNS, || ours::start(&shop)).await?;
    stub.clear_faults();

    let beside = |measured: &Measured| measured.time.as_secs_f64() / round_trip.time.as_secs_f64();
    let mut outcome = Outcome::default();
    outcome.at_most(2.0, "200 secrets, in round trips", beside(&ours));
    outcome.at_most(6.0, "200 secrets while batches are denied, in round trips", beside(&denied));

    println!(
        "{} secrets, {} ms a request, median of {RUNS} cold starts ({SLOW_RUNS} one by one):\n",
        NAMES.len(),
        LATENCY.as_millis()
    );
    let mut table = Table::new(["", "ms", "round trips", "beside ours", "requests"]);
    for measured in [&round_trip, &ours, &denied, &in_turn, &one_by_one] {
        table.row([
            measured.what.to_owned(),
            format!("{:.1}", milliseconds(measured.time)),
            format!("{:.2}", beside(measured)),
            format!("{:.2} x", measured.time.as_secs_f64() / ours.time.as_secs_f64()),
            measured.requests.clone(),
        ]);
    }
    print!("{table}");
    Ok(outcome)
}

/// The median of so many runs, and the requests of the last one. A first run, which is not counted, loads what a process
/// loads once: code, root certificates.
async fn measure<F: Future<Output = Result<()>>>(
    what: &'static str,
    stub: &Stub,
    runs: usize,
    run: impl Fn() -> F,
) -> Result<Measured> {
    run().await?;
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        stub.reset_requests();
        let start = Instant::now();
        run().await.map_err(|error| format!("{what}: {error}"))?;
        times.push(start.elapsed().as_secs_f64());
    }
    Ok(Measured { what, time: Duration::from_secs_f64(median(times)), requests: kinds(&stub.requests()) })
}
