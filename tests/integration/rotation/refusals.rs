//! What is refused, how it is said, and that AWSCURRENT stays where it is.

use std::fmt;

use secrets_runtime::admin::RandomPassword;
use secrets_runtime::rotation::{
    Rotation, RotationEvent, RotationStep, RotationValues, Rotator, RotatorError, TestOutcome,
};
use secrets_runtime::{ErrorKind, Secret, SecretValue};

use super::service::Service;
use super::{Corner, TOKEN};

const ANOTHER: &str = "99999999-6a5d-4dc7-8fd8-29e4319f482a";

/// A service that takes no new password.
struct Refusing;

/// The error of a client that repeats what it was given.
#[derive(Debug)]
struct Chatty(String);

impl fmt::Display for Chatty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot use {}", self.0)
    }
}

impl std::error::Error for Chatty {}

impl Rotator for Refusing {
    async fn create_secret(
        &self,
        _current: Option<&SecretValue>,
        _random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        Ok(SecretValue::Text(Secret::from("hunter2")))
    }

    async fn set_secret(&self, _values: &RotationValues) -> Result<(), RotatorError> {
        Ok(())
    }

    async fn test_secret(&self, _pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        Ok(TestOutcome::Refused)
    }
}

/// A service whose client fails.
struct Failing;

impl Rotator for Failing {
    async fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        Refusing.create_secret(current, random).await
    }

    async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
        let pending = values.pending().as_text().map(|text| text.expose_secret().clone());
        Err(Chatty(pending.unwrap_or_default()).into())
    }

    async fn test_secret(&self, _pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        Ok(TestOutcome::Refused)
    }
}

#[tokio::test]
async fn a_failed_test_leaves_the_current_version_alone() {
    let test = "a_failed_test_leaves_the_current_version_alone";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    let name = &corner.name;
    let rotation = Rotation::new(corner.admin.clone(), Refusing);
    for _ in 0..2 {
        let error = rotation.rotate_now(name).await.unwrap_err();
        let expected = format!(
            "{name} could not be rotated\n\n  {name}   invalid\n    testSecret  {name}   the service refuses the \
             AWSPENDING value; AWSCURRENT has not moved\n    help: to abandon that version, make sure that \
             the service accepts AWSCURRENT, then remove AWSPENDING\n"
        );
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(corner.value("AWSCURRENT").await.as_deref(), Some("first"));
        assert_eq!(corner.stages().await.len(), 2);
    }
    // Given up, it is no longer in the way.
    corner.admin.remove_stage(name, "AWSPENDING").await.unwrap();
    let service = Service::with_password("first");
    Rotation::new(corner.admin.clone(), service.clone()).rotate_now(name).await.unwrap();
    assert!(service.takes(&corner.value("AWSCURRENT").await.unwrap()));
}

#[tokio::test]
async fn of_a_clients_own_error_only_the_type_is_shown() {
    let test = "of_a_clients_own_error_only_the_type_is_shown";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    let error = Rotation::new(corner.admin.clone(), Failing).rotate_now(&corner.name).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2"), "the value is shown");
    assert!(shown.contains("setSecret"), "{shown}");
    assert!(shown.contains("refusals::Chatty: its text may quote a value"), "{shown}");
    assert_eq!(corner.value("AWSCURRENT").await.as_deref(), Some("first"));
}

#[tokio::test]
async fn what_is_no_step_of_a_rotation_is_refused() {
    let test = "what_is_no_step_of_a_rotation_is_refused";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    let service = Service::with_password("first");
    let rotation = Rotation::new(corner.admin.clone(), service.clone());
    let refused = async |step, token| {
        let event = RotationEvent::new(step, &corner.name, token);
        let error = rotation.handle(&event).await.unwrap_err();
        assert!(error.to_string().contains(&format!("{step}  {}", corner.name)), "{error}");
        (error.kind(), error.fields()[0].places()[0].outcome())
    };
    let said = |kind, reason: &str| (kind, reason.to_owned());

    let disabled = said(ErrorKind::Configuration, "rotation of the secret is not enabled");
    for step in RotationStep::ALL {
        assert_eq!(refused(step, TOKEN).await, disabled);
    }
    corner.begin_rotation(TOKEN).await;
    let unknown = said(ErrorKind::Invalid, "no labelled version has this ClientRequestToken");
    for step in RotationStep::ALL {
        assert_eq!(refused(step, ANOTHER).await, unknown);
    }
    let early = said(ErrorKind::Missing, "the AWSPENDING version has no value");
    for step in [RotationStep::SetSecret, RotationStep::TestSecret, RotationStep::FinishSecret] {
        assert_eq!(refused(step, TOKEN).await, early);
    }
    let blue = corner.admin.put(&corner.name).client_request_token(ANOTHER).stage("blue").string("a").await;
    blue.unwrap();
    let another = said(ErrorKind::Invalid, "the version with this ClientRequestToken is not AWSPENDING");
    for step in RotationStep::ALL {
        assert_eq!(refused(step, ANOTHER).await, another);
    }
    corner.bare.cancel_rotate_secret().secret_id(&corner.name).send().await.unwrap();
    assert_eq!(refused(RotationStep::CreateSecret, TOKEN).await, disabled);

    assert_eq!(corner.value("AWSCURRENT").await.as_deref(), Some("first"));
    assert_eq!(service.passwords(), ["first"]);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_missing() {
    let test = "a_secret_that_is_not_there_is_missing";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let rotation = Rotation::new(corner.admin.clone(), Refusing);
    let event = corner.event(RotationStep::CreateSecret);
    for error in
        [rotation.handle(&event).await.unwrap_err(), rotation.rotate_now(&corner.name).await.unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::Missing, "{error}");
        assert!(error.to_string().contains("could not be described"), "{error}");
    }
}
