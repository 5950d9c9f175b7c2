//! A refresh that fails for a reason that may pass, while a value is held.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use harness::stub::{Fault, Stub};
use secrets_runtime::source::SourceError;
use secrets_runtime::{ErrorKind, SecretsManager};
use tokio::time::advance;

use super::{PAST_BACKOFF, PAST_TTL, of, of_stub, text, text_at_once, warm, with};
use crate::support::aws::sdk_config;
use crate::support::events::Events;
use crate::support::remote::{Remote, Watched};
use crate::support::time::{Still, pass, soon, turns};

/// More than one attempt of a call may take.
const PAST_ATTEMPT: Duration = Duration::from_secs(6);

/// Every way in which AWS, or what stands before it, does not say anything about the secret.
const OUTAGES: [Fault; 12] = [
    Fault::Throttled,
    Fault::ServerError,
    Fault::Unavailable,
    Fault::Hang,
    Fault::Reset,
    Fault::TruncatedBody,
    Fault::BrokenJson,
    Fault::WrongTypes,
    Fault::EmptyObject,
    Fault::NotAws,
    Fault::ExpiredToken,
    Fault::InvalidCredentials,
];

/// Asks for the refresh of a value that is due, by a read that must not notice; waits for its end.
async fn refresh(
    secrets: &secrets_runtime::Secrets,
    source: &Watched<SecretsManager>,
    ended: usize,
    stub: &Stub,
    hangs: bool,
) {
    assert_eq!(text_at_once(secrets, "key").unwrap(), "old");
    if hangs {
        soon("a request", stub.arrived(ended)).await;
        pass(PAST_ATTEMPT).await;
    }
    source.ended(ended).await;
}

#[tokio::test]
async fn no_read_fails_or_waits_the_value_is_not_fresh_and_success_shows_the_new_one() {
    for fault in OUTAGES {
        for reads in [1, 3] {
            let stub = Stub::start().await;
            stub.put("key", "old");
            let (secrets, source) = of_stub(&stub);
            for _ in 0..reads {
                text(&secrets, "key").await;
            }
            stub.put("key", "new");
            stub.fault(fault);
            pass(PAST_TTL).await;
            for ended in [2, 3, 4] {
                refresh(&secrets, &source, ended, &stub, fault == Fault::Hang).await;
                let still = Still::stand();
                assert_eq!(stub.requests().total(), ended, "{fault:?}: what is due is asked for once");
                for _ in 0..3 {
                    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old", "{fault:?}");
                }
                drop(still);
                pass(PAST_BACKOFF).await;
            }
            stub.clear_faults();
            refresh(&secrets, &source, 5, &stub, false).await;
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "new", "{fault:?}");
            assert_eq!(stub.requests().total(), 5, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_batch_that_fails_fails_no_read_either() {
    for fault in OUTAGES {
        let stub = Stub::start().await;
        let names = ["a", "b", "c"];
        for name in names {
            stub.put(name, "old");
        }
        let (secrets, source) = of_stub(&stub);
        for name in names {
            warm(&secrets, name).await;
        }
        for name in names {
            stub.put(name, "new");
        }
        stub.fault(fault);
        pass(PAST_TTL).await;
        stub.reset_requests();
        let read_all = |value: &str| {
            for name in names {
                assert_eq!(text_at_once(&secrets, name).unwrap(), value, "{fault:?}");
            }
        };
        read_all("old");
        soon("a batch", stub.arrived(1)).await;
        assert_eq!(stub.requests().batch_ids, [3], "{fault:?}");
        if fault == Fault::Hang {
            pass(PAST_ATTEMPT).await;
        }
        source.ended(4).await;
        let still = Still::stand();
        read_all("old");
        drop(still);
        stub.clear_faults();
        pass(PAST_BACKOFF).await;
        read_all("old");
        source.ended(5).await;
        read_all("new");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_fails_no_read() {
    for reads in [1, 3] {
        let stub = Stub::start().await;
        stub.put("key", "old");
        let (secrets, source) = of_stub(&stub);
        for _ in 0..reads {
            text(&secrets, "key").await;
        }
        stub.put("key", "new");
        stub.close().await;
        pass(PAST_TTL).await;
        for ended in [2, 3] {
            refresh(&secrets, &source, ended, &stub, false).await;
            let still = Still::stand();
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
            drop(still);
            pass(PAST_BACKOFF).await;
        }
        stub.open().await;
        refresh(&secrets, &source, 4, &stub, false).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
        assert_eq!(stub.requests().total(), 2);
    }
}

/// Credentials of a role that have to be renewed for every call, which fails when a test says so.
#[derive(Clone, Default)]
struct Role {
    fails: Arc<AtomicBool>,
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Role")
    }
}

impl ProvideCredentials for Role {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(if self.fails.load(Ordering::Relaxed) {
            Err(CredentialsError::provider_error("the metadata service does not answer"))
        } else {
            let soon = SystemTime::now() + Duration::from_secs(1);
            Ok(Credentials::new("id", "key", None, Some(soon), "role"))
        })
    }
}

fn of_role(stub: &Stub, role: &Role) -> Watched<SecretsManager> {
    let credentials = SharedCredentialsProvider::new(role.clone());
    let config: SdkConfig = sdk_config(&stub.url()).into_builder().credentials_provider(credentials).build();
    Watched::new(SecretsManager::builder().sdk_config(&config).max_attempts(1).build())
}

#[tokio::test]
async fn credentials_that_cannot_be_had_fail_no_read() {
    for reads in [1, 3] {
        let (stub, role) = (Stub::start().await, Role::default());
        stub.put("key", "old");
        let source = of_role(&stub, &role);
        let secrets = with(source.clone()).build().unwrap();
        for _ in 0..reads {
            text(&secrets, "key").await;
        }
        stub.put("key", "new");
        role.fails.store(true, Ordering::Relaxed);
        pass(PAST_TTL).await;
        for ended in [2, 3] {
            refresh(&secrets, &source, ended, &stub, false).await;
            let still = Still::stand();
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
            assert_eq!(stub.requests().total(), 1, "nobody has signed it");
            drop(still);
            pass(PAST_BACKOFF).await;
        }
        role.fails.store(false, Ordering::Relaxed);
        refresh(&secrets, &source, 4, &stub, false).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
    }
}

#[tokio::test]
async fn a_source_that_never_ends_is_ended_by_the_time_out_and_fails_no_read() {
    let remote = Remote::new().with("key", "old");
    let secrets = with(remote.clone()).timeout(Duration::from_secs(2)).build().unwrap();
    warm(&secrets, "key").await;
    remote.put("key", "new");
    remote.hold();
    pass(PAST_TTL).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    remote.asked(2).await;
    pass(Duration::from_secs(3)).await;
    turns().await;
    assert_eq!((remote.under_way(), text_at_once(&secrets, "key").unwrap().as_str()), (0, "old"));
    remote.release();
    pass(PAST_BACKOFF).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    remote.asked(3).await;
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "new");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_not_tried_again_at_every_read() {
    let remote = Remote::new().with("key", "old");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.fail(SourceError::new(ErrorKind::Throttled));
    advance(PAST_TTL).await;
    let mut waits = Vec::new();
    assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
    for failures in 2..=12 {
        remote.asked(failures).await;
        let began = tokio::time::Instant::now();
        while remote.requests() == failures && began.elapsed() < PAST_TTL {
            advance(Duration::from_millis(25)).await;
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "old");
            turns().await;
        }
        waits.push(began.elapsed().as_millis());
    }
    assert!((250..=525).contains(&waits[0]), "{waits:?}");
    assert!((500..=1025).contains(&waits[1]), "{waits:?}");
    let longest = *waits.iter().max().unwrap();
    assert!((15_000..=30_025).contains(&longest), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_success_resets_the_backoff() {
    let remote = Remote::new().with("key", "k");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    for _ in 0..2 {
        remote.fail(SourceError::new(ErrorKind::Unavailable));
        advance(PAST_TTL).await;
        for _ in 0..5 {
            assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
            turns().await;
            advance(PAST_BACKOFF).await;
        }
        let before = remote.requests();
        remote.mend();
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
        remote.asked(before + 1).await;
        // Fresh again, and the first failure after it is the first.
        remote.fail(SourceError::new(ErrorKind::Unavailable));
        advance(PAST_TTL).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
        remote.asked(before + 2).await;
        advance(Duration::from_millis(501)).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
        remote.asked(before + 3).await;
        remote.mend();
        advance(PAST_BACKOFF).await;
        assert_eq!(text_at_once(&secrets, "key").unwrap(), "k");
        turns().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_warned_of_once_with_the_names_and_without_the_values() {
    let remote = Remote::new().with("key", "not-to-be-seen");
    let secrets = of(&remote);
    warm(&secrets, "key").await;
    remote.fail(SourceError::new(ErrorKind::Throttled).with_code("SlowDown"));
    advance(PAST_TTL).await;
    let events = Events::capture();
    for _ in 0..5 {
        warm(&secrets, "key").await;
        turns().await;
        advance(PAST_BACKOFF).await;
    }
    assert_eq!(remote.requests(), 6);
    let warnings = events.warnings();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert!(warning.starts_with("WARN refresh failed: cached values are served until"), "{warning}");
    assert!(warning.contains("source=remote") && warning.contains("key"), "{warning}");
    // Each failure is there for who looks closer, with its code.
    let failed = "DEBUG fetch failed source=remote key=key error=SlowDown";
    assert_eq!(events.own().iter().filter(|event| *event == failed).count(), 5, "{:?}", events.own());
    assert!(!events.all().contains("not-to-be-seen"));
}
