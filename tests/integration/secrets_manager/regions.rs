//! Regions that do not answer, and the replicas that stand in for them.

use std::time::{Duration, Instant};

use harness::stub::{Fault, LogEntry, Operation, Stub};
use secrets_runtime::{Env, Environment, ErrorKind, Secret, SecretConfig, Secrets, SecretsManager};

use super::configs::{Twenty, Two, stub_with};
use crate::support::aws::{alone, retrying, sdk_config};
use crate::support::events::Events;
use crate::support::sources::chain;
use crate::support::{kinds, places};

const FIRST: &str = "us-east-1";
const REPLICA: &str = "eu-central-1";

/// A source with a failover region, whose endpoint is an emulator's for every region.
fn aws(stub: &Stub) -> SecretsManager {
    SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).failover_region(REPLICA).build()
}

fn secrets(stub: &Stub) -> Secrets {
    alone(aws(stub)).build().unwrap()
}

/// The requests that were signed for a region.
fn asked(stub: &Stub, region: &str) -> Vec<LogEntry> {
    stub.log().into_iter().filter(|entry| entry.region.as_deref() == Some(region)).collect()
}

#[tokio::test]
async fn replicas_are_read_while_the_region_does_not_answer_and_the_region_again_as_soon_as_it_does() {
    let stub = stub_with(&Twenty::names("")).await;
    let secrets = secrets(&stub);
    Twenty::load_from(&secrets).await.unwrap();
    assert_eq!(asked(&stub, REPLICA), []);
    for fault in [Fault::Unavailable, Fault::ServerError, Fault::Reset] {
        let events = Events::capture();
        stub.fault(fault.in_region(FIRST));
        for _ in 0..2 {
            stub.reset_requests();
            secrets.clear_cache();
            let config = Twenty::load_from(&secrets).await.unwrap();
            assert_eq!((config.a.expose_secret().as_str(), config.t.expose_secret().as_str()), ("a", "t"));
            let of_replica = asked(&stub, REPLICA);
            assert_eq!((of_replica.len(), of_replica[0].ids.len()), (1, 20), "{fault:?}: one batch, too");
            assert!(asked(&stub, FIRST).iter().all(|entry| entry.operation == Operation::Batch));
        }
        stub.clear_faults();
        stub.reset_requests();
        secrets.clear_cache();
        Twenty::load_from(&secrets).await.unwrap();
        assert_eq!((asked(&stub, FIRST).len(), asked(&stub, REPLICA).len()), (1, 0), "{fault:?}");
        let own: Vec<_> = events.own().into_iter().filter(|event| event.contains("region")).collect();
        let warned = format!(
            "WARN the region of AWS Secrets Manager does not answer: secrets are read from their replicas \
             region={FIRST} replica={REPLICA} error="
        );
        assert_eq!(own.len(), 2, "{fault:?}: {own:?}");
        assert!(own[0].starts_with(&warned) && own[0].len() > warned.len(), "{fault:?}: {own:?}");
        assert_eq!(own[1], format!("INFO the region of AWS Secrets Manager answers again region={FIRST}"));
    }
}

#[tokio::test]
async fn a_cold_start_in_an_outage_costs_the_time_out_of_one_attempt() {
    let stub = stub_with(&Two::names("")).await;
    stub.fault(Fault::Hang.in_region(FIRST));
    let attempt = Duration::from_millis(500);
    let aws = SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).failover_region(REPLICA);
    let secrets = alone(aws.attempt_timeout(attempt).build()).build().unwrap();
    let started = Instant::now();
    Two::load_from(&secrets).await.unwrap();
    // Three attempts would take at least 1.5 seconds.
    assert!(started.elapsed() < attempt * 3, "{:?}", started.elapsed());
    assert_eq!(asked(&stub, FIRST).len(), 1);
}

#[tokio::test]
async fn what_the_region_answers_does_not_go_on_to_the_replica() {
    for (fault, kind) in [
        (Fault::Denied, ErrorKind::AccessDenied),
        (Fault::NotFound, ErrorKind::Missing),
        (Fault::DecryptionFailure, ErrorKind::Decryption),
        (Fault::PendingDeletion, ErrorKind::PendingDeletion),
        (Fault::InvalidCredentials, ErrorKind::AccessDenied),
    ] {
        let stub = stub_with(&Two::names("")).await;
        stub.fault(fault.in_region(FIRST));
        let error = Two::load_from(&secrets(&stub)).await.unwrap_err();
        assert_eq!(kinds(&error), [("a", kind), ("b", kind)], "{fault:?}");
        assert_eq!(asked(&stub, REPLICA), [], "{fault:?}");
    }
    let stub = stub_with(&Two::names("")).await;
    stub.fault(Fault::Throttled.in_region(FIRST).times(1));
    Two::load_from(&secrets(&stub)).await.unwrap();
    assert_eq!(asked(&stub, REPLICA), [], "throttled");
}

#[tokio::test]
async fn an_arn_of_the_region_becomes_that_of_the_replica_and_names_the_same_secret() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key")]
        key: Secret<String>,
        #[secret(id = "key", stage = "AWSPREVIOUS", env = "BEFORE")]
        before: Secret<String>,
        #[secret(id = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:key")]
        elsewhere: Secret<String>,
    }
    let stub = Stub::start().await;
    stub.put("key", "1");
    stub.put("key", "2");
    stub.fault(Fault::Unavailable.in_region(FIRST));
    let secrets = secrets(&stub);
    let config = Config::load_from(&secrets).await.unwrap();
    assert_eq!((config.key.expose_secret().as_str(), config.before.expose_secret().as_str()), ("2", "1"));
    let ids: Vec<_> = asked(&stub, REPLICA).into_iter().flat_map(|entry| entry.ids).collect();
    assert!(ids.contains(&format!("arn:aws:secretsmanager:{REPLICA}:123456789012:secret:key")), "{ids:?}");
    assert_eq!(config.elsewhere.expose_secret(), "2");
    assert_eq!(asked(&stub, "ap-south-1").len(), 1, "another region has no replica here");
    // The name and the ARN, which is that of the region and not of the replica, are one entry of the cache.
    assert_eq!(secrets.get("key").await.unwrap().expose_secret(), "2");
    stub.reset_requests();
    assert_eq!(secrets.get(&stub.arn("key")).await.unwrap().expose_secret(), "2");
    assert_eq!(stub.requests().total(), 0, "{:?}", stub.log());
}

#[tokio::test]
async fn where_the_replica_has_no_value_either_the_error_is_that_of_the_region() {
    for fault in [Fault::NotFound, Fault::Denied, Fault::Unavailable] {
        let stub = stub_with(&Two::names("")).await;
        stub.fault(Fault::ServerError.in_region(FIRST));
        stub.fault(fault.in_region(REPLICA));
        let error = Two::load_from(&secrets(&stub)).await.unwrap_err();
        assert_eq!(
            kinds(&error),
            [("a", ErrorKind::Unavailable), ("b", ErrorKind::Unavailable)],
            "{fault:?}"
        );
        let error = &places(&error, "a")[0];
        assert!(error.contains("InternalServiceError"), "{error}");
        assert!(error.contains(&format!("the replica in {REPLICA}: ")), "{error}");
    }
}

#[tokio::test]
async fn stats_and_a_check_show_that_a_replica_was_read() {
    let stub = stub_with(&Two::names("")).await;
    let secrets = secrets(&stub);
    assert!(!secrets.stats().to_string().contains("failover"));
    stub.fault(Fault::Unavailable.in_region(FIRST));
    let report = Two::check(&secrets).await;
    assert!(report.is_ready(), "{report}");
    assert!(report.settings().iter().all(|setting| setting.replica_region() == Some(REPLICA)));
    let line = format!("a: read from the replica in {REPLICA}, since the region itself does not answer");
    assert!(report.to_string().contains(&line), "{report}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["settings"][0]["replica_region"], REPLICA);
    let stats = secrets.stats().to_string();
    assert!(stats.contains("BatchGetSecretValue (failover)"), "{stats}");
}

#[tokio::test]
async fn the_failover_region_of_the_variable_counts_in_the_default_chain() {
    let stub = stub_with(&Two::names("")).await;
    stub.fault(Fault::Unavailable.in_region(FIRST));
    let builder = |failover: &str| {
        let variables = [
            ("AWS_ENDPOINT_URL", stub.url()),
            ("AWS_REGION", FIRST.to_owned()),
            ("AWS_ACCESS_KEY_ID", "id".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "key".to_owned()),
            ("SECRET_FAILOVER_REGION", failover.to_owned()),
        ];
        Secrets::builder().variables(Env::from_iter(variables)).environment(Environment::PRODUCTION)
    };
    Two::load_from(&builder(REPLICA).build().unwrap()).await.unwrap();
    let error = builder(FIRST).build().unwrap_err();
    assert!(
        error.to_string().contains("SECRET_FAILOVER_REGION: the failover region is the region itself"),
        "{error}"
    );
}

#[tokio::test]
async fn a_failover_region_that_is_the_region_itself_is_an_error_wherever_the_region_comes_from() {
    let stub = stub_with(&Two::names("")).await;
    let of_application =
        SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).failover_region(FIRST);
    let of_code = SecretsManager::builder().region(FIRST).failover_region(FIRST);
    for aws in [of_application, of_code] {
        let error = Two::load_from(&alone(aws.build()).build().unwrap()).await.unwrap_err();
        assert_eq!(places(&error, "a"), ["aws a: the failover region is the region itself"]);
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    assert_eq!(stub.requests().total(), 0);
}

#[tokio::test]
async fn a_region_without_failover_is_not_left_after_a_failure() {
    let stub = stub_with(&Two::names("")).await;
    stub.fault(Fault::Unavailable.in_region(FIRST));
    let sources = chain([Box::new(retrying(&stub.url()))]);
    let error =
        Two::load_from(&crate::support::production().sources(sources).build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(stub.log().iter().all(|entry| entry.region.as_deref() == Some(FIRST)));
}
