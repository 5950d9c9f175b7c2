//! The four steps of a rotation. Each can be repeated and can be interrupted anywhere.
//!
//! The state of a rotation is in the labels of the versions and in the service. Nothing is kept from step to
//! step.

use super::event::RotationStep;
use super::rotator::{RotationValues, Rotator, TestOutcome};
use super::rotator_error::{Reason, RotatorError};
use super::version_state::{CURRENT, PENDING, PREVIOUS, VersionState, state_of};
use crate::contain::{Contained, Panicked};
use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, FieldError, Outcome, Place, SourceError};
use crate::operate::admin::{Admin, SecretDescription};
use crate::secret_id::display_id;
use crate::value::SecretValue;

const NO_VALUE: SourceError = SourceError::new(ErrorKind::Missing)
    .because("the AWSPENDING version has no value")
    .with_help("run createSecret first");

const PANICKED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the rotator panicked")
    .with_help("the message of the panic may hold a value and is not repeated here: see the standard error");

const REFUSED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the service refuses the AWSPENDING value; AWSCURRENT has not moved")
    .with_help(
        "to abandon that version, make sure that the service accepts AWSCURRENT, then remove AWSPENDING",
    );

/// The secret, the version and the rotator of one step.
pub(super) struct StepContext<'a, R> {
    pub(super) admin: &'a Admin,
    pub(super) rotator: &'a R,
    pub(super) name: &'a str,
    /// The id of the version that will become AWSCURRENT.
    pub(super) token: &'a str,
    pub(super) description: SecretDescription,
}

impl<R: Rotator> StepContext<'_, R> {
    /// Runs a step, unless the version is already AWSCURRENT.
    ///
    /// # Errors
    /// If the version is neither AWSCURRENT nor AWSPENDING, and those of the step.
    pub(super) async fn run(&self, step: RotationStep) -> Result<(), Error> {
        match state_of(&self.description, self.token) {
            Err(error) => Err(self.failed(step, error)),
            Ok(VersionState::Current) => Ok(()),
            Ok(VersionState::Pending) => match step {
                RotationStep::CreateSecret => self.create_secret().await,
                RotationStep::SetSecret => self.set_secret().await,
                RotationStep::TestSecret => self.test_secret().await,
                RotationStep::FinishSecret => self.finish_secret().await,
            },
        }
    }

    /// Creates a value and stores it as AWSPENDING, unless the version has one.
    pub(super) async fn create_secret(&self) -> Result<(), Error> {
        let step = RotationStep::CreateSecret;
        if self.value_of(self.token).await?.is_some() {
            return Ok(());
        }
        let current = self.value_with(CURRENT).await?;
        let created = || Box::pin(self.rotator.create_secret(current.as_ref(), self.admin.random_password()));
        let value = self.by_rotator(step, Contained::new(created)).await?;
        let put = self.admin.put(self.name).client_request_token(self.token).stage(PENDING);
        let stored = match value {
            SecretValue::Text(text) | SecretValue::Json(text) => put.string(text).await,
            SecretValue::Binary(bytes) => put.binary(bytes).await,
        };
        match stored {
            // Lambda can be called twice for one event. The other call was first, and its value counts.
            Err(error) if is_token_used(&error) && self.value_of(self.token).await?.is_some() => Ok(()),
            stored => stored.map(drop),
        }
    }

    async fn set_secret(&self) -> Result<(), Error> {
        let step = RotationStep::SetSecret;
        let pending = self.pending(step).await?;
        // A service with a single password refuses the current one once the pending one is set. A rotation
        // that was interrupted after that must not log in with the current one.
        if self.test(step, &pending).await? == TestOutcome::Accepted {
            return Ok(());
        }
        let current = self.value_with(CURRENT).await?;
        let previous = self.value_with(PREVIOUS).await?;
        let values = RotationValues { current, pending, previous };
        self.by_rotator(step, Contained::new(|| Box::pin(self.rotator.set_secret(&values)))).await
    }

    async fn test_secret(&self) -> Result<(), Error> {
        let step = RotationStep::TestSecret;
        match self.test(step, &self.pending(step).await?).await? {
            TestOutcome::Accepted => Ok(()),
            TestOutcome::Refused => Err(self.failed(step, REFUSED)),
        }
    }

    /// Moves AWSCURRENT in one request. AWSPENDING stays: removing it tells Secrets Manager that the
    /// rotation failed.
    async fn finish_secret(&self) -> Result<(), Error> {
        // Without this check, a version without a value could become AWSCURRENT.
        self.pending(RotationStep::FinishSecret).await?;
        self.admin.promote(self.name, self.token).await
    }

    async fn test(&self, step: RotationStep, pending: &SecretValue) -> Result<TestOutcome, Error> {
        self.by_rotator(step, Contained::new(|| Box::pin(self.rotator.test_secret(pending)))).await
    }

    /// Runs code of the rotator, whose panic is an error.
    async fn by_rotator<T>(
        &self,
        step: RotationStep,
        code: Contained<impl Future<Output = Result<T, RotatorError>>>,
    ) -> Result<T, Error> {
        match code.await {
            Ok(done) => done.map_err(|error| self.failed_by_rotator(step, error)),
            Err(Panicked) => Err(self.failed(step, PANICKED)),
        }
    }

    async fn pending(&self, step: RotationStep) -> Result<SecretValue, Error> {
        self.value_of(self.token).await?.ok_or_else(|| self.failed(step, NO_VALUE))
    }

    async fn value_with(&self, stage: &str) -> Result<Option<SecretValue>, Error> {
        match self.description.version_with_stage(stage) {
            Some(version_id) => self.value_of(version_id).await,
            None => Ok(None),
        }
    }

    /// The value of a version, by its id, since labels may have moved since the description was read. `None`
    /// if the version has no value: Secrets Manager begins a rotation with an empty version.
    async fn value_of(&self, version_id: &str) -> Result<Option<SecretValue>, Error> {
        match self.admin.read(self.name).version_id(version_id).value().await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn failed_by_rotator(&self, step: RotationStep, error: RotatorError) -> Error {
        match error.0 {
            Reason::Report(error) => error,
            Reason::Service(error) => self.failed(step, error),
            Reason::Value(reason) => {
                let error =
                    SourceError::new(ErrorKind::Invalid).because("the value does not have the expected form");
                self.report(step, error, Some(reason))
            }
        }
    }

    pub(super) fn failed(&self, step: RotationStep, error: SourceError) -> Error {
        self.report(step, error, None)
    }

    fn report(&self, step: RotationStep, error: SourceError, reason: Option<DecodeError>) -> Error {
        let path = display_id(self.name).to_owned();
        let kind = error.kind();
        let help = error.help().map(str::to_owned).into_iter().collect();
        let id = self.description.name().unwrap_or(self.name);
        let places = vec![Place::new(step.as_str(), &[id], Outcome::Failed(error))];
        let field = FieldError { path: path.clone(), doc: "", kind, reason, places, help };
        Error::new(path, String::new(), 1, Vec::new(), vec![field]).saying("could not be rotated")
    }
}

/// Whether the token was already used for another value.
fn is_token_used(error: &Error) -> bool {
    let mut errors = error.fields().iter().flat_map(FieldError::places).filter_map(Place::error);
    errors.any(|error| error.code() == Some("ResourceExistsException"))
}
