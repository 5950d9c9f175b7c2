//! Rotations of one secret that overlap, in exact orders, against a stub that moves labels as AWS does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::stub::Stub;
use secrets_runtime::admin::{Admin, RandomPassword};
use secrets_runtime::rotation::{Rotation, RotationValues, Rotator, RotatorError, TestOutcome};
use secrets_runtime::{Error, ErrorKind, SecretValue};
use tokio::sync::{Barrier, Notify};

use super::service::Service;
use crate::support::aws::retrying;

const SECRET: &str = "shop/production/token";
const FIRST: &str = "the first password";

fn admin(stub: &Stub) -> Admin {
    Admin::from_secrets_manager(retrying(&stub.url()))
}

fn rotation<R: Rotator>(stub: &Stub, rotator: R) -> Rotation<R> {
    Rotation::new(admin(stub), rotator)
}

async fn current(stub: &Stub) -> String {
    admin(stub).read(SECRET).await.unwrap().expose_secret().clone()
}

/// The versions with a label.
fn holders(stub: &Stub, label: &str) -> Vec<String> {
    let stages = stub.stages(SECRET).into_iter();
    stages.filter(|(_, stages)| stages.iter().any(|stage| stage == label)).map(|(id, _)| id).collect()
}

/// The rotator of one call, which waits for those of the others before it creates a value, and before it
/// finishes.
struct Meeting {
    service: Service,
    before_creation: Arc<Barrier>,
    before_finish: Arc<Barrier>,
    tests: AtomicUsize,
}

impl Meeting {
    fn of(service: &Service, before_creation: &Arc<Barrier>, before_finish: &Arc<Barrier>) -> Self {
        let [before_creation, before_finish] = [before_creation, before_finish].map(Arc::clone);
        Self { service: service.clone(), before_creation, before_finish, tests: AtomicUsize::new(0) }
    }
}

fn all(callers: usize) -> Arc<Barrier> {
    Arc::new(Barrier::new(callers))
}

impl Rotator for Meeting {
    async fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        self.before_creation.wait().await;
        self.service.create_secret(current, random).await
    }

    async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
        self.service.set_secret(values).await
    }

    async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        let outcome = self.service.test_secret(pending).await;
        // The first test is that before `setSecret`.
        if self.tests.fetch_add(1, Ordering::Relaxed) == 1 {
            self.before_finish.wait().await;
        }
        outcome
    }
}

#[tokio::test]
async fn of_four_rotations_that_begin_at_once_one_wins_and_the_others_change_nothing() {
    for round in 0..10 {
        let stub = Stub::start().await;
        stub.put(SECRET, FIRST);
        let service = Service::with_password(FIRST);
        // The second round begins with AWSPENDING where the first one left it.
        for passwords in [2, 3] {
            let (four, alone) = (all(4), all(1));
            let rotate =
                async || rotation(&stub, Meeting::of(&service, &four, &alone)).rotate_now(SECRET).await;
            let ended = tokio::join!(rotate(), rotate(), rotate(), rotate());
            let ended: [Result<String, Error>; 4] = ended.into();
            let won: Vec<&String> = ended.iter().filter_map(|ended| ended.as_ref().ok()).collect();
            assert_eq!(won.len(), 1, "round {round}: {ended:?}");
            for lost in ended.iter().filter_map(|ended| ended.as_ref().err()) {
                assert_eq!(lost.kind(), ErrorKind::Invalid);
                let reason = "createSecret  shop/production/token   another rotation of the secret has begun";
                assert!(lost.to_string().contains(reason), "{lost}");
            }
            assert_eq!(service.passwords().len(), passwords, "a loser has changed the service");
            assert!(service.takes(&current(&stub).await));
            for label in ["AWSCURRENT", "AWSPENDING"] {
                assert_eq!(holders(&stub, label), [won[0].as_str()], "{label}");
            }
            assert!(holders(&stub, "secrets-runtime-candidate").len() == 1);
        }
    }
}

#[tokio::test]
async fn a_rotation_that_finds_an_unfinished_one_finishes_it_with_the_same_value() {
    let stub = Stub::start().await;
    stub.put(SECRET, FIRST);
    let service = Service::with_password(FIRST);
    // Both have set the value, and finish at the same time: one moves AWSCURRENT, the other finds it moved.
    let (alone, two) = (all(1), all(2));
    let rotate = async || rotation(&stub, Meeting::of(&service, &alone, &two)).rotate_now(SECRET).await;
    let second = async {
        while holders(&stub, "AWSPENDING").is_empty() {
            tokio::task::yield_now().await;
        }
        rotate().await
    };
    let (first, second) = tokio::join!(rotate(), second);
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(service.passwords().len(), 2);
    assert!(service.takes(&current(&stub).await));
}

/// A rotator that is held up before it sets a value.
#[derive(Clone)]
struct HeldUp {
    service: Service,
    has_arrived: Arc<Notify>,
    may_go_on: Arc<Notify>,
}

impl Rotator for HeldUp {
    async fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        self.service.create_secret(current, random).await
    }

    async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
        self.has_arrived.notify_one();
        self.may_go_on.notified().await;
        self.service.set_secret(values).await
    }

    async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        self.service.test_secret(pending).await
    }
}

#[tokio::test]
async fn a_rotation_that_was_overtaken_does_not_take_the_service_back() {
    let stub = Stub::start().await;
    stub.put(SECRET, FIRST);
    let service = Service::with_password(FIRST);
    let (has_arrived, may_go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let held_up = HeldUp {
        service: service.clone(),
        has_arrived: Arc::clone(&has_arrived),
        may_go_on: Arc::clone(&may_go_on),
    };
    let slow = rotation(&stub, held_up);
    let slow = slow.rotate_now(SECRET);
    let fast = async {
        has_arrived.notified().await;
        // The first of these finishes the slow one's rotation.
        let rotation = rotation(&stub, service.clone());
        for _ in 0..3 {
            rotation.rotate_now(SECRET).await.unwrap();
        }
        may_go_on.notify_one();
        may_go_on.notify_one();
    };
    let (slow, ()) = tokio::join!(slow, fast);
    let error = slow.unwrap_err();
    assert!(error.to_string().contains("ClientRequestToken"), "{error}");
    assert_eq!(service.passwords().len(), 4);
    assert!(service.takes(&current(&stub).await));
}
