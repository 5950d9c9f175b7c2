//! Applies a plan: writes each secret, and records the outcome.

use super::outcome::{MigrationError, MigrationOutcome, MigrationReport};
use super::plan::{MigrationPlan, PlannedSecret, SecretChange};
use crate::error::{DecodeError, Error, ErrorKind, FieldError};
use crate::operate::admin::{Admin, Forget};
use crate::secret::Secret;
use crate::secret_id::display_id;
use crate::source::{Answer, Key};
use crate::value::Payload;

impl MigrationPlan {
    /// Writes the secrets of the plan one after the other, each with one call. After an interruption, make a
    /// new plan: secrets that are already written show as [`SecretChange::Same`].
    ///
    /// A secret that another writer has changed to the same value since the plan was made counts as done. If
    /// it was changed to another value, it stays, and is an error.
    ///
    /// # Errors
    /// [`MigrationError`] with each secret that could not be written, and the outcome of the others. A
    /// failure does not stop the migration unless the store cannot be reached or throttles; then the rest is
    /// not tried.
    pub async fn apply(&self, admin: &Admin) -> Result<MigrationReport, MigrationError> {
        // Boxed: the futures of the AWS SDK have tens of kilobytes.
        Box::pin(self.write_all(admin)).await
    }

    async fn write_all(&self, admin: &Admin) -> Result<MigrationReport, MigrationError> {
        let _forget = Forget { secrets: admin.secrets(), name: None };
        let admin = &admin.with_full_names();
        let mut report = MigrationReport::default();
        let mut errors = Vec::new();
        let mut is_store_available = true;
        for secret in &self.secrets {
            let outcome = match &secret.value {
                None if secret.change == SecretChange::Same => Ok(MigrationOutcome::Unchanged),
                None => Ok(MigrationOutcome::LeftAlone),
                Some(_) if !is_store_available => Ok(MigrationOutcome::NotTried),
                Some(value) => self.write(admin, secret, value).await,
            };
            match outcome {
                Ok(outcome) => report.push(&secret.id, outcome, None),
                Err(error) => {
                    is_store_available = !error.is_transient();
                    report.push(&secret.id, MigrationOutcome::Failed, error.fields().first().cloned());
                    errors.extend_from_slice(error.fields());
                }
            }
        }
        if errors.is_empty() {
            return Ok(report);
        }
        let (config, environment) = (self.config.to_owned(), self.environment.to_string());
        let error = Error::new(config, environment, self.secrets.len(), Vec::new(), errors);
        let error = admin.with_target(error);
        Err(MigrationError::new(error.saying("could not be migrated").about_secrets(), report))
    }

    async fn write(
        &self,
        admin: &Admin,
        secret: &PlannedSecret,
        value: &Secret<String>,
    ) -> Result<MigrationOutcome, Error> {
        if secret.change != SecretChange::Create {
            match (stored(admin, &secret.id).await?, &secret.before) {
                (Some(stored), _) if is_text(&stored, value) => return Ok(MigrationOutcome::Unchanged),
                (None, None) => {}
                (Some(stored), Some(before)) if stored.is_same(before) => {}
                _ => return Err(changed_since(&secret.id)),
            }
            admin.put(&secret.id).string(value).await?;
            return Ok(MigrationOutcome::Written);
        }
        let attributes = self.attributes.clone();
        let create = admin.create_with(&secret.id, attributes).description(&secret.description);
        match create.string(value).await {
            Ok(_) => Ok(MigrationOutcome::Created),
            Err(error) if exists(&error) => match admin.read(&secret.id).await {
                Ok(other) if other.ct_eq(value.expose_secret()) => Ok(MigrationOutcome::Unchanged),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

/// Reads the value in the store; `None` if it has none.
async fn stored(admin: &Admin, id: &str) -> Result<Option<Payload>, Error> {
    match admin.fetch(&[Key::new(id)]).await.answers.into_iter().next() {
        Some(Answer::Found(payload, _)) => Ok(Some(payload)),
        Some(Answer::Failed(error)) => Err(admin.unread(id, error)),
        Some(Answer::Missing(_)) | None => Ok(None),
    }
}

fn is_text(payload: &Payload, text: &Secret<String>) -> bool {
    matches!(payload, Payload::Text(stored) if stored.ct_eq(text.expose_secret()))
}

fn changed_since(id: &str) -> Error {
    let field = FieldError {
        path: display_id(id).to_owned(),
        doc: "",
        group_doc: String::new(),
        kind: ErrorKind::Invalid,
        reason: Some(DecodeError::because(
            "the secret was changed after the plan was made, and is left as it is",
        )),
        places: Vec::new(),
        help: vec!["make a new plan, and check whether the file's value is still the right one".to_owned()],
    };
    Error::new(field.path.clone(), String::new(), 1, Vec::new(), vec![field])
}

fn exists(error: &Error) -> bool {
    let places = error.fields().iter().flat_map(FieldError::places);
    let codes = places.filter_map(|place| place.error()).filter_map(|error| error.code());
    codes.into_iter().any(|code| code == "ResourceExistsException")
}
