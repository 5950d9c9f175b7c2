//! Rotations that nothing comes between.

use harness::emulator::Emulator;
use secrets_runtime::admin::{Admin, RandomPassword};
use secrets_runtime::rotation::{Rotation, RotationStep, RotationValues, Rotator, RotatorError, TestOutcome};
use secrets_runtime::{ErrorKind, Secret, SecretValue};

use super::service::Service;
use super::{Corner, TOKEN};
use crate::support::aws::{alone, retrying};
use crate::support::events::Events;

async fn rotates(emulator: &Emulator, test: &str) {
    let corner = Corner::with_value(emulator, test, "first").await;
    let service = Service::with_password("first");
    let rotation = Rotation::new(corner.admin.clone(), service.clone());
    for round in 1..=3 {
        let version_id = rotation.rotate_now(&corner.name).await.unwrap();
        let passwords = service.passwords();
        assert_eq!(passwords.len(), round + 1);
        assert_eq!(corner.value("AWSCURRENT").await.as_ref(), passwords.last());
        assert_eq!(corner.value("AWSPREVIOUS").await.as_ref(), passwords.get(round - 1));
        let description = corner.admin.describe(&corner.name).await.unwrap();
        assert_eq!(description.version_with_stage("AWSCURRENT"), Some(version_id.as_str()));
    }
}

#[tokio::test]
async fn a_secret_is_rotated_on_moto() {
    let test = "a_secret_is_rotated_on_moto";
    let Some(moto) = harness::emulator::moto(test) else { return };
    rotates(moto, test).await;
}

#[tokio::test]
async fn a_secret_is_rotated_on_localstack() {
    let test = "a_secret_is_rotated_on_localstack";
    let Some(localstack) = harness::emulator::localstack(test) else { return };
    rotates(localstack, test).await;
}

#[tokio::test]
async fn secrets_of_the_same_process_see_the_new_value_at_once() {
    let test = "secrets_of_the_same_process_see_the_new_value_at_once";
    // To moto, the last value put is the one to give where no label is asked for.
    let Some(localstack) = harness::emulator::localstack(test) else { return };
    let corner = Corner::with_value(localstack, test, "first").await;
    let secrets = alone(retrying(&corner.url)).build().unwrap();
    assert_eq!(secrets.get(&corner.name).await.unwrap().expose_secret(), "first");
    let service = Service::with_password("first");
    let rotation = Rotation::new(Admin::new(&secrets).unwrap(), service.clone());
    rotation.rotate_now(&corner.name).await.unwrap();
    assert!(service.takes(secrets.get(&corner.name).await.unwrap().expose_secret()));
}

#[tokio::test]
async fn every_step_can_be_repeated() {
    let test = "every_step_can_be_repeated";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    let service = Service::with_password("first");
    let rotation = Rotation::new(corner.admin.clone(), service.clone());
    corner.begin_rotation(TOKEN).await;
    let mut pending = None;
    for step in RotationStep::ALL {
        for _ in 0..3 {
            rotation.handle(&corner.event(step)).await.unwrap();
            let value = corner.value("AWSPENDING").await;
            assert!(*pending.get_or_insert_with(|| value.clone()) == value, "{step} made another value");
            let current = corner.value("AWSCURRENT").await;
            let is_first = current.as_deref() == Some("first");
            assert_eq!(is_first, step != RotationStep::FinishSecret, "{step}");
        }
    }
    assert_eq!(corner.value("AWSCURRENT").await, pending.unwrap());
    let after = corner.stages().await;
    // Once it is over, every step of it is done.
    for step in RotationStep::ALL {
        rotation.handle(&corner.event(step)).await.unwrap();
    }
    assert_eq!((corner.stages().await, service.passwords().len()), (after, 2));
}

#[tokio::test]
async fn a_rotation_that_secrets_manager_began_is_gone_on_with() {
    let test = "a_rotation_that_secrets_manager_began_is_gone_on_with";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    let service = Service::with_password("first");
    let rotation = Rotation::new(corner.admin.clone(), service.clone());
    corner.begin_rotation(TOKEN).await;
    for step in [RotationStep::CreateSecret, RotationStep::SetSecret] {
        rotation.handle(&corner.event(step)).await.unwrap();
    }
    let pending = corner.value("AWSPENDING").await;
    assert_eq!(rotation.rotate_now(&corner.name).await.unwrap(), TOKEN);
    assert!(corner.value("AWSCURRENT").await == pending);
    assert_eq!(service.passwords().len(), 2);
}

#[tokio::test]
async fn what_was_rolled_back_does_not_come_back() {
    let test = "what_was_rolled_back_does_not_come_back";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    let service = Service::with_password("first");
    let rotation = Rotation::new(corner.admin.clone(), service.clone());
    let rolled_back = rotation.rotate_now(&corner.name).await.unwrap();
    // The service still has the password that is AWSPREVIOUS now.
    corner.admin.roll_back(&corner.name).await.unwrap();
    assert_eq!(corner.value("AWSCURRENT").await.as_deref(), Some("first"));
    let next = rotation.rotate_now(&corner.name).await.unwrap();
    assert_ne!(next, rolled_back);
    assert!(service.takes(&corner.value("AWSCURRENT").await.unwrap()));
    assert_eq!(service.passwords().len(), 3);
}

/// Of two processes that were called for one event, the slow one: while it makes a value, the other comes to the end.
struct Overtaken {
    admin: Admin,
    name: String,
}

impl Rotator for Overtaken {
    async fn create_secret(
        &self,
        _current: Option<&SecretValue>,
        _random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        let put = self.admin.put(&self.name).client_request_token(TOKEN).stage("AWSPENDING");
        put.string("of the other").await?;
        self.admin.promote(&self.name, TOKEN).await?;
        // moto lets a pending version be written over, which AWS does not.
        self.admin.remove_stage(&self.name, "AWSPENDING").await?;
        Ok(SecretValue::Text(Secret::from("its own")))
    }

    async fn set_secret(&self, _values: &RotationValues) -> Result<(), RotatorError> {
        Err(RotatorError::new(ErrorKind::Invalid, "it is set"))
    }

    async fn test_secret(&self, _pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        Ok(TestOutcome::Refused)
    }
}

#[tokio::test]
async fn of_two_processes_at_one_event_the_first_value_stays() {
    let test = "of_two_processes_at_one_event_the_first_value_stays";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    corner.begin_rotation(TOKEN).await;
    let overtaken = Overtaken { admin: corner.admin.clone(), name: corner.name.clone() };
    let rotation = Rotation::new(corner.admin.clone(), overtaken);
    for step in RotationStep::ALL {
        rotation.handle(&corner.event(step)).await.unwrap();
    }
    assert_eq!(corner.value("AWSCURRENT").await.as_deref(), Some("of the other"));
    assert_eq!(corner.value("AWSPREVIOUS").await.as_deref(), Some("first"));
}

#[tokio::test]
async fn no_value_is_logged() {
    let test = "no_value_is_logged";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "qzkwvbnmtrpx").await;
    let service = Service::with_password("qzkwvbnmtrpx");
    let rotation = Rotation::new(corner.admin.clone(), service.clone());
    let events = Events::capture();
    rotation.rotate_now(&corner.name).await.unwrap();
    rotation.rotate_now(&corner.name).await.unwrap();
    let log = events.all();
    assert!(
        log.contains("GetRandomPassword") && log.contains("PutSecretValue"),
        "the SDK's own log is there"
    );
    let passwords = service.passwords();
    assert_eq!(passwords.len(), 3);
    // Which one is not said, nor where.
    assert!(!passwords.iter().any(|password| log.contains(password)), "a value is logged");
    let steps = RotationStep::ALL
        .map(|step| format!("INFO rotation step completed secret={} step={step}", corner.name));
    let done = |event: &String| event.contains("rotation step");
    assert_eq!(events.own().into_iter().filter(done).collect::<Vec<_>>(), [steps.clone(), steps].concat());
}
