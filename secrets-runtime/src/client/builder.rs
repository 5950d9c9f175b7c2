//! How `Secrets` are put together: the default chain, and every way to change it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::cache::{Clock, FastPath, Policy, Timer};
use super::fallback::Fallback;
use super::lookup::Link;
use super::secrets::{Inner, Secrets};
use super::single_flight::CachedSource;
use super::watch::Watcher;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::events;
use crate::setting::Naming;
#[cfg(feature = "dotenv")]
use crate::source::DotEnv;
#[cfg(feature = "aws")]
use crate::source::SecretsManager;
use crate::source::{Env, Source};

/// Longer than every time-out within: it ends what the sources themselves forgot to.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Puts [`Secrets`] together. What is not said is taken from the environment, as [`Secrets::from_env`] does.
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
    /// The environment, instead of the variable `ENVIRONMENT`.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// The prefix of names that have none of their own, instead of the variable `SECRET_PREFIX`. `{environment}` stands
    /// for the environment's name.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// This environment where neither the code nor `ENVIRONMENT` says one.
    #[cfg(feature = "cli")]
    pub(crate) fn or_environment(self, environment: Environment) -> Self {
        let is_said = |value: Option<crate::Secret<String>>| {
            value.is_some_and(|value| !value.expose_secret().is_empty())
        };
        // What is malformed is reported when it is built.
        if self.environment.is_some() || self.variables.get("ENVIRONMENT").map_or(true, is_said) {
            return self;
        }
        self.environment(environment)
    }

    /// The prefix of environment variables that have none of their own. Default: none.
    pub fn env_prefix(mut self, env_prefix: impl Into<String>) -> Self {
        self.env_prefix = Some(env_prefix.into());
        self
    }

    /// The environment variables, instead of those of the process: for settings, for `ENVIRONMENT` and `SECRET_PREFIX`,
    /// and in the default chain for the region (`AWS_REGION`, `AWS_DEFAULT_REGION`) and the endpoint
    /// (`AWS_ENDPOINT_URL_SECRETS_MANAGER`, `AWS_ENDPOINT_URL`) of Secrets Manager.
    ///
    /// Requests are signed with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` if both are among them; no other AWS
    /// variable and no profile is then looked at. Otherwise the AWS SDK looks for what they do not say as it always does: for
    /// credentials in the variables of the process, then in the profile (`AWS_PROFILE`, of these variables first),
    /// containers and the metadata service, and for the region in the profile and the metadata service. Its other
    /// variables, such as `AWS_MAX_ATTEMPTS`, are those of the process.
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

    /// The chain, instead of the default one. For sources of different types, box them: `Box<dyn Source>`.
    pub fn sources<S: Source>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.sources = Some(sources.into_iter().map(|source| Arc::new(source) as Arc<dyn Source>).collect());
        self
    }

    /// The `.env` file of the default chain in development. Default: the nearest one at or above the working folder.
    #[cfg(feature = "dotenv")]
    pub fn dotenv(mut self, dotenv: DotEnv) -> Self {
        self.dotenv = dotenv;
        self
    }

    /// Secrets Manager as the default chain asks it. What is not said to it is taken from the variables, as without it;
    /// one with an SDK configuration of its own, or [`SecretsManager::localstack`], stays as it is. In development it is
    /// asked only if its endpoint names an emulator.
    #[cfg(feature = "aws")]
    pub fn secrets_manager(mut self, secrets_manager: SecretsManager) -> Self {
        self.secrets_manager = Some(secrets_manager);
        self
    }

    /// The AWS configuration of the application, which Secrets Manager shares: region, credentials, endpoint.
    #[cfg(feature = "aws")]
    pub fn sdk_config(self, sdk_config: &aws_config::SdkConfig) -> Self {
        self.secrets_manager(SecretsManager::from_sdk_config(sdk_config))
    }

    /// When the loader goes on to the next source. Default: [`Fallback::OnMissing`].
    pub fn fallback(mut self, fallback: Fallback) -> Self {
        self.fallback = fallback;
        self
    }

    /// How long one source may take for one load, with all of its own attempts. Default: 30 seconds.
    ///
    /// A [`refresh`](crate::Request::refresh) that meets a call which began before it waits for that one first: it may take
    /// longer, and at most three times as long.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long a secret of a remote source is fresh, instead of the variable `SECRET_CACHE_TTL` (whole seconds). Default:
    /// 300 seconds. Each secret's own is spread by ±10 %, so that those fetched together do not expire together. Zero:
    /// nothing is kept.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How long after its TTL a secret may still be served, while it is fetched anew in the background, or while the store
    /// cannot be reached. Default: one hour. Zero: readers wait for the new value.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.max_stale = Some(max_stale);
        self
    }

    /// How many secrets of a remote source are kept; the least recently used makes room. Default: 1024.
    ///
    /// Zero is an error of [`build`](Self::build): a [`ttl`](Self::ttl) of zero keeps nothing.
    pub fn capacity(mut self, capacity: usize) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// The clock that tells how old a secret is. Default: [`Clock::System`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Checks what was said and puts it together. No network is touched.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], naming everything that is malformed: `ENVIRONMENT`, `SECRET_CACHE_TTL`, an endpoint
    /// that is no URL, a capacity of zero.
    pub fn build(self) -> Result<Secrets, Error> {
        let (secrets, problems) = self.assemble();
        if problems.is_empty() {
            return Ok(secrets);
        }
        Err(secrets.error("Secrets".to_owned(), 0, problems, Vec::new()))
    }

    /// Puts together what can be, and says what cannot: a load then reports both, so that a start that fails for a bad
    /// variable also names the settings that are missing.
    pub(crate) fn assemble(self) -> (Secrets, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut assumed = false;
        let mut known = true;
        let environment =
            self.environment.clone().unwrap_or_else(|| match self.variable("ENVIRONMENT", &mut problems) {
                None => {
                    assumed = problems.is_empty();
                    known = problems.is_empty();
                    Environment::DEVELOPMENT
                }
                Some(name) => Environment::new(&name).unwrap_or_else(|_| {
                    known = false;
                    problems.push(Problem::new("ENVIRONMENT", INVALID_ENVIRONMENT));
                    Environment::DEVELOPMENT
                }),
            });
        let environment_note = match environment.as_str() {
            _ if !known => " assumed, since ENVIRONMENT is not valid",
            _ if assumed => {
                events::environment_assumed();
                ", since ENVIRONMENT is not set"
            }
            "dev" | "local" | "develop" => {
                events::environment_resembles_development(&environment);
                ", which is not `development`"
            }
            _ => "",
        };
        let prefix =
            self.prefix.clone().or_else(|| self.variable("SECRET_PREFIX", &mut problems)).unwrap_or_default();
        let env_prefix = self.env_prefix.clone().unwrap_or_default();
        let (fallback, timeout) = (self.fallback, self.timeout.unwrap_or(DEFAULT_TIMEOUT));
        let policy = self.policy(&mut problems);
        let watcher = Watcher::default();
        let (timer, fast_path) = (Arc::new(Timer::start(self.clock)), Arc::<FastPath>::default());
        let cached = |source: &Arc<dyn Source>| {
            let (timer, fast_path) = (Arc::clone(&timer), Arc::clone(&fast_path));
            let source = source.is_remote().then(|| Arc::clone(source))?;
            let answered = Arc::clone(&watcher.wake);
            Some(CachedSource::new(source, policy, timer, timeout, fast_path, answered))
        };
        let sources = self.chain(&environment, known, &mut problems).into_iter();
        let links = sources.map(|source| Link { cached: cached(&source), source }).collect();
        let inner = Inner {
            naming: Naming { environment, prefix, env_prefix },
            environment_note,
            links,
            fallback,
            timeout,
            timer,
            fast_path,
            watcher,
            policy,
            #[cfg(feature = "metrics")]
            publisher: super::stats::Publisher::default(),
        };
        let secrets = Secrets { inner: Arc::new(inner) };
        #[cfg(feature = "metrics")]
        secrets.publish_metrics();
        (secrets, problems)
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
        self.variables.get_or_report(name, problems).map(|value| value.expose_secret().clone())
    }

    fn chain(
        self,
        environment: &Environment,
        known: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<Arc<dyn Source>> {
        let Self { sources, variables, .. } = self;
        if let Some(sources) = sources {
            return sources;
        }
        let env: Arc<dyn Source> = Arc::new(variables.clone());
        // Where the program runs is not known: neither `.env` nor an account may be touched.
        if !known {
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

const TTL: &str = "SECRET_CACHE_TTL";

const INVALID_TTL: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not a whole number of seconds")
    .with_help("seconds, such as 300; 0 keeps nothing");

const NO_CAPACITY: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("a cache for no secrets")
    .with_help("`ttl(Duration::ZERO)` keeps nothing");

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
