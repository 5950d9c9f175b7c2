//! The source `agent`: connects the trait [`Source`] to the calls of this folder.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::fetch;
use super::get::Agent;
use super::help::{help, without_value};
use super::settings::{INVALID_PORT, Settings, TokenSetting};
use crate::error::{ErrorKind, Problem, SourceError};
use crate::secret::Secret;
use crate::setting::{Setting, source_name};
use crate::source::collect::collect;
use crate::source::{BoxFuture, Deliver, Env, Fetched, Key, Location, Source};

/// AWS Secrets Manager through the [AWS Secrets Manager Agent][agent] or the [AWS Parameters and Secrets
/// Lambda Extension][extension] on the same machine, without the AWS SDK.
///
/// Feature `agent`, off by default. With `default-features = false, features = ["derive", "agent"]` a program
/// reads Secrets Manager with 29 crates. Region, credentials and network belong to the agent; the process
/// needs its token only. Every buffer that held a value or the token is wiped.
///
/// ```no_run
/// use secrets_runtime::{Env, Secrets, SecretsManagerAgent};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().source(SecretsManagerAgent::from_env()).source(Env::process()).build()?;
/// let jwt = secrets.get("shop/production/jwt").await?;
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | what | default, and what [`from_env`](Self::from_env) reads |
/// |---|---|
/// | address | `127.0.0.1`, where agent and extension listen; the connection is not encrypted |
/// | port | 2773, or `PARAMETERS_SECRETS_EXTENSION_HTTP_PORT` |
/// | token | `AWS_TOKEN`, `AWS_SESSION_TOKEN` or `AWS_CONTAINER_AUTHORIZATION_TOKEN`: the token, or `file://` and the path of its file; else the file `/var/run/awssmatoken` |
/// | calls | one for each secret, 32 side by side, at most 20 seconds each |
/// | throttled calls | repeated up to three times within two seconds |
/// | answers | up to 16 MiB; one about another secret or version is refused |
///
/// A token in a file is new at each start of the agent: when the agent refuses it, the file is read again.
///
/// # Two caches
///
/// The agent has a cache of its own (300 seconds), and the cache of [`Secrets`](crate::Secrets) is in front
/// of it. A first read, and the refresh of a value that is only read now and then, may be answered by the
/// agent's cache: a value is then up to both TTLs old. Whatever asks how the store is now goes past it
/// (`refreshNow=true`): [`refresh`](crate::Request::refresh), [`ttl`](crate::Request::ttl),
/// [`bypass_cache`](crate::Request::bypass_cache), [`across_rotation`](crate::Live::across_rotation),
/// `check`, and every refresh of a value that a [`Live`](crate::Live) follows. An agent that does not know
/// `refreshNow` answers from its cache.
///
/// Requests name the version (`AWSCURRENT`), as a policy with a condition on `secretsmanager:VersionStage`
/// demands. The agent caches such answers apart from those that it has prefetched.
///
/// [agent]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/secrets-manager-agent.html
/// [extension]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
#[doc = include_str!("../../../docs/deployment/agent.md")]
#[derive(Clone)]
pub struct SecretsManagerAgent {
    settings: Settings,
    agent: Arc<Agent>,
}

impl SecretsManagerAgent {
    /// Creates a source for an agent that was set up by its installer: port 2773, and the token in
    /// `/var/run/awssmatoken`. No variable is read.
    pub fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    /// Creates a source for the agent or the extension that the environment variables describe.
    ///
    /// A variable that cannot be used is reported under each requested secret, as a configuration error that
    /// names it.
    pub fn from_env() -> Self {
        // The settings hold the same errors.
        Self::from_variables(&Env::process(), &mut Vec::new())
    }

    /// The same for other variables. Each one that cannot be used also becomes a problem.
    pub(crate) fn from_variables(env: &Env, problems: &mut Vec<Problem>) -> Self {
        Self::with_settings(Settings::from_variables(env, problems))
    }

    fn with_settings(settings: Settings) -> Self {
        Self { agent: Arc::new(Agent::new(settings.clone())), settings }
    }

    /// Sets the port: `http_port` in the configuration of the agent. 0 is reported under each requested
    /// secret, as a configuration error.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        let port = if port > 0 { Ok(port) } else { Err(INVALID_PORT.with_code("port")) };
        Self::with_settings(Settings { port, ..self.settings })
    }

    /// Sets the token.
    ///
    /// One that does not fit into a header, such as an empty one, is reported under each requested secret, as
    /// a configuration error.
    ///
    /// ```
    /// use secrets_runtime::SecretsManagerAgent;
    ///
    /// let agent = SecretsManagerAgent::new().port(4000).token("of the agent");
    /// assert_eq!(format!("{agent:?}"), "SecretsManagerAgent { port: 4000, .. }");
    /// ```
    #[must_use]
    pub fn token(self, token: impl Into<Secret<String>>) -> Self {
        Self::with_settings(Settings { token: TokenSetting::of_text(token.into(), None), ..self.settings })
    }

    /// Sets the file that holds the token. It is read at the first fetch, and again when the agent refuses
    /// its token.
    #[must_use]
    pub fn token_file(self, path: impl Into<PathBuf>) -> Self {
        Self::with_settings(Settings { token: Ok(TokenSetting::File(path.into())), ..self.settings })
    }
}

/// Like [`SecretsManagerAgent::new`].
impl Default for SecretsManagerAgent {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the port.
impl fmt::Debug for SecretsManagerAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SecretsManagerAgent");
        if let Ok(port) = &self.settings.port {
            shown.field("port", port);
        }
        shown.finish_non_exhaustive()
    }
}

impl Source for SecretsManagerAgent {
    fn name(&self) -> &'static str {
        source_name::AGENT
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { Vec::new() }
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(collect(self, keys))
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            fetch::fetch_each(&self.agent, keys, false, deliver).await;
            Vec::new()
        })
    }

    fn fetch_each_uncached<'a>(
        &'a self,
        keys: &'a [Key],
        deliver: Deliver<'a>,
    ) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            fetch::fetch_each(&self.agent, keys, true, deliver).await;
            Vec::new()
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn requests(&self) -> Vec<(&'static str, u64)> {
        match self.agent.requests() {
            0 => Vec::new(),
            requests => vec![("GetSecretValue", requests)],
        }
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        help(key, kind)
    }

    fn help_without_value(&self, key: &Key) -> Option<String> {
        without_value(key)
    }
}
