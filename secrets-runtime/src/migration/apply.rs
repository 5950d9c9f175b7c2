//! Does what a plan says.

use std::fmt;

use super::plan::{MigrationPlan, PlannedSecret, SecretChange};
use crate::admin::Admin;
use crate::client::Secrets;
use crate::error::{Error, FieldError};

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
    /// A secret that somebody else has created since with the same value is as good as created here.
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
