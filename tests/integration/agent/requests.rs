//! What is sent to the agent, and when its cache is passed by.

use std::time::Duration;

use harness::agent::stub::{AgentFault, AgentStub};
use secrets_runtime::{Clock, Live, Secret, SecretConfig, Secrets};

use super::{of, source};
use crate::support::production;
use crate::support::time::{pass, soon};

const CURRENT: &str = "secretId=db&versionStage=AWSCURRENT";
const REFRESH: &str = "secretId=db&versionStage=AWSCURRENT&refreshNow=true";

#[derive(Debug, SecretConfig)]
#[secret(sources(agent))]
struct Shop {
    #[secret(name = "shop/db", key = "password")]
    password: Secret<String>,
    #[secret(name = "shop/db", key = "port")]
    port: u16,
    jwt: Secret<String>,
    old: Option<Secret<String>>,
}

#[tokio::test]
async fn a_config_is_loaded_with_one_request_for_each_secret() {
    let stub = AgentStub::start();
    stub.put("shop/db", r#"{"password": "p\n\"", "port": 5432}"#);
    stub.put("jwt", "signing key");
    let config = Shop::load_from(&of(&stub)).await.unwrap();
    assert_eq!((config.password.expose_secret().as_str(), config.port), ("p\n\"", 5432));
    assert_eq!(config.jwt.expose_secret(), "signing key");
    assert!(config.old.is_none());
    let mut requests = stub.requests();
    requests.sort();
    assert_eq!(
        requests,
        [
            "secretId=jwt&versionStage=AWSCURRENT",
            "secretId=old&versionStage=AWSCURRENT",
            "secretId=shop%2Fdb&versionStage=AWSCURRENT",
        ]
    );
}

#[tokio::test]
async fn many_secrets_are_read_side_by_side() {
    let stub = AgentStub::start();
    let names: Vec<String> = (0..200).map(|number| format!("secret-{number}")).collect();
    for name in &names {
        stub.put(name, name);
    }
    let secrets = of(&stub);
    let reads: Vec<_> = names
        .iter()
        .map(|name| {
            let (secrets, name) = (secrets.clone(), name.clone());
            tokio::spawn(async move { secrets.get(&name).await.unwrap().expose_secret() == &name })
        })
        .collect();
    for read in reads {
        assert!(read.await.unwrap());
    }
    assert_eq!(stub.requests().len(), 200);
    assert_eq!(secrets.stats().requests["GetSecretValue"], 200);
}

#[tokio::test]
async fn a_version_is_named_by_its_label_or_its_id() {
    let stub = AgentStub::start();
    stub.put("db", "v");
    let secrets = of(&stub);
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(secrets.request("db").version_id(id).await.unwrap().expose_secret(), "v");
    let error = secrets.request("db").stage("AWSPREVIOUS").await.unwrap_err();
    assert!(error.to_string().contains("the answer is about another version"), "{error}");
    let requests = [format!("secretId=db&versionId={id}"), "secretId=db&versionStage=AWSPREVIOUS".to_owned()];
    assert_eq!(stub.requests(), requests);
}

#[tokio::test]
async fn a_name_and_the_arn_in_its_answer_are_one_secret() {
    let stub = AgentStub::start();
    stub.put("db", "v");
    let secrets = of(&stub);
    let arn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db-AbCdEf";
    for id in ["db", arn] {
        assert_eq!(secrets.get(id).await.unwrap().expose_secret(), "v");
    }
    assert_eq!(stub.requests().len(), 1);
}

/// With a TTL of 90 to 110 seconds.
fn on_tokios_clock(stub: &AgentStub) -> Secrets {
    let builder = production().sources([source(stub)]).clock(Clock::Tokio);
    builder.ttl(Duration::from_secs(100)).build().unwrap()
}

#[tokio::test]
async fn only_a_read_that_asks_for_a_new_value_goes_past_the_agents_cache() {
    let stub = AgentStub::start();
    stub.put("db", "v");
    let secrets = on_tokios_clock(&stub);
    secrets.get("db").await.unwrap();
    pass(Duration::from_hours(2)).await;
    secrets.get("db").await.unwrap();
    assert_eq!(stub.requests(), [CURRENT, CURRENT]);
    secrets.request("db").refresh().await.unwrap();
    pass(Duration::from_secs(10)).await;
    secrets.request("db").ttl(Duration::from_secs(5)).await.unwrap();
    secrets.request("db").bypass_cache().await.unwrap();
    assert_eq!(stub.requests()[2..], [REFRESH; 3]);
}

#[tokio::test]
async fn a_watched_value_that_is_due_goes_past_the_agents_cache() {
    let stub = AgentStub::start();
    stub.put("db", "old");
    let secrets = on_tokios_clock(&stub);
    let mut db = secrets.watch("db").await.unwrap();
    stub.put("db", "new");
    for _ in 0..12 {
        pass(Duration::from_secs(10)).await;
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    soon("the new value", db.changed()).await;
    assert_eq!(db.get().expose_secret(), "new");
    assert_eq!(stub.requests()[..2], [CURRENT, REFRESH]);
}

#[tokio::test]
async fn a_call_across_a_rotation_goes_past_the_agents_cache() {
    let stub = AgentStub::start();
    stub.put("db", "old");
    let secrets = of(&stub);
    let db: Live<Secret<String>> = secrets.watch("db").await.unwrap();
    stub.put("db", "new");
    let connect = |password: std::sync::Arc<Secret<String>>| async move {
        if password.expose_secret() == "new" { Ok(()) } else { Err("wrong password") }
    };
    db.across_rotation(|_: &&str| true).run(connect).await.unwrap();
    assert_eq!(stub.requests(), [CURRENT, REFRESH]);
    db.refresh().await.unwrap();
    assert_eq!(stub.requests()[2..], [REFRESH]);
}

#[tokio::test]
async fn an_agent_that_does_not_know_refresh_answers_from_its_cache() {
    let stub = AgentStub::start();
    stub.put("db", "v");
    stub.fault(AgentFault::Status(400, "unknown parameter: refreshNow".to_owned()), 1);
    assert_eq!(of(&stub).request("db").refresh().await.unwrap().expose_secret(), "v");
    assert_eq!(stub.requests(), [REFRESH, CURRENT]);
}
