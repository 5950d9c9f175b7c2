//! A canary in every source, while a config is checked.

use harness::stub::{Fault, Stub};
use secrets_runtime::check::CheckReport;
use secrets_runtime::source::{Answer, Identity};
use secrets_runtime::{DotEnv, Env, Environment, Files, Memory, Secret, SecretConfig, Secrets};

use crate::support::aws::once;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::printed::{displayed, printed, said};
use crate::support::production;
use crate::support::sources::{Store, chain};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    #[secret(name = "number")]
    number: u16,
    #[secret(name = "document", key = "password")]
    password: Secret<String>,
    #[secret(name = "list", json)]
    list: Secret<Vec<u16>>,
    absent: Option<Secret<String>>,
}

/// All that a report can be made to say.
fn told(report: &CheckReport) -> String {
    let failure = report.failure().map(said).unwrap_or_default();
    let settings = report.settings().iter().map(|setting| printed(setting)).collect::<String>();
    [displayed(report), printed(report), report.to_json(), failure, settings].concat()
}

async fn assert_nothing_is_told(canary: &Canary, secrets: &Secrets, what: &str) {
    let events = Events::capture();
    let report = Config::check(secrets).await;
    assert!(!report.is_ready(), "{what}: nothing failed");
    assert_unseen(&[canary], what, &told(&report));
    assert_unseen(&[canary], &format!("the log of {what}"), &events.all());
    // The control: what is looked at does hold it, and a plain struct shows it.
    let value = secrets.get("token").await.unwrap();
    assert!(canary.seen_in(value.expose_secret()).is_some(), "{what}: no canary there");
}

#[tokio::test]
async fn no_source_shows_a_value_in_a_report() {
    let canary = Canary::new("check");
    let text = canary.as_str();
    let document = serde_json::json!({ "other": text }).to_string();
    let list = serde_json::json!([text]).to_string();
    let values = [("token", text), ("number", text), ("document", &document), ("list", &list)];
    let env: Env = values.iter().map(|(name, value)| (name.to_uppercase(), *value)).collect();
    assert_nothing_is_told(&canary, &production().sources([env]).build().unwrap(), "variables").await;
    let memory: Memory = values.iter().copied().collect();
    assert_nothing_is_told(&canary, &production().sources([memory]).build().unwrap(), "memory").await;
    let folder = Folder::new();
    for (name, value) in &values {
        folder.write(name, value);
    }
    let files = production().sources([Files::new(folder.path())]).build().unwrap();
    assert_nothing_is_told(&canary, &files, "files").await;
    let lines: String =
        values.iter().map(|(name, value)| name.to_uppercase() + "='" + value + "'\n").collect();
    let dotenv = DotEnv::at(folder.write(".env", format!("{lines}no line {text}\n")));
    let dotenv = production().environment(Environment::DEVELOPMENT).dotenv(dotenv).build().unwrap();
    let events = Events::capture();
    let report = Config::check(&dotenv).await;
    assert_unseen(&[&canary], ".env", &told(&report));
    assert_unseen(&[&canary], "the log of .env", &events.all());
}

#[tokio::test]
async fn secrets_manager_shows_no_value_in_a_report_whatever_it_answers() {
    let canary = Canary::new("check");
    let stub = Stub::start().await;
    stub.put("token", canary.as_str());
    stub.put("number", canary.as_str());
    stub.put("document", &serde_json::json!({ "password": null, "other": canary.as_str() }).to_string());
    stub.put("list", canary.as_str());
    let secrets = production().sources([once(&stub.url())]).build().unwrap();
    assert_nothing_is_told(&canary, &secrets, "Secrets Manager").await;
    for fault in [Fault::EchoError, Fault::BrokenJson, Fault::TruncatedBody, Fault::WrongTypes] {
        stub.fault(fault);
        let events = Events::capture();
        let report = Config::check(&secrets).await;
        assert_unseen(&[&canary], &format!("{fault:?}"), &told(&report));
        let own = events.own().concat();
        assert_unseen(&[&canary], &format!("the log of {fault:?}"), &own);
        stub.clear_faults();
    }
}

#[tokio::test]
async fn what_a_store_says_of_a_version_may_be_the_value_and_is_not_shown() {
    let canary = Canary::new("check");
    let text = canary.as_str();
    let identity = Identity::new(text).with_name(text).with_version_id(text).with_stages([text.to_owned()]);
    assert!(canary.seen_in(identity.version_id().unwrap()).is_some(), "the control");
    let store = Store::new("vault").answering("token", Answer::found("a").identified_by(identity));
    let secrets = production().sources(chain([Box::new(store)])).build().unwrap();
    let report = Config::check(&secrets).await;
    assert_eq!((report.settings()[0].version_id(), report.settings()[0].stages()), (None, &[][..]));
    assert_unseen(&[&canary], "the report", &told(&report));
}
