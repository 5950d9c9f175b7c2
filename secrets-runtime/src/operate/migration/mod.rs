//! Moves the secrets of a `.env` file into Secrets Manager: makes a plan that shows no value, and applies
//! it.

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
/// [`plan`](Self::plan) compares the file with the store. [`MigrationPlan::apply`] writes the secrets.
/// Neither shows a value. Needs the features `admin` and `dotenv`.
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
/// - Each secret that the config reads in its current version, under its name in the manifest's environment.
///   The description comes from the documentation. Settings that are keys of one JSON secret become one
///   document, in which every value is a JSON string: the loader decodes it like a variable.
/// - The values that the loader would read, trimmed if the setting is. One rule differs: `${OTHER}` in the
///   file refers to lines above it, never to variables of the process. A reference without such a line is
///   reported, and its value is not written.
/// - A secret that exists without a value gets the file's value.
/// - A JSON secret that only lacks keys, or has `null` for them, gets these keys. Exception: the config also
///   reads another version of the secret, such as AWSPREVIOUS, which a new version would displace.
/// - A secret with another value does not change, unless [`overwrite`](Self::overwrite) is set.
/// - Other keys of a JSON secret stay byte for byte: keys that the file does not give or does not change,
///   and keys that the config does not read.
/// - Secrets that are read by an ARN or managed by another service are not written, nor are versions other
///   than the current.
///
/// Before a value is put into an existing secret, the secret is read again. If it has changed since the plan
/// was made, it is an error and stays as it is. Secrets Manager has no conditional writes, so a change
/// between that read and the write is lost.
///
/// # Repeating a migration
///
/// Each secret is created or changed by one call, with its value, description, key and tags. After an
/// interruption, run the migration again: it does not change secrets that already have the file's value. A
/// [`MigrationError`] reports what was done before the failure.
///
/// To find out whether a secret is done, the migration compares it with the store. It does not derive a
/// client request token from the value: tokens are version ids, which more people may read than values, and
/// a derived token lets them test guesses.
///
/// # Permissions
///
/// `secretsmanager:GetSecretValue` and `secretsmanager:CreateSecret` on the secrets, and with tags
/// `secretsmanager:TagResource`. For secrets that exist, `secretsmanager:PutSecretValue` and
/// `secretsmanager:DescribeSecret`. Allow them on both forms of each ARN: `..:secret:NAME-??????` for a
/// secret that exists, and `..:secret:NAME`, without the suffix, for one that does not.
#[derive(Clone)]
#[must_use = "nothing is read until there is a plan"]
pub struct Migration {
    manifest: Manifest,
    attributes: Attributes,
    overwrite: bool,
}

impl Migration {
    /// Creates a migration to the secrets of a config, under the names in the manifest's environment. If the
    /// admin was made from [`Secrets`](crate::Secrets), the names must be the same: use
    /// [`Manifest::resolved_by`].
    pub fn new(manifest: Manifest) -> Self {
        Self { manifest, attributes: Attributes::default(), overwrite: false }
    }

    /// Sets the KMS key that encrypts created secrets, by ARN, id or alias. Default: `aws/secretsmanager`.
    pub fn kms_key_id(mut self, kms_key_id: impl Into<String>) -> Self {
        self.attributes.kms_key_id = Some(kms_key_id.into());
        self
    }

    /// Adds a tag to each created secret, up to 50.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.tags.push((key.into(), value.into()));
        self
    }

    /// Also writes to secrets that exist with another value. The old value stays as AWSPREVIOUS.
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
