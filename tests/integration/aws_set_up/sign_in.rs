//! Profiles for which a person signs in: IAM Identity Center and `aws login`.

use std::fs;

use harness::stub::Stub;

use super::{Machine, assert_says};
use crate::support::endpoint::{closed, routing};

/// The names of the cached tokens: SHA-1 of the session and of the start URL, SHA-256 of the login session.
const OF_SESSION: &str = "d25187dc137f35c88bc80ec8c3ffbdb17b5eb873";
const OF_START_URL: &str = "58b18e2cde391127c3492e1eba984431065982b0";
const OF_LOGIN: &str = "893f13863f68a08133e541260597f1d60f5bf9b326625782990032cbad201e26";

const WITH_SESSION: &str = "[profile my-team]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = reader\n\
    [sso-session team]\nsso_region = us-east-1\nsso_start_url = https://start.example/start\n";
const WITHOUT_SESSION: &str = "[profile my-team]\nsso_account_id = 123456789012\nsso_role_name = reader\n\
    sso_region = us-east-1\nsso_start_url = https://start.example/start\n";

fn token(expires_at: &str) -> String {
    format!(r#"{{"accessToken": "hunter2", "expiresAt": "{expires_at}"}}"#)
}

/// A machine with this cached token.
fn signed_in(profiles: &str, name: &str, token: &str) -> Machine {
    let machine = Machine::new().with_profiles(profiles).with("AWS_PROFILE", "my-team");
    fs::create_dir_all(machine.folder.path().join(".aws/sso/cache")).unwrap();
    machine.folder.write(&format!(".aws/sso/cache/{name}.json"), token);
    machine
}

const LOGIN: &str = "help: aws sso login --profile my-team";

#[test]
fn a_profile_of_identity_center_that_is_not_signed_in_is_told() {
    for profiles in [WITH_SESSION, WITHOUT_SESSION] {
        let machine = Machine::new().with_profiles(profiles).with("AWS_PROFILE", "my-team");
        assert_says(
            &machine.read(),
            &["Configuration\n", "profile my-team: not signed in to IAM Identity Center", LOGIN],
        );
    }
    let malformed = signed_in(WITH_SESSION, OF_SESSION, "hunter2");
    assert_says(&malformed.read(), &["profile my-team: not signed in to IAM Identity Center", LOGIN]);
}

#[test]
fn a_profile_of_identity_center_that_has_expired_is_told() {
    let expired = signed_in(WITH_SESSION, OF_SESSION, &token("2020-01-01T00:00:00Z"));
    assert_says(&expired.read(), &["profile my-team: the sign-in to IAM Identity Center has expired", LOGIN]);
    let ended =
        routing(|_| (401, "x-amzn-errortype: UnauthorizedException\r\n", r#"{"message": "hunter2"}"#));
    for (profiles, name) in [(WITH_SESSION, OF_SESSION), (WITHOUT_SESSION, OF_START_URL)] {
        let machine =
            signed_in(profiles, name, &token("2099-01-01T00:00:00Z")).with("AWS_ENDPOINT_URL_SSO", &ended);
        assert_says(
            &machine.read(),
            &["profile my-team: the sign-in to IAM Identity Center has expired", LOGIN],
        );
    }
}

#[test]
fn a_role_that_identity_center_does_not_give_is_told() {
    let forbidden =
        routing(|_| (403, "x-amzn-errortype: ForbiddenException\r\n", r#"{"message": "hunter2"}"#));
    let machine = signed_in(WITH_SESSION, OF_SESSION, &token("2099-01-01T00:00:00Z"));
    let report = machine.with("AWS_ENDPOINT_URL_SSO", &forbidden).read();
    assert_says(
        &report,
        &[
            "AccessDenied\n",
            "IAM Identity Center does not give the user this role",
            "help: check sso_account_id and sso_role_name",
        ],
    );
    let machine = signed_in(WITH_SESSION, OF_SESSION, &token("2099-01-01T00:00:00Z"));
    let report = machine.with("AWS_ENDPOINT_URL_SSO", &closed()).read();
    assert_says(
        &report,
        &["Unavailable\n", "IAM Identity Center: the connection was refused", "help: check sso_region"],
    );
}

const CONSOLE: &str = "[profile dev]\nlogin_session = arn:aws:iam::123456789012:user/dev\n";

fn logged_in(token: &str) -> Machine {
    let machine = Machine::new().with_profiles(CONSOLE).with("AWS_PROFILE", "dev");
    fs::create_dir_all(machine.folder.path().join(".aws/login/cache")).unwrap();
    machine.folder.write(&format!(".aws/login/cache/{OF_LOGIN}.json"), token);
    machine
}

/// As `aws login` caches it.
fn login_token(expires_at: &str) -> String {
    format!(
        r#"{{"accessToken": {{"accessKeyId": "AKIDLOGIN", "secretAccessKey": "hunter2", "sessionToken": "hunter2",
        "accountId": "123456789012", "expiresAt": "{expires_at}"}}, "tokenType": "aws_sigv4",
        "refreshToken": "hunter2", "idToken": "hunter2", "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": "hunter2"}}"#
    )
}

#[test]
fn a_profile_that_aws_login_made_works() {
    let stub = Stub::start_on_thread();
    stub.put("jwt", "value");
    let machine = logged_in(&login_token("2099-01-01T00:00:00Z"));
    let machine = machine.with("AWS_ENDPOINT_URL_SECRETS_MANAGER", &stub.url());
    assert_eq!(machine.read(), "found");
    assert_eq!(stub.requests().total(), 1);
}

#[test]
fn a_profile_of_aws_login_that_is_not_signed_in_or_has_expired_is_told() {
    let machine = Machine::new().with_profiles(CONSOLE).with("AWS_PROFILE", "dev");
    assert_says(
        &machine.read(),
        &["Configuration\n", "profile dev: not signed in with `aws login`", "help: aws login --profile dev"],
    );
    assert_says(
        &logged_in("{hunter2").read(),
        &["profile dev: not signed in with `aws login`", "help: aws login --profile dev"],
    );
    let refused = routing(|_| {
        (
            400,
            "x-amzn-errortype: AccessDeniedException\r\n",
            r#"{"error": "TOKEN_EXPIRED", "message": "hunter2"}"#,
        )
    });
    let expired = logged_in(&login_token("2020-01-01T00:00:00Z")).with("AWS_ENDPOINT_URL_SIGNIN", &refused);
    assert_says(&expired.read(), &["profile dev: ", "`aws login`", "help: aws login --profile dev"]);
}
