//! A migration that fails on its way: what it says of every secret, and how long it waits.

use std::time::Duration;

use harness::interruption::{Edge, Meter, metered};
use harness::stub::{Fault, Operation, Stub};
use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{Migration, MigrationError, MigrationOutcome, MigrationReport};
use secrets_runtime::{ErrorKind, SecretConfig as _};

use super::{AppConfig, Corner, FILE, changes, env_file};
use crate::support::aws::{alone, once, retrying};
use crate::support::time::{pass, soon};

/// The time-out that secrets have by default.
const TIMEOUT: Duration = Duration::from_secs(30);

fn outcomes(report: &MigrationReport) -> Vec<&str> {
    report.secrets().iter().map(|secret| secret.outcome().as_str()).collect()
}

/// Applies to a store that no longer answers from a call on.
async fn cut_off(corner: &Corner, call: usize, edge: Edge) -> MigrationError {
    let meter = Meter::ending_at(call, edge);
    let admin = Admin::from_secrets_manager(retrying(&metered(&corner.url, &meter)));
    let plan = corner.plan::<AppConfig>(FILE).await;
    let applied = tokio::spawn(async move { plan.apply(&admin).await });
    soon("the call", meter.run(std::future::pending::<()>())).await;
    pass(TIMEOUT).await;
    soon("its end", applied).await.unwrap().unwrap_err()
}

#[tokio::test]
async fn what_is_done_what_failed_and_what_was_not_tried_is_told() {
    let test = "what_is_done_what_failed_and_what_was_not_tried_is_told";
    let Some(moto) = harness::emulator::moto(test) else { return };
    for (edge, resumed) in [
        (Edge::Before, ["same", "create", "create", "not in the file"]),
        // Nobody has learned of it, and it is done all the same.
        (Edge::After, ["same", "same", "create", "not in the file"]),
    ] {
        let corner = Corner::new(moto, &format!("{test}-{edge:?}"));
        let error = cut_off(&corner, 1, edge).await;
        let report = error.report();
        assert_eq!(outcomes(report), ["created", "failed", "not tried", "left alone"], "{error}");
        assert!(!report.is_complete());
        assert_eq!(report.ids(MigrationOutcome::Failed).collect::<Vec<_>>(), [corner.name("smtp")]);
        assert_eq!(report.secrets()[1].error().unwrap().kind(), ErrorKind::Unavailable);
        assert!(report.secrets()[2].error().is_none());
        let said = error.to_string();
        assert!(
            said.contains("\nResult so far: 1 created, 0 written, 0 unchanged, 1 failed, 1 not tried\n"),
            "{said}"
        );
        assert!(said.contains(&format!("  {}            not tried\n", corner.name("jwt"))), "{said}");
        assert!(
            said.contains("no answer in time") && said.contains("the change may have been made"),
            "{said}"
        );
        assert_eq!(format!("{error:?}"), said);
        // Whoever runs it again goes on where it ended.
        let plan = corner.plan::<AppConfig>(FILE).await;
        let planned: Vec<_> =
            changes(&plan).into_iter().map(secrets_runtime::migration::SecretChange::as_str).collect();
        assert_eq!(planned, resumed);
        assert!(plan.apply(&corner.admin).await.unwrap().is_complete());
        assert_eq!(corner.state().await.len(), 3);
    }
}

#[tokio::test]
async fn a_refusal_of_one_secret_keeps_no_other_from_being_tried() {
    let stub = Stub::start().await;
    let admin = Admin::from_secrets_manager(once(&stub.url()));
    let plan = Migration::new(AppConfig::manifest()).plan(&admin, &env_file(FILE)).await.unwrap();
    stub.fault(Fault::Denied.on(Operation::Other("CreateSecret".to_owned())));
    let error = plan.apply(&admin).await.unwrap_err();
    assert_eq!(outcomes(error.report()), ["failed", "failed", "failed", "left alone"], "{error}");
    assert_eq!((error.error().kind(), error.error().fields().len()), (ErrorKind::AccessDenied, 3));
    let question_mark = || -> Result<MigrationReport, secrets_runtime::Error> { Err(error.clone())? };
    assert_eq!(question_mark().unwrap_err().to_string(), error.error().to_string());
}

#[tokio::test]
async fn a_store_that_is_unwell_is_asked_no_further() {
    for fault in [Fault::ServerError, Fault::Throttled] {
        let stub = Stub::start().await;
        let admin = Admin::from_secrets_manager(once(&stub.url()));
        let plan = Migration::new(AppConfig::manifest()).plan(&admin, &env_file(FILE)).await.unwrap();
        stub.fault(fault.on(Operation::Other("CreateSecret".to_owned())));
        stub.reset_requests();
        let error = plan.apply(&admin).await.unwrap_err();
        assert_eq!(outcomes(error.report()), ["failed", "not tried", "not tried", "left alone"], "{error}");
        assert_eq!(stub.requests().total(), 1);
    }
}

#[tokio::test]
async fn every_call_ends_after_the_time_out_of_the_secrets() {
    const TIMEOUT: Duration = Duration::from_secs(3);
    let stub = Stub::start().await;
    let secrets = alone(once(&stub.url())).timeout(TIMEOUT).build().unwrap();
    let admin = Admin::new(&secrets).unwrap();
    let migration = Migration::new(AppConfig::manifest().resolved_by(&secrets));
    let plan = migration.plan(&admin, &env_file(FILE)).await.unwrap();
    stub.fault(Fault::Hang);
    let asked = async || {
        while stub.requests().total() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        pass(TIMEOUT).await;
    };
    for what in ["plan", "apply"] {
        stub.reset_requests();
        let (admin, migration, plan) = (admin.clone(), migration.clone(), plan.clone());
        let call = tokio::spawn(async move {
            match what {
                "plan" => migration.plan(&admin, &env_file(FILE)).await.map(drop),
                _ => plan.apply(&admin).await.map(drop).map_err(secrets_runtime::Error::from),
            }
        });
        soon("the call", asked()).await;
        // The clock is no longer ahead: what waits for more than the time-out is still waiting.
        let error = tokio::time::timeout(TIMEOUT, call).await.expect(what).unwrap().unwrap_err();
        assert!(error.to_string().contains("no answer in time"), "{error}");
    }
}
