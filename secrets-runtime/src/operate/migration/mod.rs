//! From a `.env` file to Secrets Manager: a plan that shows no value, and its application.

mod apply;
mod compare;
mod file;
mod missing;
mod names;
mod outcome;
mod plan;
mod planner;
mod report;

use std::fmt;

pub use file::EnvFile;
pub use outcome::{MigratedSecret, MigrationError, MigrationOutcome, MigrationReport};
pub use plan::{MigrationPlan, PlannedSecret, SecretChange};

use crate::operate::admin::Attributes;
use crate::operate::manifest::Manifest;

/// Moves the secrets of a config out of a `.env` file into AWS Secrets Manager.
///
/// [`plan`](Self::plan) reads the file and the store and says what would be done; [`MigrationPlan::apply`] does it. Neither
/// shows a value. Feature `admin`, with `dotenv`.
///
/// ```no_run
/// use secrets_runtime::admin::Admin;
/// use secrets_runtime::migration::{EnvFile, Migration};
/// use secrets_runtime::{Environment, Secret, SecretConfig, Secrets};
///
/// #[derive(SecretConfig)]
/// #[secret(prefix = "shop/{environment}")]
/// struct AppConfig {
///     database_url: Secret<String>,
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let secrets = Secrets::builder().environment(Environment::STAGING).build()?;
/// let admin = Admin::new(&secrets)?;
/// let migration = Migration::new(AppConfig::manifest().resolved_by(&secrets)).tag("team", "shop");
/// let plan = migration.plan(&admin, &EnvFile::read(".env")?).await?;
/// println!("{plan}");
/// plan.apply(&admin).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What is written
///
/// - One secret for each that the config reads in its current version, under the name that it has in the manifest's
///   environment, with a description out of the documentation. Settings that are keys of one JSON secret make one document,
///   in which every value is a JSON string: the loader decodes it as it would a variable.
/// - A value is what the loader would read, trimmed where the setting is, with one difference: `${OTHER}` in the file is what stands above it there, and
///   never a variable of whoever migrates. Where nothing does, the line is reported, and its value is not written.
/// - A secret that is there with another value is left alone, unless [`overwrite`](Self::overwrite) says otherwise. One that is
///   there without a value, as templates make it, gets one, and a JSON document that only lacks keys, or has `null` for them, gets
///   them, unless the config reads another version of it, such as AWSPREVIOUS, which a new one would displace. Keys that the file does not give, or gives as they are, stay letter for letter, those that the config does not
///   know among them.
/// - Before a value is put into a secret that is there, the secret is read again: what somebody has changed since the plan is an
///   error, and left as it is. Secrets Manager knows no write under a condition, so that the instant between the two remains.
/// - What is read by an ARN, or managed by another service, is not written; nor is a version other than the current one.
///
/// # Interrupted, and repeated
///
/// A secret is created by one call, with its value, description, key and tags, and one that is there is changed by one. A
/// migration that ended anywhere is simply run again, and a [`MigrationError`] says what it has done until it failed. What is there
/// with the same value is left as it is, so that a second run changes nothing. It is told apart by comparison with the store and not by a client request token that follows from the value: tokens are version
/// ids, which many more people may read than values, and one that follows from a value lets them test guesses.
///
/// # Permissions
///
/// `secretsmanager:GetSecretValue` and `secretsmanager:CreateSecret` on the secrets, with tags `secretsmanager:TagResource`;
/// `secretsmanager:PutSecretValue` where a secret is there already, which `secretsmanager:DescribeSecret` finds out. Allow
/// them on both forms of each ARN: `..:secret:NAME-??????` is that of a secret that is there, and `..:secret:NAME`, without the
/// suffix, what is asked for when there is none.
#[derive(Clone)]
#[must_use = "nothing is read until there is a plan"]
pub struct Migration {
    manifest: Manifest,
    attributes: Attributes,
    overwrite: bool,
}

impl Migration {
    /// To the secrets of a config, under the names that they have in the manifest's environment. They have to be those of the
    /// admin's [`Secrets`](crate::Secrets), if it has some: [`Manifest::resolved_by`] makes them so.
    pub fn new(manifest: Manifest) -> Self {
        Self { manifest, attributes: Attributes::default(), overwrite: false }
    }

    /// The ARN, id or alias of the KMS key that encrypts the secrets that are created. Default: `aws/secretsmanager`.
    pub fn kms_key_id(mut self, kms_key_id: impl Into<String>) -> Self {
        self.attributes.kms_key_id = Some(kms_key_id.into());
        self
    }

    /// Adds a tag to each secret that is created, up to 50.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.tags.push((key.into(), value.into()));
        self
    }

    /// Puts the file's value into secrets that are there with another one. Theirs stays, labelled AWSPREVIOUS.
    pub const fn overwrite(mut self) -> Self {
        self.overwrite = true;
        self
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("manifest", &self.manifest)
            .field("overwrite", &self.overwrite)
            .finish_non_exhaustive()
    }
}
