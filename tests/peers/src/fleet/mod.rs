//! A fleet that starts at once and then runs for an hour, against the documented quotas of one account and region:
//! `Secrets` beside two plain policies.
//!
//! Nothing is modelled but the service and the orchestrator: every instance is a real client, of `Secrets` or of the SDK,
//! on tokio's paused clock.

mod bucket;
mod config;
mod instance;
mod ours;
mod plain;
mod report;
mod service;
mod simulation;
mod size;
mod traffic;

use std::thread;

use crate::outcome::{Outcome, Result};
use ours::Ours;
use plain::{BatchOnly, GetOnly};
use simulation::simulate;
use size::Size;

pub(crate) fn run() -> Result<Outcome> {
    let size = Size::wanted()?;
    println!("{size}");
    // Each on a thread of its own: they share nothing, and the time that passes is not that of the machine.
    let (batch_only, get_only, ours) = thread::scope(|scope| {
        let batch_only = scope.spawn(|| simulate::<BatchOnly>(size));
        let get_only = scope.spawn(|| simulate::<GetOnly>(size));
        let ours = scope.spawn(|| simulate::<Ours>(size));
        (batch_only.join(), get_only.join(), ours.join())
    });
    let reports = [batch_only, get_only, ours].map(|report| report.map_err(|_| "a simulation panicked"));
    let [batch_only, get_only, ours] = reports;
    let (batch_only, get_only, ours) = (batch_only??, get_only??, ours??);

    report::print(&[&batch_only, &get_only, &ours]);
    let mut outcome = Outcome::default();
    match (ours.last_up(), batch_only.last_up().into_iter().chain(get_only.last_up()).min()) {
        (Some(ours), Some(plain)) => outcome.at_most(
            1.0,
            "last instance up, beside the better of the plain policies",
            ours.div_duration_f64(plain),
        ),
        (last, _) => outcome.holds("the whole fleet is up", last.is_some()),
    }
    if let Some(ours) = ours.last_up() {
        outcome.at_most(
            1.5,
            "last instance up, beside the soonest that the quotas allow",
            ours.div_duration_f64(size.soonest()),
        );
    }
    outcome.holds("no start of an instance with `Secrets` fails", ours.failed_starts == 0);
    outcome.holds("none of the reads in the hour fails", ours.reads.all > 0 && ours.reads.failed == 0);
    Ok(outcome)
}
