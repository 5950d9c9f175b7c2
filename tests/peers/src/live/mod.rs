//! Configs that follow their secrets: what a read costs, how soon a rotated secret is there, what following costs the
//! store, and requests to a database whose password is changed under them.
//!
//! Sides that are compared take turns in one run, as in [`cache`](crate::cache). What is compared with the store's own
//! speed runs against a stub on a thread of its own; `PostgreSQL` is a real one.

mod allocations;
mod follows;
mod many;
mod reads;
mod report;
mod rotation;
mod tasks;

use std::time::Duration;

use report::Report;
use secrets_runtime::{Environment, Secret, SecretConfig, Secrets};

use crate::outcome::{Outcome, Result};
use crate::shop::Shop;

/// What the stub takes to answer, where it matters.
const LATENCY: Duration = Duration::from_millis(20);

/// More than a run takes.
const NEVER: Duration = Duration::from_hours(1);

/// What is read, and followed.
#[derive(SecretConfig)]
#[secret(prefix = "live")]
struct Service {
    token: Secret<String>,
}

const TOKEN: &str = "live/token";

pub(crate) fn run() -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = Report::default();
    reads::run(&runtime, &mut report)?;
    allocations::run(&mut report)?;
    runtime.block_on(follows::run(&mut report))?;
    runtime.block_on(many::run(&mut report))?;
    tasks::run(&mut report)?;
    runtime.block_on(rotation::run(&mut report))?;
    Ok(report.print())
}

/// A client of the shop's stub.
fn client(shop: &Shop, ttl: Duration) -> Result<Secrets> {
    let builder = Secrets::builder().environment(Environment::PRODUCTION).sdk_config(&shop.sdk_config);
    Ok(builder.ttl(ttl).build()?)
}
