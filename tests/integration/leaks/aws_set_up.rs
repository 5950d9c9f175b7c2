//! The causes of an AWS set-up that does not work: no byte of a credential, of a token or of what programs
//! and servers say is in a report.

use std::fs;

use harness::postgres::another_authority;

use crate::support::canary::{Canary, assert_unseen};
use crate::support::child::{folder, run_program};
use crate::support::endpoint::answering;
use crate::support::folder::Folder;

/// The name of the cached token of the session `team`, and of the login session below.
const SSO: &str = ".aws/sso/cache/d25187dc137f35c88bc80ec8c3ffbdb17b5eb873.json";
const LOGIN: &str = ".aws/login/cache/893f13863f68a08133e541260597f1d60f5bf9b326625782990032cbad201e26.json";

/// A machine whose files hold the canary.
fn machine(canary: &Canary) -> Folder {
    let folder = folder("");
    folder.write("authority.pem", another_authority());
    folder.write("said", canary.as_str());
    for cache in [".aws/sso/cache", ".aws/login/cache"] {
        fs::create_dir_all(folder.path().join(cache)).unwrap();
    }
    let token = serde_json::json!({"accessToken": canary.as_str(), "expiresAt": "2099-01-01T00:00:00Z"});
    folder.write(SSO, token.to_string());
    folder.write(LOGIN, format!("{{\"accessToken\": {{\"secretAccessKey\": {:?}", canary.as_str()));
    folder
}

/// Profiles, and each with what it needs: every provider, failing.
const PROFILES: &str = "\
[profile fails]
credential_process = cat said >&2; cat said; exit 3
[profile prints]
credential_process = cat said
[profile assumes]
role_arn = arn:aws:iam::123456789012:role/app
source_profile = keys
[profile keys]
aws_access_key_id = id
aws_secret_access_key = key
[profile identity]
role_arn = arn:aws:iam::123456789012:role/app
web_identity_token_file = said
[profile sso]
sso_session = team
sso_account_id = 123456789012
sso_role_name = reader
[sso-session team]
sso_region = us-east-1
sso_start_url = https://start.example/start
[profile login]
login_session = arn:aws:iam::123456789012:user/dev
[profile container]
role_arn = arn:aws:iam::123456789012:role/app
credential_source = EcsContainer
[profile instance]
role_arn = arn:aws:iam::123456789012:role/app
credential_source = Ec2InstanceMetadata
";

const NAMES: [&str; 8] = ["fails", "prints", "assumes", "identity", "sso", "login", "container", "instance"];

/// What a load, a check and `Admin` say with each of these profiles, by `Display` and `Debug`.
fn said(folder: &Folder, variables: &[(&str, &str)], profiles: &[&str]) -> String {
    let config = folder.write("config", PROFILES);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (home, authority) = (path(""), path("authority.pem"));
    let given = [
        ("ENVIRONMENT", "production"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("HOME", &home),
        ("PATH", "/usr/bin:/bin"),
        ("SSL_CERT_FILE", &authority),
    ];
    let program = env!("CARGO_BIN_EXE_child");
    let ended = run_program(
        program.as_ref(),
        &[&["aws-environment", "3000"], profiles].concat(),
        folder,
        &[&given[..], variables].concat(),
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().count(), 3 * profiles.len(), "{}", ended.stdout);
    assert!(!ended.stdout.contains(": ok\n") && !ended.stdout.contains(": late\n"), "{}", ended.stdout);
    format!("{}{}", ended.stdout, ended.stderr)
}

#[test]
fn what_a_program_or_a_service_says_is_not_repeated() {
    let canary = Canary::new("credentials");
    let folder = machine(&canary);
    let xml = format!(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message><![CDATA[{0}]]></Message></Error></ErrorResponse>",
        canary.as_str()
    );
    let json =
        serde_json::json!({"Code": canary.as_str(), "Message": canary.as_str(), "__type": canary.as_str()});
    for (status, body) in
        [(400, xml), (403, json.to_string()), (200, json.to_string()), (200, canary.as_str().to_owned())]
    {
        let url = answering(status, &body);
        let variables = [
            ("AWS_ENDPOINT_URL_STS", url.as_str()),
            ("AWS_ENDPOINT_URL_SSO", &url),
            ("AWS_ENDPOINT_URL_SSO_OIDC", &url),
            ("AWS_ENDPOINT_URL_SIGNIN", &url),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url),
        ];
        let said = said(&folder, &variables, &NAMES);
        assert_unseen(&[&canary], "an explained failure", &said);
        assert!(
            said.contains("profile fails: credential_process: the program failed with exit code 3"),
            "{said}"
        );
    }
}

#[test]
fn what_the_variables_hold_is_not_repeated() {
    let canary = Canary::new("variables");
    let folder = machine(&canary);
    let value = canary.as_str();
    let token = folder.path().join("said");
    let token = token.to_str().unwrap();
    for variables in [
        vec![("AWS_ACCESS_KEY_ID", value)],
        vec![("AWS_SECRET_ACCESS_KEY", value)],
        vec![("AWS_WEB_IDENTITY_TOKEN_FILE", value), ("AWS_ROLE_ARN", value)],
        vec![
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
            ("AWS_ROLE_ARN", value),
            ("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
        ],
        vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", value)],
        vec![("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", value)],
        vec![
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", value),
        ],
        vec![("ENVIRONMENT", value)],
    ] {
        let all = [&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")][..], &variables].concat();
        let said = said(&folder, &all, &["-"]);
        assert_unseen(&[&canary], "an explained failure", &said);
    }
}

#[test]
fn what_another_server_answers_is_not_repeated() {
    let canary = Canary::new("page");
    let folder = machine(&canary);
    for status in [200, 302, 400, 403, 404, 405, 407, 500] {
        let url = answering(status, canary.as_str());
        let variables = [
            ("AWS_ENDPOINT_URL", url.as_str()),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
        ];
        let said = said(&folder, &variables, &["-"]);
        assert_unseen(&[&canary], "an answer of another server", &said);
        assert!(said.contains(&format!("status {status}")), "{said}");
    }
}
