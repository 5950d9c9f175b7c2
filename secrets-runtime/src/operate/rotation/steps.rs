//! The four steps, each of which may be taken again and may end anywhere.
//!
//! What happened so far is in the labels of the versions, and in the service: nothing is remembered from step to step.

use super::event::RotationStep;
use super::rotator::{RotationValues, Rotator, TestOutcome};
use super::rotator_error::{Reason, RotatorError};
use super::version_state::{CURRENT, PENDING, PREVIOUS, VersionState, version_state};
use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, FieldError, Outcome, Place, SourceError};
use crate::operate::admin::{Admin, SecretDescription};
use crate::secret_id::display_id;
use crate::value::SecretValue;

const NO_VALUE: SourceError = SourceError::new(ErrorKind::Missing)
    .because("the AWSPENDING version has no value")
    .with_help("createSecret comes first");

const REFUSED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the service refuses the AWSPENDING value; AWSCURRENT is where it was")
    .with_help(
        "if that version is to be given up, see that the service takes AWSCURRENT, then remove AWSPENDING",
    );

/// The rotation of one secret to one version, at one moment.
pub(super) struct StepContext<'a, R> {
    pub(super) admin: &'a Admin,
    pub(super) rotator: &'a R,
    pub(super) name: &'a str,
    /// The id of the version that is to become the current one.
    pub(super) token: &'a str,
    pub(super) description: SecretDescription,
}

impl<R: Rotator> StepContext<'_, R> {
    /// Takes a step, if the labels say that it can be taken and has to be.
    pub(super) async fn take(&self, step: RotationStep) -> Result<(), Error> {
        match version_state(&self.description, self.token) {
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

    /// Makes a value and keeps it as AWSPENDING, unless there is one.
    pub(super) async fn create_secret(&self) -> Result<(), Error> {
        let step = RotationStep::CreateSecret;
        if self.value_of(self.token).await?.is_some() {
            return Ok(());
        }
        let current = self.value_with(CURRENT).await?;
        let made = self.rotator.create_secret(current.as_ref(), self.admin.random_password()).await;
        let value = made.map_err(|error| self.failed_by_rotator(step, error))?;
        let put = self.admin.put(self.name).client_request_token(self.token).stage(PENDING);
        let kept = match value {
            SecretValue::Text(text) | SecretValue::Json(text) => put.text(text).await,
            SecretValue::Binary(bytes) => put.bytes(bytes).await,
        };
        match kept {
            // Lambda can be called twice for one event: the other call was first, and its value is the one.
            Err(error) if is_taken(&error) && self.value_of(self.token).await?.is_some() => Ok(()),
            kept => kept.map(drop),
        }
    }

    async fn set_secret(&self) -> Result<(), Error> {
        let step = RotationStep::SetSecret;
        let pending = self.pending(step).await?;
        // With a single password the current one is refused once the pending one is set: who ended there must not begin
        // with the current one.
        if self.verdict(step, &pending).await? == TestOutcome::Accepted {
            return Ok(());
        }
        let current = self.value_with(CURRENT).await?;
        let previous = self.value_with(PREVIOUS).await?;
        let values = RotationValues { current, pending, previous };
        let set = self.rotator.set_secret(&values).await;
        set.map_err(|error| self.failed_by_rotator(step, error))
    }

    async fn test_secret(&self) -> Result<(), Error> {
        let step = RotationStep::TestSecret;
        match self.verdict(step, &self.pending(step).await?).await? {
            TestOutcome::Accepted => Ok(()),
            TestOutcome::Refused => Err(self.failed(step, REFUSED)),
        }
    }

    /// Moves AWSCURRENT in one request. AWSPENDING stays: to remove it tells Secrets Manager that the rotation failed.
    async fn finish_secret(&self) -> Result<(), Error> {
        // Nothing else stands between a version without a value and everybody who reads the secret.
        self.pending(RotationStep::FinishSecret).await?;
        self.admin.promote(self.name, self.token).await
    }

    async fn verdict(&self, step: RotationStep, pending: &SecretValue) -> Result<TestOutcome, Error> {
        let verdict = self.rotator.test_secret(pending).await;
        verdict.map_err(|error| self.failed_by_rotator(step, error))
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

    /// The value of a version, by its id: a label may have moved since it was described. A version can be without: Secrets
    /// Manager begins a rotation with an empty one.
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
                let error = SourceError::new(ErrorKind::Invalid).because("the value is not what it takes");
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

/// Whether the token has been used for another value.
fn is_taken(error: &Error) -> bool {
    let mut errors = error.fields().iter().flat_map(FieldError::places).filter_map(Place::error);
    errors.any(|error| error.code() == Some("ResourceExistsException"))
}
