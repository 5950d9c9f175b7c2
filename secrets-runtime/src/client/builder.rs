//! [`SecretsBuilder`]: the default chain of sources, and the options that change it.

#[cfg(feature = "aws")]
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::cache::Policy;
use super::clock::{Clock, Timer};
use super::fallback::Fallback;
use super::hot::HotValues;
use super::lookup::Link;
use super::secrets::{Inner, Secrets};
use super::single_flight::CachedSource;
use super::watch::subscribers::Watcher;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::events;
use crate::setting::Naming;
#[cfg(feature = "dotenv")]
use crate::source::DotEnv;
#[cfg(feature = "aws")]
use crate::source::SecretsManager;
use crate::source::{Env, Source};

/// Longer than the time limits of every built-in source, which normally end a call first.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl Secrets {
    /// Builds the default chain of sources, as the environment variables ask for it.
    ///
    /// `ENVIRONMENT` (default `development`) decides. In `development`, environment variables are asked first, then `.env`,
    /// and then Secrets Manager, but only if `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL` names an emulator. In
    /// every other environment, Secrets Manager is asked first, then environment variables. `SECRET_PREFIX` is put before
    /// names, and `SECRET_CACHE_TTL` is how many seconds a secret of Secrets Manager is fresh (default 300).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if one of these variables is malformed. This makes no network calls: missing credentials,
    /// for example, are errors of the first load.
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
    environment: Option<Environment>,
    prefix: Option<String>,
    env_prefix: Option<String>,
    variables: Env,
    sources: Option<Vec<Arc<dyn Source>>>,
    #[cfg(feature = "dotenv")]
    dotenv: DotEnv,
    #[cfg(feature = "aws")]
    secrets_manager: Option<SecretsManager>,
    fallback: Fallback,
    timeout: Option<Duration>,
    ttl: Option<Duration>,
    max_stale: Option<Duration>,
    capacity: Option<usize>,
    clock: Clock,
}

impl SecretsBuilder {
    /// Sets the environment. Default: the variable `ENVIRONMENT`.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Sets the prefix of names that have no prefix of their own. `{environment}` in it stands for the environment's name.
    /// Default: the variable `SECRET_PREFIX`.
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

    /// Sets the environment variables to use instead of those of the process: for settings, for `ENVIRONMENT` and
    /// `SECRET_PREFIX`, and in the default chain for the region (`AWS_REGION`, `AWS_DEFAULT_REGION`) and the endpoint
    /// (`AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL`) of Secrets Manager.
    ///
    /// If both `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are among them, requests are signed with these, and no other AWS
    /// variable and no profile is read. Otherwise the AWS SDK searches as usual: credentials in the variables of the process,
    /// then in the profile (`AWS_PROFILE`, first of these variables), containers and the metadata service; the region in the
    /// profile and the metadata service. Other AWS variables, such as `AWS_MAX_ATTEMPTS`, are always those of the process.
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

    /// Replaces the chain of sources. For sources of different types, use [`source`](Self::source) for each of them, or box
    /// them as `Box<dyn Source>`.
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

    /// Sets the `.env` file of the default chain in development. Default: the nearest one in the working folder or above it.
    #[cfg(feature = "dotenv")]
    pub fn dotenv(mut self, dotenv: DotEnv) -> Self {
        self.dotenv = dotenv;
        self
    }

    /// Sets the Secrets Manager client of the default chain. Options that it does not set are read from the variables. One
    /// with an SDK configuration of its own, or [`SecretsManager::localstack`], is used as it is. In development it is asked
    /// only if its endpoint names an emulator.
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

    /// Sets when the loader goes on to the next source. Default: [`Fallback::OnMissing`].
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// Sets how long one source may take for one load, including retries. Default: 30 seconds.
    ///
    /// A [`refresh`](crate::Request::refresh) may take up to three times as long: it waits for a call in flight before it
    /// starts its own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how long a secret of a remote source is fresh. Default: the variable `SECRET_CACHE_TTL` (whole seconds), or 300
    /// seconds. Zero disables the cache.
    ///
    /// Each secret's TTL varies by up to ±10 %, so that secrets fetched together do not expire together.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sets how long after its TTL a secret may still be served, while it is refreshed in the background or while the source
    /// is unavailable. Default: one hour. With zero, readers wait for the new value.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.max_stale = Some(max_stale);
        self
    }

    /// Sets how many secrets of each remote source are cached. When the cache is full, the least recently used secret is
    /// evicted. Default: 1024.
    ///
    /// Zero is an error of [`build`](Self::build). To disable the cache, set a [`ttl`](Self::ttl) of zero.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Sets the clock that measures the age of secrets. Default: [`Clock::System`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Checks the options and builds the handle. This makes no network calls.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], naming everything that is malformed: `ENVIRONMENT`, `SECRET_CACHE_TTL`, an invalid
    /// endpoint, a capacity of zero.
    pub fn build(self) -> Result<Secrets, Error> {
        let (secrets, problems) = self.assemble();
        if problems.is_empty() {
            return Ok(secrets);
        }
        Err(secrets.error("Secrets".to_owned(), 0, problems, Vec::new()))
    }

    /// Builds as much as possible, and returns what is malformed. A load reports both: a start that fails for a bad variable
    /// also names the settings that are missing.
    pub(crate) fn assemble(self) -> (Secrets, Vec<Problem>) {
        let mut problems = Vec::new();
        let ChosenEnvironment { environment, note, is_valid } = self.chosen_environment(&mut problems);
        let naming = Naming {
            prefix: self
                .prefix
                .clone()
                .or_else(|| self.variable("SECRET_PREFIX", &mut problems))
                .unwrap_or_default(),
            env_prefix: self.env_prefix.clone().unwrap_or_default(),
            environment,
        };
        let policy = self.policy(&mut problems);
        let (fallback, timeout) = (self.fallback, self.timeout.unwrap_or(DEFAULT_TIMEOUT));
        let (timer, hot) = (Arc::new(Timer::start(self.clock)), Arc::<HotValues>::default());
        let watcher = Watcher::default();
        let sources = self.chain(&naming.environment, is_valid, &mut problems);
        let cached = |source: &Arc<dyn Source>| {
            let (timer, hot) = (Arc::clone(&timer), Arc::clone(&hot));
            let source = source.is_remote().then(|| Arc::clone(source))?;
            Some(CachedSource::new(source, policy, timer, timeout, hot, watcher.wake()))
        };
        let inner = Inner {
            naming,
            environment_note: note,
            #[cfg(feature = "aws")]
            secrets_manager: sources.iter().find_map(|source| as_secrets_manager(&**source)).cloned(),
            links: sources.into_iter().map(|source| Link { cached: cached(&source), source }).collect(),
            fallback,
            timeout,
            timer,
            hot,
            watcher,
            policy,
            #[cfg(feature = "metrics")]
            publisher: super::stats::metrics::Publisher::default(),
        };
        let secrets = Secrets { inner: Arc::new(inner) };
        #[cfg(feature = "metrics")]
        secrets.publish_metrics();
        (secrets, problems)
    }

    /// The environment of the code or of `ENVIRONMENT`, and `development` if neither names a valid one.
    fn chosen_environment(&self, problems: &mut Vec<Problem>) -> ChosenEnvironment {
        const INVALID: ChosenEnvironment = ChosenEnvironment {
            environment: Environment::DEVELOPMENT,
            note: " assumed, since ENVIRONMENT is not valid",
            is_valid: false,
        };
        let environment = match self.environment.clone() {
            Some(environment) => environment,
            None => match self.variable("ENVIRONMENT", problems) {
                Some(name) => match Environment::new(&name) {
                    Ok(environment) => environment,
                    Err(_) => {
                        problems.push(Problem::new("ENVIRONMENT", INVALID_ENVIRONMENT));
                        return INVALID;
                    }
                },
                // It is set to something that is not Unicode.
                None if !problems.is_empty() => return INVALID,
                None => {
                    events::environment_assumed();
                    let note = ", since ENVIRONMENT is not set";
                    return ChosenEnvironment { note, is_valid: true, ..INVALID };
                }
            },
        };
        let is_short_name = matches!(environment.as_str(), "dev" | "local" | "develop");
        if is_short_name {
            events::environment_resembles_development(&environment);
        }
        let note = if is_short_name { ", which is not `development`" } else { "" };
        ChosenEnvironment { environment, note, is_valid: true }
    }

    fn policy(&self, problems: &mut Vec<Problem>) -> Policy {
        let default = Policy::default();
        if self.capacity == Some(0) {
            problems.push(Problem::new("capacity", NO_CAPACITY));
        }
        let ttl = self.ttl.or_else(|| {
            let seconds = self.variable(TTL, problems)?;
            let parsed = seconds.trim().parse().map(Duration::from_secs);
            parsed.map_err(|_| problems.push(Problem::new(TTL, INVALID_TTL))).ok()
        });
        Policy {
            ttl: ttl.unwrap_or(default.ttl),
            max_stale: self.max_stale.unwrap_or(default.max_stale),
            capacity: self.capacity.unwrap_or(default.capacity).max(1),
        }
    }

    /// A variable; set but empty counts as not set.
    fn variable(&self, name: &'static str, problems: &mut Vec<Problem>) -> Option<String> {
        match self.variables.get(name) {
            Ok(value) => value.map(|value| value.expose_secret().clone()).filter(|value| !value.is_empty()),
            Err(_) => {
                problems.push(Problem::new(name, NOT_UNICODE));
                None
            }
        }
    }

    /// The sources of the code, or those of the default chain.
    fn chain(
        self,
        environment: &Environment,
        is_valid: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<Arc<dyn Source>> {
        let Self { sources, variables, .. } = self;
        if let Some(sources) = sources {
            return sources;
        }
        let env: Arc<dyn Source> = Arc::new(variables.clone());
        // The environment is unknown: neither `.env` nor an AWS account may be read.
        if !is_valid {
            return vec![env];
        }
        #[cfg(feature = "aws")]
        let secrets_manager = self.secrets_manager.unwrap_or_default();
        #[cfg(feature = "aws")]
        let secrets_manager = Some(secrets_manager.completed_by(&variables, environment, problems))
            .filter(|source| !environment.is_development() || source.has_endpoint_override())
            .map(|source| Arc::new(source) as Arc<dyn Source>);
        #[cfg(not(feature = "aws"))]
        let (secrets_manager, _) = (None, problems);
        if !environment.is_development() {
            return secrets_manager.into_iter().chain([env]).collect();
        }
        #[cfg(feature = "dotenv")]
        let dotenv: Option<Arc<dyn Source>> = Some(Arc::new(self.dotenv));
        #[cfg(not(feature = "dotenv"))]
        let dotenv = None;
        [Some(env), dotenv, secrets_manager].into_iter().flatten().collect()
    }
}

struct ChosenEnvironment {
    environment: Environment,
    /// A remark for reports, put behind the environment's name.
    note: &'static str,
    is_valid: bool,
}

/// Secrets Manager, if a source of the chain is it, directly or behind a pointer.
#[cfg(feature = "aws")]
fn as_secrets_manager(source: &dyn Source) -> Option<&SecretsManager> {
    let any: &dyn Any = source;
    if let Some(boxed) = any.downcast_ref::<Box<dyn Source>>() {
        return as_secrets_manager(&**boxed);
    }
    if let Some(shared) = any.downcast_ref::<Arc<dyn Source>>() {
        return as_secrets_manager(&**shared);
    }
    any.downcast_ref::<SecretsManager>()
        .or_else(|| any.downcast_ref::<Box<SecretsManager>>().map(|boxed| &**boxed))
        .or_else(|| any.downcast_ref::<Arc<SecretsManager>>().map(|shared| &**shared))
}

const TTL: &str = "SECRET_CACHE_TTL";

const INVALID_TTL: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not a whole number of seconds")
    .with_help("seconds, such as 300; 0 disables the cache");

const NO_CAPACITY: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the cache capacity must be at least 1")
    .with_help("`ttl(Duration::ZERO)` disables the cache");

/// Of kind `Configuration`: this is not the value of a setting.
const NOT_UNICODE: SourceError =
    SourceError::new(ErrorKind::Configuration).because("set to something that is not Unicode");

const INVALID_ENVIRONMENT: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not the name of an environment")
    .with_help("lower-case letters, digits and hyphens, such as `development`, `staging` or `production`");

impl fmt::Debug for SecretsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsBuilder")
            .field("environment", &self.environment)
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}
