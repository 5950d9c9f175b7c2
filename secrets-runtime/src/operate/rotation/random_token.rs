//! A rotator for tokens that only the readers of the secret use: no service has to be told.

use std::fmt;

use super::rotator::{RotationValues, Rotator, TestOutcome};
use super::rotator_error::RotatorError;
use crate::error::ErrorKind;
use crate::operate::admin::RandomPassword;
use crate::value::SecretValue;

/// Rotates an opaque token: letters and digits from `GetRandomPassword`.
///
/// For tokens that only readers of the secret use, such as the key that signs a service's own cookies, or a
/// token that two services share. There is no third party to set the token in. A service that checks tokens
/// must accept those of AWSCURRENT and AWSPREVIOUS, since readers do not change at the same moment.
///
/// The secret is the token, or a JSON object with the token under a [`key`](Self::key).
///
/// ```no_run
/// use secrets_runtime::admin::Admin;
/// use secrets_runtime::rotation::{RandomToken, Rotation};
/// use secrets_runtime::SecretsManager;
///
/// # async fn run() -> Result<(), secrets_runtime::Error> {
/// let admin = Admin::from_secrets_manager(SecretsManager::new());
/// let rotation = Rotation::new(admin, RandomToken::new().length(48).key("api.token"));
/// rotation.rotate_now("shop/production/partner").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RandomToken {
    length: u32,
    key: Option<String>,
}

impl RandomToken {
    /// Creates a rotator for a token of 64 characters, which is the whole secret.
    pub const fn new() -> Self {
        Self { length: 64, key: None }
    }

    /// Sets the number of characters, 4 to 4096. Default: 64.
    #[must_use]
    pub const fn length(mut self, characters: u32) -> Self {
        self.length = characters;
        self
    }

    /// Sets the key of the token in a JSON secret, as in `#[secret(key = "..")]`: `a.b`, or a JSON pointer.
    /// Everything else in the secret stays. The key must exist before the first rotation, at least as `""`.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }
}

impl Default for RandomToken {
    fn default() -> Self {
        Self::new()
    }
}

/// Leaves out the key, which may be a value that was pasted by mistake.
impl fmt::Debug for RandomToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomToken").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Rotator for RandomToken {
    async fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        // A token must not replace a document in which other readers look for their keys.
        match (current, &self.key) {
            (Some(SecretValue::Json(_)), None) => return Err(NO_KEY),
            (None, Some(_)) => return Err(NO_DOCUMENT),
            _ => {}
        }
        let token = random.length(self.length).without_punctuation().await?;
        match (current, &self.key) {
            (Some(current), Some(key)) => Ok(current.with_text_at(key, &token)?),
            _ => Ok(SecretValue::Text(token)),
        }
    }

    async fn set_secret(&self, _values: &RotationValues) -> Result<(), RotatorError> {
        Ok(())
    }

    async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
        let token = match &self.key {
            Some(key) => Some(pending.text_at(key)?),
            None => pending.as_text().cloned(),
        };
        let is_there = token.is_some_and(|token| !token.expose_secret().is_empty());
        Ok(if is_there { TestOutcome::Accepted } else { TestOutcome::Refused })
    }
}

const NO_KEY: RotatorError = RotatorError::new(
    ErrorKind::Configuration,
    "the secret is JSON: name the key of the token with RandomToken::key",
);

const NO_DOCUMENT: RotatorError = RotatorError::new(
    ErrorKind::Missing,
    "no version is AWSCURRENT, so there is no JSON in which to replace the token",
);
