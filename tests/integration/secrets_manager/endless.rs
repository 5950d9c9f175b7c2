//! Answers without end, of Secrets Manager and of endpoints for credentials.

use std::time::Duration;

use secrets_runtime::{ErrorKind, SecretsManager};

use crate::support::aws::{alone, once, sdk_config, without_endpoint};
use crate::support::child::{folder, run};
use crate::support::endpoint::{Endless, answering, endless};
use crate::support::{kinds, places};

#[tokio::test]
async fn a_body_without_end_is_refused_at_its_limit() {
    for (status, kind, reason) in [
        (200, ErrorKind::Unavailable, "the answer is longer than 16 MiB"),
        // AWS has no such answer: it is another server's.
        (400, ErrorKind::Configuration, "the error answer is longer than 16 KiB"),
        (503, ErrorKind::Unavailable, "the error answer is longer than 16 KiB"),
    ] {
        let secrets = alone(once(&endless(status, Endless::Body))).build().unwrap();
        let error = secrets.get("jwt").await.unwrap_err();
        assert_eq!(kinds(&error), [("jwt", kind)], "{status}");
        assert_eq!(without_endpoint(&places(&error, "jwt")[0]), format!("aws jwt: {reason}"), "{status}");
    }
}

#[tokio::test]
async fn an_error_that_says_its_length_is_refused_as_well() {
    let page = format!("<html>{}", "a".repeat(16 * 1024));
    let secrets = alone(once(&answering(400, &page))).build().unwrap();
    let error = secrets.get("jwt").await.unwrap_err();
    assert_eq!(
        without_endpoint(&places(&error, "jwt")[0]),
        "aws jwt: the error answer is longer than 16 KiB"
    );
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    for status in [200, 400] {
        let secrets = alone(once(&endless(status, Endless::Headers))).build().unwrap();
        let error = secrets.get("jwt").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(!error.to_string().contains("no answer in time"), "{error}");
    }
}

#[tokio::test]
async fn a_body_that_arrives_byte_by_byte_ends_with_the_time_out() {
    for status in [200, 400] {
        let aws = SecretsManager::builder()
            .sdk_config(&sdk_config(&endless(status, Endless::SlowBody)))
            .max_attempts(1)
            .attempt_timeout(Duration::from_millis(300));
        let error = alone(aws.build()).build().unwrap().get("jwt").await.unwrap_err();
        assert_eq!(without_endpoint(&places(&error, "jwt")[0]), "aws jwt: no answer in time", "{status}");
    }
}

/// A hundred calls at once, each with an answer of its own.
#[cfg(target_os = "linux")]
#[test]
fn answers_without_end_take_64_mib_at_most() {
    let secrets_manager = |status| ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endless(status, Endless::Body));
    let closed = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1".to_owned());
    let key = |name| (name, "a".to_owned());
    let keys = || vec![key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY")];
    let container = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", endless(200, Endless::Body));
    let metadata = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endless(200, Endless::Body)),
        ("AWS_EC2_METADATA_DISABLED", "false".to_owned()),
    ];
    for (case, more) in [
        ("answers", [vec![secrets_manager(200)], keys()].concat()),
        ("error answers", [vec![secrets_manager(400)], keys()].concat()),
        ("the container's credentials", vec![closed.clone(), container]),
        ("the metadata service", [vec![closed], metadata.to_vec()].concat()),
    ] {
        let variables = [vec![("AWS_REGION", "eu-west-1".to_owned())], more].concat();
        let ended = run("aws-endless", &folder(""), &variables);
        let grown = ended.stdout.trim().parse::<u64>();
        assert!(grown.as_ref().is_ok_and(|mib| *mib <= 64), "{case}: {grown:?} MiB\n{}", ended.stderr);
    }
}
