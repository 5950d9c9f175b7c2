//! Requests to a real `PostgreSQL` while the password of their role is rotated again and again.
//!
//! What counts is a request that fails, whatever for. Two rows show what would fail otherwise: without them nobody would
//! know that the load meets a rotation at all.

mod database;
mod load;
mod rotator;

use std::fmt;
use std::time::Duration;

use database::Database;
use harness::postgres::postgres;
use load::{Load, Requests};
use rotator::Order;

use super::report::{Report, count};
use crate::outcome::Result;

/// Between two requests: 200 a second.
const EVERY: Duration = Duration::from_millis(5);
/// From one rotation to the next, so that many fit into a run.
const FAST: Duration = Duration::from_millis(400);
/// A second and more, as is still much faster than anybody rotates.
const SLOW: Duration = Duration::from_millis(1200);
/// From the moment that a database and the store disagree until they agree: what a rotation tests meanwhile.
const GAP: Duration = Duration::from_millis(50);

/// One run of the load.
struct Scene {
    order: Order,
    requests: Requests,
    rotations: u32,
    period: Duration,
}

const SCENES: [Scene; 5] = [
    Scene { order: Order::StoreFirst, requests: Requests::AcrossRotation, rotations: 50, period: FAST },
    Scene { order: Order::PendingFirst, requests: Requests::OrPending, rotations: 50, period: FAST },
    Scene { order: Order::PendingFirst, requests: Requests::OrPending, rotations: 10, period: SLOW },
    // Enough to see what fails, where that is all there is to see.
    Scene { order: Order::PendingFirst, requests: Requests::AcrossRotation, rotations: 5, period: FAST },
    Scene { order: Order::StoreFirst, requests: Requests::Plain, rotations: 5, period: FAST },
];

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, requests, rotations, period } = self;
        write!(f, "{rotations} rotations, {} ms each ({order}), {requests}", period.as_millis())
    }
}

pub(super) async fn run(report: &mut Report) -> Result<()> {
    let Some(postgres) = postgres("requests across rotations") else {
        return Err("SKIP_AWS_TESTS=true leaves out what needs a PostgreSQL, and so this comparison".into());
    };
    let database = Database::open(postgres).await?;
    for scene in &SCENES {
        let load = load::run(&database, scene).await?;
        show(report, scene, &load)?;
    }
    Ok(())
}

fn show(report: &mut Report, scene: &Scene, load: &Load) -> Result<()> {
    report.plain(&format!("{scene}: failed of {}", load.requests), load.failed.to_string());
    if let Some(error) = &load.error {
        report.plain(&format!("  one of them: {error}"), "");
    }
    let rate = count(load.requests)? / load.took.as_secs_f64();
    report.plain("  requests a second", format!("{rate:.0}"));
    let shown = format!("{}, {}", load.connections, load.refused);
    report.plain("  new connections, and those refused for their password", shown);
    let shown = format!("{}, {}", load.refreshes, load.pending);
    report.plain("  requests to the store: refreshes, and for AWSPENDING", shown);
    let shown = format!("{:.1}, {:.1}", load.median, load.percentile_99);
    report.plain("  a request, ms: median, and 99th percentile", shown);

    let outcome = &mut report.outcome;
    let (refused, failed) = (count(load.refused)?, count(load.failed)?);
    if scene.requests.survive(scene.order) {
        outcome.at_most(0.0, format!("{scene}: failed requests"), failed);
        let refreshes = count(load.refreshes)? / f64::from(scene.rotations);
        outcome.at_most(1.0, format!("{scene}: refreshes a rotation"), refreshes);
        outcome.at_least(195.0, format!("{scene}: requests a second"), rate);
    } else {
        outcome.at_least(
            1.0,
            format!("{scene}: failed requests, which show that the load meets a rotation"),
            failed,
        );
    }
    outcome.at_least(
        1.0,
        format!("{scene}: connections refused, a rotation"),
        refused / f64::from(scene.rotations),
    );
    Ok(())
}
