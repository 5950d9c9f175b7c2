//! moto's own idea of IAM: it checks policies when they are made, and asks for actions, though neither for resources nor for
//! conditions, and it words refusals as no JSON service of AWS does. Who asks for all that is in `enforcement`.

use std::collections::HashMap;
use std::sync::OnceLock;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use harness::emulator::{Emulator, own_moto};
use harness::python::python;
use secrets_runtime::{Error, ErrorKind, SecretConfig, SecretsManager};
use serde_json::{Value, json};

use super::configs::Shop;
use crate::support::aws::sdk_config;
use crate::support::{kinds, production};

const TEST: &str = "the printed policy is what moto asks for";

/// The policy on everything at any time, without the statements of an action.
fn of_actions(policy: &str, without: &str) -> String {
    let mut policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array_mut().unwrap();
    statements.retain(|statement| statement["Action"] != without);
    for statement in statements {
        statement["Resource"] = json!("*");
        statement.as_object_mut().unwrap().remove("Condition");
    }
    policy.to_string()
}

async fn load(url: &str, key: &[String; 2]) -> Result<Shop, Error> {
    let [id, secret] = key;
    let credentials = Credentials::from_keys(id, secret, None);
    let config = sdk_config(url)
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Shop::load_from(&production().sources([SecretsManager::from_sdk_config(&config)]).build().unwrap()).await
}

#[tokio::test]
async fn the_printed_policy_is_what_moto_asks_for() {
    static MOTO: OnceLock<Result<Emulator, String>> = OnceLock::new();
    let (Some(moto), Some(python)) = (own_moto(TEST, &MOTO), python(TEST)) else { return };
    let url = moto.url();
    let client = Client::from_conf(Builder::from(&sdk_config(url)).build());
    for (name, value) in [
        ("shop/production/database-url", "postgres://"),
        ("shop/production/jwt", "1"),
        ("shop/production/mail", r#"{"password": "p", "port": 587}"#),
        ("shared/production/rds", r#"{"username": "u", "password": "q"}"#),
    ] {
        client.create_secret().name(name).secret_string(value).send().await.unwrap();
    }
    client.put_secret_value().secret_id("shop/production/jwt").secret_string("2").send().await.unwrap();

    let key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let manifest = Shop::manifest();
    let printed = manifest.iam_policy().region("us-east-1").kms_key(key).pending().to_json().unwrap();
    let asked = json!({
        "printed": printed,
        "users": {
            "whole": of_actions(&printed, ""),
            "no-batch": of_actions(&printed, "secretsmanager:BatchGetSecretValue"),
            "no-read": of_actions(&printed, "secretsmanager:GetSecretValue"),
        }
    });
    let keys = python.run(include_str!("moto.py"), &[url], &asked.to_string()).unwrap();
    let keys: HashMap<String, [String; 2]> = serde_json::from_str(&keys).unwrap();

    let config = load(url, &keys["whole"]).await.unwrap();
    assert_eq!(config.signing_key_before.unwrap().expose_secret(), "1");

    load(url, &keys["no-batch"]).await.unwrap();

    // moto asks for the batch alone: what is read by itself is refused.
    let error = load(url, &keys["no-read"]).await.unwrap_err();
    assert_eq!(kinds(&error), [("signing_key_before", ErrorKind::AccessDenied)]);

    let stranger = load(url, &["AKIAIOSFODNN7EXAMPLE".to_owned(), "nobody".to_owned()]).await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::AccessDenied, "it does ask: {stranger}");
}
