//! Rotations that end after each of their calls to Secrets Manager and are begun again: how many come to one valid
//! AWSCURRENT, and what a rotation costs that nothing comes between.
//!
//! Secrets Manager is moto, and `PostgreSQL` a real one. A process ends as in a crash: the call is made, and nobody learns of
//! the answer.

mod account;
mod subject;

use std::time::{Duration, Instant};

use account::Account;
use harness::interruption::{Edge, Meter};
use subject::{Kind, Subject};

use crate::outcome::{Outcome, Result};
use crate::samples::{median, milliseconds};
use crate::table::Table;

/// Rotations that nothing comes between, of which the median is shown.
const WHOLE: usize = 7;

pub(crate) fn run() -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let account = Account::open()?;
        let mut table = Table::new(["", "points", "one valid AWSCURRENT", "refused meanwhile", "requests", "round trips", "ms"]);
        let mut outcome = Outcome::default();
        for kind in Kind::ALL {
            let interrupted = interrupt(&account, kind).await?;
            let cost = measure(&account, kind).await?;
            show(&mut table, &mut outcome, kind, &interrupted, &cost);
        }
        print!("{table}");
        println!("\nrequests to Secrets Manager, round trips to PostgreSQL (each login is three), and the time of one rotation");
        Ok(outcome)
    })
}

/// What came of the rotations that ended.
#[derive(Default)]
struct Interrupted {
    points: u32,
    /// Begun again, they came to one version that is AWSCURRENT and that the service takes.
    valid: u32,
    /// Until then AWSCURRENT was refused.
    refused: u32,
}

async fn interrupt(account: &Account, kind: Kind) -> Result<Interrupted> {
    let mut interrupted = Interrupted::default();
    loop {
        let subject = Subject::new(account, kind, &format!("point_{}", interrupted.points)).await?;
        let ends = Meter::ending_at(usize::try_from(interrupted.points)?, Edge::After);
        // What it came to is for the one that is begun again.
        if let Some(rotated) = ends.run(subject.rotate(&ends)).await {
            rotated?;
            return Ok(interrupted);
        }
        interrupted.points += 1;
        if !subject.has_one_valid_current().await? {
            interrupted.refused += 1;
        }
        let again = subject.rotate(&Meter::endless()).await;
        if again.is_ok() && subject.has_one_valid_current().await? {
            interrupted.valid += 1;
        }
    }
}

/// What one rotation costs.
struct Cost {
    requests: usize,
    round_trips: usize,
    milliseconds: f64,
}

async fn measure(account: &Account, kind: Kind) -> Result<Cost> {
    let mut times: Vec<Duration> = Vec::new();
    let (mut meter, mut round_trips) = (Meter::endless(), 0);
    for number in 0..WHOLE {
        // A new one each time: a first rotation is no other's second.
        let subject = Subject::new(account, kind, &format!("whole_{number}")).await?;
        meter = Meter::endless();
        let before = account.round_trips();
        let begun = Instant::now();
        subject.rotate(&meter).await?;
        times.push(begun.elapsed());
        round_trips = account.round_trips() - before;
    }
    let milliseconds = median(times.into_iter().map(milliseconds));
    Ok(Cost { requests: meter.counted(), round_trips, milliseconds })
}

fn show(table: &mut Table, outcome: &mut Outcome, kind: Kind, interrupted: &Interrupted, cost: &Cost) {
    let Interrupted { points, valid, refused } = interrupted;
    let percent = 100.0 * f64::from(*valid) / f64::from((*points).max(1));
    table.row([
        kind.to_string(),
        points.to_string(),
        format!("{percent:.0} %"),
        refused.to_string(),
        cost.requests.to_string(),
        cost.round_trips.to_string(),
        format!("{:.0}", cost.milliseconds),
    ]);
    outcome.at_least(
        100.0,
        format!("{kind}: % of interrupted rotations that end with one valid AWSCURRENT"),
        percent,
    );
    outcome.at_least(10.0, format!("{kind}: points at which it was interrupted"), f64::from(*points));
    if kind != Kind::Single {
        outcome.at_most(
            0.0,
            format!("{kind}: points at which AWSCURRENT was refused meanwhile"),
            f64::from(*refused),
        );
    }
}
