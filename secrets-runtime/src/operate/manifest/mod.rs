//! Generates operators' files from a config type: policies, templates, documents and JSON. Reads no value
//! and no store.

mod alarms;
mod checklist;
mod cloudformation;
mod env_example;
mod error;
mod iam;
mod identifiers;
mod markdown;
mod required_secrets;
mod terraform;
mod to_json;

use std::fmt;

pub use error::ManifestError;
pub use iam::IamPolicy;
pub(crate) use required_secrets::RequiredSecret;

use crate::client::Secrets;
use crate::environment::Environment;
use crate::secret_id::is_secret_id;
use crate::setting::{ConfigSpec, Naming, Setting, resolve};

/// The settings of a config type, with the names of one environment. Returned by
/// [`SecretConfig::manifest`](crate::SecretConfig::manifest).
///
/// It needs no network, no account and no instance of the config. It holds no value, and for the default of
/// a secret not even its code.
///
/// A new manifest has the names of `production`, with only the prefixes of the type.
/// [`in_environment`](Self::in_environment), [`with_prefix`](Self::with_prefix) and
/// [`with_env_prefix`](Self::with_env_prefix) return it with the names of another set-up,
/// [`resolved_by`](Self::resolved_by) with the names that one [`Secrets`] uses.
///
/// ```
/// use secrets_runtime::{Environment, Secret, SecretConfig};
///
/// #[derive(SecretConfig)]
/// #[secret(prefix = "shop/{environment}")]
/// struct AppConfig {
///     /// Postgres connection string.
///     database_url: Secret<String>,
///     #[secret(default = 8080)]
///     port: u16,
/// }
///
/// let manifest = AppConfig::manifest().in_environment(&Environment::STAGING);
/// let [database_url, port] = manifest.settings() else { panic!("two settings") };
/// assert_eq!(database_url.secret_id(), "shop/staging/database-url");
/// assert_eq!(database_url.doc(), "Postgres connection string.");
/// assert_eq!((port.type_name(), port.default()), ("u16", Some("8080")));
/// assert!(!port.uses_secret_store());
/// ```
#[derive(Clone)]
pub struct Manifest {
    config: &'static ConfigSpec,
    naming: Naming,
    settings: Vec<Setting>,
}

impl Manifest {
    pub(crate) fn new(config: &'static ConfigSpec) -> Self {
        let (prefix, env_prefix) = Default::default();
        Self::named(config, Naming { environment: Environment::PRODUCTION, prefix, env_prefix })
    }

    /// Returns the manifest with the names of another environment.
    pub fn in_environment(self, environment: &Environment) -> Self {
        let naming = Naming { environment: environment.clone(), ..self.naming };
        Self::named(self.config, naming)
    }

    /// Returns the manifest with this prefix for names that have no other, like
    /// [`SecretsBuilder::prefix`](crate::SecretsBuilder::prefix) and the variable `SECRET_PREFIX`.
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        let naming = Naming { prefix: prefix.into(), ..self.naming };
        Self::named(self.config, naming)
    }

    /// Returns the manifest with this prefix for variables that have no other, like
    /// [`SecretsBuilder::env_prefix`](crate::SecretsBuilder::env_prefix).
    pub fn with_env_prefix(self, env_prefix: impl Into<String>) -> Self {
        let naming = Naming { env_prefix: env_prefix.into(), ..self.naming };
        Self::named(self.config, naming)
    }

    /// Returns the manifest with the names that `secrets` uses: its environment and both its prefixes.
    pub fn resolved_by(self, secrets: &Secrets) -> Self {
        Self::named(self.config, secrets.naming().clone())
    }

    fn named(config: &'static ConfigSpec, naming: Naming) -> Self {
        Self { config, settings: resolve(config, &naming), naming }
    }

    /// Whether these are the names that `secrets` uses.
    #[cfg(all(feature = "admin", feature = "dotenv"))]
    pub(crate) fn is_resolved_by(&self, secrets: &Secrets) -> bool {
        self.naming == *secrets.naming()
    }

    /// The tables of the type.
    #[cfg(all(feature = "admin", feature = "dotenv"))]
    pub(crate) const fn config(&self) -> &'static ConfigSpec {
        self.config
    }

    /// Returns the name of the type.
    pub fn name(&self) -> &'static str {
        self.config.name
    }

    /// Returns the environment of the names.
    pub fn environment(&self) -> &Environment {
        &self.naming.environment
    }

    /// Returns every setting in the order of the fields, with the settings of nested configs in place.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The secrets that the config reads from Secrets Manager, each once, in the order of the settings.
    pub(crate) fn required_secrets(&self) -> Vec<RequiredSecret<'_>> {
        required_secrets::of_settings(&self.settings)
    }

    /// The same, if all names are valid, for output that is passed to AWS.
    fn valid_required_secrets(&self) -> Result<Vec<RequiredSecret<'_>>, ManifestError> {
        let secrets = self.required_secrets();
        match secrets.iter().find(|secret| !is_secret_id(secret.id())) {
            Some(invalid) => Err(ManifestError::invalid_secret_name(invalid)),
            None => Ok(secrets),
        }
    }
}

/// Name, environment and paths.
impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("name", &self.name())
            .field("environment", self.environment())
            .field("settings", &self.settings.iter().map(Setting::path).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
