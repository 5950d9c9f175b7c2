//! Answers that no agent should give, and agents that give none.

use std::net::TcpListener;
use std::time::Duration;

use harness::agent::stub::{AgentFault, AgentStub, TOKEN};
use secrets_runtime::{ErrorKind, SecretsManagerAgent};

use super::of;
use crate::support::{kinds, production};

/// The report of a read of `db` that is answered so.
async fn report(fault: AgentFault) -> (ErrorKind, String) {
    let stub = AgentStub::start();
    stub.put("db", "hunter2");
    stub.put("other", "hunter2");
    stub.fault(fault, usize::MAX);
    let error = of(&stub).get("db").await.unwrap_err();
    let report = error.to_string();
    for shown in [&report, &format!("{error:?}")] {
        assert!(!shown.contains("hunter2") && !shown.contains(TOKEN), "{shown}");
    }
    (kinds(&error)[0].1, report)
}

#[tokio::test]
async fn an_agent_that_is_not_running_is_reported_with_how_to_start_it() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let agent = SecretsManagerAgent::new().port(closed).token(TOKEN);
    let error = production().sources([agent]).build().unwrap().get("db").await.unwrap_err();
    assert_eq!(kinds(&error), [("db", ErrorKind::Unavailable)]);
    let report = error.to_string();
    let place = format!("agent  db   the connection was refused (127.0.0.1:{closed})");
    assert!(report.contains(&place), "{report}");
    for step in ["systemctl start awssmastartup", "sidecar", "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"] {
        assert!(report.contains(step), "{report}");
    }
}

#[tokio::test]
async fn the_extension_before_it_is_ready_is_reported_with_where_to_load_instead() {
    let body = "not ready to serve traffic, please wait";
    let (kind, report) = report(AgentFault::Status(400, body.to_owned())).await;
    assert_eq!(kind, ErrorKind::Unavailable);
    assert!(report.contains("the Lambda extension is not ready"), "{report}");
    assert!(report.contains("answers only while a request is handled"), "{report}");
    assert!(report.contains("read Secrets Manager directly"), "{report}");
}

#[tokio::test]
async fn each_error_of_the_agent_is_reported_by_its_meaning() {
    for (status, body, kind, text) in [
        (400, "Forwarded", ErrorKind::AccessDenied, "exclude the port of the agent from the proxy"),
        (400, "missing parameter secretId", ErrorKind::Configuration, "the request was refused"),
        (404, "Not found hunter2", ErrorKind::Configuration, "the server is not the agent"),
        (500, r#"{"__type":"InternalFailure"}"#, ErrorKind::Unavailable, "InternalFailure: the agent failed"),
        (
            502,
            r#"{"__type":"ConnectionError","message":"Read Error"}"#,
            ErrorKind::Unavailable,
            "ConnectionError: the agent could not reach Secrets Manager",
        ),
        (
            504,
            r#"{"__type":"TimeoutError","message":"Timeout"}"#,
            ErrorKind::Unavailable,
            "TimeoutError: Secrets Manager did not answer the agent in time",
        ),
        (503, "<html>hunter2</html>", ErrorKind::Unavailable, "see the log of the agent"),
        (
            400,
            r#"{"__type":"AccessDeniedException","message":"User: "x" is not authorized: hunter2"}"#,
            ErrorKind::AccessDenied,
            "allow the role of the agent secretsmanager:GetSecretValue and secretsmanager:DescribeSecret",
        ),
        (
            400,
            r#"{"__type":"DecryptionFailure","message":"hunter2"}"#,
            ErrorKind::Decryption,
            "DecryptionFailure",
        ),
        (
            400,
            r#"{"__type":"ExpiredTokenException","message":"hunter2"}"#,
            ErrorKind::AccessDenied,
            "renew the credentials of the agent",
        ),
    ] {
        let (reported, report) = report(AgentFault::Status(status, body.to_owned())).await;
        assert_eq!(reported, kind, "{report}");
        assert!(report.contains(text), "{report}");
        assert!(report.contains("(127.0.0.1:"), "{report}");
    }
}

#[tokio::test]
async fn port_0_in_code_is_refused_as_in_the_variable() {
    let agent = SecretsManagerAgent::new().port(0).token(TOKEN);
    let error = production().sources([agent]).build().unwrap().get("db").await.unwrap_err();
    assert_eq!(kinds(&error), [("db", ErrorKind::Configuration)]);
    assert!(error.to_string().contains("agent  db   port: not a port"), "{error}");
}

#[tokio::test]
async fn a_secret_that_does_not_exist_is_missing_whatever_its_message_does_to_the_json() {
    let error = of(&AgentStub::start()).get("db").await.unwrap_err();
    assert_eq!(kinds(&error), [("db", ErrorKind::Missing)]);
    assert!(error.to_string().contains("agent  db   ResourceNotFoundException"), "{error}");
    assert!(error.to_string().contains("aws secretsmanager create-secret --name db"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_not_json_or_not_http_is_refused() {
    for (fault, text) in [
        (AgentFault::Status(200, "hunter2".to_owned()), "the answer could not be read"),
        (AgentFault::Status(200, String::new()), "the answer could not be read"),
        (AgentFault::Status(200, r#"["hunter2"]"#.to_owned()), "the answer could not be read"),
        (AgentFault::Status(200, r#"{"Name":"db"}"#.to_owned()), "the answer holds no value"),
        (AgentFault::Bytes(b"SSH-2.0-hunter2\r\n".into()), "the answer is not HTTP"),
        (
            AgentFault::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".into()),
            "the connection was broken",
        ),
        (AgentFault::Bytes(Vec::new()), "the connection was broken"),
        (AgentFault::Other("other"), "the answer is about another secret"),
    ] {
        let shown = format!("{fault:?}");
        let (kind, report) = report(fault).await;
        assert_eq!(kind, ErrorKind::Unavailable, "{shown}");
        assert!(report.contains(text), "{shown}: {report}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_refused() {
    for (head, part) in [
        ("HTTP/1.1 200 OK\r\n", "X-Header: value\r\n"),
        ("HTTP/1.1 200 OK\r\n\r\n", "                "),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "10\r\n                \r\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "extension"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"),
    ] {
        let (kind, report) = report(AgentFault::Endless(head, part)).await;
        assert_eq!(kind, ErrorKind::Unavailable, "{head}");
        assert!(report.contains("the answer is not HTTP, or longer than 16 MiB"), "{report}");
    }
    let (_, report) = report(AgentFault::Endless("HTTP/1.1 500 Error\r\n\r\n", "hunter2")).await;
    assert!(report.contains("the agent failed"), "{report}");
}

#[tokio::test]
async fn a_value_in_chunks_or_byte_by_byte_is_the_same_value() {
    let stub = AgentStub::start();
    let value = "é\"\n".repeat(5000);
    stub.put("db", &value);
    for fault in [AgentFault::Chunks(1), AgentFault::Chunks(7), AgentFault::Chunks(100_000)] {
        stub.fault(fault, 1);
        assert_eq!(*of(&stub).get("db").await.unwrap().expose_secret(), value);
    }
    stub.put("db", "slow");
    stub.fault(AgentFault::Slowly(Duration::from_millis(1)), 1);
    assert_eq!(of(&stub).get("db").await.unwrap().expose_secret(), "slow");
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_does_not_answer_is_given_up() {
    let (kind, report) = report(AgentFault::Silence).await;
    assert_eq!(kind, ErrorKind::Unavailable);
    assert!(report.contains("agent  db   no answer in time (127.0.0.1:"), "{report}");
}
