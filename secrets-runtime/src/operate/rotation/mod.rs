//! Rotation: the [four steps](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html)
//! that AWS asks of a rotation function, around what only the user can know.

mod document;
mod event;
#[cfg(feature = "postgres")]
mod postgres;
mod random_token;
mod rotator;
mod rotator_error;
mod steps;
mod version_state;

use std::fmt;

pub use event::{RotationEvent, RotationStep};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresRotator, SuperuserSecret};
pub use random_token::RandomToken;
pub use rotator::{RotationValues, Rotator, TestOutcome};
pub use rotator_error::RotatorError;

use crate::error::Error;
use crate::events;
use crate::operate::admin::Admin;
use crate::secret_id::display_id;
use steps::StepContext;
use version_state::{check_enabled, interrupted};

/// Rotates secrets: replaces a value in the store and in the service that takes it, without a moment in which AWSCURRENT is
/// refused for good.
///
/// Feature `rotation`, off by default. It does the four steps of AWS's protocol around a [`Rotator`]:
///
/// | step | what it does | done already if |
/// |---|---|---|
/// | `createSecret` | makes a value and puts it as AWSPENDING | the version has a value |
/// | `setSecret` | has the service take it | the service takes it |
/// | `testSecret` | asks the service whether it takes it | (asks again) |
/// | `finishSecret` | moves AWSCURRENT to it, in one request | it is AWSCURRENT |
///
/// Each step can be repeated, and can end anywhere, by a crash or a time-out: repeated from the first step, the rotation
/// comes to its end with the value that it began with. Until the last request AWSCURRENT stays where it is, so a failed test
/// leaves it alone.
///
/// # As a Lambda function
///
/// Secrets Manager calls a function once for each step. [`handle`](Self::handle) takes what it sends; beside it a function is
/// five lines of `lambda_runtime`, on which this crate does not depend. The repository's example `rotation_lambda` is a whole
/// one, which its tests run:
///
/// ```ignore
/// use lambda_runtime::{LambdaEvent, service_fn};
/// use secrets_runtime::admin::Admin;
/// use secrets_runtime::rotation::{RandomToken, Rotation, RotationEvent};
/// use secrets_runtime::SecretsManager;
///
/// #[tokio::main]
/// async fn main() -> Result<(), lambda_runtime::Error> {
///     let rotation = &Rotation::new(Admin::from_secrets_manager(SecretsManager::new()), RandomToken::new());
///     let step = |event: LambdaEvent<RotationEvent>| async move {
///         rotation.handle(&event.payload).await.map_err(lambda_runtime::Error::from)
///     };
///     lambda_runtime::run(service_fn(step)).await
/// }
/// ```
///
/// The function's role needs `secretsmanager:DescribeSecret`, `GetSecretValue`, `PutSecretValue` and
/// `UpdateSecretVersionStage` on the secret, `secretsmanager:GetRandomPassword` on `*`, and the secret's KMS key. A function
/// that rotates by an assumed role or in another account has to send on the event's `RotationToken`, which this one does not.
///
/// # Without Lambda
///
/// [`rotate_now`](Self::rotate_now) takes all four steps, from a cron job or a test.
///
/// # Errors
///
/// An [`Error`] with one [`FieldError`](crate::FieldError). What this crate finds wrong, and what the rotator says, stands
/// under the step's name as its place; a failed call to Secrets Manager is [`Admin`]'s own report. No value is in any of
/// them: see [`RotatorError`].
#[derive(Clone)]
pub struct Rotation<R> {
    admin: Admin,
    rotator: R,
}

impl<R: Rotator> Rotation<R> {
    /// The rotation of secrets that this `Admin` administers, by this rotator.
    ///
    /// ```
    /// use secrets_runtime::admin::Admin;
    /// use secrets_runtime::rotation::{RandomToken, Rotation};
    /// use secrets_runtime::SecretsManager;
    ///
    /// let rotation = Rotation::new(Admin::from_secrets_manager(SecretsManager::localstack()), RandomToken::new());
    /// ```
    pub const fn new(admin: Admin, rotator: R) -> Self {
        Self { admin, rotator }
    }

    /// Takes the step that Secrets Manager asks for; nothing, if the version is AWSCURRENT already.
    ///
    /// ```no_run
    /// # async fn run(rotation: secrets_runtime::rotation::Rotation<secrets_runtime::rotation::RandomToken>) -> Result<(), secrets_runtime::Error> {
    /// use secrets_runtime::rotation::{RotationEvent, RotationStep};
    ///
    /// let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token-AbCdEf";
    /// let token = "51f72378-6a5d-4dc7-8fd8-29e4319f482a";
    /// for step in RotationStep::ALL {
    ///     rotation.handle(&RotationEvent::new(step, secret, token)).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Kind [`Configuration`](crate::ErrorKind::Configuration) if rotation of the secret is not enabled,
    /// [`Invalid`](crate::ErrorKind::Invalid) if no labelled version has the event's token, if that version is not
    /// AWSPENDING, or if the service refuses its value, [`Missing`](crate::ErrorKind::Missing) if there is no such secret or
    /// the step comes before `createSecret`, and what the rotator and Secrets Manager fail with.
    pub async fn handle(&self, event: &RotationEvent) -> Result<(), Error> {
        let done = async {
            let turn = self.turn(event.secret_id(), event.client_request_token()).await?;
            check_enabled(&turn.description).map_err(|error| turn.failed(event.step(), error))?;
            turn.take(event.step()).await
        };
        noted(event.secret_id(), event.step(), done.await)
    }

    /// Rotates a secret now, all four steps, without Lambda and whether or not it has a schedule: the id of the version that
    /// is now AWSCURRENT.
    ///
    /// A rotation that did not come to its end, its own or one of Secrets Manager's, is gone on with: its version is
    /// AWSPENDING and was never AWSCURRENT. Otherwise a new one begins.
    ///
    /// There is one rotation of a secret at a time. Secrets Manager sees to that for those that it begins; of two calls at
    /// once the one whose version is AWSPENDING no more ends with an error, and with a service that knows a single password
    /// it may have set it before.
    ///
    /// ```no_run
    /// # async fn run(rotation: secrets_runtime::rotation::Rotation<secrets_runtime::rotation::RandomToken>) -> Result<(), secrets_runtime::Error> {
    /// let version_id = rotation.rotate_now("shop/production/token").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`handle`](Self::handle), but for the first.
    pub async fn rotate_now(&self, name: &str) -> Result<String, Error> {
        let description = self.admin.describe(name).await?;
        let token = interrupted(&description).map_or_else(new_token, str::to_owned);
        // The one step that needs no version: it makes it.
        let created = self.turn_of(name, &token, description).create_secret().await;
        noted(name, RotationStep::CreateSecret, created)?;
        for step in [RotationStep::SetSecret, RotationStep::TestSecret, RotationStep::FinishSecret] {
            noted(name, step, self.turn(name, &token).await?.take(step).await)?;
        }
        Ok(token)
    }

    async fn turn<'a>(&'a self, name: &'a str, token: &'a str) -> Result<StepContext<'a, R>, Error> {
        Ok(self.turn_of(name, token, self.admin.describe(name).await?))
    }

    const fn turn_of<'a>(
        &'a self,
        name: &'a str,
        token: &'a str,
        description: crate::operate::admin::SecretDescription,
    ) -> StepContext<'a, R> {
        StepContext { admin: &self.admin, rotator: &self.rotator, name, token, description }
    }
}

/// Shows the administration; a rotator may hold anything.
impl<R> fmt::Debug for Rotation<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation").field("admin", &self.admin).finish_non_exhaustive()
    }
}

fn noted(name: &str, step: RotationStep, done: Result<(), Error>) -> Result<(), Error> {
    events::rotation_step(display_id(name), step.as_str(), done.as_ref().err().map(Error::kind));
    done
}

/// The id of a new version, 32 characters. It need not be hard to guess, only another one each time.
fn new_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}
