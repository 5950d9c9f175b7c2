//! The stub, seen over a plain TCP connection: no client library smooths anything out.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Fault, LogEntry, Operation, Requests, Stub};

/// What came back until the connection closed.
struct Received {
    status: u16,
    head: String,
    body: String,
}

impl Received {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }

    fn code(&self) -> String {
        self.json()["__type"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

async fn send(stub: &Stub, action: &str, body: &Json) -> TcpStream {
    let body = body.to_string();
    let mut stream = TcpStream::connect(stub.address).await.unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: secretsmanager.{action}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/secretsmanager/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        stub.address,
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Sends a request; `None` when the connection closes without an answer.
async fn call(stub: &Stub, action: &str, body: Json) -> Option<Received> {
    let mut stream = send(stub, action, &body).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Received { status: head[9..12].parse().unwrap(), head: head.to_owned(), body: body.to_owned() })
}

async fn get(stub: &Stub, id: &str) -> Received {
    call(stub, "GetSecretValue", json!({ "SecretId": id })).await.unwrap()
}

async fn batch(stub: &Stub, ids: &[&str]) -> Received {
    call(stub, "BatchGetSecretValue", json!({ "SecretIdList": ids })).await.unwrap()
}

#[tokio::test]
async fn a_secret_is_found_by_name_arn_and_partial_arn() {
    let stub = Stub::start().await;
    let version = stub.put("app/db-url", "value");
    let arn = stub.arn("app/db-url");
    for id in ["app/db-url", &arn, &arn[..arn.len() - 7]] {
        let answer = get(&stub, id).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
        let body = answer.json();
        assert!(body["CreatedDate"].is_f64());
        assert_eq!(
            (&body["Name"], &body["ARN"], &body["SecretString"], &body["VersionId"], &body["VersionStages"]),
            (&json!("app/db-url"), &json!(arn), &json!("value"), &json!(version), &json!(["AWSCURRENT"]))
        );
    }
    let answer = get(&stub, "app/other").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "ResourceNotFoundException"));
}

#[tokio::test]
async fn bytes_travel_as_base64() {
    let stub = Stub::start().await;
    stub.put_binary("key", &[0xff, 0x00, 0xfe, 0x01]);
    let body = get(&stub, "key").await.json();
    assert_eq!(body["SecretBinary"], "/wD+AQ==");
    assert!(body.get("SecretString").is_none());
}

#[tokio::test]
async fn stage_and_version_choose_the_version() {
    let stub = Stub::start().await;
    let first = stub.put("a", "one");
    stub.put("a", "two");
    stub.put_version("a", "AWSPENDING", "v3", "three");
    let value = async |body: Json| call(&stub, "GetSecretValue", body).await.unwrap();
    let text = async |body: Json| value(body).await.json()["SecretString"].as_str().unwrap().to_owned();
    assert_eq!(text(json!({ "SecretId": "a" })).await, "two");
    assert_eq!(text(json!({ "SecretId": "a", "VersionStage": "AWSPREVIOUS" })).await, "one");
    assert_eq!(text(json!({ "SecretId": "a", "VersionId": first })).await, "one");
    assert_eq!(
        text(json!({ "SecretId": "a", "VersionStage": "AWSPENDING", "VersionId": "v3" })).await,
        "three"
    );
    for body in
        [json!({ "SecretId": "a", "VersionStage": "NONE" }), json!({ "SecretId": "a", "VersionId": "v9" })]
    {
        assert_eq!(value(body).await.code(), "ResourceNotFoundException");
    }
    let mismatch = value(json!({ "SecretId": "a", "VersionStage": "AWSCURRENT", "VersionId": "v3" })).await;
    assert_eq!(mismatch.code(), "InvalidRequestException");
    assert_eq!(stub.log()[1].stage.as_deref(), Some("AWSPREVIOUS"));
    assert_eq!(stub.log()[2].version_id, Some(first));
}

#[tokio::test]
async fn a_removed_secret_is_not_found() {
    let stub = Stub::start().await;
    stub.put("a", "one");
    stub.remove("a");
    assert_eq!(get(&stub, "a").await.code(), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_secret_created_again_is_another_one() {
    let stub = Stub::start().await;
    stub.put("a", "one");
    let before = stub.arn("a");
    stub.remove("a");
    stub.put("a", "two");
    assert_eq!(get(&stub, "a").await.json()["ARN"], stub.arn("a"));
    assert_eq!(get(&stub, &before).await.code(), "ResourceNotFoundException");
    stub.put("a", "three");
    assert_eq!(get(&stub, &stub.arn("a")).await.json()["SecretString"], "three");
}

#[tokio::test]
async fn describe_tells_everything_but_the_value() {
    let stub = Stub::start().await;
    let version = stub.put("a", "hidden");
    let answer = call(&stub, "DescribeSecret", json!({ "SecretId": "a" })).await.unwrap();
    assert_eq!(answer.json()["VersionIdsToStages"], json!({ version: ["AWSCURRENT"] }));
    assert!(!answer.body.contains("hidden"));
}

#[tokio::test]
async fn other_operations_and_broken_requests_are_refused() {
    let stub = Stub::start().await;
    let answer = call(&stub, "DeleteSecret", json!({ "SecretId": "a" })).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "UnknownOperationException"));
    assert_eq!(stub.log()[0].operation, Operation::Other("DeleteSecret".to_owned()));
    let answer = call(&stub, "GetSecretValue", json!({})).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (400, "ValidationException"));
}

#[tokio::test]
async fn a_token_belongs_to_one_value() {
    let stub = Stub::start().await;
    stub.put("a", "one");
    let put = |value| {
        let body = json!({ "SecretId": "a", "SecretString": value, "ClientRequestToken": "token", "VersionStages": ["blue"] });
        call(&stub, "PutSecretValue", body)
    };
    assert_eq!(put("two").await.unwrap().json()["VersionStages"], json!(["blue"]));
    assert_eq!(put("two").await.unwrap().status, 200, "the same again");
    assert_eq!(put("three").await.unwrap().code(), "ResourceExistsException");
    assert_eq!(get(&stub, "a").await.json()["SecretString"], "one");
}

#[tokio::test]
async fn a_label_moves_only_from_the_version_that_has_it() {
    let stub = Stub::start().await;
    let ids = ["one", "two", "three"].map(|value| stub.put("a", value));
    let label = async |stage: &str, from: Option<&str>, to: Option<&str>| {
        let body = json!({ "SecretId": "a", "VersionStage": stage, "RemoveFromVersionId": from, "MoveToVersionId": to });
        let answer = call(&stub, "UpdateSecretVersionStage", body).await.unwrap();
        if answer.status == 200 { "moved".to_owned() } else { answer.code() }
    };
    let [one, two, three] = ids.each_ref().map(|id| Some(id.as_str()));
    assert_eq!(label("AWSCURRENT", None, one).await, "InvalidParameterException");
    assert_eq!(label("AWSCURRENT", two, one).await, "InvalidParameterException");
    assert_eq!(label("AWSCURRENT", three, Some("absent")).await, "ResourceNotFoundException");
    assert_eq!(label("AWSCURRENT", three, one).await, "moved");
    assert_eq!(label("AWSPENDING", one, two).await, "InvalidParameterException", "no version has it");
    assert_eq!(label("AWSPENDING", None, two).await, "moved");
    assert_eq!(label("AWSPENDING", None, three).await, "InvalidParameterException");
    assert_eq!(label("AWSPENDING", two, None).await, "moved");
    let stages = stub.stages("a");
    let of = |id: &String| stages[id].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(ids.each_ref().map(of), [vec!["AWSCURRENT"], vec![], vec!["AWSPREVIOUS"]]);
}

#[tokio::test]
async fn a_batch_gives_values_and_errors() {
    let stub = Stub::start().await;
    stub.put("a", "one");
    stub.put("b", "two");
    let body = batch(&stub, &["a", "missing", "b"]).await.json();
    assert_eq!(
        (&body["SecretValues"][0]["SecretString"], &body["SecretValues"][1]["Name"]),
        (&json!("one"), &json!("b"))
    );
    assert_eq!(
        body["Errors"],
        json!([{
            "SecretId": "missing",
            "ErrorCode": "ResourceNotFoundException",
            "Message": "Secrets Manager can't find the specified secret.",
        }])
    );
    assert!(body.get("NextToken").is_none());
}

#[tokio::test]
async fn a_batch_holds_twenty_ids_and_not_none() {
    let stub = Stub::start().await;
    assert_eq!(batch(&stub, &["a"; 20]).await.status, 200);
    let answer = batch(&stub, &["a"; 21]).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "ValidationException"));
    assert_eq!(batch(&stub, &[]).await.code(), "InvalidParameterException");
}

#[tokio::test]
async fn a_batch_comes_in_pages() {
    let stub = Stub::start().await;
    let ids = ["a", "b", "c", "d", "e"];
    for id in ids {
        stub.put(id, id);
    }
    stub.set_batch_page(2);
    let mut names = Vec::new();
    let mut request = json!({ "SecretIdList": ids });
    loop {
        let body = call(&stub, "BatchGetSecretValue", request.clone()).await.unwrap().json();
        let values = body["SecretValues"].as_array().unwrap();
        assert!(values.len() <= 2);
        names.extend(values.iter().map(|value| value["Name"].as_str().unwrap().to_owned()));
        let Some(token) = body.get("NextToken") else { break };
        request["NextToken"] = token.clone();
    }
    assert_eq!(names, ids);
    assert_eq!(stub.requests().batch, 3);
    request["NextToken"] = json!("made up");
    let answer = call(&stub, "BatchGetSecretValue", request).await.unwrap();
    assert_eq!(answer.code(), "InvalidNextTokenException");
}

#[tokio::test]
async fn error_faults_answer_as_aws_words_them() {
    let stub = Stub::start().await;
    stub.put("a", "value");
    for (fault, status, code) in [
        (Fault::Denied, 400, "AccessDeniedException"),
        (Fault::Throttled, 400, "ThrottlingException"),
        (Fault::ServerError, 500, "InternalServiceError"),
        (Fault::Unavailable, 503, "ServiceUnavailable"),
        (Fault::DecryptionFailure, 400, "DecryptionFailure"),
        (Fault::PendingDeletion, 400, "InvalidRequestException"),
        (Fault::NotFound, 400, "ResourceNotFoundException"),
        (Fault::UnknownOperation, 400, "UnknownOperationException"),
        (Fault::InvalidCredentials, 400, "UnrecognizedClientException"),
        (Fault::ExpiredToken, 400, "ExpiredTokenException"),
        (Fault::EchoError, 400, "value"),
    ] {
        stub.fault(fault.times(1));
        let answer = get(&stub, "a").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{fault:?}");
        assert!(answer.header("x-amzn-requestid").is_some());
        assert_eq!(get(&stub, "a").await.status, 200, "{fault:?} was for one request only");
    }
}

#[tokio::test]
async fn messages_of_faults_show_what_a_client_must_not_repeat() {
    let stub = Stub::start().await;
    stub.put("a", "value");
    stub.fault(Fault::Denied.times(1));
    let message = get(&stub, "a").await.json()["Message"].to_string();
    assert!(message.contains(&stub.arn("a")) && message.contains("assumed-role"));
    stub.fault(Fault::PendingDeletion.times(1));
    assert!(get(&stub, "a").await.body.contains("because it was marked for deletion."));
    stub.fault(Fault::EchoError.times(2));
    assert_eq!(get(&stub, "a").await.json()["Message"], "cannot process value");
    assert_eq!(batch(&stub, &["a"]).await.json()["Message"], "cannot process value");
}

#[tokio::test]
async fn broken_bodies_are_broken_as_described() {
    let stub = Stub::start().await;
    stub.put("a", "first half, second half");
    let honest = get(&stub, "a").await.body;

    stub.fault(Fault::BrokenJson.times(1));
    let answer = get(&stub, "a").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert!(answer.body.ends_with("first half,"), "cut inside the value");

    stub.fault(Fault::TruncatedBody.times(1));
    let answer = get(&stub, "a").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-length"), Some(honest.len().to_string().as_str()));
    assert!(honest.starts_with(&answer.body) && answer.body.ends_with("first half,"));

    stub.fault(Fault::WrongTypes.times(2));
    assert_eq!(get(&stub, "a").await.json()["SecretString"], 12345);
    assert_eq!(batch(&stub, &["a"]).await.json()["SecretValues"][0]["SecretString"], 12345);

    stub.fault(Fault::EmptyObject.times(1));
    assert_eq!(get(&stub, "a").await.body, "{}");

    stub.fault(Fault::NotAws.times(1));
    let answer = get(&stub, "a").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));

    stub.fault(Fault::Reset.times(1));
    assert!(call(&stub, "GetSecretValue", json!({ "SecretId": "a" })).await.is_none());
    assert_eq!(get(&stub, "a").await.status, 200);
}

#[tokio::test]
async fn a_fault_keeps_to_its_operation_its_secret_and_its_number() {
    let stub = Stub::start().await;
    stub.put("a", "one");
    stub.put("b", "two");
    stub.fault(Fault::Throttled.on(Operation::Get).of("a").times(2));
    assert_eq!(get(&stub, "b").await.status, 200);
    assert_eq!(batch(&stub, &["a"]).await.json()["Errors"], json!([]));
    assert_eq!(get(&stub, &stub.arn("a")).await.status, 400);
    assert_eq!(get(&stub, "a").await.status, 400);
    assert_eq!(get(&stub, "a").await.status, 200);
    stub.fault(Fault::Denied);
    assert_eq!(batch(&stub, &["b"]).await.code(), "AccessDeniedException");
    stub.clear_faults();
    assert_eq!(get(&stub, "b").await.status, 200);
}

#[tokio::test]
async fn a_fault_of_one_secret_is_an_entry_of_the_batch() {
    let stub = Stub::start().await;
    for id in ["a", "b", "c", "d"] {
        stub.put(id, "value");
    }
    stub.fault(Fault::Denied.of("a"));
    stub.fault(Fault::EchoError.of(&stub.arn("b")));
    stub.fault(Fault::WrongTypes.of("c"));
    let body = batch(&stub, &["a", "b", "c", "d"]).await.json();
    assert_eq!(body["Errors"][0]["ErrorCode"], "AccessDeniedException");
    assert!(body["Errors"][0]["Message"].as_str().unwrap().contains(&stub.arn("a")));
    assert_eq!(
        body["Errors"][1],
        json!({ "SecretId": "b", "ErrorCode": "value", "Message": "cannot process value" })
    );
    assert_eq!(body["SecretValues"][0]["SecretString"], 12345);
    assert_eq!(body["SecretValues"][1]["SecretString"], "value");

    stub.fault(Fault::NotAws.of("d").times(1));
    assert!(batch(&stub, &["d"]).await.body.starts_with("<!doctype html>"));
}

#[tokio::test]
async fn a_hanging_request_arrives_and_is_never_answered() {
    let stub = Stub::start().await;
    stub.fault(Fault::Hang.times(1));
    let mut stream = send(&stub, "GetSecretValue", &json!({ "SecretId": "a" })).await;
    stub.arrived(1).await;
    let answer = timeout(Duration::from_millis(50), stream.read_u8()).await;
    assert!(answer.is_err(), "neither an answer nor the end of the connection");
}

#[tokio::test]
async fn latency_delays_what_was_decided_on_arrival() {
    let stub = Stub::start().await;
    stub.put("a", "old");
    stub.set_latency(Duration::from_millis(60));
    let started = Instant::now();
    let (answer, ()) = tokio::join!(get(&stub, "a"), async {
        stub.arrived(1).await;
        stub.put("a", "new");
    });
    assert!(started.elapsed() >= Duration::from_millis(60));
    assert_eq!(answer.json()["SecretString"], "old");
}

#[tokio::test]
async fn requests_are_counted_and_logged() {
    let stub = Stub::start().await;
    stub.set_latency(Duration::from_millis(30));
    tokio::join!(get(&stub, "a"), get(&stub, "b"), batch(&stub, &["c", "d"]));
    call(&stub, "DescribeSecret", json!({ "SecretId": "e" })).await.unwrap();
    let answer = call(&stub, "ListSecrets", json!({})).await.unwrap();
    assert_eq!(answer.header("x-amzn-requestid"), Some("00000000-0000-4000-8000-000000000005"));
    let expected = Requests { get: 2, batch: 1, describe: 1, other: 1, batch_ids: vec![2] };
    assert_eq!((stub.requests().total(), stub.requests()), (5, expected));
    assert_eq!(stub.max_in_flight(), 3);
    assert_eq!(
        stub.log()[3],
        LogEntry {
            operation: Operation::Describe,
            ids: vec!["e".to_owned()],
            stage: None,
            version_id: None,
            region: Some("us-east-1".to_owned()),
        }
    );
    stub.reset_requests();
    assert_eq!((stub.requests(), stub.log(), stub.max_in_flight()), (Requests::default(), vec![], 0));
}

#[tokio::test]
async fn a_closed_stub_refuses_connections_until_it_is_opened() {
    for stub in [Stub::start().await, Stub::start_on_thread()] {
        stub.put("a", "value");
        for _ in 0..2 {
            stub.fault(Fault::Hang.times(1));
            stub.reset_requests();
            let mut waiting = send(&stub, "GetSecretValue", &json!({ "SecretId": "a" })).await;
            stub.arrived(1).await;
            stub.close().await;
            let end = timeout(Duration::from_secs(5), waiting.read(&mut [0])).await.expect("the end of it");
            assert!(matches!(end, Ok(0) | Err(_)));
            let refused = TcpStream::connect(stub.address).await.unwrap_err();
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
            stub.open().await;
            assert_eq!(get(&stub, "a").await.json()["SecretString"], "value");
        }
        assert_eq!(stub.max_in_flight(), 1);
    }
}

#[tokio::test]
async fn a_dropped_stub_closes_its_port_and_its_connections() {
    for stub in [Stub::start().await, Stub::start_on_thread()] {
        stub.fault(Fault::Hang);
        let address = stub.address;
        let mut waiting = send(&stub, "GetSecretValue", &json!({ "SecretId": "a" })).await;
        stub.arrived(1).await;
        drop(stub);
        let end = timeout(Duration::from_secs(5), waiting.read(&mut [0])).await.expect("the connection ends");
        assert!(matches!(end, Ok(0) | Err(_)));
        assert!(TcpStream::connect(address).await.is_err());
    }
}

#[test]
fn a_stub_on_its_own_thread_needs_no_runtime_around_it() {
    let stub = Stub::start_on_thread();
    stub.put("a", "value");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(get(&stub, "a")).json()["SecretString"], "value");
    let address = stub.address;
    drop(stub);
    assert!(std::net::TcpStream::connect(address).is_err());
}
