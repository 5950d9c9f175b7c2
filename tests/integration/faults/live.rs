//! Cached values that are not refreshed, and watched configs whose secrets change for the worse.

use std::sync::Arc;
use std::time::Duration;

use secrets_runtime::source::SourceError;
use secrets_runtime::{Clock, ErrorKind, Live, Secret, SecretConfig, Secrets};

use super::row::{Row, row};
use crate::support::events::Events;
use crate::support::production;
use crate::support::remote::Remote;

#[derive(SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct App {
    jwt: Secret<String>,
    port: Secret<u16>,
}

fn remote() -> Remote {
    Remote::new().with("shop/production/jwt", "1").with("shop/production/port", "80")
}

fn of(remote: &Remote) -> Secrets {
    production().sources([remote.clone()]).clock(Clock::Tokio).build().unwrap()
}

/// Runs this on a runtime of its own whose clock does not wait.
fn paused(report: impl AsyncFnOnce() -> String + Send + 'static) -> String {
    let run = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().start_paused(true).build().unwrap().block_on(report())
    };
    std::thread::spawn(run).join().unwrap()
}

/// The warnings of a program that reads a secret, whose source then changes.
async fn warnings(change: fn(&Remote), wait: Duration) -> String {
    let remote = remote();
    let secrets = of(&remote);
    secrets.get("shop/production/jwt").await.unwrap();
    change(&remote);
    let events = Events::capture();
    tokio::time::sleep(wait).await;
    drop(secrets.get("shop/production/jwt").await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    events.warnings().join("\n")
}

/// After it a value is read again, and may still be served.
const PAST_TTL: Duration = Duration::from_secs(331);

async fn refused(pending: Option<&str>) -> (String, Live<App>) {
    let remote = remote();
    if let Some(pending) = pending {
        remote.put("shop/production/jwt@AWSPENDING", pending);
    }
    refused_by(&remote).await
}

/// The warnings of a call that is refused, and the config that it used.
async fn refused_by(remote: &Remote) -> (String, Live<App>) {
    let config = App::watch(&of(remote)).await.unwrap();
    let events = Events::capture();
    let call = config.across_rotation(|_: &&str| true).of("jwt").or_pending();
    let _ = call.run(async |_: Arc<App>| Err::<(), _>("refused")).await;
    (events.warnings().join("\n"), config)
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = cached();
    rows.extend(watched());
    rows
}

fn cached() -> Vec<Row> {
    vec![
        row(
            "The source is unreachable, and cached values are served (a log event).",
            "Restore the source: the values end after `max_stale`.",
            async {
                let unavailable = |remote: &Remote| remote.fail(SourceError::new(ErrorKind::Unavailable));
                paused(move || warnings(unavailable, PAST_TTL))
            },
        ),
        row(
            "The secret was deleted, or may no longer be read (a log event).",
            "Restore it, or allow it again.",
            async {
                let denied = |remote: &Remote| {
                    remote.answer("shop/production/jwt", SourceError::new(ErrorKind::AccessDenied));
                };
                paused(move || warnings(denied, PAST_TTL))
            },
        ),
        row(
            "The source was unreachable for longer than `max_stale` (a log event).",
            "Restore the source.",
            async {
                paused(async || {
                    let remote = remote();
                    let secrets = of(&remote);
                    secrets.get("shop/production/jwt").await.unwrap();
                    remote.fail(SourceError::new(ErrorKind::Unavailable));
                    let events = Events::capture();
                    for _ in 0..10 {
                        tokio::time::sleep(Duration::from_mins(10)).await;
                        drop(secrets.get("shop/production/jwt").await);
                    }
                    events.warnings().last().unwrap().clone()
                })
            },
        ),
    ]
}

fn watched() -> Vec<Row> {
    vec![
        row(
            "A secret changed to a value that does not decode: `Live::failure`.",
            "Store a valid value.",
            async {
                paused(async || {
                    let remote = remote();
                    let config = App::watch(&of(&remote)).await.unwrap();
                    remote.put("shop/production/port", "http");
                    drop(config.refresh().await);
                    config.failure().unwrap().to_string()
                })
            },
        ),
        row("The same (a log event).", "Read `Live::failure`.", async {
            paused(async || {
                let remote = remote();
                let config = App::watch(&of(&remote)).await.unwrap();
                remote.put("shop/production/port", "http");
                let events = Events::capture();
                drop(config.refresh().await);
                tokio::time::sleep(PAST_TTL).await;
                events.warnings().join("\n")
            })
        }),
        row(
            "The service refuses the current value, and no rotation has begun: `Live::failure`.",
            "Store the value that the service accepts.",
            async { paused(async || refused(None).await.1.failure().unwrap().to_string()) },
        ),
        row("The same (a log event).", "Store the value that the service accepts.", async {
            paused(async || refused(None).await.0)
        }),
        row(
            "The service refuses the current and the pending value: `Live::failure`.",
            "Rotate the secret again.",
            async { paused(async || refused(Some("2")).await.1.failure().unwrap().to_string()) },
        ),
        row(
            "The service refuses the current value, and the pending one is denied: `Live::failure`.",
            "Allow what `secrets policy --pending` prints.",
            async {
                paused(async || {
                    let remote = remote();
                    remote
                        .answer("shop/production/jwt@AWSPENDING", SourceError::new(ErrorKind::AccessDenied));
                    refused_by(&remote).await.1.failure().unwrap().to_string()
                })
            },
        ),
        row(
            "The policy does not allow the pending version (a log event).",
            "Allow what `secrets policy --pending` prints.",
            async {
                paused(async || {
                    let remote = remote();
                    remote
                        .answer("shop/production/jwt@AWSPENDING", SourceError::new(ErrorKind::AccessDenied));
                    let config = App::watch(&of(&remote)).await.unwrap();
                    let events = Events::capture();
                    let call = config.across_rotation(|_: &&str| true).of("jwt").or_pending();
                    let _ = call.run(async |_: Arc<App>| Err::<(), _>("refused")).await;
                    events.warnings().first().unwrap().clone()
                })
            },
        ),
    ]
}
