//! Credentials of services: STS, the endpoint of a container, the metadata service of an instance.

use super::{Machine, assert_says};
use crate::support::endpoint::{answering, closed, routing};

const ROLE: &str = "arn:aws:iam::123456789012:role/app";

/// An answer of STS that refuses.
fn refusing(code: &'static str) -> String {
    answering(
        400,
        &format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>hunter2</Message></Error></ErrorResponse>"
        ),
    )
}

fn web_identity(sts: &str) -> Machine {
    let machine = Machine::new();
    let token = machine.folder.write("token", "hunter2");
    machine
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap())
        .with("AWS_ROLE_ARN", ROLE)
        .with("AWS_ENDPOINT_URL_STS", sts)
}

#[test]
fn a_web_identity_token_that_is_not_there_is_told() {
    let machine = web_identity(&closed()).with("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/hunter2/token");
    assert_says(
        &machine.read(),
        &[
            "Configuration\n",
            "the AWS credentials are set up wrongly",
            "web identity: the file of AWS_WEB_IDENTITY_TOKEN_FILE does not exist",
            "eks.amazonaws.com/role-arn",
        ],
    );
    let machine = web_identity(&closed()).without("AWS_ROLE_ARN");
    assert_says(
        &machine.read(),
        &[
            "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not",
            "help: set AWS_ROLE_ARN",
        ],
    );
    let machine = web_identity(&closed());
    let folder = machine.folder.path().to_str().unwrap().to_owned();
    let report = machine.with("AWS_WEB_IDENTITY_TOKEN_FILE", &folder).read();
    assert_says(&report, &["AWS_WEB_IDENTITY_TOKEN_FILE: a folder, not a file"]);
}

#[test]
fn a_web_identity_that_sts_refuses_is_told_by_the_code() {
    for (code, cause, help) in [
        ("InvalidIdentityToken", "STS does not accept the token", "identity provider of this cluster"),
        ("ExpiredTokenException", "the token has expired", "let the platform renew the token"),
        ("AccessDenied", "STS refuses the role: AccessDenied", "sts:AssumeRoleWithWebIdentity"),
    ] {
        let report = web_identity(&refusing(code)).read();
        assert_says(
            &report,
            &[
                "AccessDenied\n",
                "no credentials could be obtained",
                &format!("web identity: {cause}"),
                help,
                &format!("role {ROLE}"),
            ],
        );
    }
    let report = web_identity(&closed()).read();
    assert_says(&report, &["Unavailable\n", "web identity: STS: the connection was refused"]);
}

#[test]
fn a_role_of_a_profile_that_sts_refuses_is_told() {
    let profiles = format!(
        "[profile app]\nrole_arn = {ROLE}\nsource_profile = base\n[profile base]\naws_access_key_id = id\naws_secret_access_key = hunter2\n"
    );
    let of = |sts: &str| {
        Machine::new()
            .with_profiles(&profiles)
            .with("AWS_PROFILE", "app")
            .with("AWS_ENDPOINT_URL_STS", sts)
            .read()
    };
    assert_says(
        &of(&refusing("AccessDenied")),
        &[
            &format!("profile app: STS refuses the role {ROLE}: AccessDenied"),
            "help: let the role's trust policy name the caller",
        ],
    );
    assert_says(
        &of(&refusing("InvalidClientTokenId")),
        &["the credentials of the profile base, which assume the role ", "are not valid"],
    );
    assert_says(&of(&refusing("ExpiredToken")), &["the credentials of the profile base, ", "have expired"]);
    assert_says(
        &of(&closed()),
        &[&format!("profile app: assuming the role {ROLE}: the connection was refused")],
    );
}

const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

#[test]
fn the_endpoint_of_a_container_is_told_by_what_it_answers() {
    let of = |url: &str| Machine::new().with(FULL_URI, url).read();
    let cause = |text: &str| format!("container: the endpoint of {FULL_URI}: {text}");
    assert_says(
        &of(&closed()),
        &["Unavailable\n", &cause("the connection was refused"), "help: see that the task or pod has a role"],
    );
    assert_says(&of(&answering(403, "hunter2")), &["AccessDenied\n", &cause("answered with status 403")]);
    assert_says(&of(&answering(404, "hunter2")), &[&cause("answered with status 404")]);
    assert_says(
        &of(&answering(200, "<html>hunter2")),
        &[&cause("the answer is not the JSON of credentials")],
    );
    let refused = r#"{"Code": "hunter2", "Message": "hunter2"}"#;
    assert_says(
        &of(&answering(200, refused)),
        &[&format!("container: the endpoint of {FULL_URI} answered with an error")],
    );
    let elsewhere = of("http://10.1.2.3/hunter2");
    assert_says(
        &elsewhere,
        &[&format!("container: {FULL_URI}: not an https URL and not a URL of this machine")],
    );
}

#[test]
fn the_token_for_the_endpoint_of_a_container_is_told() {
    let machine = Machine::new()
        .with(FULL_URI, &closed())
        .with("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/absent/hunter2");
    assert_says(
        &machine.read(),
        &["container: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: its file does not exist"],
    );
    let machine =
        Machine::new().with(FULL_URI, &closed()).with("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\n");
    assert_says(&machine.read(), &["container: its authorization token holds a line break"]);
}

const TOKEN: (u16, &str, &str) = (200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "hunter2");

fn instance(url: &str) -> String {
    Machine::new()
        .with("AWS_EC2_METADATA_DISABLED", "false")
        .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
        .read()
}

#[test]
fn the_metadata_service_is_told_by_what_it_answers() {
    let no_role = routing(|line| if line.starts_with("PUT") { TOKEN } else { (404, "", "hunter2") });
    assert_says(
        &instance(&no_role),
        &[
            "Configuration\n",
            "instance metadata: the instance has no role",
            "help: attach an instance profile",
        ],
    );
    assert_says(
        &instance(&closed()),
        &["no AWS credentials were found", "instance metadata: the metadata service could not be reached"],
    );
    let forbidden = routing(|_| (403, "", "hunter2"));
    assert_says(
        &instance(&forbidden),
        &["instance metadata: the metadata service refuses: it is disabled for this instance"],
    );
    let no_trust = routing(|line| match line {
        _ if line.starts_with("PUT") => TOKEN,
        _ if line.contains("security-credentials/ ") => (200, "", "role"),
        _ => (200, "", r#"{"Code": "AssumeRoleUnauthorizedAccess", "Message": "hunter2"}"#),
    });
    assert_says(
        &instance(&no_trust),
        &["instance metadata: the trust policy of the instance's role does not allow EC2"],
    );
    let failing = routing(|line| match line {
        _ if line.starts_with("PUT") => TOKEN,
        _ if line.contains("security-credentials/ ") => (200, "", "role"),
        _ => (200, "", r#"{"Code": "hunter2", "Message": "hunter2"}"#),
    });
    assert_says(&instance(&failing), &["instance metadata: the metadata service answered with an error"]);
}
