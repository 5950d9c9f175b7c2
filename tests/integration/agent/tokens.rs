//! The token that the agent asks for.

use std::time::Duration;

use harness::agent::stub::{AgentFault, AgentStub, TOKEN};
use secrets_runtime::{ErrorKind, SecretsManagerAgent};

use super::{of, source};
use crate::support::folder::Folder;
use crate::support::{kinds, production};

#[tokio::test]
async fn a_token_in_a_file_is_read_again_after_the_agent_was_started_again() {
    let (stub, folder) = (AgentStub::start(), Folder::new());
    let file = folder.write("token", format!("{TOKEN}\n"));
    let agent = SecretsManagerAgent::new().port(stub.port()).token_file(file);
    let secrets = production().sources([agent]).build().unwrap();
    for name in ["a", "b", "c"] {
        stub.put(name, name);
    }
    assert_eq!(secrets.get("a").await.unwrap().expose_secret(), "a");
    stub.set_token("another");
    folder.write("token", "another\n");
    let read = |name: &'static str| {
        let secrets = secrets.clone();
        tokio::spawn(async move { secrets.get(name).await.unwrap().expose_secret() == name })
    };
    for read in ["b", "c"].map(read) {
        assert!(read.await.unwrap());
    }
}

#[tokio::test]
async fn a_token_that_the_agent_refuses_is_reported_and_the_cached_value_is_kept() {
    let stub = AgentStub::start();
    stub.put("db", "v");
    let secrets = of(&stub);
    secrets.get("db").await.unwrap();
    stub.set_token("another");
    let error = secrets.request("db").refresh().await.unwrap_err();
    assert_eq!(kinds(&error), [("db", ErrorKind::AccessDenied)]);
    let report = error.to_string();
    assert!(report.contains("agent  db   the agent refused the token (127.0.0.1:"), "{report}");
    assert!(report.contains(", token of the code)"), "{report}");
    assert!(report.contains("set AWS_TOKEN to the token that the agent was started with"), "{report}");
    assert!(!report.contains(TOKEN) && !format!("{error:?}").contains(TOKEN));
    assert_eq!(secrets.get("db").await.unwrap().expose_secret(), "v");
}

#[tokio::test]
async fn a_token_is_never_sent_in_two_lines_and_a_file_that_is_missing_is_named() {
    let stub = AgentStub::start();
    for agent in [source(&stub).token("hunter2\r\nX-Forwarded-For: a"), source(&stub).token("")] {
        let error = production().sources([agent]).build().unwrap().get("db").await.unwrap_err();
        assert_eq!(kinds(&error), [("db", ErrorKind::Configuration)]);
        assert!(
            error.to_string().contains("not a token") && !error.to_string().contains("hunter2"),
            "{error}"
        );
    }
    let agent = source(&stub).token_file("/nowhere/token");
    let error = production().sources([agent]).build().unwrap().get("db").await.unwrap_err().to_string();
    assert!(error.contains("no such file (token file /nowhere/token)"), "{error}");
    assert!(error.contains("start the AWS Secrets Manager Agent, which makes the file"), "{error}");
    assert!(stub.requests().is_empty());
}

#[tokio::test]
async fn every_kind_of_token_is_kept_out_of_what_is_printed() {
    let agent = SecretsManagerAgent::new().token("hunter2").token_file("/run/hunter2").port(1);
    assert!(!format!("{agent:?}{:?}", agent.clone().token("hunter2")).contains("hunter2"));
}

#[tokio::test]
async fn an_agent_with_too_many_connections_is_asked_again() {
    let stub = AgentStub::start();
    stub.put("db", "v");
    stub.fault(AgentFault::Status(429, "Connection limit exceeded".to_owned()), 2);
    assert_eq!(of(&stub).get("db").await.unwrap().expose_secret(), "v");
    stub.fault(AgentFault::Status(429, "Connection limit exceeded".to_owned()), 4);
    let began = std::time::Instant::now();
    let error = of(&stub).get("db").await.unwrap_err();
    assert_eq!(kinds(&error), [("db", ErrorKind::Throttled)]);
    assert!(error.to_string().contains("raise max_conn in the configuration of the agent"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(20));
}
