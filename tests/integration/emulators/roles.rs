//! A role that is assumed for Secrets Manager alone.

use harness::emulator::moto;
use secrets_runtime::admin::Admin;
use secrets_runtime::{ErrorKind, SecretsManager};

use crate::support::aws::{alone, retrying, sdk_config};
use crate::support::places;

const ROLE: &str = "arn:aws:iam::222222222222:role/shop-secrets";

fn assuming(url: &str, role: &str) -> SecretsManager {
    SecretsManager::builder().sdk_config(&sdk_config(url)).assume_role(role).build()
}

#[tokio::test]
async fn secrets_of_another_account_are_read_and_written_with_the_role_alone() {
    let Some(moto) = moto("secrets of another account are read with a role") else { return };
    let name = format!("of-another-account-{}", std::process::id());
    let theirs = Admin::from_secrets_manager(assuming(moto.url(), ROLE));
    let created = theirs.create(&name).string("theirs").await.unwrap();
    assert!(created.id().unwrap().contains(":222222222222:"), "{created:?}");
    let with_role = alone(assuming(moto.url(), ROLE)).build().unwrap();
    assert_eq!(with_role.get(&name).await.unwrap().expose_secret(), "theirs");
    let without_role = alone(retrying(moto.url())).build().unwrap();
    assert_eq!(without_role.get(&name).await.unwrap_err().kind(), ErrorKind::Missing);
}

#[tokio::test]
async fn what_is_not_the_arn_of_a_role_is_a_configuration_error() {
    for text in ["shop-secrets", "arn:aws:iam::222222222222:user/shop", "hunter2"] {
        let error = alone(assuming("http://localhost:1", text)).build().unwrap().get("a").await.unwrap_err();
        assert_eq!(places(&error, "a"), ["aws a: the role set in code is not the ARN of an IAM role"]);
        assert!(!error.to_string().contains("hunter2"));
    }
}
