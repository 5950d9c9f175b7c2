//! A rotator of the application that panics in one of its steps.

use secrets_runtime::SecretValue;
use secrets_runtime::admin::RandomPassword;
use secrets_runtime::rotation::{Rotation, RotationValues, Rotator, RotatorError, TestOutcome};

use super::Corner;

#[derive(Clone, Copy, PartialEq)]
enum At {
    Create,
    Set,
    Test,
}

struct Panics(At);

impl Panics {
    fn at(&self, at: At) {
        assert!(self.0 != at, "hunter2");
    }
}

impl Rotator for Panics {
    async fn create_secret(
        &self,
        _: Option<&SecretValue>,
        _: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        self.at(At::Create);
        Ok(SecretValue::Text("new".into()))
    }

    async fn set_secret(&self, _: &RotationValues) -> Result<(), RotatorError> {
        self.at(At::Set);
        Ok(())
    }

    async fn test_secret(&self, _: &SecretValue) -> Result<TestOutcome, RotatorError> {
        self.at(At::Test);
        Ok(TestOutcome::Refused)
    }
}

#[tokio::test]
async fn a_panic_is_an_error_of_the_step_and_the_current_version_stays() {
    let test = "a_panic_is_an_error_of_the_step_and_the_current_version_stays";
    let Some(moto) = harness::emulator::moto(test) else { return };
    for (number, (at, step)) in
        [(At::Create, "createSecret"), (At::Set, "setSecret"), (At::Test, "setSecret")]
            .into_iter()
            .enumerate()
    {
        let corner = Corner::with_value(moto, &format!("{test}-{number}"), "old").await;
        let error =
            Rotation::new(corner.admin.clone(), Panics(at)).rotate_now(&corner.name).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("the rotator panicked") && shown.contains(step), "{shown}");
        assert!(!error.kind().is_transient() && !shown.contains("hunter2"), "{shown}");
        assert_eq!(corner.value("AWSCURRENT").await.as_deref(), Some("old"));
    }
}
