//! Answers about another secret or version than the requested one, as a proxy gives that mixes up its
//! connections.

use harness::stub::{Fault, Operation, Stub};
use secrets_runtime::{ErrorKind, Secrets};
use serde_json::json;

use crate::support::aws::{alone, of, once};
use crate::support::endpoint::answering;
use crate::support::{kinds, places};

const JWT: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt-AbCdEf";

/// Secrets whose every answer is the current version of `jwt`.
fn always_jwt() -> Secrets {
    let answer = json!({
        "ARN": JWT, "Name": "jwt", "VersionId": "51f72378-6a5d-4dc7-8fd8-29e4319f482a",
        "VersionStages": ["AWSCURRENT"], "SecretString": "the jwt",
    });
    alone(once(&answering(200, &answer.to_string()))).build().unwrap()
}

#[tokio::test]
async fn an_answer_about_another_secret_is_refused_and_nothing_is_replaced() {
    let secrets = always_jwt();
    assert_eq!(secrets.get("jwt").await.unwrap().expose_secret(), "the jwt");
    let db = JWT.replace("jwt", "db");
    for id in ["db", "jwt2", &db, db.strip_suffix("-AbCdEf").unwrap()] {
        let error = secrets.get(id).await.unwrap_err();
        let place = format!("aws {id}: the answer is about another secret");
        assert_eq!(kinds(&error), [(id, ErrorKind::Unavailable)]);
        assert_eq!(places(&error, id), [place]);
    }
    for id in ["jwt", JWT, JWT.strip_suffix("-AbCdEf").unwrap()] {
        assert_eq!(secrets.get(id).await.unwrap().expose_secret(), "the jwt", "{id}");
    }
}

#[tokio::test]
async fn an_answer_about_another_version_is_refused() {
    let secrets = always_jwt();
    let previous = secrets.request("jwt").stage("AWSPREVIOUS").await.unwrap_err();
    assert_eq!(places(&previous, "jwt"), ["aws jwt: the answer is about another version"]);
    let by_id = secrets.request("jwt").version_id("6d3e7a0e-8a3a-4d0e-9d5f-0a4b8b9d7c11").await.unwrap_err();
    assert_eq!(places(&by_id, "jwt"), ["aws jwt: the answer is about another version"]);
    assert_eq!(secrets.request("jwt").stage("AWSCURRENT").await.unwrap().expose_secret(), "the jwt");
}

#[tokio::test]
async fn a_batch_error_of_one_secret_is_not_that_of_a_partial_arn_that_begins_like_it() {
    let stub = Stub::start().await;
    stub.put("db", "the database");
    stub.put("db-master", "the master");
    stub.fault(Fault::Denied.of("db-master"));
    // Its own error is transient: it is requested again alone.
    stub.fault(Fault::Throttled.on(Operation::Batch).of("db"));
    let without_suffix = |name| stub.arn(name).rsplit_once('-').unwrap().0.to_owned();
    let (db, master) = (without_suffix("db"), without_suffix("db-master"));
    let secrets = of(&stub);
    let (found, denied) = tokio::join!(secrets.get(&db), secrets.get(&master));
    assert_eq!(found.unwrap().expose_secret(), "the database");
    assert_eq!(denied.unwrap_err().kind(), ErrorKind::AccessDenied);
    // A denied secret is requested again alone, too.
    assert_eq!((stub.requests().batch, stub.requests().get), (1, 2));
}
