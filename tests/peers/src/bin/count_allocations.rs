//! Prints how often a cached read allocates: ours, and the official caching client. `peers -- cache` runs it.
//!
//! A program of its own, because the crate that counts replaces the allocator of the program that it is linked to.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use harness::stub::Stub;
use secrets_runtime::{Environment, Secrets};
use tokio::runtime::Runtime;
use tokio::task::unconstrained;

const ID: &str = "shop/production/secret-000";

/// The mean of so many reads, so that what happens once in a while counts too.
const READS: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    // Of one thread: the counts are those of the thread that asks for them.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stub = Stub::start_on_thread();
    stub.put(ID, "value");
    let sdk_config = runtime.block_on(
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::from_keys("test", "test", None))
            .endpoint_url(stub.url())
            .load(),
    );

    let ours = Secrets::builder().environment(Environment::PRODUCTION).sdk_config(&sdk_config).build()?;
    let ours = count(&runtime, async || ours.get(ID).await.is_ok());

    let builder = aws_sdk_secretsmanager::config::Builder::from(&sdk_config);
    let capacity = NonZeroUsize::new(1000).ok_or("a capacity of zero")?;
    let official = runtime.block_on(SecretsManagerCachingClient::from_builder(
        builder,
        capacity,
        Duration::from_mins(5),
        true,
    ))?;
    let official = count(&runtime, async || official.get_secret_value(ID, None, None, false).await.is_ok());

    println!("{} {}", ours?, official?);
    Ok(())
}

/// Allocations of one read, after the first few, which fill the cache.
fn count(runtime: &Runtime, read: impl AsyncFn() -> bool) -> Result<f64, &'static str> {
    let failed = Cell::new(false);
    let allocations = |reads: u32| {
        let run = async {
            for _ in 0..reads {
                failed.set(failed.get() | !black_box(read().await));
            }
        };
        // Back at the scheduler, which tokio would send it to every so often, others might allocate.
        allocation_counter::measure(|| runtime.block_on(unconstrained(run))).count_total
    };
    allocations(10);
    let counted = allocations(READS);
    // What it takes to enter the runtime is not the reads'.
    let around = allocations(0);
    let counted = u32::try_from(counted - around).map_err(|_| "more allocations than can be counted")?;
    if failed.get() { Err("a read failed") } else { Ok(f64::from(counted) / f64::from(READS)) }
}
