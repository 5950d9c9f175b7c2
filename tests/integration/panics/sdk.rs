//! A panic in the AWS SDK, here of credentials that the application's own provider makes.

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use harness::stub::Stub;
use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{EnvFile, Migration};
use secrets_runtime::source::{Key, Source};
use secrets_runtime::{Secret, SecretConfig, SecretsManager};

use super::{MESSAGE, assert_says};
use crate::support::aws::{alone, sdk_config};

#[derive(Debug)]
struct Panics;

impl ProvideCredentials for Panics {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { panic!("{MESSAGE}") })
    }
}

#[derive(SecretConfig)]
struct Two {
    jwt: Secret<String>,
    smtp: Secret<String>,
}

fn aws(stub: &Stub) -> SecretsManager {
    let provider = SharedCredentialsProvider::new(Panics);
    let sdk: SdkConfig = sdk_config(&stub.url()).into_builder().credentials_provider(provider).build();
    SecretsManager::from_sdk_config(&sdk)
}

#[tokio::test]
async fn it_is_an_error_of_the_set_up_on_every_path() {
    let said = "the AWS SDK panicked";
    let stub = Stub::start().await;
    let secrets = alone(aws(&stub)).build().unwrap();
    assert_says(&Two::load_from(&secrets).await.err().unwrap(), said);
    assert_says(&secrets.get("jwt").await.unwrap_err(), said);
    assert_says(&secrets.request("jwt").bypass_cache().await.unwrap_err(), said);
    assert_says(Two::check(&secrets).await.failure().unwrap(), said);
    let admin = Admin::new(&secrets).unwrap();
    assert_says(&admin.describe("jwt").await.unwrap_err(), said);
    assert_says(&admin.read("jwt").await.unwrap_err(), said);
    assert_says(&admin.put("jwt").string("value").await.unwrap_err(), said);
    assert_says(&admin.list().at_most(1).await.unwrap_err(), said);
    let file = EnvFile::from_reader(&b"JWT=key\n"[..]).unwrap();
    let plan = Migration::new(Two::manifest().resolved_by(&secrets)).plan(&admin, &file).await;
    assert_says(&plan.err().unwrap(), said);
    assert_eq!(stub.requests().total(), 0);
}

#[tokio::test]
async fn a_caller_of_the_source_itself_gets_an_error_for_each_key() {
    let stub = Stub::start().await;
    for keys in [vec![Key::new("jwt")], vec![Key::new("jwt"), Key::new("smtp")]] {
        let fetched = format!("{:?}", aws(&stub).fetch(&keys).await);
        let said = "Failed(configuration: the AWS SDK panicked)";
        assert_eq!(fetched.matches(said).count(), keys.len(), "{fetched}");
    }
}
