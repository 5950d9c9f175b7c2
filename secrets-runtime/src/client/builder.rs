//! [`SecretsBuilder`]: the options of [`Secrets`]. `assemble.rs` builds the handle from them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::cache::Clock;
use super::fallback::Fallback;
use super::secrets::Secrets;
use crate::environment::Environment;
use crate::error::Error;
#[cfg(doc)]
use crate::error::ErrorKind;
#[cfg(feature = "dotenv")]
use crate::source::DotEnv;
#[cfg(feature = "aws")]
use crate::source::SecretsManager;
use crate::source::{Env, Source};

impl Secrets {
    /// Builds the default chain of sources, as the environment variables ask for it.
    ///
    /// `ENVIRONMENT` (default `development`) decides. In `development`, environment variables are asked
    /// first, then `.env`, and then Secrets Manager, but only if `AWS_ENDPOINT_URL_SECRETS_MANAGER` or
    /// `AWS_ENDPOINT_URL` names an emulator. In every other environment, Secrets Manager is asked first,
    /// then environment variables.
    ///
    /// | variable | what it sets | default |
    /// |---|---|---|
    /// | `SECRET_SOURCES` | the sources and their order, instead of what `ENVIRONMENT` decides: a comma-separated list of `aws`, `agent`, `env`, `dotenv` and `files:/absolute/folder` | by `ENVIRONMENT` |
    /// | `SECRET_FALLBACK` | when the next source is asked: `missing`, `unavailable`, `error` or `never`, as in [`Fallback`] | `missing` |
    /// | `SECRET_FAILOVER_REGION` | the region of replicas of Secrets Manager to read while the region does not answer | none |
    /// | `SECRET_PREFIX` | what is put before names | nothing |
    /// | `SECRET_CACHE_TTL` | how many seconds a secret of Secrets Manager is fresh | 300 |
    ///
    /// With `SECRET_SOURCES=env`, for instance, every setting comes from variables, as where ECS puts the
    /// secrets into them: Secrets Manager is not asked, and no AWS variable is read. With `aws` in the list,
    /// Secrets Manager is asked in `development` too. Code has priority over these variables.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if one of these variables is malformed. This makes no network calls:
    /// missing credentials, for example, are errors of the first load.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Returns a builder that starts from the defaults of [`from_env`](Self::from_env).
    pub fn builder() -> SecretsBuilder {
        SecretsBuilder::default()
    }
}

/// Builds [`Secrets`]. Every option that is not set has the default of [`Secrets::from_env`].
///
/// ```
/// use secrets_runtime::{Environment, Fallback, Memory, Secrets};
///
/// let secrets = Secrets::builder()
///     .environment(Environment::STAGING)
///     .prefix("app/{environment}")
///     .sources([Memory::from([("app/staging/jwt", "signing key")])])
///     .fallback(Fallback::Never)
///     .build()?;
/// assert_eq!(secrets.environment().as_str(), "staging");
/// # Ok::<(), secrets_runtime::Error>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct SecretsBuilder {
    pub(super) environment: Option<Environment>,
    pub(super) prefix: Option<String>,
    pub(super) env_prefix: Option<String>,
    pub(super) variables: Env,
    pub(super) sources: Option<Vec<Arc<dyn Source>>>,
    pub(super) before_defaults: Vec<Arc<dyn Source>>,
    pub(super) after_defaults: Vec<Arc<dyn Source>>,
    #[cfg(feature = "dotenv")]
    pub(super) dotenv: DotEnv,
    #[cfg(feature = "aws")]
    pub(super) secrets_manager: Option<SecretsManager>,
    pub(super) fallback: Option<Fallback>,
    pub(super) timeout: Option<Duration>,
    pub(super) ttl: Option<Duration>,
    pub(super) max_stale: Option<Duration>,
    pub(super) capacity: Option<usize>,
    pub(super) clock: Clock,
}

impl SecretsBuilder {
    /// Sets the environment. Default: the variable `ENVIRONMENT`.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Sets the prefix of names that have no prefix of their own. `{environment}` in it stands for the
    /// environment's name. Default: the variable `SECRET_PREFIX`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Sets the environment if neither the code nor `ENVIRONMENT` does.
    #[cfg(feature = "cli")]
    pub(crate) fn or_environment(self, environment: Environment) -> Self {
        let is_set = |value: Option<crate::Secret<String>>| {
            value.is_some_and(|value| !value.expose_secret().is_empty())
        };
        // A malformed variable counts as set here. `build` reports it.
        if self.environment.is_some() || self.variables.get("ENVIRONMENT").map_or(true, is_set) {
            return self;
        }
        self.environment(environment)
    }

    /// Sets the prefix of environment variables that have no prefix of their own. Default: none.
    pub fn env_prefix(mut self, env_prefix: impl Into<String>) -> Self {
        self.env_prefix = Some(env_prefix.into());
        self
    }

    /// Sets the environment variables to use instead of those of the process: for settings, for
    /// `ENVIRONMENT` and `SECRET_PREFIX`, and in the default chain for the region (`AWS_REGION`,
    /// `AWS_DEFAULT_REGION`) and the endpoint (`AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL`) of
    /// Secrets Manager.
    ///
    /// If both `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are among them, requests are signed with
    /// these, and no other AWS variable and no profile is read. Otherwise the AWS SDK searches as usual:
    /// credentials in the variables of the process, then in the profile (`AWS_PROFILE`, first of these
    /// variables), containers and the metadata service; the region in the profile and the metadata service.
    /// Other AWS variables, such as `AWS_MAX_ATTEMPTS`, are always those of the process.
    ///
    /// ```
    /// use secrets_runtime::{Env, Secrets};
    ///
    /// let secrets = Secrets::builder().variables(Env::from_iter([("ENVIRONMENT", "staging")])).build()?;
    /// assert_eq!(secrets.environment().as_str(), "staging");
    /// # Ok::<(), secrets_runtime::Error>(())
    /// ```
    pub fn variables(mut self, variables: Env) -> Self {
        self.variables = variables;
        self
    }

    /// Replaces the default chain of sources, whatever `SECRET_SOURCES` lists. For sources of different
    /// types, use [`source`](Self::source) for each of them, or box them as `Box<dyn Source>`.
    pub fn sources<S: Source>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.sources = Some(sources.into_iter().map(|source| Arc::new(source) as Arc<dyn Source>).collect());
        self
    }

    /// Appends a source to the chain. The first one replaces the default chain.
    ///
    /// ```
    /// use secrets_runtime::{Env, Memory, Secrets};
    ///
    /// let secrets = Secrets::builder().source(Env::process()).source(Memory::new()).build()?;
    /// assert_eq!(secrets.sources().collect::<Vec<_>>(), ["env", "memory"]);
    /// # Ok::<(), secrets_runtime::Error>(())
    /// ```
    pub fn source(mut self, source: impl Source) -> Self {
        self.sources.get_or_insert_default().push(Arc::new(source));
        self
    }

    /// Adds a source before the default chain: it is asked first. Of several, the one that is added first is
    /// asked first.
    ///
    /// ```
    /// use secrets_runtime::{Env, Environment, Memory, Secrets};
    ///
    /// let secrets = Secrets::builder()
    ///     .variables(Env::from_iter([("SECRET_SOURCES", "env")]))
    ///     .environment(Environment::STAGING)
    ///     .source_before_defaults(Memory::from([("jwt", "signing key")]))
    ///     .build()?;
    /// assert_eq!(secrets.sources().collect::<Vec<_>>(), ["memory", "env"]);
    /// # Ok::<(), secrets_runtime::Error>(())
    /// ```
    pub fn source_before_defaults(mut self, source: impl Source) -> Self {
        self.before_defaults.push(Arc::new(source));
        self
    }

    /// Adds a source after the default chain: it is asked last. Of several, the one that is added last is
    /// asked last.
    pub fn source_after_defaults(mut self, source: impl Source) -> Self {
        self.after_defaults.push(Arc::new(source));
        self
    }

    /// Sets the `.env` file of the default chain in development. Default: the nearest one in the working
    /// folder or above it.
    #[cfg(feature = "dotenv")]
    pub fn dotenv(mut self, dotenv: DotEnv) -> Self {
        self.dotenv = dotenv;
        self
    }

    /// Sets the Secrets Manager client of the default chain. Options that it does not set are read from the
    /// variables. One with an SDK configuration of its own, or [`SecretsManager::localstack`], is used as it
    /// is. In development it is asked only if its endpoint names an emulator, or `SECRET_SOURCES` lists
    /// `aws`.
    #[cfg(feature = "aws")]
    pub fn secrets_manager(mut self, secrets_manager: SecretsManager) -> Self {
        self.secrets_manager = Some(secrets_manager);
        self
    }

    /// Uses the application's AWS configuration for Secrets Manager: region, credentials, endpoint.
    #[cfg(feature = "aws")]
    pub fn sdk_config(self, sdk_config: &aws_config::SdkConfig) -> Self {
        self.secrets_manager(SecretsManager::from_sdk_config(sdk_config))
    }

    /// Sets when the loader goes on to the next source. Default: the variable `SECRET_FALLBACK`, or
    /// [`Fallback::OnMissing`].
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = Some(fallback);
        self
    }

    /// Sets how long one source may take for one load, including retries. Default: 30 seconds. Maximum: 24
    /// hours, which a longer time-out counts as.
    ///
    /// A [`refresh`](crate::Request::refresh) may take up to three times as long: it waits for a call in
    /// flight before it starts its own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how long a secret of a remote source is fresh. Default: the variable `SECRET_CACHE_TTL` (whole
    /// seconds), or 300 seconds. Zero disables the cache.
    ///
    /// Each secret's TTL varies by up to ±10 %, so that secrets fetched together do not expire together.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sets how long after its TTL a secret may still be served, while it is refreshed in the background or
    /// while the source is unavailable. Default: one hour. With zero, readers wait for the new value.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.max_stale = Some(max_stale);
        self
    }

    /// Sets how many secrets of each remote source are cached. When the cache is full, the least recently
    /// used secret is evicted. Default: 1024.
    ///
    /// Zero is an error of [`build`](Self::build). To disable the cache, set a [`ttl`](Self::ttl) of zero.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Sets the clock that measures the age of secrets. Default: [`Clock::System`], on which time counts
    /// during which the machine is suspended.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }
}

impl fmt::Debug for SecretsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsBuilder")
            .field("environment", &self.environment)
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}
