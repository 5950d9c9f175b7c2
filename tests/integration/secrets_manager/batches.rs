//! What becomes of a batch that is refused, cut into pages, or bad in part.

use harness::stub::{Fault, Operation, Requests, Stub};
use secrets_runtime::{ErrorKind, Secret, SecretConfig, SecretsManager};

use super::configs::{FortyFive, Twenty, Two, stub_with};
use crate::support::aws::{load, of, retrying, sdk_config};
use crate::support::events::Events;
use crate::support::{kinds, places, production};

async fn twenty() -> Stub {
    stub_with(&Twenty::names("")).await
}

fn assert_whole(config: &Twenty) {
    assert_eq!((config.a.expose_secret().as_str(), config.t.expose_secret().as_str()), ("a", "t"));
}

#[tokio::test]
async fn refused_it_gives_way_to_single_gets_and_is_not_tried_again() {
    for fault in [Fault::Denied, Fault::UnknownOperation] {
        let stub = twenty().await;
        stub.fault(fault.on(Operation::Batch));
        let secrets = of(&stub);
        assert_whole(&Twenty::load_from(&secrets).await.unwrap());
        let first = Requests { get: 20, batch: 1, batch_ids: vec![20], ..Requests::default() };
        assert_eq!(stub.requests(), first, "{fault:?}");

        stub.reset_requests();
        secrets.clear_cache();
        assert_whole(&Twenty::load_from(&secrets).await.unwrap());
        assert_eq!(stub.requests(), Requests { get: 20, ..Requests::default() }, "{fault:?} is remembered");
    }
}

#[tokio::test]
async fn refused_it_is_warned_of_once() {
    let stub = twenty().await;
    stub.fault(Fault::Denied.on(Operation::Batch));
    let secrets = of(&stub);
    let events = Events::capture();
    for _ in 0..2 {
        secrets.clear_cache();
        assert_whole(&Twenty::load_from(&secrets).await.unwrap());
    }
    assert_eq!(stub.requests().get, 40, "both loads have asked");
    let warnings = events.warnings();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    let text =
        "WARN secretsmanager:BatchGetSecretValue is refused: secrets are read one by one with GetSecretValue";
    assert!(warning.starts_with(text), "{warning}");
}

#[tokio::test]
async fn throttled_it_gives_way_to_single_gets_at_once_and_is_tried_again_next_time() {
    let stub = twenty().await;
    stub.fault(Fault::Throttled.on(Operation::Batch).times(1));
    let secrets = production().sources([retrying(&stub.url())]).build().unwrap();
    assert_whole(&Twenty::load_from(&secrets).await.unwrap());
    assert_eq!(stub.requests(), Requests { get: 20, batch: 1, batch_ids: vec![20], ..Requests::default() });

    stub.reset_requests();
    secrets.clear_cache();
    assert_whole(&Twenty::load_from(&secrets).await.unwrap());
    assert_eq!(stub.requests(), Requests { batch: 1, batch_ids: vec![20], ..Requests::default() });
}

#[tokio::test]
async fn the_single_gets_are_bounded() {
    let stub = stub_with(&FortyFive::names()).await;
    stub.fault(Fault::Denied.on(Operation::Batch));
    stub.set_latency(std::time::Duration::from_millis(2));
    let aws = SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).concurrency(4).build();
    let config = FortyFive::load_from(&production().sources([aws]).build().unwrap()).await.unwrap();
    assert_eq!(config.third.e.expose_secret(), "third/e");
    assert_eq!((stub.requests().get, stub.max_in_flight()), (45, 4));
}

#[tokio::test]
async fn one_bad_secret_of_twenty_is_one_error() {
    for (fault, kind, outcome) in [
        (Fault::DecryptionFailure, ErrorKind::Decryption, "DecryptionFailure"),
        (Fault::PendingDeletion, ErrorKind::PendingDeletion, "InvalidRequestException: marked for deletion"),
        (Fault::NotFound, ErrorKind::Missing, "ResourceNotFoundException"),
    ] {
        let stub = twenty().await;
        stub.fault(fault.of("g"));
        let error = load::<Twenty>(&stub).await.unwrap_err();
        assert_eq!(kinds(&error), [("g", kind)], "{fault:?}");
        let places = places(&error, "g");
        assert!(places[0].starts_with(&format!("aws g: {outcome}")), "{places:?}");
        assert_eq!(
            stub.requests(),
            Requests { batch: 1, batch_ids: vec![20], ..Requests::default() },
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_secret_whose_entry_may_be_better_in_a_moment_is_asked_for_by_itself() {
    for fault in [Fault::Throttled, Fault::ServerError, Fault::Unavailable] {
        let stub = twenty().await;
        stub.fault(fault.of("g").on(Operation::Batch));
        assert_eq!(load::<Twenty>(&stub).await.unwrap().g.expose_secret(), "g");
        let expected = Requests { get: 1, batch: 1, batch_ids: vec![20], ..Requests::default() };
        assert_eq!(stub.requests(), expected, "{fault:?}");
    }
}

#[tokio::test]
async fn pages_are_read_to_the_last() {
    let stub = twenty().await;
    stub.set_batch_page(7);
    assert_whole(&load::<Twenty>(&stub).await.unwrap());
    assert_eq!(stub.requests(), Requests { batch: 3, batch_ids: vec![20; 3], ..Requests::default() });
}

#[tokio::test]
async fn a_secret_that_is_in_no_answer_is_asked_for_by_itself() {
    let stub = twenty().await;
    // The entry has neither name nor value: nobody's.
    stub.fault(Fault::EmptyObject.of("g").on(Operation::Batch));
    assert_eq!(load::<Twenty>(&stub).await.unwrap().g.expose_secret(), "g");
    let expected = Requests { get: 1, batch: 1, batch_ids: vec![20], ..Requests::default() };
    assert_eq!(stub.requests(), expected);
}

#[tokio::test]
async fn a_batch_without_an_answer_is_not_repeated_one_by_one() {
    for fault in [Fault::Reset, Fault::ServerError, Fault::Unavailable] {
        let stub = stub_with(&Two::names("")).await;
        stub.fault(fault.on(Operation::Batch));
        let error = load::<Two>(&stub).await.unwrap_err();
        assert_eq!(
            kinds(&error),
            [("a", ErrorKind::Unavailable), ("b", ErrorKind::Unavailable)],
            "{fault:?}"
        );
        assert_eq!(stub.requests().get, 0, "{fault:?}");
    }
}

#[tokio::test]
async fn a_batch_that_fails_for_another_reason_is_asked_for_one_by_one() {
    let stub = stub_with(&Two::names("")).await;
    stub.fault(Fault::DecryptionFailure.on(Operation::Batch));
    stub.fault(Fault::DecryptionFailure.of("b").on(Operation::Get));
    let error = load::<Two>(&stub).await.unwrap_err();
    assert_eq!(kinds(&error), [("b", ErrorKind::Decryption)]);
    assert_eq!(stub.requests(), Requests { get: 2, batch: 1, batch_ids: vec![2], ..Requests::default() });
}

/// A load, and then one after the cache is cleared: the requests of both.
async fn requests_of_two_loads(stub: &Stub, expected: &str) -> [Requests; 2] {
    let secrets = of(stub);
    let mut requests = Vec::new();
    for _ in 0..2 {
        secrets.clear_cache();
        stub.reset_requests();
        let config = Twenty::load_from(&secrets).await;
        let seen = config
            .map_or_else(|error| format!("{:?}", kinds(&error)), |config| config.g.expose_secret().clone());
        assert_eq!(seen, expected);
        requests.push(stub.requests());
    }
    requests.try_into().unwrap()
}

#[tokio::test]
async fn a_secret_that_only_the_batch_denies_costs_one_request_more_also_when_it_is_refreshed() {
    let stub = twenty().await;
    stub.fault(Fault::Denied.of("g").on(Operation::Batch));
    let of = |ids| Requests { get: 1, batch: 1, batch_ids: vec![ids], ..Requests::default() };
    assert_eq!(requests_of_two_loads(&stub, "g").await, [of(20), of(19)]);
}

#[tokio::test]
async fn a_secret_that_is_denied_in_a_batch_and_alone_is_one_error_and_one_request_more() {
    let stub = twenty().await;
    stub.fault(Fault::Denied.of("g"));
    let of = |ids| Requests { get: 1, batch: 1, batch_ids: vec![ids], ..Requests::default() };
    assert_eq!(requests_of_two_loads(&stub, r#"[("g", AccessDenied)]"#).await, [of(20), of(19)]);
}

#[tokio::test]
async fn all_secrets_that_a_batch_denies_are_read_alone_from_then_on() {
    let stub = twenty().await;
    for name in Twenty::names("") {
        stub.fault(Fault::Denied.of(&name).on(Operation::Batch));
    }
    let first = Requests { get: 20, batch: 1, batch_ids: vec![20], ..Requests::default() };
    let second = Requests { get: 20, ..Requests::default() };
    assert_eq!(requests_of_two_loads(&stub, "g").await, [first, second]);
}

#[tokio::test]
async fn an_arn_that_a_batch_does_not_find_is_read_alone_and_a_name_is_not() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:g")]
        by_arn: Secret<String>,
        a: Secret<String>,
        absent: Option<Secret<String>>,
    }
    let stub = twenty().await;
    stub.fault(Fault::NotFound.of("g").on(Operation::Batch));
    let secrets = of(&stub);
    for ids in [3, 2] {
        secrets.clear_cache();
        stub.reset_requests();
        let config = Config::load_from(&secrets).await.unwrap();
        assert_eq!(config.by_arn.expose_secret(), "g");
        assert!(config.absent.is_none());
        let expected = Requests { get: 1, batch: 1, batch_ids: vec![ids], ..Requests::default() };
        assert_eq!(stub.requests(), expected);
    }
}

#[tokio::test]
async fn every_single_read_names_the_label_of_the_version_unless_it_names_an_id() {
    let stub = twenty().await;
    let secrets = of(&stub);
    secrets.get("a").await.unwrap();
    let id = stub.put("b", "b");
    secrets.request("b").version_id(&id).await.unwrap();
    stub.put("b", "c");
    secrets.request("b").stage("AWSPREVIOUS").await.unwrap();
    let asked: Vec<_> = stub.log().into_iter().map(|entry| (entry.stage, entry.version_id)).collect();
    let stage = |stage: &str| (Some(stage.to_owned()), None);
    assert_eq!(asked, [stage("AWSCURRENT"), (None, Some(id)), stage("AWSPREVIOUS")]);
}
