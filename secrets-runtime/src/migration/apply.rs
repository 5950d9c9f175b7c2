//! Does what a plan says.

use std::fmt;

use super::plan::{MigrationPlan, PlannedSecret, SecretChange};
use crate::admin::Admin;
use crate::client::Secrets;
use crate::environment::shown_id;
use crate::error::{Error, ErrorKind, FieldError};
use crate::secret::Secret;
use crate::source::{Answer, Key, Payload};
use crate::value::DecodeError;

/// What a migration has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    created: Vec<String>,
    written: Vec<String>,
    unchanged: Vec<String>,
}

impl Migrated {
    /// The secrets that were created.
    pub fn created(&self) -> &[String] {
        &self.created
    }

    /// The secrets that were there, and got another value.
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// The secrets that had the file's value before.
    pub fn unchanged(&self) -> &[String] {
        &self.unchanged
    }
}

/// How many of each.
impl fmt::Display for Migrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { created, written, unchanged } = self;
        write!(f, "{} created, {} written, {} unchanged", created.len(), written.len(), unchanged.len())
    }
}

impl MigrationPlan {
    /// Does what the plan says, one secret after the other. Each is one call; whoever repeats a plan that was interrupted makes a
    /// new one first, in which what is done shows as [`SecretChange::Same`].
    ///
    /// A secret that somebody else has created or changed since to the same value is as good as written here. One that
    /// somebody has changed otherwise is left as it is, and an error.
    ///
    /// # Errors
    /// [`Error`] with each secret that could not be written; the others are.
    pub async fn apply(&self, admin: &Admin) -> Result<Migrated, Error> {
        // The futures of the store have tens of kilobytes, which no caller's should have to hold.
        Box::pin(self.applied(admin)).await
    }

    async fn applied(&self, admin: &Admin) -> Result<Migrated, Error> {
        let _forget = Forget(admin.secrets());
        let admin = &admin.with_full_names();
        let mut migrated = Migrated::default();
        let mut errors = Vec::new();
        for secret in &self.secrets {
            match self.write(admin, secret).await {
                Ok(Some(Done::Created)) => migrated.created.push(secret.id().to_owned()),
                Ok(Some(Done::Written)) => migrated.written.push(secret.id().to_owned()),
                Ok(Some(Done::Unchanged)) => migrated.unchanged.push(secret.id().to_owned()),
                Ok(None) => {}
                Err(error) => errors.extend_from_slice(error.fields()),
            }
        }
        if errors.is_empty() {
            return Ok(migrated);
        }
        let (config, environment) = (self.config.to_owned(), self.environment.to_string());
        let error = Error::new(config, environment, self.secrets.len(), Vec::new(), errors);
        Err(error.saying("could not be migrated"))
    }

    async fn write(&self, admin: &Admin, secret: &PlannedSecret) -> Result<Option<Done>, Error> {
        let value = match (secret.change, &secret.value) {
            (SecretChange::Same, _) => return Ok(Some(Done::Unchanged)),
            (_, None) => return Ok(None),
            (_, Some(value)) => value,
        };
        if secret.change != SecretChange::Create {
            match (stored(admin, &secret.id).await?, &secret.before) {
                (Some(stored), _) if is_text(&stored, value) => return Ok(Some(Done::Unchanged)),
                (None, None) => {}
                (Some(stored), Some(before)) if stored.is_same(before) => {}
                _ => return Err(changed_since(&secret.id)),
            }
            admin.put(&secret.id).text(value).await?;
            return Ok(Some(Done::Written));
        }
        let mut create = admin.create(&secret.id).description(&secret.description);
        if let Some(kms_key_id) = &self.kms_key_id {
            create = create.kms_key_id(kms_key_id);
        }
        let create = self.tags.iter().fold(create, |create, (key, tag)| create.tag(key, tag));
        match create.text(value).await {
            Ok(_) => Ok(Some(Done::Created)),
            Err(error) if exists(&error) => match admin.read(&secret.id).await {
                Ok(other) if other.ct_eq(value.expose_secret()) => Ok(Some(Done::Unchanged)),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }
}

enum Done {
    Created,
    Written,
    Unchanged,
}

/// What the store has now; none if it has no value.
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
        path: shown_id(id).to_owned(),
        doc: "",
        kind: ErrorKind::Invalid,
        reason: Some(DecodeError::because(
            "somebody has changed it since the plan was made: it is left as it is",
        )),
        places: Vec::new(),
        help: vec!["make a new plan, and see whether the file's value is still wanted".to_owned()],
    };
    Error::new(field.path.clone(), String::new(), 1, Vec::new(), vec![field])
}

fn exists(error: &Error) -> bool {
    let places = error.fields().iter().flat_map(FieldError::places);
    let codes = places.filter_map(|place| place.error()).filter_map(|error| error.code());
    codes.into_iter().any(|code| code == "ResourceExistsException")
}

/// Lets a cache forget what it holds when a migration is over, however it ended.
struct Forget<'a>(Option<&'a Secrets>);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if let Some(secrets) = self.0 {
            secrets.clear_cache();
        }
    }
}
