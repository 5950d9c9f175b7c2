//! Values that the program passes in, for tests.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::Notify;

use super::{Answer, BoxFuture, Fetched, Key, Location, Missing, Source};
use crate::error::ErrorKind;
use crate::lock::lock;
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
///
/// Clones share their values, so that a test can change what is watched, for example to test its own
/// rotation:
///
/// ```
/// use secrets_runtime::{Memory, Secrets};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let memory = Memory::from([("password", "old")]);
/// let secrets = Secrets::builder().sources([memory.clone()]).build()?;
/// let mut password = secrets.watch("password").await?;
/// memory.set("password", "new");
/// assert!(password.changed().await.contains("password"));
/// assert_eq!(password.get().expose_secret(), "new");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Memory(Arc<Shared>);

#[derive(Default)]
struct Shared {
    values: Mutex<HashMap<String, Payload>>,
    /// How often a value was set.
    changes: AtomicU64,
    /// The tasks that follow watched values.
    watchers: Mutex<Vec<Weak<Notify>>>,
}

impl Memory {
    /// A source without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a source of its own that has one more value. Clones made before do not have it.
    #[must_use]
    pub fn with(self, name: impl Into<String>, value: impl Into<Payload>) -> Self {
        let mut values = lock(&self.0.values).clone();
        values.insert(name.into(), value.into());
        Self::of(values)
    }

    /// Sets a value, also for every clone and for `Secrets` that read from one. What watches it follows
    /// within about 50 milliseconds.
    pub fn set(&self, name: impl Into<String>, value: impl Into<Payload>) {
        let replaced = lock(&self.0.values).insert(name.into(), value.into());
        // Not under the lock: it may wipe a large value.
        drop(replaced);
        self.0.changes.fetch_add(1, Ordering::Release);
        lock(&self.0.watchers).iter().filter_map(Weak::upgrade).for_each(|watcher| watcher.notify_one());
    }

    /// Wakes a task whenever a value is set, for as long as the task exists.
    pub(crate) fn wake_on_change(&self, task: &Arc<Notify>) {
        let mut watchers = lock(&self.0.watchers);
        watchers.retain(|watcher| watcher.strong_count() > 0);
        watchers.push(Arc::downgrade(task));
    }

    /// How often a value was set.
    pub(crate) fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }

    fn of(values: HashMap<String, Payload>) -> Self {
        Self(Arc::new(Shared { values: Mutex::new(values), ..Shared::default() }))
    }
}

impl<N: Into<String>, V: Into<Payload>> FromIterator<(N, V)> for Memory {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(values: I) -> Self {
        Self::of(values.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl<N: Into<String>, V: Into<Payload>, const LENGTH: usize> From<[(N, V); LENGTH]> for Memory {
    fn from(values: [(N, V); LENGTH]) -> Self {
        values.into_iter().collect()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} values)", lock(&self.0.values).len())
    }
}

impl Source for Memory {
    fn name(&self) -> &'static str {
        source_name::MEMORY
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        let secret = Location::of_secret(setting);
        let path = std::iter::once(Location::value(setting.path()));
        let values = path.chain(Location::of_variables(setting));
        let mut locations: Vec<Location> = values.filter(|location| location.key != secret.key).collect();
        // There is one version of a secret here, the current one.
        if *setting.version() == Version::Current {
            locations.push(secret);
        }
        locations
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            // A name that is asked for itself is not a typo of another.
            let asked: HashSet<&str> = keys.iter().map(Key::name).collect();
            let values = lock(&self.0.values);
            let others: Vec<&str> =
                values.keys().map(String::as_str).filter(|name| !asked.contains(name)).collect();
            let answer = |key: &Key| match values.get(key.name()) {
                Some(value) => Answer::found(value),
                None => Missing::new("not there").similar_in(key.name(), others.iter().copied()).into(),
            };
            keys.iter().map(answer).collect()
        })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("put {} into `Memory`", key.name()))
    }
}
