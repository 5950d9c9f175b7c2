//! The region, the endpoint and the profile in reports and commands.

use harness::stub::{Fault, Stub};
use secrets_runtime::{Env, Secrets, SecretsManager};

use super::{Machine, assert_says};
use crate::support::events::Events;

#[test]
fn a_secret_of_another_region_is_reported_with_the_region_that_was_asked() {
    let stub = Stub::start_on_thread();
    let machine = Machine::new().with_keys().with("AWS_ENDPOINT_URL", &stub.url());
    let host = stub.url().replace("://", " ");
    let expected = [
        format!("  aws: region us-east-1, endpoint {host} (AWS_ENDPOINT_URL)\n"),
        format!(
            "help: aws secretsmanager create-secret --region us-east-1 --endpoint-url {} --name jwt ",
            stub.url()
        ),
    ];
    let expected = [expected[0].as_str(), expected[1].as_str()];
    assert_says(&machine.read(), &expected);
    assert_says(&machine.check(), &expected);
}

#[test]
fn the_endpoint_is_shown_with_what_sets_it_and_without_its_path() {
    let stub = Stub::start_on_thread();
    let host = stub.url().replace("://", " ");
    let own = format!("{}/hunter2", stub.url());
    let machine = Machine::new().with_keys().with("AWS_ENDPOINT_URL_SECRETS_MANAGER", &stub.url());
    assert_says(&machine.read(), &[&format!("endpoint {host} (AWS_ENDPOINT_URL_SECRETS_MANAGER)")]);
    let profiles = format!(
        "[profile dev]\nregion = eu-west-1\nendpoint_url = {}\naws_access_key_id = id\naws_secret_access_key = key\n",
        stub.url()
    );
    let machine = Machine::new().without("AWS_REGION").with_profiles(&profiles).with("AWS_PROFILE", "dev");
    assert_says(
        &machine.read(),
        &[
            &format!(
                "  aws: region eu-west-1, endpoint {host} (endpoint_url of the profile dev), profile dev\n"
            ),
            "--region eu-west-1 --endpoint-url ",
            " --profile dev --name jwt",
        ],
    );
    stub.fault(Fault::Denied);
    let machine = Machine::new().with_keys().with("AWS_ENDPOINT_URL", &own);
    assert_says(&machine.read(), &[&format!("endpoint {host} (AWS_ENDPOINT_URL)\n")]);
}

#[test]
fn what_denies_is_told_by_the_kind_of_policy() {
    for (end, cause, help) in [
        (
            "with an explicit deny in an identity-based policy",
            "an identity-based policy denies it explicitly",
            "help: remove the statement",
        ),
        (
            "with an explicit deny in a service control policy",
            "a service control policy of the organization denies it",
            "help: ask the administrators",
        ),
        (
            "because no VPC endpoint policy allows the secretsmanager:GetSecretValue action",
            "the policy of the VPC endpoint does not allow it",
            "help: allow the action for this role in the policy of the VPC endpoint",
        ),
        (
            "with an explicit deny in a resource-based policy",
            "the resource policy of the secret denies it explicitly",
            "help: change the statement",
        ),
        (
            "because no permissions boundary allows the secretsmanager:GetSecretValue action",
            "the permissions boundary of the role denies it",
            "help: allow the action in the permissions boundary",
        ),
        (
            "because no session policy allows the secretsmanager:GetSecretValue action",
            "the session policy denies it",
            "help: allow the action in the session policy",
        ),
        (
            "because no identity-based policy allows the secretsmanager:GetSecretValue action",
            "no identity-based policy allows it",
            "help: allow secretsmanager:GetSecretValue on it",
        ),
    ] {
        let body = format!(
            r#"{{"__type": "AccessDeniedException", "Message": "User: hunter2 is not authorized to perform: secretsmanager:GetSecretValue on resource: hunter2 {end}"}}"#
        );
        let url = crate::support::endpoint::answering(400, &body);
        let report = Machine::new().with_keys().with("AWS_ENDPOINT_URL", &url).read();
        assert_says(&report, &["AccessDenied\n", &format!("AccessDeniedException: {cause}"), help]);
    }
}

#[tokio::test]
async fn secrets_over_plain_http_from_another_machine_are_warned_of_outside_of_development() {
    for (environment, url, is_warned) in [
        ("production", "http://no-such-host.invalid", true),
        ("staging", "http://no-such-host.invalid/path", true),
        ("production", "https://no-such-host.invalid", false),
        ("production", "http://127.0.0.1:1", false),
        ("production", "http://localhost:1", false),
        ("development", "http://no-such-host.invalid", false),
    ] {
        let events = Events::capture();
        let variables = Env::from_iter([
            ("ENVIRONMENT", environment),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", url),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
        ]);
        let aws = SecretsManager::builder().max_attempts(1).build();
        let secrets = Secrets::builder().variables(variables).secrets_manager(aws).build().unwrap();
        let _ = secrets.get("jwt").await;
        let warnings = events.own().into_iter().filter(|event| event.contains("plain http"));
        assert_eq!(warnings.count(), usize::from(is_warned), "{environment} {url}");
    }
}
