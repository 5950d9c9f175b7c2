//! How many tasks it takes to follow a thousand secrets, and that they end.
//!
//! Against a store in this process: connections of the SDK have tasks of their own, which come and go.

use std::time::Duration;

use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
use secrets_runtime::{Environment, Secrets};
use tokio::runtime::Handle;

use super::report::{Report, count};
use crate::outcome::Result;

const TTL: Duration = Duration::from_millis(200);
const WATCHED: usize = 1000;

pub(super) fn run(report: &mut Report) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (following, after) = runtime.block_on(tasks())?;
    let what = format!("tasks for {WATCHED} watched secrets");
    report.plain(&format!("{what}, and after their last handle is gone"), format!("{following}, {after}"));
    report.outcome.at_most(1.0, &*what, count(following)?);
    report.outcome.at_most(0.0, format!("{what}, after their last handle is gone"), count(after)?);
    Ok(())
}

async fn tasks() -> Result<(usize, usize)> {
    let builder = Secrets::builder().environment(Environment::PRODUCTION).sources([Store]);
    let secrets = builder.ttl(TTL).build()?;
    let mut watched = Vec::with_capacity(WATCHED);
    for number in 0..WATCHED {
        watched.push(secrets.watch(&format!("secret-{}", number % 100)).await?);
    }
    let following = fewest_tasks().await;
    drop(watched);
    Ok((following, fewest_tasks().await))
}

/// The tasks of this runtime, without those of requests that happen to be under way.
async fn fewest_tasks() -> usize {
    let mut fewest = usize::MAX;
    for _ in 0..100 {
        tokio::time::sleep(TTL / 20).await;
        fewest = fewest.min(Handle::current().metrics().num_alive_tasks());
    }
    fewest
}

/// Has every secret, across no network, and is followed as if it were.
struct Store;

impl Source for Store {
    fn name(&self) -> &'static str {
        "store"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async { keys.iter().map(|_| Answer::found("value")).collect() })
    }

    fn is_remote(&self) -> bool {
        true
    }
}
