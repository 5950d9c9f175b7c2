//! Several runtimes in one process. A runtime that is alive and not polled must not delay another one: this
//! is how programs look that block on each call, and tests with a runtime each.

use std::time::Duration;

use harness::stub::{Fault, Operation, Stub};
use secrets_runtime::admin::Admin;
use secrets_runtime::source::{Answer, Key, Source};
use secrets_runtime::{Secrets, SecretsManager};
use tokio::runtime::{Builder, Runtime};

use crate::support::aws::{alone, sdk_config};
use crate::support::child::{folder, run};
use crate::support::endpoint::keeping_alive;

/// Far more than a call takes, and far less than the time-outs of [`patient`].
const SOON: Duration = Duration::from_secs(10);

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A source that waits for an answer longer than a test does.
fn patient(stub: &Stub) -> SecretsManager {
    let long = Duration::from_mins(2);
    SecretsManager::builder()
        .sdk_config(&sdk_config(&stub.url()))
        .attempt_timeout(long)
        .operation_timeout(long)
        .build()
}

/// A stub that is asked for each secret alone, with eight connections at a time.
fn stub_with_eight_connections() -> Stub {
    let stub = Stub::start_on_thread();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "another"] {
        stub.put(name, name);
    }
    stub.fault(Fault::UnknownOperation.on(Operation::Batch));
    stub.set_latency(Duration::from_millis(50));
    stub
}

/// Opens eight connections on a runtime, which then stays alive and is not polled.
fn warmed(stub: &Stub, aws: &SecretsManager) -> Runtime {
    let runtime = runtime();
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"].map(Key::new);
    let fetched = runtime.block_on(aws.fetch(&keys));
    assert!(fetched.answers().iter().all(|answer| matches!(answer, Answer::Found(..))), "{fetched:?}");
    assert_eq!(stub.max_in_flight(), 8);
    runtime
}

async fn soon<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, call).await.expect("it waits for the other runtime")
}

fn secrets(aws: &SecretsManager) -> Secrets {
    alone(aws.clone()).build().unwrap()
}

#[test]
fn a_read_does_not_use_the_connections_of_a_runtime_that_is_not_polled() {
    let stub = stub_with_eight_connections();
    let aws = patient(&stub);
    let _warmed = warmed(&stub, &aws);
    let secrets = secrets(&aws);
    runtime().block_on(soon(async {
        for name in ["another", "a", "b"] {
            assert_eq!(secrets.get(name).await.unwrap().expose_secret(), name);
        }
    }));
}

#[test]
fn neither_does_a_call_of_admin() {
    let stub = stub_with_eight_connections();
    let aws = patient(&stub);
    let _warmed = warmed(&stub, &aws);
    let admin = Admin::from_secrets_manager(aws);
    let description = runtime().block_on(soon(admin.describe("a"))).unwrap();
    assert_eq!(description.name(), Some("a"));
}

#[test]
fn each_of_many_runtimes_reads_and_those_that_end_leave_no_connection() {
    let stub = stub_with_eight_connections();
    let aws = patient(&stub);
    let secrets = secrets(&aws);
    for _ in 0..10 {
        secrets.clear_cache();
        let runtime = runtime();
        assert_eq!(runtime.block_on(soon(secrets.get("a"))).unwrap().expose_secret(), "a");
    }
    assert_eq!(stub.requests().get, 10);
}

#[test]
fn runtimes_that_are_both_polled_read_side_by_side() {
    let stub = stub_with_eight_connections();
    let aws = patient(&stub);
    let read = |name: &'static str| {
        let secrets = secrets(&aws);
        std::thread::spawn(move || {
            runtime().block_on(soon(async move {
                for _ in 0..5 {
                    secrets.clear_cache();
                    assert_eq!(secrets.get(name).await.unwrap().expose_secret(), name);
                }
            }));
        })
    };
    for reader in ["a", "b", "c"].map(read) {
        reader.join().unwrap();
    }
}

/// Credentials of a container that have expired when they arrive, so that every call obtains them again.
#[test]
fn credentials_are_not_obtained_through_a_connection_of_a_runtime_that_is_not_polled() {
    let credentials =
        r#"{"AccessKeyId": "a", "SecretAccessKey": "b", "Token": "c", "Expiration": "2020-01-01T00:00:00Z"}"#;
    let stub = Stub::start_on_thread();
    stub.put("jwt", "the jwt");
    stub.put("another", "another");
    let variables = [
        ("ENVIRONMENT", "production".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", stub.url()),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", keeping_alive(credentials)),
    ];
    let ended = run("aws-two-runtimes", &folder(""), &variables);
    assert_eq!(ended.stdout, "jwt: found\nanother: found\n", "{}", ended.stderr);
}
