//! A rotator for what nobody but the readers of a secret has to know.

use std::fmt;

use super::rotator::{RotationValues, Rotator, TestOutcome};
use super::rotator_error::RotatorError;
use crate::error::ErrorKind;
use crate::operate::admin::RandomPassword;
use crate::value::SecretValue;

/// Rotates an opaque token: letters and digits from `GetRandomPassword`.
///
/// For what is known to nobody but the readers of the secret, such as the key that signs a service's own cookies or the token
/// that two services share. There is no third party to set it in, so that is nothing. Whoever checks tokens takes those of
/// AWSCURRENT and AWSPREVIOUS, since not every reader changes at the same moment.
///
/// The secret is the token, or a JSON object that has it under a [`key`](Self::key).
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
    /// A token of 64 characters, which is the whole secret.
    pub const fn new() -> Self {
        Self { length: 64, key: None }
    }

    /// How many characters it has, 4 to 4096. Default: 64.
    #[must_use]
    pub const fn length(mut self, characters: u32) -> Self {
        self.length = characters;
        self
    }

    /// The key of a JSON secret that it is under, as in `#[secret(key = "..")]`: `a.b`, or a JSON pointer. All else in the
    /// secret stays as it is. It must be there before the first rotation, if only as `""`.
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

/// Shows no key: it is whatever text was given for one.
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
        // A token must not take the place of a document, in which others look for their keys.
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
    "the secret is JSON, and RandomToken::key does not say under which key the token is",
);

const NO_DOCUMENT: RotatorError = RotatorError::new(
    ErrorKind::Missing,
    "no version is AWSCURRENT, and so there is no JSON in which to replace the token",
);
