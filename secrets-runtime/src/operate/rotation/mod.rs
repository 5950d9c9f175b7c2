//! Rotates secrets by the [four
//! steps](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html)
//! of AWS's protocol, around a [`Rotator`] that creates, sets and tests the values.

mod document;
mod event;
#[cfg(feature = "postgres")]
mod postgres;
mod random_token;
mod recovery;
mod rotator;
mod rotator_call;
mod rotator_error;
mod steps;
mod version_state;

use std::fmt;
use std::time::Duration;

pub use event::{RotationEvent, RotationStep};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresRotator, SuperuserSecret};
pub use random_token::RandomToken;
pub use rotator::{RotationValues, Rotator, TestOutcome};
pub use rotator_error::RotatorError;

use crate::error::Error;
use crate::events;
use crate::operate::admin::{Admin, SecretDescription};
use crate::secret_id::display_id;
use steps::StepContext;
use version_state::{check_enabled, interrupted};

/// Rotates secrets: replaces a value in the store and in the service that accepts it.
///
/// Feature `rotation`, off by default. It runs the four steps of AWS's protocol around a [`Rotator`]:
///
/// | step | what it does | skipped if |
/// |---|---|---|
/// | `createSecret` | creates a value and stores it as AWSPENDING | the version has a value |
/// | `setSecret` | sets the value in the service | the service accepts the value |
/// | `testSecret` | tests that the service accepts the value | (always runs) |
/// | `finishSecret` | moves AWSCURRENT to the version, in one request | the version is AWSCURRENT |
///
/// Each step can be repeated and can be interrupted anywhere, by a crash or a time-out. A rotation that is
/// repeated from the first step finishes with the value that it began with. AWSCURRENT moves with the last
/// request, so a failed test leaves it in place.
///
/// If the service refuses both AWSCURRENT and AWSPREVIOUS, `setSecret` also tries the values of the other
/// versions, those without a label included: see [`RotationValues::known`].
///
/// # As a Lambda function
///
/// Secrets Manager calls a function once for each step. [`handle`](Self::handle) takes the event. The rest
/// of the function is five lines of `lambda_runtime`, on which this crate does not depend. The repository's
/// example `rotation_lambda` is a complete function, which its tests run:
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
/// `UpdateSecretVersionStage` on the secret, `secretsmanager:GetRandomPassword` on `*`, and the secret's
/// KMS key. `ListSecretVersionIds` on the secret is needed to try the values of older versions. A function
/// that rotates with an assumed role or in another account must pass on the event's `RotationToken`, which
/// this one does not.
///
/// # Without Lambda
///
/// [`rotate_now`](Self::rotate_now) runs all four steps, for example in a cron job or a test.
///
/// # Errors
///
/// An [`Error`] with one [`FieldError`](crate::FieldError). Errors of this crate and of the rotator have the
/// step's name as their place. A failed call to Secrets Manager is the report of [`Admin`]. No error holds a
/// value: see [`RotatorError`]. A panic of the rotator is an error of kind
/// [`Configuration`](crate::ErrorKind::Configuration).
#[derive(Clone)]
pub struct Rotation<R> {
    admin: Admin,
    rotator: R,
    timeout: Duration,
}

/// Above the limits that the rotators of this crate have themselves, and below the 15 minutes that a Lambda
/// function may take.
const TIMEOUT: Duration = Duration::from_mins(5);

impl<R: Rotator> Rotation<R> {
    /// Creates a rotation from the access to the store and a rotator.
    ///
    /// ```
    /// use secrets_runtime::admin::Admin;
    /// use secrets_runtime::rotation::{RandomToken, Rotation};
    /// use secrets_runtime::SecretsManager;
    ///
    /// let rotation = Rotation::new(Admin::from_secrets_manager(SecretsManager::localstack()), RandomToken::new());
    /// ```
    pub const fn new(admin: Admin, rotator: R) -> Self {
        Self { admin, rotator, timeout: TIMEOUT }
    }

    /// Sets the time limit of each call of the rotator. Default: 5 minutes. A call that takes longer is
    /// dropped, and the step fails with kind [`Unavailable`](crate::ErrorKind::Unavailable). In a Lambda
    /// function, keep it below the function's own time-out.
    #[must_use]
    pub fn timeout(self, limit: Duration) -> Self {
        Self { timeout: limit, ..self }
    }

    /// Runs the step in an event of Secrets Manager. Does nothing if the version is already AWSCURRENT.
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
    /// - [`Configuration`](crate::ErrorKind::Configuration) if rotation of the secret is not enabled.
    /// - [`Invalid`](crate::ErrorKind::Invalid) if no labelled version has the event's token, if that
    ///   version is not AWSPENDING, or if the service refuses its value.
    /// - [`Missing`](crate::ErrorKind::Missing) if the secret does not exist, or `createSecret` has not run.
    /// - The errors of the rotator and of Secrets Manager.
    pub async fn handle(&self, event: &RotationEvent) -> Result<(), Error> {
        let done = async {
            let context = self.context(event.secret_id(), event.client_request_token()).await?;
            check_enabled(&context.description).map_err(|error| context.failed(event.step(), error))?;
            context.run(event.step()).await
        };
        log_step(event.secret_id(), event.step(), done.await)
    }

    /// Runs all four steps now, without Lambda, whether or not the secret has a schedule. Returns the id of
    /// the version that is now AWSCURRENT.
    ///
    /// It continues an unfinished rotation, its own or one of Secrets Manager's. Such a rotation has a
    /// version that is AWSPENDING and was never AWSCURRENT. Otherwise it begins a new one.
    ///
    /// Of several calls that begin at the same time, one wins: it moves AWSPENDING to its version in a
    /// request that Secrets Manager refuses if the label has moved meanwhile. The others fail before they
    /// change the service. A call that begins later finds AWSPENDING, and continues the same rotation with
    /// the same value. The value is first stored under the label `secrets-runtime-candidate`, which stays on
    /// the latest version that was created.
    ///
    /// An ARN also names the region, so that no default region is needed.
    ///
    /// ```no_run
    /// # async fn run(rotation: secrets_runtime::rotation::Rotation<secrets_runtime::rotation::RandomToken>) -> Result<(), secrets_runtime::Error> {
    /// let version_id = rotation.rotate_now("shop/production/token").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`handle`](Self::handle), except the first, and kind [`Invalid`](crate::ErrorKind::Invalid)
    /// if another rotation of the secret has begun at the same time.
    pub async fn rotate_now(&self, name: &str) -> Result<String, Error> {
        let description = self.admin.describe(name).await?;
        let interrupted = interrupted(description.versions()).map(str::to_owned);
        let is_new = interrupted.is_none();
        let token = interrupted.unwrap_or_else(new_token);
        // This step creates the version, so there is no state of the version to check.
        let context = self.context_of(name, &token, description);
        let created = if is_new { context.begin().await } else { context.create_secret().await };
        log_step(name, RotationStep::CreateSecret, created)?;
        for step in [RotationStep::SetSecret, RotationStep::TestSecret, RotationStep::FinishSecret] {
            log_step(name, step, self.context(name, &token).await?.run(step).await)?;
        }
        Ok(token)
    }

    async fn context<'a>(&'a self, name: &'a str, token: &'a str) -> Result<StepContext<'a, R>, Error> {
        Ok(self.context_of(name, token, self.admin.describe(name).await?))
    }

    const fn context_of<'a>(
        &'a self,
        name: &'a str,
        token: &'a str,
        description: SecretDescription,
    ) -> StepContext<'a, R> {
        let Self { admin, rotator, timeout } = self;
        StepContext { admin, rotator, timeout: *timeout, name, token, description }
    }
}

/// Leaves out the rotator, which may hold a value.
impl<R> fmt::Debug for Rotation<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { admin, rotator: _, timeout } = self;
        f.debug_struct("Rotation").field("admin", admin).field("timeout", timeout).finish_non_exhaustive()
    }
}

fn log_step(name: &str, step: RotationStep, done: Result<(), Error>) -> Result<(), Error> {
    events::rotation_step(display_id(name), step.as_str(), done.as_ref().err().map(Error::kind));
    done
}

/// The id of a new version, 32 characters. It must be unique, not hard to guess.
fn new_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}
