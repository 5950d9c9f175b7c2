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
mod replicas;
mod required_secrets;
mod terraform;
mod to_json;

use std::fmt;

pub use error::ManifestError;
pub use iam::IamPolicy;
pub(crate) use required_secrets::RequiredSecret;

use crate::client::Secrets;
use crate::environment::Environment;
use crate::secret::Secret;
use crate::secret_id::is_secret_id;
use crate::setting::{ConfigSpec, Naming, Setting, resolve};
use crate::source::Env;

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
    /// What the variables of `id_env` hold, by variable.
    references: Vec<(&'static str, Secret<String>)>,
    settings: Vec<Setting>,
    /// A reference that could not be used.
    invalid: Option<ManifestError>,
}

impl Manifest {
    pub(crate) fn new(config: &'static ConfigSpec) -> Self {
        let (prefix, env_prefix) = Default::default();
        let naming = Naming { environment: Environment::PRODUCTION, prefix, env_prefix };
        Self { config, naming, references: Vec::new(), settings: Vec::new(), invalid: None }.resolved()
    }

    /// Returns the manifest with the names of another environment.
    pub fn in_environment(self, environment: &Environment) -> Self {
        let naming = Naming { environment: environment.clone(), ..self.naming };
        Self { naming, ..self }.resolved()
    }

    /// Returns the manifest with this prefix for names that have no other, like
    /// [`SecretsBuilder::prefix`](crate::SecretsBuilder::prefix) and the variable `SECRET_PREFIX`.
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        let naming = Naming { prefix: prefix.into(), ..self.naming };
        Self { naming, ..self }.resolved()
    }

    /// Returns the manifest with this prefix for variables that have no other, like
    /// [`SecretsBuilder::env_prefix`](crate::SecretsBuilder::env_prefix).
    pub fn with_env_prefix(self, env_prefix: impl Into<String>) -> Self {
        let naming = Naming { env_prefix: env_prefix.into(), ..self.naming };
        Self { naming, ..self }.resolved()
    }

    /// Returns the manifest with the names that `secrets` uses: its environment, both its prefixes, and the
    /// secrets that its variables name for `id_env`.
    pub fn resolved_by(self, secrets: &Secrets) -> Self {
        Self { naming: secrets.naming().clone(), ..self }.with_variables(secrets.variables())
    }

    /// Returns the manifest with the secrets that these variables name, for settings with `id_env`. A
    /// variable that is not set leaves its settings as they are.
    ///
    /// ```
    /// # use secrets_runtime::{Env, Secret, SecretConfig};
    /// #[derive(SecretConfig)]
    /// #[secret(id_env = "DB_SECRET_ARN")]
    /// struct Database {
    ///     password: Secret<String>,
    /// }
    ///
    /// let manifest = Database::manifest();
    /// assert_eq!(manifest.settings()[0].secret_id(), "");
    /// let manifest = manifest.with_variables(&Env::from_iter([("DB_SECRET_ARN", "shop/production/db")]));
    /// assert_eq!(manifest.settings()[0].secret_id(), "shop/production/db");
    /// ```
    pub fn with_variables(mut self, variables: &Env) -> Self {
        for variable in self.id_variables() {
            match variables.get(variable) {
                Ok(Some(text)) if !text.expose_secret().is_empty() => self.references.push((variable, text)),
                Ok(_) => {}
                Err(_) => self.invalid = Some(ManifestError::of_variable(variable, "not Unicode")),
            }
        }
        self.resolved()
    }

    /// Returns the manifest with this secret for a setting or a nested config with `id_env`: `field` is its
    /// path or the variable, and `secret` is what the variable would hold.
    ///
    /// # Errors
    /// [`ManifestError`] if no field with `id_env` has that path, or if `secret` is malformed or
    /// contradicts the code.
    pub fn with_secret(mut self, field: &str, secret: &str) -> Result<Self, ManifestError> {
        let unresolved = resolve(self.config, &self.naming);
        let variable = unresolved.iter().find_map(|setting| {
            let variable = setting.id_variable()?;
            let inner = setting.path().strip_prefix(field);
            let is_within = inner.is_some_and(|inner| inner.is_empty() || inner.starts_with('.'));
            (is_within || variable == field).then_some(variable)
        });
        let Some(variable) = variable else {
            return Err(ManifestError::of_parameter("secret", "no field with `id_env` has this path"));
        };
        self.references.push((variable, Secret::from(secret)));
        self.invalid = None;
        let manifest = self.resolved();
        match manifest.invalid {
            Some(error) => Err(error.in_parameter()),
            None => Ok(manifest),
        }
    }

    /// The variables of `id_env`, each once.
    fn id_variables(&self) -> Vec<&'static str> {
        let mut variables = Vec::new();
        for variable in resolve(self.config, &self.naming).iter().filter_map(Setting::id_variable) {
            if !variables.contains(&variable) {
                variables.push(variable);
            }
        }
        variables
    }

    /// Makes the settings again: with the names, and with the secrets that references name. The last
    /// reference of a variable counts.
    fn resolved(mut self) -> Self {
        self.settings = resolve(self.config, &self.naming);
        for setting in &mut self.settings {
            let Some(variable) = setting.id_variable() else { continue };
            let reference = self.references.iter().rev().find(|(of, _)| *of == variable);
            if let Some((_, text)) = reference
                && let Err(reason) = setting.identify(text.expose_secret())
            {
                self.invalid = Some(ManifestError::of_variable(variable, reason));
            }
        }
        self
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
        if let Some(invalid) = &self.invalid {
            return Err(invalid.clone());
        }
        let secrets = self.required_secrets();
        let is_invalid =
            |secret: &&RequiredSecret<'_>| secret.missing_variable().is_none() && !is_secret_id(secret.id());
        match secrets.iter().find(is_invalid) {
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
