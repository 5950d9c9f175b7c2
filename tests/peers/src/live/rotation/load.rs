//! Requests at a steady rate while passwords are rotated.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::stub::{LogEntry, Operation, Stub};
use secrets_runtime::{Live, SecretConfig};
use tokio::task::JoinSet;

use super::database::{Connection, Database, Login, Pool, is_wrong_password};
use super::rotator::Order;
use super::{EVERY, Scene};
use crate::live::{LATENCY, NEVER, client};
use crate::outcome::Result;
use crate::samples::{median, milliseconds, percentile_99};
use crate::shop::Shop;

/// One request in so many opens a connection.
const NEW: usize = 4;

/// How requests are made.
#[derive(Clone, Copy)]
pub(super) enum Requests {
    /// With the config as it is.
    Plain,
    AcrossRotation,
    OrPending,
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "with the config as it is",
            Self::AcrossRotation => "across_rotation",
            Self::OrPending => "across_rotation, or_pending",
        })
    }
}

impl Requests {
    pub(super) const fn survive(self, order: Order) -> bool {
        matches!((self, order), (Self::OrPending, _) | (Self::AcrossRotation, Order::StoreFirst))
    }
}

/// What came of it.
pub(super) struct Load {
    pub(super) requests: usize,
    pub(super) took: Duration,
    pub(super) failed: usize,
    pub(super) error: Option<String>,
    pub(super) connections: usize,
    pub(super) refused: usize,
    /// Requests to the store for AWSCURRENT.
    pub(super) refreshes: usize,
    /// Requests to the store for AWSPENDING.
    pub(super) pending: usize,
    pub(super) median: f64,
    pub(super) percentile_99: f64,
}

pub(super) async fn run(database: &Database, scene: &Scene) -> Result<Load> {
    let shop = Shop::open(LATENCY).await;
    scene.order.begin(database, &shop.stub).await?;
    let service = Arc::new(Service {
        config: Login::watch(&client(&shop, NEVER)?).await?,
        pool: database.pool(),
        requests: scene.requests,
    });
    shop.stub.reset_requests();
    let begun = Instant::now();
    let mut under_way = JoinSet::new();
    let mut ticks = tokio::time::interval(EVERY);
    let rotating = scene.rotate(database, &shop.stub);
    tokio::pin!(rotating);
    loop {
        tokio::select! {
            rotated = &mut rotating => break rotated?,
            _ = ticks.tick() => {
                let (service, number) = (Arc::clone(&service), under_way.len());
                under_way.spawn(async move { service.timed(number).await });
            }
        }
    }
    let took = begun.elapsed();
    let done = under_way.join_all().await;
    let errors: Vec<&String> = done.iter().filter_map(|(_, done)| done.as_ref().err()).collect();
    let times = done.iter().map(|(time, _)| milliseconds(*time));
    Ok(Load {
        requests: done.len(),
        took,
        failed: errors.len(),
        error: errors.first().map(ToString::to_string),
        connections: service.pool.opened(),
        refused: service.pool.refused(),
        refreshes: refreshes(&shop.stub),
        pending: pending(&shop.stub),
        median: median(times.clone()),
        percentile_99: percentile_99(times),
    })
}

fn described(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn pending(stub: &Stub) -> usize {
    stub.log().iter().filter(|entry| is_pending(entry)).count()
}

/// Whatever else was asked for.
fn refreshes(stub: &Stub) -> usize {
    stub.log().iter().filter(|entry| !is_pending(entry)).count()
}

fn is_pending(entry: &LogEntry) -> bool {
    entry.operation == Operation::Get && entry.stage.as_deref() == Some("AWSPENDING")
}

struct Service {
    config: Live<Login>,
    pool: Pool,
    requests: Requests,
}

impl Service {
    async fn timed(&self, number: usize) -> (Duration, std::result::Result<(), String>) {
        let begun = Instant::now();
        let connection = if number.is_multiple_of(NEW) { Connection::New } else { Connection::Any };
        let request = |login: Arc<Login>| async move { self.pool.request(&login, connection).await };
        let across = || self.config.across_rotation(is_wrong_password);
        let done = match self.requests {
            Requests::Plain => request(self.config.snapshot()).await,
            Requests::AcrossRotation => across().run(request).await,
            Requests::OrPending => across().or_pending().run(request).await,
        };
        (begun.elapsed(), done.map_err(|error| described(&error)))
    }
}
