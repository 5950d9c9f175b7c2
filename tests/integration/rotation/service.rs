//! A service that takes one password at a time, which its user changes by logging in: the hardest to rotate.

use std::sync::{Arc, Mutex};

use harness::interruption::Meter;
use secrets_runtime::admin::RandomPassword;
use secrets_runtime::rotation::{RotationValues, Rotator, RotatorError, TestOutcome};
use secrets_runtime::{ErrorKind, SecretValue};

#[derive(Clone)]
pub(super) struct Service {
    /// The passwords it has had; the last is the one it takes.
    passwords: Arc<Mutex<Vec<String>>>,
    meter: Meter,
}

impl Service {
    pub(super) fn with_password(password: &str) -> Self {
        Self { passwords: Arc::new(Mutex::new(vec![password.to_owned()])), meter: Meter::endless() }
    }

    /// The same service, as a process with this meter calls it.
    pub(super) fn metered(&self, meter: &Meter) -> Self {
        Self { meter: meter.clone(), ..self.clone() }
    }

    pub(super) fn passwords(&self) -> Vec<String> {
        self.passwords.lock().unwrap().clone()
    }

    pub(super) fn takes(&self, password: &str) -> bool {
        self.passwords.lock().unwrap().last().is_some_and(|taken| taken == password)
    }

    async fn change(&self, from: &str, to: &str) -> bool {
        let change = || {
            let takes = self.takes(from);
            if takes && from != to {
                self.passwords.lock().unwrap().push(to.to_owned());
            }
            takes
        };
        self.meter.call(change).await
    }
}

fn text(value: &SecretValue) -> Result<&str, RotatorError> {
    let text = value.as_text().ok_or(RotatorError::new(ErrorKind::Invalid, "a password is a text"))?;
    Ok(text.expose_secret())
}

impl Rotator for Service {
    async fn create_secret(
        &self,
        _current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        Ok(SecretValue::Text(random.length(40).without_punctuation().await?))
    }

    async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
        for known in values.known() {
            if self.change(text(known)?, text(values.pending())?).await {
                return Ok(());
            }
        }
        Err(RotatorError::new(ErrorKind::AccessDenied, "it takes none of the known passwords"))
    }

    async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        let pending = text(pending)?;
        let takes = self.meter.call(|| self.takes(pending)).await;
        Ok(if takes { TestOutcome::Accepted } else { TestOutcome::Refused })
    }
}
