//! What goes wrong with one secret, and what is said of it.

use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::{Env, ErrorKind, Fallback, SecretConfig};

use super::configs::{One, Two, stub_with};
use crate::support::aws::{alone, load, of, once, options, retrying, target, without_endpoint};
use crate::support::sources::chain;
use crate::support::{kinds, places, production};

async fn stub() -> Stub {
    stub_with(&One::names("")).await
}

/// The stub's first request.
const REQUEST: &str = "(request 00000000-0000-4000-8000-000000000001)";

#[tokio::test]
async fn each_answer_of_aws_is_an_error_of_its_kind() {
    for (fault, kind, outcome) in [
        (Fault::Denied, ErrorKind::AccessDenied, "AccessDeniedException: no identity-based policy allows it"),
        (
            Fault::InvalidCredentials,
            ErrorKind::AccessDenied,
            "UnrecognizedClientException: the credentials are not valid",
        ),
        (Fault::ExpiredToken, ErrorKind::AccessDenied, "ExpiredTokenException: the credentials have expired"),
        (Fault::Throttled, ErrorKind::Throttled, "ThrottlingException"),
        (Fault::ServerError, ErrorKind::Unavailable, "InternalServiceError"),
        (Fault::Unavailable, ErrorKind::Unavailable, "ServiceUnavailable"),
        (Fault::DecryptionFailure, ErrorKind::Decryption, "DecryptionFailure"),
        (Fault::PendingDeletion, ErrorKind::PendingDeletion, "InvalidRequestException: marked for deletion"),
        (
            Fault::UnknownOperation,
            ErrorKind::Configuration,
            "UnknownOperationException: the endpoint does not know the action",
        ),
    ] {
        let stub = stub().await;
        stub.fault(fault);
        let error = load::<One>(&stub).await.unwrap_err();
        assert_eq!(kinds(&error), [("a", kind)], "{fault:?}");
        assert_eq!(places(&error, "a"), [format!("aws a: {outcome} {REQUEST}")]);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_no_answer() {
    for (fault, outcome) in [
        (Fault::BrokenJson, "the answer could not be read"),
        (Fault::TruncatedBody, "the answer could not be read"),
        (Fault::WrongTypes, "the answer could not be read"),
        (Fault::NotAws, "answered with a web page, not by Secrets Manager"),
        (Fault::EmptyObject, "the answer holds no value"),
        (Fault::Reset, "the connection was broken"),
    ] {
        let stub = stub().await;
        stub.fault(fault);
        let error = load::<One>(&stub).await.unwrap_err();
        assert_eq!(kinds(&error), [("a", ErrorKind::Unavailable)], "{fault:?}");
        assert_eq!(without_endpoint(&places(&error, "a")[0]), format!("aws a: {outcome}"), "{fault:?}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_missing_with_the_command_that_creates_it() {
    let stub = Stub::start().await;
    let error = load::<One>(&stub).await.unwrap_err();
    let (target, options) = (target(&stub.url()), options(&stub.url()));
    let expected = format!(
        "\
One could not be loaded (environment: production)
{target}
  a   missing
    aws  a   ResourceNotFoundException
    help: aws secretsmanager create-secret {options} --name a --secret-string file://value
    help: end the file without a line break, which would be part of the value (`printf %s` writes none, `echo` does)
"
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn each_kind_has_its_next_step() {
    for (fault, help) in [
        (Fault::Denied, "allow secretsmanager:GetSecretValue on it, and see that it exists"),
        (Fault::ExpiredToken, "sign in again, or renew the credentials"),
        (
            Fault::InvalidCredentials,
            "see whether the access key still exists, and whether the session token belongs to it",
        ),
        (Fault::DecryptionFailure, "see that its KMS key is enabled, and allow kms:Decrypt on it"),
        (Fault::PendingDeletion, "aws secretsmanager restore-secret OPTIONS --secret-id a"),
    ] {
        let stub = stub().await;
        stub.fault(fault);
        let error = load::<One>(&stub).await.unwrap_err();
        let help = help.replace("OPTIONS", &options(&stub.url()));
        assert_eq!(error.fields()[0].help(), [help], "{fault:?}");
    }
}

#[tokio::test]
async fn an_endpoint_without_a_listener_is_unavailable() {
    // The stub's port, once the stub is gone.
    let url = {
        let stub = Stub::start_on_thread();
        stub.url()
    };
    let error = One::load_from(&alone(once(&url)).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("a", ErrorKind::Unavailable)]);
    assert_eq!(without_endpoint(&places(&error, "a")[0]), "aws a: the connection was refused");
}

#[tokio::test]
async fn an_endpoint_that_never_answers_is_given_up() {
    let stub = Stub::start_on_thread();
    stub.put("a", "a");
    stub.fault(Fault::Hang);
    let secrets = of(&stub);
    let load = tokio::spawn(async move { One::load_from(&secrets).await });
    stub.arrived(1).await;
    // From here on nothing but timers can happen: the clock runs to the next one whenever all tasks wait.
    tokio::time::pause();
    let error = load.await.unwrap().unwrap_err();
    assert_eq!(kinds(&error), [("a", ErrorKind::Unavailable)]);
    assert_eq!(without_endpoint(&places(&error, "a")[0]), "aws a: no answer in time");
    assert_eq!(stub.requests().total(), 1);
}

#[tokio::test]
async fn what_may_pass_is_tried_three_times() {
    for fault in [Fault::ServerError, Fault::Unavailable, Fault::Reset] {
        let stub = stub().await;
        let secrets = alone(retrying(&stub.url())).build().unwrap();
        stub.fault(fault.times(2));
        assert_eq!(One::load_from(&secrets).await.unwrap().a.expose_secret(), "a", "{fault:?}");
        assert_eq!(stub.requests().get, 3, "{fault:?}");

        stub.reset_requests();
        secrets.clear_cache();
        stub.fault(fault.times(3));
        let error = One::load_from(&secrets).await.unwrap_err();
        assert!(error.is_transient(), "{fault:?}");
        assert_eq!(stub.requests().get, 3, "{fault:?}");
    }
}

/// All instances of a fleet that start at once are throttled together: whoever gives up after three attempts starts again,
/// and asks for everything.
#[tokio::test]
async fn throttled_it_is_asked_again_after_a_pause() {
    let stub = stub().await;
    let secrets = alone(retrying(&stub.url())).build().unwrap();
    stub.fault(Fault::Throttled.times(1));
    let start = std::time::Instant::now();
    assert_eq!(One::load_from(&secrets).await.unwrap().a.expose_secret(), "a");
    assert!(start.elapsed() >= std::time::Duration::from_millis(500));
    assert_eq!(stub.requests().get, 2);
}

#[tokio::test]
async fn a_source_that_may_ask_once_is_throttled_at_once() {
    let stub = stub().await;
    stub.fault(Fault::Throttled);
    let error = One::load_from(&of(&stub)).await.unwrap_err();
    assert_eq!(kinds(&error), [("a", ErrorKind::Throttled)]);
    assert_eq!(stub.requests().get, 1);
}

#[tokio::test]
async fn what_will_not_pass_is_tried_once() {
    for fault in [
        Fault::Denied,
        Fault::ExpiredToken,
        Fault::DecryptionFailure,
        Fault::PendingDeletion,
        Fault::NotFound,
    ] {
        let stub = stub().await;
        stub.fault(fault);
        let error = One::load_from(&alone(retrying(&stub.url())).build().unwrap()).await.unwrap_err();
        assert!(!error.is_transient(), "{fault:?}");
        assert_eq!(stub.requests().get, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let stub = stub().await;
    stub.set_latency(Duration::from_millis(20));
    assert_eq!(load::<One>(&stub).await.unwrap().a.expose_secret(), "a");
}

#[tokio::test]
async fn faults_pass_on_to_the_environment_by_the_policy_alone() {
    for (fault, kind) in [(Fault::Denied, ErrorKind::AccessDenied), (Fault::Reset, ErrorKind::Unavailable)] {
        let stub = stub().await;
        stub.fault(fault);
        let builder = || {
            let env = Env::from_iter([("A", "from env")]);
            production().sources(chain([Box::new(once(&stub.url())), Box::new(env)]))
        };
        let error = One::load_from(&builder().build().unwrap()).await.unwrap_err();
        assert_eq!(kinds(&error), [("a", kind)]);
        let secrets = builder().fallback(Fallback::OnError).build().unwrap();
        assert_eq!(One::load_from(&secrets).await.unwrap().a.expose_secret(), "from env", "{fault:?}");
    }
}

#[tokio::test]
async fn a_malformed_value_is_reported_together_with_a_denied_one() {
    #[derive(Debug, SecretConfig)]
    #[secret(prefix = "app")]
    struct Config {
        #[secret(name = "db", key = "port")]
        port: u16,
        #[secret(name = "jwt")]
        jwt: secrets_runtime::Secret<String>,
        #[secret(name = "absent")]
        absent: secrets_runtime::Secret<String>,
    }
    let stub = Stub::start().await;
    stub.put("app/db", "{\"port\": \"http\"}");
    stub.put("app/jwt", "j");
    stub.fault(Fault::Denied.of("app/jwt"));
    let error = load::<Config>(&stub).await.unwrap_err();
    assert_eq!(
        kinds(&error),
        [("port", ErrorKind::Invalid), ("jwt", ErrorKind::AccessDenied), ("absent", ErrorKind::Missing)]
    );
    assert_eq!(stub.requests().batch_ids, [3]);
}

#[tokio::test]
async fn a_code_that_is_a_value_is_not_repeated() {
    let stub = Stub::start().await;
    stub.put("a", "hunter2 is no code");
    stub.fault(Fault::EchoError);
    let error = load::<One>(&stub).await.unwrap_err();
    assert_eq!(kinds(&error), [("a", ErrorKind::Configuration)]);
    let host = stub.url().replace("://", " ");
    let place = format!("status 400, endpoint {host} (of the application's SdkConfig)");
    let refused = "answered by a server that is not Secrets Manager";
    assert_eq!(places(&error, "a"), [format!("aws a: {refused} ({place}) {REQUEST}")]);
    let error = load::<Two>(&stub).await.unwrap_err();
    assert!(!format!("{error}").contains("hunter2"), "{error}");
}
