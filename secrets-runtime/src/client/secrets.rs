//! [`Secrets`]: the handle that holds the environment, the chain of sources and the cache.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::builder::SecretsBuilder;
use super::cache::Policy;
use super::clock::Timer;
use super::fallback::Fallback;
use super::freshness::Freshness;
use super::hot::HotValues;
use super::lookup::{Chain, Link, Walked};
use super::request::Request;
use super::single_flight::CachedSource;
#[cfg(feature = "metrics")]
use super::stats::metrics;
use super::watch::Watcher;
use crate::environment::Environment;
use crate::error::{Error, Problem};
use crate::events;
use crate::secret::Secret;
use crate::setting::{ConfigSpec, Naming, Setting, resolve};
use crate::value::{SafeToPrint, SecretValue};

/// The way to secrets: knows the environment, the chain of sources and the names, and hands out typed values.
///
/// Cheap to clone; clones share everything, the cache of what remote sources have answered among it. Make one and keep it:
/// a value is fresh for its [TTL](SecretsBuilder::ttl), is then served for up to
/// [`max_stale`](SecretsBuilder::max_stale) while exactly one call fetches a new one, and outlives an outage of its source.
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
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) naming: Naming,
    /// What to know about the environment when something is missing, put behind its name.
    pub(super) environment_note: &'static str,
    pub(super) links: Vec<Link>,
    pub(super) fallback: Fallback,
    pub(super) timeout: Duration,
    pub(super) timer: Arc<Timer>,
    pub(super) hot: Arc<HotValues>,
    pub(super) watcher: Watcher,
    pub(super) policy: Policy,
    #[cfg(feature = "metrics")]
    pub(super) publisher: metrics::Publisher,
}

impl Secrets {
    /// The default chain, as the environment asks for it.
    ///
    /// `ENVIRONMENT` (default `development`) decides: `development` reads environment variables, then `.env`, and asks
    /// Secrets Manager only where `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL` names an emulator; every
    /// other environment asks Secrets Manager, then environment variables. `SECRET_PREFIX` is put before names, and
    /// `SECRET_CACHE_TTL` is how many seconds a secret of Secrets Manager is fresh (default 300).
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
        &self.inner.naming.environment
    }

    /// The names of the sources, in the order in which they are asked.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.inner.links.iter().map(|link| link.source.name())
    }

    /// One secret as text. The name is put under the prefix and looked for as a field of that name would be; an ARN
    /// stands by itself.
    ///
    /// Cached, it costs a lookup and another handle of the same value: no lock, no allocation, no copy.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get(&self, name: &str) -> Result<Secret<String>, Error> {
        let Inner { hot, timer, .. } = &*self.inner;
        match hot.read(name, || timer.now()) {
            Some(value) => Ok(value),
            // Boxed: what a read of a cached secret moves about is small.
            None => Box::pin(self.request(name).hot_text()).await,
        }
    }

    /// Forgets every cached secret. Calls under way still answer those who wait for them; whoever asks from now on gets
    /// what is asked for anew.
    pub fn clear_cache(&self) {
        self.inner.links.iter().filter_map(|link| link.cached.as_ref()).for_each(CachedSource::clear);
    }

    /// Forgets one cached secret, in all its versions. The name is resolved as in [`get`](Self::get).
    pub fn clear_cached(&self, name: &str) {
        let setting = self.request(name).setting();
        for Link { source, cached } in &self.inner.links {
            let Some(cached) = cached else { continue };
            for location in source.locate(&setting) {
                cached.clear_name(location.key().name());
            }
        }
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
    /// #[derive(serde::Deserialize, Zeroize)]
    /// struct Keys { public: String, secret: String }
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
        let _inner = &*self.inner;
        let settings = self.settings_of(config);
        let walk = async {
            let walked = self.walk(settings, Freshness::Cached).await;
            events::looked_for(&walked.entries);
            walked
        };
        events::load(config.name, self.environment()).around(walk).await
    }

    /// A config's settings, with the names that they have here.
    pub(crate) fn settings_of(&self, config: &'static ConfigSpec) -> Vec<Setting> {
        resolve(config, &self.inner.naming)
    }

    /// What names of settings are made with.
    pub(crate) fn naming(&self) -> &Naming {
        &self.inner.naming
    }

    pub(crate) async fn walk(&self, settings: Vec<Setting>, freshness: Freshness) -> Walked {
        #[cfg(feature = "metrics")]
        self.keep_publishing();
        let inner = &*self.inner;
        let chain = Chain {
            links: &inner.links,
            fallback: inner.fallback,
            timeout: inner.timeout,
            environment: &inner.naming.environment,
            freshness,
        };
        chain.walk(settings).await
    }

    /// Lets a value be read by its name alone from now on, if nothing but a cache stands before it.
    pub(super) fn keep_hot(&self, name: &str, setting: &Setting, value: &Secret<String>) {
        let asked = self.inner.links.iter().filter(|link| setting.allows_source(link.source.name()));
        let first =
            asked.map(|link| (link, link.source.locate(setting))).find(|(_, located)| !located.is_empty());
        if let Some((Link { cached: Some(cached), .. }, located)) = first
            && let Some(location) = located.first()
            && let Some(lease) = cached.lease_of(location.key(), value)
            // A name that is read once, as most are at a start, is not worth a place.
            && lease.was_read()
        {
            self.inner.hot.insert(name, value.clone(), lease);
        }
    }

    /// What a name stands for.
    #[cfg(feature = "admin")]
    pub(crate) fn setting(&self, name: &str) -> Setting {
        self.request(name).setting()
    }

    /// The first source that is Secrets Manager.
    #[cfg(feature = "aws")]
    pub(crate) fn secrets_manager(&self) -> Option<&crate::source::SecretsManager> {
        self.inner.links.iter().find_map(|link| link.source.as_secrets_manager())
    }

    #[cfg(feature = "aws")]
    pub(crate) fn timeout(&self) -> Duration {
        self.inner.timeout
    }

    /// The environment, with what there is to know about it when something is wrong.
    pub(crate) fn reported_environment(&self) -> String {
        format!("{}{}", self.environment(), self.inner.environment_note)
    }

    pub(crate) fn error(
        &self,
        subject: String,
        total: usize,
        problems: Vec<Problem>,
        fields: Vec<crate::error::FieldError>,
    ) -> Error {
        Error::new(subject, self.reported_environment(), total, problems, fields)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("environment", self.environment())
            .field("sources", &self.sources().collect::<Vec<_>>())
            .field("fallback", &self.inner.fallback)
            .finish_non_exhaustive()
    }
}
