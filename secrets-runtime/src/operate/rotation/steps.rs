//! The four steps of a rotation. Each can be repeated and can be interrupted anywhere.
//!
//! The state of a rotation is in the labels of the versions and in the service. Nothing is kept from step to
//! step.

use std::time::Duration;

use super::event::RotationStep;
use super::rotator::{RotationValues, Rotator, TestOutcome};
use super::rotator_call::answer_of;
use super::rotator_error::{Reason, RotatorError};
use super::version_state::{CANDIDATE, CURRENT, PENDING, PREVIOUS, VersionState, state_of};
use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, FieldError, Outcome, Place, SourceError};
use crate::operate::admin::{Admin, SecretDescription};
use crate::secret_id::display_id;
use crate::value::SecretValue;

const NO_VALUE: SourceError = SourceError::new(ErrorKind::Missing)
    .because("the AWSPENDING version has no value")
    .with_help("run createSecret first");

const REFUSED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the service refuses the AWSPENDING value; AWSCURRENT has not moved")
    .with_help(
        "to abandon that version, make sure that the service accepts AWSCURRENT, then remove AWSPENDING",
    );

const OVERTAKEN: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("another rotation of the secret has begun at the same time, and it goes on")
    .with_help("rotate again only if that one does not finish: it is then continued");

/// The secret, the version and the rotator of one step.
pub(super) struct StepContext<'a, R> {
    pub(super) admin: &'a Admin,
    pub(super) rotator: &'a R,
    /// The time limit of a call of the rotator.
    pub(super) timeout: Duration,
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
        match state_of(self.description.versions(), self.token) {
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

    /// Begins a rotation: creates a value, and moves AWSPENDING to it from where the description has the
    /// label. One of several calls with the same description succeeds.
    pub(super) async fn begin(&self) -> Result<(), Error> {
        self.create_with(CANDIDATE).await?;
        self.take_stage(RotationStep::CreateSecret, PENDING).await
    }

    /// Creates a value and stores it as AWSPENDING, unless the version has one.
    pub(super) async fn create_secret(&self) -> Result<(), Error> {
        self.create_with(PENDING).await
    }

    async fn create_with(&self, stage: &str) -> Result<(), Error> {
        if self.value_of(self.token).await?.is_some() {
            return Ok(());
        }
        let current = self.value_with(CURRENT).await?;
        let random = self.admin.random_password().in_region_of(self.name);
        let created = Box::pin(async { self.rotator.create_secret(current.as_ref(), random).await });
        let created = answer_of(self.timeout, created).await;
        let value = created.map_err(|error| self.failed_by_rotator(RotationStep::CreateSecret, error))?;
        let put = self.admin.put(self.name).client_request_token(self.token).stage(stage);
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
        let values = RotationValues::new(current, pending, previous);
        match self.set(&values).await {
            Err(refused) if refused.kind() == ErrorKind::AccessDenied => {
                Box::pin(self.recover(values, refused)).await
            }
            set => set.map_err(|error| self.failed_by_rotator(step, error)),
        }
    }

    pub(super) async fn set(&self, values: &RotationValues) -> Result<(), RotatorError> {
        answer_of(self.timeout, Box::pin(async { self.rotator.set_secret(values).await })).await
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
        self.take_stage(RotationStep::FinishSecret, CURRENT).await
    }

    /// Moves a label to the version, from where the description has it.
    async fn take_stage(&self, step: RotationStep, stage: &str) -> Result<(), Error> {
        let moved = self.admin.move_from_holder(self.name, &self.description, stage, self.token).await;
        let Err(error) = moved else { return Ok(()) };
        // The label may be here all the same: the answer was lost, or another call moved it here.
        let Ok(now) = self.admin.describe(self.name).await else { return Err(error) };
        if now.versions().iter().any(|version| version.id() == self.token && version.has_stage(stage)) {
            return Ok(());
        }
        let has_moved = now.version_with_stage(stage) != self.description.version_with_stage(stage);
        Err(if has_moved { self.failed(step, OVERTAKEN) } else { error })
    }

    pub(super) async fn test(&self, step: RotationStep, pending: &SecretValue) -> Result<TestOutcome, Error> {
        let outcome =
            answer_of(self.timeout, Box::pin(async { self.rotator.test_secret(pending).await })).await;
        outcome.map_err(|error| self.failed_by_rotator(step, error))
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
    pub(super) async fn value_of(&self, version_id: &str) -> Result<Option<SecretValue>, Error> {
        match self.admin.read(self.name).version_id(version_id).value().await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::Missing => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn failed_by_rotator(&self, step: RotationStep, error: RotatorError) -> Error {
        match error.0 {
            Reason::Report(error) => error,
            Reason::Service(error) => self.failed(step, error),
            Reason::Value(reason) => self.report(step, UNEXPECTED_FORM, Some(reason)),
            Reason::ValueOf(secret, reason) => {
                self.report(step, UNEXPECTED_FORM.in_place(&secret), Some(*reason))
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
        let field =
            FieldError { path: path.clone(), doc: "", group_doc: String::new(), kind, reason, places, help };
        Error::new(path, String::new(), 1, Vec::new(), vec![field]).saying("could not be rotated")
    }
}

const UNEXPECTED_FORM: SourceError =
    SourceError::new(ErrorKind::Invalid).because("the value does not have the expected form");

/// Whether the token was already used for another value.
fn is_token_used(error: &Error) -> bool {
    let mut errors = error.fields().iter().flat_map(FieldError::places).filter_map(Place::error);
    errors.any(|error| error.code() == Some("ResourceExistsException"))
}
