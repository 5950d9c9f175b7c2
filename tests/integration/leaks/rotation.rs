//! A whole rotation against moto, with everything that is logged at TRACE and every value that passes by printed.

use std::sync::Mutex;

use secrets_runtime::admin::{Admin, RandomPassword};
use secrets_runtime::rotation::{Rotation, RotationValues, Rotator, RotatorError, TestOutcome};
use secrets_runtime::{ErrorKind, SecretValue};

use crate::support::aws::retrying;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::printed::{printed, said};

/// A service that takes everything, whose rotator prints whatever it is given.
struct Chatty {
    new: String,
    fails: bool,
    said: Mutex<String>,
}

impl Chatty {
    fn say(&self, thing: &dyn std::fmt::Debug) {
        self.said.lock().unwrap().push_str(&printed(thing));
    }
}

impl Rotator for &Chatty {
    async fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        self.say(&current);
        self.say(&random);
        Ok(SecretValue::Text(self.new.as_str().into()))
    }

    async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
        self.say(values);
        let pending = values.pending().as_text().map(|text| text.expose_secret().clone());
        if self.fails { Err(std::io::Error::other(pending.unwrap()).into()) } else { Ok(()) }
    }

    async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        self.say(pending);
        let is_set = self.said.lock().unwrap().contains("RotationValues");
        Ok(if is_set { TestOutcome::Accepted } else { TestOutcome::Refused })
    }
}

#[tokio::test]
async fn no_step_of_a_rotation_logs_or_prints_a_value() {
    let test = "no_step_of_a_rotation_logs_or_prints_a_value";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let admin = Admin::from_secrets_manager(retrying(moto.url()));
    for fails in [false, true] {
        let (old, new) = (Canary::new("old"), Canary::new("new"));
        let name = format!("{test}-{fails}-{}", std::process::id());
        let events = Events::capture();
        admin.create(&name).string(old.as_str()).await.unwrap();
        let chatty = Chatty { new: new.as_str().to_owned(), fails, said: Mutex::default() };
        let rotation = Rotation::new(admin.clone(), &chatty);
        let rotated = rotation.rotate_now(&name).await;
        let said = match rotated {
            Ok(_) => {
                assert!(!fails);
                // To moto, the last value put is the one to give where no label is asked for.
                let current = admin.read(&name).stage("AWSCURRENT").await.unwrap();
                assert_eq!(current.expose_secret(), new.as_str());
                String::new()
            }
            Err(error) => {
                assert_eq!((fails, error.kind()), (true, ErrorKind::Unavailable));
                said(&error)
            }
        };
        let shown = chatty.said.lock().unwrap().clone();
        assert!(shown.contains("RotationValues") && shown.contains("RandomPassword"), "{shown}");
        assert_unseen(&[&old, &new], "what the rotator prints", &shown);
        assert_unseen(&[&old, &new], "what a rotation says", &(said + &printed(&rotation)));
        let log = events.all();
        assert!(log.contains("transmitting request"), "the SDK's own log is there");
        assert_unseen(&[&old, &new], "the log of a rotation", &log);
    }
}
