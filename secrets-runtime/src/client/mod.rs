//! `Secrets`: the front of the sources, which knows the environment, the chain and the names.

mod builder;
mod chain;
mod detected;
mod request;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

pub use builder::SecretsBuilder;
pub(crate) use chain::{Chain, Entry, Walked};
pub use detected::SecretValue;
pub use request::Request;

use crate::environment::Environment;
use crate::error::{Error, Problem};
use crate::secret::Secret;
use crate::setting::{ConfigSpec, Setting, resolve};
use crate::source::Source;
use crate::value::SafeToPrint;

/// When the loader goes on to the next source of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fallback {
    /// When a source knows that it has no such setting. Denied, throttled and unreachable are reported as what they are.
    #[default]
    OnMissing,
    /// Also when a source fails. If nothing else has the setting, that failure is the error.
    OnError,
    /// Never: each setting is asked of the first source that can hold it, and of no other.
    Never,
}

/// The way to secrets: knows the environment, the chain of sources and the names, and hands out typed values.
///
/// Cheap to clone; clones share everything.
///
/// ```no_run
/// # async fn run() -> Result<(), secrets_runtime::Error> {
/// use secrets_runtime::{Secret, Secrets};
///
/// let secrets = Secrets::from_env().await?;
/// let token: Secret<String> = secrets.get("github-token").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Secrets {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    /// What to know about the environment when something is missing, put behind its name.
    environment_note: &'static str,
    prefix: String,
    env_prefix: String,
    sources: Vec<Arc<dyn Source>>,
    fallback: Fallback,
    timeout: Duration,
}

impl Secrets {
    /// The default chain, as the environment asks for it.
    ///
    /// `ENVIRONMENT` (default `development`) decides: `development` reads environment variables, then `.env`, and asks
    /// Secrets Manager only where `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL` names an emulator; every
    /// other environment asks Secrets Manager, then environment variables. `SECRET_PREFIX` is put before names.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if one of these variables is malformed. No network
    /// is touched: missing credentials and the like are errors of the first load.
    #[allow(clippy::unused_async, reason = "part of the contract: setting up may need to wait one day")]
    pub async fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Starts from the same defaults, to change some of them.
    pub fn builder() -> SecretsBuilder {
        SecretsBuilder::default()
    }

    /// The environment that names are made for.
    pub fn environment(&self) -> &Environment {
        &self.inner.environment
    }

    /// The names of the sources, in the order in which they are asked.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.inner.sources.iter().map(Source::name)
    }

    /// One secret as text. The name is put under the prefix and looked for as a field of that name would be; an ARN
    /// stands by itself.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get(&self, name: &str) -> Result<Secret<String>, Error> {
        self.request(name).text().await
    }

    /// One secret with more to say of it: another version, a default.
    ///
    /// ```no_run
    /// # async fn run(secrets: secrets_runtime::Secrets) -> Result<(), secrets_runtime::Error> {
    /// let before = secrets.request("signing-key").stage("AWSPREVIOUS").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn request<'a>(&'a self, name: &'a str) -> Request<'a> {
        Request::new(self, name)
    }

    /// One JSON secret, decoded with serde into a type that cannot print it, such as `Secret<Keys>`.
    ///
    /// ```
    /// use secrets_runtime::{Memory, Secret, Secrets, Zeroize};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Keys { public: String, secret: String }
    ///
    /// impl Zeroize for Keys {
    ///     fn zeroize(&mut self) {
    ///         self.public.zeroize();
    ///         self.secret.zeroize();
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let secrets = Secrets::builder()
    ///     .sources([Memory::from([("stripe", r#"{"public": "pk", "secret": "sk"}"#)])])
    ///     .build()?;
    /// let keys: Secret<Keys> = secrets.get_json("stripe").await?;
    /// assert_eq!(keys.expose_secret().public, "pk");
    /// # Ok::<(), secrets_runtime::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError); of kind `Invalid` if it is not JSON or does not fit.
    pub async fn get_json<T: DeserializeOwned + SafeToPrint>(&self, name: &str) -> Result<T, Error> {
        self.request(name).json().await
    }

    /// One secret as bytes: binary as it is, text as its UTF-8.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get_bytes(&self, name: &str) -> Result<Secret<Vec<u8>>, Error> {
        self.request(name).bytes().await
    }

    /// One secret as whatever it is: text, JSON or binary.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get_value(&self, name: &str) -> Result<SecretValue, Error> {
        self.request(name).value().await
    }

    /// Resolves a config's settings and looks for them.
    pub(crate) async fn look_for(&self, config: &'static ConfigSpec) -> Walked {
        let inner = &*self.inner;
        self.walk(resolve(config, &inner.environment, &inner.prefix, &inner.env_prefix)).await
    }

    async fn walk(&self, settings: Vec<Setting>) -> Walked {
        let inner = &*self.inner;
        let chain = Chain {
            sources: &inner.sources,
            fallback: inner.fallback,
            timeout: inner.timeout,
            environment: &inner.environment,
        };
        chain.walk(settings).await
    }

    pub(crate) fn error(
        &self,
        subject: String,
        total: usize,
        problems: Vec<Problem>,
        fields: Vec<crate::error::FieldError>,
    ) -> Error {
        let Inner { environment, environment_note, .. } = &*self.inner;
        Error::new(subject, format!("{environment}{environment_note}"), total, problems, fields)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("environment", &self.inner.environment)
            .field("sources", &self.sources().collect::<Vec<_>>())
            .field("fallback", &self.inner.fallback)
            .finish_non_exhaustive()
    }
}
