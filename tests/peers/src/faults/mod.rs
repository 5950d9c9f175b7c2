//! Reads while the store is out of order, beside the official caching client.
//!
//! Each side has a stub and a client of its own for each row. The rows run one after the other as far as reads are timed,
//! and overlap in what is only waiting. The official client is told to serve what it holds when a refresh fails.

mod correct;
mod scene;
mod trouble;

use std::time::Duration;

use tokio::time::Instant;

use crate::clients::{Client, Official, Ours};
use crate::outcome::{Outcome, Result};
use crate::table::Table;

use scene::{Plan, Seen};
use trouble::Trouble;

/// What the timed second of one row takes, and a little between two of them.
const SLOT: Duration = Duration::from_millis(1150);

/// How much later than the end of the trouble the new value may be seen, in seconds.
const SOON: f64 = 2.0;

pub(crate) fn run() -> Result<Outcome> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(compare())
}

async fn compare() -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let rows = rows();
    let begin = Instant::now();
    let mut running = Vec::with_capacity(rows.len());
    let mut slot = begin;
    for (what, trouble, plan) in rows {
        let ours = tokio::spawn(scene::play::<Ours>(trouble, plan, slot));
        let official = tokio::spawn(scene::play::<Official>(trouble, plan, slot + SLOT));
        slot += 2 * SLOT;
        running.push((what, ours, official));
    }
    let mut table = Table::new([
        "",
        "failed reads",
        "slowest, ms",
        "99 %, ms",
        "new value after, s",
        "requests meanwhile",
        "failed reads",
        "slowest, ms",
        "99 %, ms",
        "new value after, s",
        "requests meanwhile",
    ]);
    for (what, ours, official) in running {
        let (ours, official) = (ours.await??, official.await??);
        let cells = [what.to_owned()].into_iter().chain(cells(&ours)).chain(cells(&official));
        table.row(cells);
        judge(&mut outcome, what, &ours);
    }
    println!("{}: left, {}: right\n\n{table}", Ours::NAME, Official::NAME);
    correct::run(&mut outcome).await?;
    Ok(outcome)
}

fn rows() -> Vec<(&'static str, Trouble, Plan)> {
    use Trouble::{Answer, Credentials, Refused};
    use harness::stub::Fault;
    vec![
        ("refresh: throttled", Answer(Fault::Throttled), Plan::REFRESH),
        ("refresh: 500", Answer(Fault::ServerError), Plan::REFRESH),
        ("refresh: silence", Answer(Fault::Hang), Plan::REFRESH),
        ("refresh: connection refused", Refused, Plan::REFRESH),
        ("refresh: no credentials", Credentials, Plan::REFRESH),
        ("refresh: token expired", Answer(Fault::ExpiredToken), Plan::REFRESH),
        ("refresh: body cut off", Answer(Fault::TruncatedBody), Plan::REFRESH),
        ("1 s outage at expiry: 503", Answer(Fault::Unavailable), Plan::OUTAGE),
        ("1 s outage at expiry: refused", Refused, Plan::OUTAGE),
        ("1 s outage at expiry: silence", Answer(Fault::Hang), Plan::OUTAGE),
    ]
}

/// What one side has seen, for the table.
fn cells(seen: &Seen) -> [String; 5] {
    let renewed = seen.renewed.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.2}"));
    [
        format!("{} of {}", seen.failed, seen.reads),
        format!("{:.3}", seen.slowest),
        format!("{:.3}", seen.percentile_99),
        renewed,
        seen.requests.clone(),
    ]
}

fn judge(outcome: &mut Outcome, what: &str, ours: &Seen) {
    let failed = u32::try_from(ours.failed).unwrap_or(u32::MAX);
    outcome.at_most(0.0, format!("{what}, failed reads"), f64::from(failed));
    outcome.at_most(1.0, format!("{what}, slowest read, ms"), ours.slowest);
    let renewed = ours.renewed.unwrap_or(f64::INFINITY);
    outcome.at_most(SOON, format!("{what}, new value after, s"), renewed);
}
