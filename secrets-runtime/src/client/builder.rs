//! How `Secrets` are put together: the default chain, and every way to change it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Fallback, Inner, Secrets};
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::notice;
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
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Checks what was said and puts it together. No network is touched.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`], naming every variable that is malformed: `ENVIRONMENT`, an endpoint that is no URL.
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
                notice::environment_assumed();
                ", since ENVIRONMENT is not set"
            }
            "dev" | "local" | "develop" => {
                notice::environment_resembles_development(&environment);
                ", which is not `development`"
            }
            _ => "",
        };
        let prefix =
            self.prefix.clone().or_else(|| self.variable("SECRET_PREFIX", &mut problems)).unwrap_or_default();
        let (prefix, env_prefix) = (environment.expand(&prefix), self.env_prefix.clone().unwrap_or_default());
        let (fallback, timeout) = (self.fallback, self.timeout.unwrap_or(DEFAULT_TIMEOUT));
        let sources = self.chain(&environment, known, &mut problems);
        let inner = Inner { environment, environment_note, prefix, env_prefix, sources, fallback, timeout };
        (Secrets { inner: Arc::new(inner) }, problems)
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

/// A fault of the set-up, and none of a setting's value.
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
