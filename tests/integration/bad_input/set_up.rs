//! Variables that say where and how, and say it wrongly.

use secrets_runtime::{Error, ErrorKind, Secret, SecretConfig, Secrets, SecretsManager};

use crate::support::{kinds, places, production};

fn build(variables: &[(&str, &str)]) -> Error {
    Secrets::builder().variables(variables.iter().copied().collect()).build().unwrap_err()
}

#[test]
fn an_environment_that_is_no_name_is_named_and_not_repeated() {
    for name in ["Prod!", "production ", "PRODUCTION", "a/b", "é"] {
        let error = build(&[("ENVIRONMENT", name)]);
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(kinds(&error), []);
        let text = error.to_string();
        assert!(text.contains("\n  ENVIRONMENT: not the name of an environment\n"), "{text}");
        assert!(!text.contains(name), "{text}");
    }
}

#[test]
fn an_endpoint_that_is_no_url_is_named_and_not_repeated() {
    let texts =
        ["localhost:4566", "http//localhost", "ftp://localhost", "http://user:pa55word@localhost", "http://"];
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        for environment in ["development", "production"] {
            for text in texts {
                let error = build(&[("ENVIRONMENT", environment), (variable, text)]);
                assert_eq!(error.kind(), ErrorKind::Configuration);
                let expected = format!(
                    "Secrets could not be loaded (environment: {environment})\n\n\
                     \x20 {variable}: not an http or https URL of a host\n"
                );
                assert_eq!(error.to_string(), expected);
            }
        }
    }
}

#[test]
fn a_region_that_is_none_is_named() {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let error = build(&[("ENVIRONMENT", "production"), (variable, "eu west/1")]);
        let expected = format!(
            "Secrets could not be loaded (environment: production)\n\n  {variable}: not the name of a region\n"
        );
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Configuration, expected));
    }
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app")]
struct Config {
    token: Secret<String>,
    port: u16,
}

#[tokio::test]
async fn what_was_said_wrongly_in_code_is_reported_under_each_secret() {
    for (aws, reason) in [
        (
            SecretsManager::builder().endpoint_url("localhost:4566"),
            "the endpoint set in code is not an http or https URL",
        ),
        (SecretsManager::builder().region("eu west"), "the region set in code is not a valid region name"),
    ] {
        let secrets = production().sources([aws.build()]).build().unwrap();
        let error = Config::load_from(&secrets).await.unwrap_err();
        assert_eq!(kinds(&error), [("token", ErrorKind::Configuration), ("port", ErrorKind::Configuration)]);
        assert_eq!(places(&error, "token"), [format!("aws app/token: {reason}")]);
        assert_eq!(error.fields()[1].to_string(), "port: configuration: no allowed source can hold it");
    }
}

#[tokio::test]
async fn an_id_that_can_be_none_is_not_sent_anywhere() {
    let aws = SecretsManager::builder()
        .region("eu-west-1")
        .endpoint_url("http://127.0.0.1:1")
        .credentials("a", "b", None);
    let secrets = production().sources([aws.build()]).build().unwrap();
    let error = secrets.get("a secret; not a name").await.unwrap_err();
    assert_eq!(kinds(&error), [("(not a secret id)", ErrorKind::Configuration)]);
    let expected = ["aws (not a secret id): not a valid secret name or ARN"];
    assert_eq!(places(&error, "(not a secret id)"), expected);
}
