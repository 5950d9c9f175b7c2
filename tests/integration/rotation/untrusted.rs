//! Rotators that panic or do not end, and the region that the name of a secret gives.

use std::future::pending;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use harness::stub::Stub;
use secrets_runtime::admin::{Admin, RandomPassword};
use secrets_runtime::rotation::{
    RandomToken, Rotation, RotationStep, RotationValues, Rotator, RotatorError, TestOutcome,
};
use secrets_runtime::{ErrorKind, Secret, SecretValue, SecretsManager};

use crate::support::aws::retrying;

const SECRET: &str = "shop/production/token";

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Panics,
    PanicsLater,
    NeverEnds,
}

/// A rotator with a fault in one step.
struct Faulty(Fault, RotationStep);

impl Faulty {
    async fn at(&self, step: RotationStep) {
        match self.0 {
            _ if step != self.1 => {}
            Fault::Panics => panic!("hunter2"),
            Fault::PanicsLater => {
                tokio::task::yield_now().await;
                panic!("hunter2")
            }
            Fault::NeverEnds => pending().await,
        }
    }
}

impl Rotator for Faulty {
    async fn create_secret(
        &self,
        _current: Option<&SecretValue>,
        _random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        self.at(RotationStep::CreateSecret).await;
        Ok(SecretValue::Text(Secret::from("new")))
    }

    async fn set_secret(&self, _values: &RotationValues) -> Result<(), RotatorError> {
        self.at(RotationStep::SetSecret).await;
        Ok(())
    }

    async fn test_secret(&self, _pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        self.at(RotationStep::TestSecret).await;
        Ok(TestOutcome::Refused)
    }
}

#[tokio::test]
async fn a_rotator_that_panics_or_does_not_end_is_an_error_of_its_step() {
    let limit = Duration::from_millis(50);
    for (fault, kind, reason) in [
        (Fault::Panics, ErrorKind::Configuration, "the rotator panicked"),
        (Fault::PanicsLater, ErrorKind::Configuration, "the rotator panicked"),
        (Fault::NeverEnds, ErrorKind::Unavailable, "the rotator did not answer in time"),
    ] {
        for step in [RotationStep::CreateSecret, RotationStep::SetSecret, RotationStep::TestSecret] {
            let stub = Stub::start().await;
            stub.put(SECRET, "first");
            let admin = Admin::from_secrets_manager(retrying(&stub.url()));
            let rotation = Rotation::new(admin.clone(), Faulty(fault, step)).timeout(limit);
            let error = rotation.rotate_now(SECRET).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(reason), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
            assert_eq!(admin.read(SECRET).await.unwrap().expose_secret(), "first");
        }
    }
}

#[tokio::test]
async fn a_secret_named_by_its_arn_is_rotated_in_its_region_without_a_default_one() {
    let stub = Stub::start().await;
    stub.put(SECRET, "first");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(stub.url())
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .build();
    let admin = Admin::from_secrets_manager(SecretsManager::from_sdk_config(&config));
    let rotation = Rotation::new(admin.clone(), RandomToken::new());
    rotation.rotate_now(&stub.arn(SECRET)).await.unwrap();
    let regions: Vec<_> = stub.log().into_iter().map(|request| request.region).collect();
    assert!(regions.len() > 5 && regions.iter().all(|region| region.as_deref() == Some("us-east-1")));
    // A name says nothing of a region.
    let error = rotation.rotate_now(SECRET).await.unwrap_err();
    assert!(error.to_string().contains("no AWS region is set"), "{error}");
}
