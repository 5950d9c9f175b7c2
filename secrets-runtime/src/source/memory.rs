//! Values that the program passes in, for tests.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{Answer, BoxFuture, Fetched, Key, Location, Missing, Source};
use crate::error::ErrorKind;
use crate::setting::{Setting, Version, source_name};
use crate::value::Payload;

/// Values in memory, for an application's own tests.
///
/// A setting is found under its field's path (`smtp.password`), its environment variable (`SMTP_PASSWORD`)
/// or its secret id (`shop/production/smtp/password`). A value under a secret id is the whole secret.
///
/// ```
/// use secrets_runtime::{Memory, Secret, SecretConfig, Secrets};
///
/// #[derive(Debug, SecretConfig)]
/// struct AppConfig {
///     jwt: Secret<String>,
///     #[secret(default = 8080)]
///     port: u16,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Memory::from([("jwt", "signing key")])]).build()?;
/// let config = AppConfig::load_from(&secrets).await?;
/// assert_eq!((config.jwt.expose_secret().as_str(), config.port), ("signing key", 8080));
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Memory {
    values: HashMap<String, Payload>,
}

impl Memory {
    /// A source without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Payload>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }
}

impl<N: Into<String>, V: Into<Payload>> FromIterator<(N, V)> for Memory {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(values: I) -> Self {
        Self { values: values.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

impl<N: Into<String>, V: Into<Payload>, const LENGTH: usize> From<[(N, V); LENGTH]> for Memory {
    fn from(values: [(N, V); LENGTH]) -> Self {
        values.into_iter().collect()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} values)", self.values.len())
    }
}

impl Source for Memory {
    fn name(&self) -> &'static str {
        source_name::MEMORY
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        let secret = Location::of_secret(setting);
        let values = std::iter::once(setting.path()).chain(setting.variables()).map(Location::value);
        let mut locations: Vec<Location> = values.filter(|location| location.key != secret.key).collect();
        // There is one version of a secret here, the current one.
        if *setting.version() == Version::Current {
            locations.push(secret);
        }
        locations
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        // A name that is asked for itself is not a typo of another.
        let asked: HashSet<&str> = keys.iter().map(Key::name).collect();
        let others: Vec<&str> =
            self.values.keys().map(String::as_str).filter(|name| !asked.contains(name)).collect();
        let answer = move |key: &Key| match self.values.get(key.name()) {
            Some(value) => Answer::found(value),
            None => Missing::new("not there").similar_in(key.name(), others.iter().copied()).into(),
        };
        Box::pin(async move { keys.iter().map(answer).collect() })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("put {} into `Memory`", key.name()))
    }
}
