//! What only the user can know of a rotation.

use std::future::Future;

use super::rotator_error::RotatorError;
use crate::operate::admin::RandomPassword;
use crate::value::SecretValue;

/// What only the user can know of a rotation: how a new value is made, set in the service and tested.
///
/// [`Rotation`](crate::rotation::Rotation) calls it at the right time and does all the rest. The names are those of AWS's steps; the
/// fourth, finishing, needs nothing of the user.
///
/// A rotation can end anywhere, by a crash or a time-out, and begins again with its first step. So each method may be called
/// again with the same values, also while what it did before has taken effect and nobody knows.
///
/// ```
/// use secrets_runtime::admin::RandomPassword;
/// use secrets_runtime::rotation::{RotationValues, Rotator, RotatorError, TestOutcome};
/// use secrets_runtime::{ErrorKind, Secret, SecretValue};
///
/// # struct Broker;
/// # struct Login<'a>(&'a str);
/// # impl Broker {
/// #     async fn log_in<'a>(&self, password: &'a str) -> Result<Option<Login<'a>>, std::io::Error> { Ok(Some(Login(password))) }
/// # }
/// # impl Login<'_> {
/// #     async fn change_password(&self, new: &str) -> Result<(), std::io::Error> { Ok(()) }
/// # }
/// /// A broker's user, who can change their own password. The secret is the password.
/// struct BrokerUser {
///     broker: Broker,
/// }
///
/// fn password(value: &SecretValue) -> Result<&Secret<String>, RotatorError> {
///     value.as_text().ok_or(RotatorError::new(ErrorKind::Invalid, "a password is a text"))
/// }
///
/// impl Rotator for BrokerUser {
///     async fn create_secret(
///         &self,
///         _current: Option<&SecretValue>,
///         random: RandomPassword<'_>,
///     ) -> Result<SecretValue, RotatorError> {
///         Ok(SecretValue::Text(random.length(40).without_punctuation().await?))
///     }
///
///     async fn set_secret(&self, values: &RotationValues) -> Result<(), RotatorError> {
///         let new = password(values.pending())?;
///         for known in values.current().into_iter().chain(values.previous()) {
///             if let Some(login) = self.broker.log_in(password(known)?.expose_secret()).await? {
///                 return Ok(login.change_password(new.expose_secret()).await?);
///             }
///         }
///         Err(RotatorError::new(ErrorKind::AccessDenied, "the broker takes none of the known passwords"))
///     }
///
///     async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
///         let login = self.broker.log_in(password(pending)?.expose_secret()).await?;
///         Ok(if login.is_some() { TestOutcome::Accepted } else { TestOutcome::Refused })
///     }
/// }
/// ```
pub trait Rotator: Send + Sync {
    /// Makes a new value, from the current one (`None` if no version is AWSCURRENT) and random passwords: `random` is one, a
    /// clone of it another.
    ///
    /// It changes nothing in the service: nobody has kept the value yet, and if this is where the rotation ends, another is
    /// made.
    ///
    /// # Errors
    /// Whatever hinders it. The rotation ends, and nothing has changed.
    fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> impl Future<Output = Result<SecretValue, RotatorError>> + Send;

    /// Has the service take the pending value; if it can, beside the current one, which everybody still uses.
    ///
    /// It is called when [`test_secret`](Self::test_secret) says that the pending value is refused. Where the service knows
    /// a single password and the current one is refused as well, the previous one may be the one: somebody rolled back.
    ///
    /// # Errors
    /// Whatever hinders it. The rotation ends, AWSCURRENT stays where it is, and the next one comes back to this value.
    fn set_secret(&self, values: &RotationValues) -> impl Future<Output = Result<(), RotatorError>> + Send;

    /// Asks the service whether it takes the pending value, with the rights that its users need.
    ///
    /// It is asked before [`set_secret`](Self::set_secret), which an accepted value does not need any more, and after it. So
    /// what consists of several parts is accepted when all of them are set.
    ///
    /// # Errors
    /// Whatever hinders the asking; a refusal is no error.
    fn test_secret(
        &self,
        pending: &SecretValue,
    ) -> impl Future<Output = Result<TestOutcome, RotatorError>> + Send;
}

/// What a service says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestOutcome {
    /// It takes it.
    Accepted,
    /// It does not. AWSCURRENT stays where it is.
    Refused,
}

/// The values that [`Rotator::set_secret`] chooses from. They do not print themselves.
#[derive(Debug, Clone)]
pub struct RotationValues {
    pub(super) current: Option<SecretValue>,
    pub(super) pending: SecretValue,
    pub(super) previous: Option<SecretValue>,
}

impl RotationValues {
    /// The values, for tests of a rotator.
    pub const fn new(
        current: Option<SecretValue>,
        pending: SecretValue,
        previous: Option<SecretValue>,
    ) -> Self {
        Self { current, pending, previous }
    }

    /// The value that is AWSCURRENT; `None` in the first rotation of a secret that was created without a value.
    pub const fn current(&self) -> Option<&SecretValue> {
        self.current.as_ref()
    }

    /// The new value, AWSPENDING.
    pub const fn pending(&self) -> &SecretValue {
        &self.pending
    }

    /// The value before the current one, AWSPREVIOUS.
    pub const fn previous(&self) -> Option<&SecretValue> {
        self.previous.as_ref()
    }
}
