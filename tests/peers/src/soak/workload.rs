//! What the tasks do: every way to read, follow, clear and give up, on one `Secrets`.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::stub::Stub;
use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source, SourceError};
use secrets_runtime::{Environment, Error, ErrorKind, Secret, Secrets, stats};
use tokio::time::{Instant, sleep, timeout};

use super::ledger::{Content, Fault, Ledger};
use crate::outcome::Result;
use crate::shop::Shop;

pub(super) const SECRETS: usize = 60;
const TTL: Duration = Duration::from_millis(800);
const MAX_STALE: Duration = Duration::from_secs(4);
const TIMEOUT: Duration = Duration::from_secs(2);
/// The longest time for which a value may be seen after the next one was stored: it may have been asked for just before,
/// travel until its call is given up, and then be served for its TTL (spread by a tenth) and `max_stale`.
const LONGEST: Duration = Duration::from_millis(2_000 + 880 + 4_000 + 500);
/// An operation that takes longer never ends.
const ENDLESS: Duration = Duration::from_secs(30);

pub(super) struct World {
    pub(super) stub: Stub,
    pub(super) ledger: Ledger,
    secrets: Secrets,
    hostile: Secrets,
}

/// The id of a secret.
pub(super) fn id(secret: usize) -> String {
    format!("soak/secret-{secret}")
}

impl World {
    pub(super) async fn open() -> Result<Self> {
        let Shop { stub, sdk_config } = Shop::open(Duration::from_millis(2)).await;
        let ledger = Ledger::new(SECRETS);
        for secret in 0..SECRETS {
            ledger.put(secret, |content| drop(stub.put(&id(secret), &content.to_json())));
        }
        let builder = || {
            let builder = Secrets::builder().environment(Environment::PRODUCTION);
            builder.ttl(TTL).max_stale(MAX_STALE).timeout(TIMEOUT)
        };
        let secrets = builder().sdk_config(&sdk_config).capacity(SECRETS * 2).build()?;
        let hostile = builder().sources([Hostile]).timeout(Duration::from_millis(300)).build()?;
        Ok(Self { stub, ledger, secrets, hostile })
    }

    /// Waits until what runs in the background has ended.
    pub(super) async fn settle(&self) {
        sleep(TIMEOUT * 2).await;
    }

    fn put(&self, secret: usize) {
        self.ledger.put(secret, |content| drop(self.stub.put(&id(secret), &content.to_json())));
    }

    /// Whether the cache had a value, already when a read began, that it may serve.
    fn had_value(&self, secret: usize, began: Instant) -> bool {
        let id = id(secret);
        self.secrets.stats().entries.iter().any(|entry| {
            entry.names.contains(&id)
                && entry.version.is_none()
                && matches!(entry.state, stats::EntryState::Fresh | stats::EntryState::Stale)
                && entry.fetched_ago > Some(began.elapsed() + Duration::from_millis(50))
        })
    }
}

pub(super) async fn work(world: Arc<World>, is_over: Arc<AtomicBool>, number: usize) {
    sleep(Duration::from_millis(number as u64)).await;
    while !is_over.load(Ordering::Relaxed) {
        let operation = OPERATIONS[weighted()].0;
        let began = Instant::now();
        let run = Arc::clone(&world);
        // A task of its own: a panic that reaches a caller ends it.
        let ended = timeout(ENDLESS, tokio::spawn(operate(run, operation))).await;
        match ended {
            Ok(Ok(failed)) => world.ledger.done(operation, failed),
            Ok(Err(_)) => world.ledger.fault(Fault::Panicked, operation),
            Err(_) => {
                let sample = format!("{operation}, {:?}", began.elapsed());
                world.ledger.fault(Fault::NeverAnswered, &sample);
            }
        }
        sleep(Duration::from_millis(fastrand::u64(..20))).await;
    }
}

/// Each operation, and how often it comes in a hundred.
const OPERATIONS: [(&str, usize); 13] = [
    ("get", 40),
    ("get_json", 12),
    ("ttl", 6),
    ("refresh", 8),
    ("bypass_cache", 3),
    ("put", 6),
    ("clear_cached", 2),
    ("clear_cache", 1),
    ("watch and changed", 5),
    ("cancelled get", 8),
    ("cancelled refresh", 3),
    ("runtime that shuts down", 2),
    ("hostile source", 4),
];

fn weighted() -> usize {
    let total: usize = OPERATIONS.iter().map(|(_, weight)| weight).sum();
    let mut left = fastrand::usize(..total);
    OPERATIONS
        .iter()
        .position(|(_, weight)| {
            let is_it = left < *weight;
            left = left.saturating_sub(*weight);
            is_it
        })
        .unwrap_or(0)
}

/// Does it once. `true` if it failed, which under trouble it may.
async fn operate(world: Arc<World>, operation: &'static str) -> bool {
    let secret = fastrand::usize(..SECRETS);
    let name = id(secret);
    let World { secrets, ledger, .. } = &*world;
    let confirmed = ledger.confirmed(secret);
    let began = Instant::now();
    match operation {
        "get" => {
            let read = secrets.get(&name).await;
            cached(&world, operation, secret, 0, began, read)
        }
        "get_json" => match secrets.get_json::<Secret<Content>>(&name).await {
            Ok(value) => {
                ledger.check(operation, secret, Some(value.expose_secret()), 0, LONGEST);
                false
            }
            Err(error) => failed(&world, operation, secret, began, &error),
        },
        "ttl" => {
            let read = secrets.request(&name).ttl(Duration::from_millis(100)).await;
            cached(&world, operation, secret, 0, began, read)
        }
        "refresh" | "bypass_cache" => {
            let request = secrets.request(&name);
            let read =
                if operation == "refresh" { request.refresh().await } else { request.bypass_cache().await };
            read.map(|text| ledger.check(operation, secret, parsed(&text).as_ref(), confirmed, LONGEST))
                .is_err()
        }
        "put" => {
            world.put(secret);
            false
        }
        "clear_cached" => {
            secrets.clear_cached(&name);
            let read = secrets.get(&name).await;
            cached(&world, operation, secret, confirmed, began, read)
        }
        "clear_cache" => {
            secrets.clear_cache();
            false
        }
        "watch and changed" => follow(&world, secret, &name).await,
        "cancelled get" => give_up(secrets.get(&name)).await,
        "cancelled refresh" => give_up(secrets.request(&name).refresh().into_future()).await,
        "runtime that shuts down" => elsewhere(secrets.clone(), name).await,
        _ => world.hostile.get(&name).await.is_err(),
    }
}

fn cached(
    world: &World,
    operation: &str,
    secret: usize,
    at_least: usize,
    began: Instant,
    read: std::result::Result<Secret<String>, Error>,
) -> bool {
    match read {
        Ok(text) => {
            world.ledger.check(operation, secret, parsed(&text).as_ref(), at_least, LONGEST);
            false
        }
        Err(error) => failed(world, operation, secret, began, &error),
    }
}

/// A passing failure must not reach a reader while the cache has a value for him.
fn failed(world: &World, operation: &str, secret: usize, began: Instant, error: &Error) -> bool {
    if error.is_transient() && world.had_value(secret, began) {
        world.ledger.fault(Fault::FailedBesideValue, &format!("{operation} of {secret}: {}", error.kind()));
    }
    true
}

fn parsed(text: &Secret<String>) -> Option<Content> {
    serde_json::from_str(text.expose_secret()).ok()
}

async fn follow(world: &World, secret: usize, name: &str) -> bool {
    let Ok(mut live) = world.secrets.watch(name).await else { return true };
    for _ in 0..3 {
        let _ = timeout(Duration::from_millis(fastrand::u64(..400)), live.changed()).await;
        let text = live.snapshot();
        let found = parsed(&text);
        // A followed value stays in use for as long as no other can be had.
        world.ledger.check("watch", secret, found.as_ref(), 0, Duration::MAX);
    }
    false
}

/// Drops a future in the middle.
async fn give_up(future: impl Future) -> bool {
    timeout(Duration::from_micros(fastrand::u64(..6000)), future).await.is_err()
}

/// Reads on a runtime that ends while the read may be under way.
async fn elsewhere(secrets: Secrets, name: String) -> bool {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let read = async { timeout(Duration::from_millis(fastrand::u64(..30)), secrets.get(&name)).await };
        let read = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(read)));
        runtime.shutdown_background();
        read.ok()
    });
    let joined = tokio::task::spawn_blocking(|| thread.join()).await;
    matches!(joined, Ok(Ok(Some(Err(_)))))
}

/// A source that panics, hangs, answers nothing, too much or at random.
struct Hostile;

impl Source for Hostile {
    fn name(&self) -> &'static str {
        "hostile"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        assert!(fastrand::usize(..8) > 0, "before the first poll");
        Box::pin(async move {
            match fastrand::usize(..6) {
                0 => panic!("while it is polled"),
                1 => std::future::pending().await,
                2 => Fetched::default(),
                3 => Fetched::failed(keys, &SourceError::new(ErrorKind::Unavailable)),
                4 => (0..keys.len() + 3).map(|_| Answer::found("more")).collect(),
                _ => {
                    sleep(Duration::from_millis(fastrand::u64(..20))).await;
                    keys.iter().map(|_| Answer::found("fine")).collect()
                }
            }
        })
    }
}
