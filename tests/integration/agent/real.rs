//! The real agent in front of moto.

use harness::agent::{Agent, agent};
use secrets_runtime::{ErrorKind, Redacted, Secret, SecretConfig, Secrets, SecretsManagerAgent};

use crate::emulators::seed::Corner;
use crate::support::folder::Folder;
use crate::support::{kinds, production};

macro_rules! corner {
    ($test:literal) => {{
        let Some(agent) = agent($test) else { return };
        (agent, Corner::new(agent.moto(), $test))
    }};
}

fn source(agent: &Agent) -> SecretsManagerAgent {
    SecretsManagerAgent::new().port(agent.port()).token_file(agent.token_file())
}

fn of(agent: &Agent) -> Secrets {
    production().sources([source(agent)]).build().unwrap()
}

#[derive(Debug, SecretConfig)]
#[secret(sources(agent))]
struct Everything {
    text: Secret<String>,
    blob: Secret<Vec<u8>>,
    #[secret(name = "db", key = "password")]
    password: Secret<String>,
    #[secret(name = "db", key = "port")]
    port: u16,
    #[secret(name = "odd/_+=.@-name")]
    odd: Secret<String>,
    absent: Option<Secret<String>>,
}

#[tokio::test]
async fn a_config_of_every_kind_of_field_is_filled_through_the_agent() {
    let (agent, corner) = corner!("agent-a-config-of-every-kind");
    corner.text("text", " a,\"b\"\né\u{1f600}\\").await;
    corner.binary("blob", &[0xff, 0x00, 0x0a]).await;
    corner.text("db", r#"{"password": "p\n", "port": "5432"}"#).await;
    corner.text("odd/_+=.@-name", "odd").await;
    let secrets = production().prefix(corner.name("").trim_end_matches('/')).sources([source(agent)]);
    let config = Everything::load_from(&secrets.build().unwrap()).await.unwrap();
    assert_eq!(config.text.expose_secret(), " a,\"b\"\né\u{1f600}\\");
    assert_eq!(config.blob.expose_secret(), &[0xff, 0x00, 0x0a]);
    assert_eq!((config.password.expose_secret().as_str(), config.port), ("p\n", 5432));
    assert_eq!(config.odd.expose_secret(), "odd");
    assert!(config.absent.is_none());
}

#[tokio::test]
async fn a_secret_is_found_by_its_name_its_arn_its_labels_and_its_version_id() {
    const ID: &str = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3e";
    let (agent, corner) = corner!("agent-versions");
    corner.text_as("key", "1", ID).await;
    corner.put("key", "2").await;
    corner.put_as("key", "3", "blue").await;
    let arn = corner.text("other", "o").await;
    let (secrets, key) = (of(agent), corner.name("key"));
    assert_eq!(secrets.get(&key).await.unwrap().expose_secret(), "2");
    assert_eq!(secrets.request(&key).stage("AWSPREVIOUS").await.unwrap().expose_secret(), "1");
    assert_eq!(secrets.request(&key).stage("blue").await.unwrap().expose_secret(), "3");
    assert_eq!(secrets.request(&key).version_id(ID).await.unwrap().expose_secret(), "1");
    assert_eq!(secrets.get(&arn).await.unwrap().expose_secret(), "o");
    let stats = secrets.stats();
    let entry = stats.entries.iter().find(|entry| entry.names.contains(&arn)).unwrap();
    assert_eq!(entry.stages, ["AWSCURRENT"]);
    assert!(entry.age.is_some(), "{entry:?}");
}

#[tokio::test]
async fn a_refresh_sees_what_the_cache_of_the_agent_hides() {
    let (agent, corner) = corner!("agent-refresh");
    corner.text("key", "old").await;
    let key = corner.name("key");
    let secrets = of(agent);
    assert_eq!(secrets.get(&key).await.unwrap().expose_secret(), "old");
    corner.put("key", "new").await;
    assert_eq!(of(agent).get(&key).await.unwrap().expose_secret(), "old", "of the agent's cache");
    let live = secrets.watch(&key).await.unwrap();
    let connect = |password: std::sync::Arc<Secret<String>>| async move {
        if password.expose_secret() == "new" { Ok(()) } else { Err("wrong password") }
    };
    live.across_rotation(|_: &&str| true).run(connect).await.unwrap();
    assert_eq!(live.get().expose_secret(), "new");
    assert_eq!(of(agent).get(&key).await.unwrap().expose_secret(), "new", "the agent holds it, too");
    assert_eq!(secrets.request(&key).refresh().await.unwrap().expose_secret(), "new");
}

#[tokio::test]
async fn errors_of_aws_come_through_the_agent() {
    let (agent, corner) = corner!("agent-errors");
    corner.text("marked", "m").await;
    corner.delete("marked").await;
    let secrets = of(agent);
    let missing = secrets.get(&corner.name("missing")).await.unwrap_err();
    assert_eq!(kinds(&missing)[0].1, ErrorKind::Missing, "{missing}");
    assert!(missing.to_string().contains("aws secretsmanager create-secret --name"), "{missing}");
    let marked = secrets.get(&corner.name("marked")).await.unwrap_err();
    assert_eq!(kinds(&marked)[0].1, ErrorKind::PendingDeletion, "{marked}");
}

#[tokio::test]
async fn the_agent_refuses_a_wrong_token_until_the_file_holds_the_right_one() {
    let (agent, corner) = corner!("agent-token");
    corner.text("json", r#"{"a": 1}"#).await;
    let folder = Folder::new();
    let file = folder.write("token", "0".repeat(64));
    let secrets = production().sources([source(agent).token_file(&file)]).build().unwrap();
    let key = corner.name("json");
    let error = secrets.request(&key).bypass_cache().await.unwrap_err();
    assert_eq!(kinds(&error)[0].1, ErrorKind::AccessDenied);
    assert!(error.to_string().contains("the agent refused the token"), "{error}");
    std::fs::copy(agent.token_file(), &file).unwrap();
    let json: Redacted<serde_json::Value> = secrets.get_json(&key).await.unwrap();
    assert_eq!(json.expose_secret()["a"], 1);
}
