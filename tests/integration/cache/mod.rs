//! The cache between `Secrets` and a remote source, as a program that reads through it sees it.

mod aliases;
mod cancelled;
mod clear;
mod concurrency;
mod definite;
mod eviction;
mod freshness;
mod late;
mod local;
mod logs;
mod outages;
mod requests;
mod runtimes;
mod set_up;
mod sharing;

use std::time::Duration;

use harness::stub::Stub;
use secrets_runtime::source::Source;
use secrets_runtime::{Clock, Secrets, SecretsBuilder, SecretsManager};

use crate::support::aws::once;
use crate::support::production;
use crate::support::remote::{Remote, Watched};

const TTL: Duration = Duration::from_mins(5);
const MAX_STALE: Duration = Duration::from_hours(1);

/// After it nothing that was fetched before is fresh, and everything may still be served.
const PAST_TTL: Duration = Duration::from_secs(331);

/// After it nothing that was fetched before may be served.
const PAST_MAX_STALE: Duration = PAST_TTL.saturating_add(MAX_STALE);

/// After it whatever has failed is worth another try.
const PAST_BACKOFF: Duration = Duration::from_secs(31);

/// Production with this source alone, with the defaults of the cache, on the clock of the test.
fn with(source: impl Source) -> SecretsBuilder {
    production().sources([source]).clock(Clock::Tokio)
}

fn of(remote: &Remote) -> Secrets {
    with(remote.clone()).build().unwrap()
}

/// Secrets of a stub that is asked once, and the source behind them.
fn of_stub(stub: &Stub) -> (Secrets, Watched<SecretsManager>) {
    let source = Watched::new(once(&stub.url()));
    (with(source.clone()).build().unwrap(), source)
}

async fn text(secrets: &Secrets, name: &str) -> String {
    secrets.get(name).await.unwrap().expose_secret().clone()
}

/// Reads a secret so often that the next read is by the shortest way there is.
async fn warm(secrets: &Secrets, name: &str) {
    for _ in 0..3 {
        secrets.get(name).await.unwrap();
    }
}

/// What a read comes to that waits for nobody.
fn text_at_once(secrets: &Secrets, name: &str) -> Option<String> {
    let read = crate::support::time::at_once(secrets.get(name))?;
    Some(read.unwrap().expose_secret().clone())
}
