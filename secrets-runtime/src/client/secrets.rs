//! [`Secrets`]: the handle that holds the environment, the chain of sources and the cache. `builder.rs`
//! makes it, `request.rs` reads single secrets through it, and configs are looked up with it.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::cache::{FastPath, Policy, Timer};
use super::doubts::Doubts;
use super::entry::Entry;
use super::fallback::Fallback;
use super::field_report::refresh_failure;
use super::freshness::Freshness;
use super::lookup::{Chain, Link, Lookup};
use super::single_flight::CachedSource;
#[cfg(feature = "metrics")]
use super::stats::Publisher;
use super::watch::subscribers::Watcher;
use crate::environment::Environment;
use crate::error::{Error, FieldError, Place, Problem};
use crate::events;
use crate::secret_id::{Arn, SecretId, display_id, is_secret_id};
use crate::setting::{ConfigSpec, Naming, Setting, Version, join, resolve, source_name, variable_of_secret};
#[cfg(feature = "aws")]
use crate::source::SecretsManager;
use crate::source::{Answer, Env, Key, Source};

/// A handle for loading secrets: holds the environment, the source chain and the cache.
///
/// Cloning is cheap, and clones share everything, including the cache. Make one and keep it: a value is
/// fresh for its [TTL](crate::SecretsBuilder::ttl). For up to
/// [`max_stale`](crate::SecretsBuilder::max_stale) after that, it is still served while exactly one call
/// fetches a new one, and during an outage of its source.
///
/// A health check of a service asks [`Live::failure`](crate::Live::failure) of a watched config. It need not
/// ask the store: a secret that was read once is served from the cache.
///
/// ```no_run
/// # async fn run() -> Result<(), secrets_runtime::Error> {
/// use secrets_runtime::{Secret, Secrets};
///
/// let secrets = Secrets::from_env()?;
/// let token: Secret<String> = secrets.get("github-token").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Secrets {
    pub(super) inner: Arc<Inner>,
}

/// What all clones share.
pub(super) struct Inner {
    pub(super) naming: Naming,
    /// The variables that configure the program.
    pub(super) variables: Env,
    /// The environment as reports name it, with a remark if it was not set or looks wrong.
    pub(super) reported_environment: Box<str>,
    pub(super) links: Vec<Link>,
    /// The first source of the chain that is Secrets Manager.
    #[cfg(feature = "aws")]
    pub(super) secrets_manager: Option<SecretsManager>,
    /// Whether variables choose the chain: the code has not replaced it.
    pub(super) has_default_chain: bool,
    pub(super) doubts: Doubts,
    pub(super) fallback: Fallback,
    /// Whether the code has set the fallback, and not a variable.
    pub(super) is_fallback_given: bool,
    pub(super) timeout: Duration,
    pub(super) timer: Arc<Timer>,
    pub(super) fast_path: Arc<FastPath>,
    pub(super) watcher: Watcher,
    pub(super) policy: Policy,
    #[cfg(feature = "metrics")]
    pub(super) publisher: Publisher,
}

impl Secrets {
    /// The environment that names are made for.
    pub fn environment(&self) -> &Environment {
        &self.inner.naming.environment
    }

    /// The names of the sources, in the order in which they are asked.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.inner.links.iter().map(|link| link.source.name())
    }

    /// Removes all secrets from the cache.
    ///
    /// Requests in flight still complete for their callers; later reads fetch again.
    pub fn clear_cache(&self) {
        self.inner.links.iter().filter_map(|link| link.cached.as_ref()).for_each(CachedSource::clear);
    }

    /// Removes one secret from the cache, in all its versions. The name is resolved as in
    /// [`get`](Self::get).
    pub fn clear_cached(&self, name: &str) {
        let setting = self.setting(name);
        for Link { source, cached, .. } in &self.inner.links {
            let Some(cached) = cached else { continue };
            for location in source.locate(&setting) {
                cached.clear_name(location.key().name());
            }
        }
    }

    /// Resolves a config's settings and looks for them.
    pub(crate) async fn look_up_config(&self, config: &'static ConfigSpec) -> Lookup {
        let look_up = async {
            let lookup = self.look_up(self.settings_of(config), Freshness::Cached).await;
            lookup.log_counts();
            lookup
        };
        events::load(config.name, self.environment()).around(look_up).await
    }

    /// Looks for settings in the chain of sources.
    pub(crate) async fn look_up(&self, settings: Vec<Setting>, freshness: Freshness) -> Lookup {
        #[cfg(feature = "metrics")]
        self.keep_publishing();
        let mut lookup = self.chain(freshness).look_up(settings).await;
        let reads_variables = self.sources().any(|source| source == source_name::ENV);
        if self.inner.has_default_chain && reads_variables {
            let Inner { variables, is_fallback_given, .. } = &*self.inner;
            lookup
                .entries
                .iter_mut()
                .for_each(|entry| entry.add_unread_variable(variables, *is_fallback_given));
        }
        lookup
    }

    /// The places of each entry that have a value, too, which an earlier source has kept from being used.
    /// Only sources of this machine are asked.
    pub(crate) async fn shadowed(&self, entries: &[Entry]) -> Vec<Vec<Place>> {
        self.chain(Freshness::Uncached).shadowed(entries).await
    }

    /// Those of the variables that a source of the chain has a value for.
    pub(crate) async fn set_variables(&self, variables: &[&str]) -> HashSet<String> {
        let keys: Vec<Key> = variables.iter().map(|variable| Key::new(*variable)).collect();
        let mut set = HashSet::new();
        for link in &self.inner.links {
            if keys.is_empty() || ![source_name::ENV, source_name::DOTENV].contains(&link.source.name()) {
                continue;
            }
            let fetched = self.chain(Freshness::Uncached).fetch(link, &keys).await;
            let has_value =
                |answer: &Answer| matches!(answer, Answer::Found(payload, _) if payload.text() != Some(""));
            let found = keys.iter().zip(&fetched.answers).filter(|(_, answer)| has_value(answer));
            set.extend(found.map(|(key, _)| key.name().to_owned()));
        }
        set
    }

    fn chain(&self, freshness: Freshness) -> Chain<'_> {
        let inner = &*self.inner;
        Chain {
            links: &inner.links,
            fallback: inner.fallback,
            timeout: inner.timeout,
            environment: &inner.naming.environment,
            freshness,
            doubts: &inner.doubts,
            variables: &inner.variables,
        }
    }

    /// A config's settings, with the names that they have in this environment.
    pub(crate) fn settings_of(&self, config: &'static ConfigSpec) -> Vec<Setting> {
        resolve(config, &self.inner.naming)
    }

    /// A secret that is named at run time, as a setting. A config's field of that name has the same one.
    pub(crate) fn setting(&self, name: &str) -> Setting {
        self.setting_in_version(name, Version::Current)
    }

    pub(super) fn setting_in_version(&self, name: &str, version: Version) -> Setting {
        let naming = &self.inner.naming;
        let expanded = naming.environment.expand(name);
        let is_arn = Arn::parse(&expanded).is_some();
        let id = if is_arn { expanded.clone() } else { join(&naming.expanded_prefix(), "/", &expanded) };
        // Versions and ARNs have no variable. Neither has an invalid name: it may be a value pasted here,
        // and reports show the names of variables.
        let has_variable = version == Version::Current && !is_arn && is_secret_id(&expanded);
        let variable = has_variable.then(|| format!("{}{}", naming.env_prefix, variable_of_secret(name)));
        Setting::of_secret(display_id(&expanded), SecretId::new(id), version, variable)
    }

    /// The variables that configure the program.
    pub(crate) fn variables(&self) -> &Env {
        &self.inner.variables
    }

    /// The environment and prefixes that names are made with.
    pub(crate) fn naming(&self) -> &Naming {
        &self.inner.naming
    }

    /// The first source of the chain that is Secrets Manager.
    #[cfg(feature = "aws")]
    pub(crate) fn secrets_manager(&self) -> Option<&SecretsManager> {
        self.inner.secrets_manager.as_ref()
    }

    #[cfg(feature = "aws")]
    pub(crate) fn timeout(&self) -> Duration {
        self.inner.timeout
    }

    /// The environment as reports name it, with a remark if it was not set or looks wrong.
    pub(crate) fn reported_environment(&self) -> String {
        self.inner.reported_environment.to_string()
    }

    pub(crate) fn error(
        &self,
        subject: String,
        total: usize,
        problems: Vec<Problem>,
        fields: Vec<FieldError>,
    ) -> Error {
        let error = Error::new(subject, self.reported_environment(), total, problems, fields);
        self.inner
            .links
            .iter()
            .fold(error, |error, Link { source, .. }| error.with_target(source.name(), || source.target()))
    }

    /// The settings whose cached values are served although they could not be refreshed, as one error.
    pub(crate) fn refresh_failures(&self, settings: &[Setting]) -> Option<Error> {
        let failed = |setting: &Setting| {
            self.inner.links.iter().find_map(|Link { source, cached, .. }| {
                let cached = cached.as_ref().filter(|_| setting.allows_source(source.name()))?;
                source.locate(setting).iter().find_map(|location| {
                    let error = cached.refresh_failure(location.key())?;
                    Some(refresh_failure(setting, &**source, location.key(), error))
                })
            })
        };
        let fields: Vec<FieldError> = settings.iter().filter_map(failed).collect();
        let subject = "watched secrets".to_owned();
        (!fields.is_empty()).then(|| self.error(subject, settings.len(), Vec::new(), fields))
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
