//! A canary in the file and in the store, while the one is moved to the other.

use secrets_runtime::migration::{EnvFile, MigrationPlan, MigrationReport};
use secrets_runtime::{Secret, SecretConfig};

use super::Corner;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::printed::{displayed, printed, said};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(name = "document", key = "password", env = "DOCUMENT_PASSWORD")]
    password: Secret<String>,
    plain_number: u16,
}

/// All that a plan can be made to say.
fn told(plan: &MigrationPlan) -> String {
    let secrets: String = plan.secrets().iter().map(|secret| printed(secret)).collect();
    let rest = format!("{:?}{:?}{:?}", plan.unknown(), plan.variables(), plan.bad_lines());
    [displayed(plan), printed(plan), plan.to_json(), secrets, rest].concat()
}

/// A file with the canary wherever one can be, quoted so that it is read as it is.
fn file(canary: &Canary) -> String {
    let text = canary.as_str();
    assert!(!text.contains('\''), "this canary cannot be written between single quotes");
    let fragment: String = text.chars().skip(40).take(9).collect();
    format!(
        "TOKEN='{text}'\nDOCUMENT_PASSWORD='{text}'\nPLAIN_NUMBER='{text}'\nUNKNOWN_NAME='{text}'\n\
         {fragment}=\n{}==\nno line {text}\n",
        fragment.to_uppercase().repeat(3)
    )
}

#[tokio::test]
async fn neither_plan_nor_application_shows_a_value() {
    let test = "neither_plan_nor_application_shows_a_value";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let canary = Canary::new("migration");
    let content = file(&canary);
    assert!(canary.seen_in(&content).is_some(), "the control");
    let file = EnvFile::from_reader(content.as_bytes()).unwrap();
    assert_unseen(&[&canary], "EnvFile", &printed(&file));
    let events = Events::capture();
    let migration = corner.migration::<Config>();
    assert_unseen(&[&canary], "Migration", &printed(&migration));
    let plan = migration.plan(&corner.admin, &file).await.unwrap();
    assert!(plan.has_findings() && plan.has_writes(), "{plan}");
    assert_unseen(&[&canary], "the plan", &told(&plan));
    let migrated: MigrationReport = plan.apply(&corner.admin).await.unwrap();
    assert_unseen(&[&canary], "what was done", &[displayed(&migrated), printed(&migrated)].concat());
    let log = events.all();
    assert!(log.contains("TRACE"), "the SDK's own log is there");
    assert_unseen(&[&canary], "the log", &log);
    let stored = corner.value("token").await.unwrap();
    assert!(canary.seen_in(&stored).is_some(), "the control: it has arrived");
}

#[tokio::test]
async fn what_the_store_has_is_not_shown_where_it_differs() {
    let test = "what_the_store_has_is_not_shown_where_it_differs";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let [ours, theirs] = ["ours", "theirs"].map(Canary::new);
    corner.admin.create("token").string(theirs.as_str()).await.unwrap();
    corner.admin.create("document").string(theirs.as_str()).await.unwrap();
    let file = EnvFile::from_reader(file(&ours).as_bytes()).unwrap();
    let events = Events::capture();
    for migration in [corner.migration::<Config>(), corner.migration::<Config>().overwrite()] {
        let plan = migration.plan(&corner.admin, &file).await.unwrap();
        assert!(plan.has_findings(), "{plan}");
        assert_unseen(&[&ours, &theirs], "the plan", &told(&plan));
    }
    assert_unseen(&[&ours, &theirs], "the log", &events.all());
}

#[tokio::test]
async fn what_fails_shows_no_value() {
    let test = "what_fails_shows_no_value";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let canary = Canary::new("migration");
    let file = EnvFile::from_reader(file(&canary).as_bytes()).unwrap();
    let plan = corner.migration::<Config>().plan(&corner.admin, &file).await.unwrap();
    corner.admin.create("token").string("another").await.unwrap();
    let events = Events::capture();
    let error = plan.apply(&corner.admin).await.unwrap_err();
    let report = [displayed(&error), printed(&error), printed(error.report())].concat();
    assert_unseen(&[&canary], "the report", &report);
    assert_unseen(&[&canary], "the error", &said(error.error()));
    assert_unseen(&[&canary], "the log", &events.all());
}
