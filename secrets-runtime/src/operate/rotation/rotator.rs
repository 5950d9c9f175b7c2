//! The trait that users of rotation implement: creates, sets and tests the values of one kind of secret.

use std::future::Future;

use super::rotator_error::RotatorError;
use crate::operate::admin::RandomPassword;
use crate::value::SecretValue;

/// Creates a new value, sets it in the service, and tests it.
///
/// [`Rotation`](crate::rotation::Rotation) calls the methods and does everything else. Their names are those
/// of AWS's steps. The fourth step, `finishSecret`, needs no method here.
///
/// A rotation can be interrupted anywhere, by a crash or a time-out, and then begins again with its first
/// step. So each method may be called again with the same values, even if an earlier call has already taken
/// effect.
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
/// /// A user of a broker that may change its own password. The secret is the password.
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
///         for known in values.known() {
///             if let Some(login) = self.broker.log_in(password(known)?.expose_secret()).await? {
///                 return Ok(login.change_password(new.expose_secret()).await?);
///             }
///         }
///         Err(RotatorError::new(ErrorKind::AccessDenied, "the broker accepts none of the known passwords"))
///     }
///
///     async fn test_secret(&self, pending: &SecretValue) -> Result<TestOutcome, RotatorError> {
///         let login = self.broker.log_in(password(pending)?.expose_secret()).await?;
///         Ok(if login.is_some() { TestOutcome::Accepted } else { TestOutcome::Refused })
///     }
/// }
/// ```
pub trait Rotator: Send + Sync {
    /// Creates a new value from the current one (`None` if no version is AWSCURRENT) and random passwords.
    /// `random` gives one password, and a clone of it another.
    ///
    /// It must change nothing in the service: the value is not stored yet, and a rotation that is
    /// interrupted here creates another one.
    ///
    /// # Errors
    /// Any reason why there is no value. The rotation ends without a change.
    fn create_secret(
        &self,
        current: Option<&SecretValue>,
        random: RandomPassword<'_>,
    ) -> impl Future<Output = Result<SecretValue, RotatorError>> + Send;

    /// Sets the pending value in the service. If the service can, it keeps accepting the current value,
    /// which is still in use.
    ///
    /// It is called if [`test_secret`](Self::test_secret) finds that the service refuses the pending value.
    /// If the service has a single password and refuses the current one as well, it may accept the previous
    /// one, after a rollback. It is called again, with the values of all other versions, if it fails with
    /// [`AccessDenied`](crate::ErrorKind::AccessDenied): see [`RotationValues::known`].
    ///
    /// # Errors
    /// Any reason why the value is not set: [`AccessDenied`](crate::ErrorKind::AccessDenied) if the service
    /// accepts none of the known values. The rotation ends, AWSCURRENT does not move, and the next rotation
    /// uses this value again.
    fn set_secret(&self, values: &RotationValues) -> impl Future<Output = Result<(), RotatorError>> + Send;

    /// Tests whether the service accepts the pending value, with the rights that its users need.
    ///
    /// It is called before [`set_secret`](Self::set_secret), which is skipped for an accepted value, and
    /// after it. So return [`Accepted`](TestOutcome::Accepted) only if every part of the value is set.
    ///
    /// # Errors
    /// Any reason why the test could not be made. A refused value is not an error, but
    /// [`Refused`](TestOutcome::Refused).
    fn test_secret(
        &self,
        pending: &SecretValue,
    ) -> impl Future<Output = Result<TestOutcome, RotatorError>> + Send;
}

/// Whether a service accepts a value: the result of [`Rotator::test_secret`].
#[doc(alias = "Verdict")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestOutcome {
    /// The service accepts the value.
    Accepted,
    /// The service refuses the value. AWSCURRENT does not move.
    Refused,
}

/// The values of a secret in the middle of a rotation, for [`Rotator::set_secret`]. They do not print
/// themselves.
#[derive(Debug, Clone)]
pub struct RotationValues {
    pub(super) current: Option<SecretValue>,
    pub(super) pending: SecretValue,
    pub(super) previous: Option<SecretValue>,
    pub(super) older: Vec<SecretValue>,
}

impl RotationValues {
    /// Creates the values, for tests of a rotator.
    pub const fn new(
        current: Option<SecretValue>,
        pending: SecretValue,
        previous: Option<SecretValue>,
    ) -> Self {
        Self { current, pending, previous, older: Vec::new() }
    }

    /// Adds the values of versions that are neither current, pending nor previous, for tests of a rotator.
    #[must_use]
    pub fn with_older(self, older: Vec<SecretValue>) -> Self {
        Self { older, ..self }
    }

    /// Returns the AWSCURRENT value. `None` in the first rotation of a secret that was created without a
    /// value.
    pub const fn current(&self) -> Option<&SecretValue> {
        self.current.as_ref()
    }

    /// Returns the new value, AWSPENDING.
    pub const fn pending(&self) -> &SecretValue {
        &self.pending
    }

    /// Returns the value before the current one, AWSPREVIOUS.
    pub const fn previous(&self) -> Option<&SecretValue> {
        self.previous.as_ref()
    }

    /// Returns the values that the service may accept, most likely first: the current one, the previous one,
    /// then those of the other versions, newest first.
    ///
    /// The other versions are only there in a second call of [`Rotator::set_secret`], after the first one
    /// failed with [`AccessDenied`](crate::ErrorKind::AccessDenied). The service may have the value of a
    /// version that has lost its label, after rotations that overlapped or that were interrupted.
    pub fn known(&self) -> impl Iterator<Item = &SecretValue> {
        self.current.iter().chain(&self.previous).chain(&self.older)
    }
}
