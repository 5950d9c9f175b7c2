//! [`Live`]: the handle of a watched value, with its current value, its changes and its failures.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::Guard;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::progress::{Changes, Progress};
use super::shared::{Loader, NO_RUNTIME, Shared, problem};
use crate::client::{Freshness, Secrets};
use crate::error::Error;
use crate::source::{NO_TIMERS, lacks_timers};

/// A config, or one secret, that is kept up to date. [`SecretConfig::watch`](crate::SecretConfig::watch) and
/// [`Secrets::watch`] return it.
///
/// [`get`](Self::get) returns the current value at any time. A background task fetches the secrets again
/// before their TTL ends, together with all other secrets that are watched through the same [`Secrets`].
/// When a secret has changed, the value is built again and replaces the old one atomically. A setting that
/// does not load, or does not fit its type, keeps its last good value, and so do the other fields of the same
/// secret. All other settings are kept up to date, and [`failure`](Self::failure) returns the reason. A
/// nested config whose parts do not fit each other is kept as a whole.
///
/// The task runs on the Tokio runtime on which the value was created. If that runtime is gone,
/// [`failure`](Self::failure) reports it, and the next [`refresh`](Self::refresh),
/// [`changed`](Self::changed) or `failure` on another runtime starts the task there. Local sources are read
/// again once per TTL, and at least every five minutes.
///
/// A health check of a service asks [`failure`](Self::failure): `None` is healthy. An error is a reason for
/// an alarm and not for a restart, since the last good values are still served.
///
/// Clones share everything except the changes that [`changed`](Self::changed) has reported. When the last
/// clone is dropped, the background work for it ends.
///
/// ```
/// use secrets_runtime::{Memory, Secret, SecretConfig, Secrets};
///
/// #[derive(SecretConfig)]
/// struct AppConfig {
///     database_url: Secret<String>,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Memory::from([("database_url", "postgres://app@db")])]).build()?;
/// let config = AppConfig::watch(&secrets).await?;
/// assert_eq!(config.get().database_url.expose_secret(), "postgres://app@db");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Live<T> {
    pub(super) shared: Arc<Shared<T>>,
    progress: watch::Receiver<Progress>,
    /// The generation up to which this handle has reported changes.
    seen: u64,
}

impl<T: Send + Sync + 'static> Live<T> {
    /// Loads the first value, which must succeed, and keeps it up to date from then on.
    pub(crate) async fn start(secrets: &Secrets, loader: Loader<T>) -> Result<Self, Error> {
        if Handle::try_current().is_err() {
            return Err(problem(secrets, "runtime", NO_RUNTIME));
        }
        if lacks_timers() {
            return Err(problem(secrets, "runtime", NO_TIMERS));
        }
        let shared = Arc::new(Shared::load(secrets, loader).await?);
        secrets.subscribe(&shared);
        // A change between the load and the subscription woke no subscriber.
        let _ = shared.reload(Freshness::Cached).await;
        let seen = shared.progress.borrow().generation();
        Ok(Self { progress: shared.progress.subscribe(), shared, seen })
    }

    /// Returns the current value, without waiting and without an allocation.
    ///
    /// Drop it after use. To hold a value for longer, for example in a task, take a
    /// [`snapshot`](Self::snapshot).
    pub fn get(&self) -> Current<T> {
        Current(self.shared.current.load())
    }

    /// Returns the current value, to be held for as long as needed.
    pub fn snapshot(&self) -> Arc<T> {
        self.shared.current.load_full()
    }

    /// Waits for the next change that this handle has not reported yet, and returns the names of the changed
    /// fields. It never contains values.
    ///
    /// Cancel safe: a change that was not returned is returned by the next call. Changes that
    /// [`refresh`](Self::refresh) has brought are reported, too.
    pub async fn changed(&mut self) -> Changes {
        let seen = self.seen;
        self.shared.secrets.keep_watching();
        // The sender lives in `self.shared`: the channel does not close.
        if let Ok(progress) = self.progress.wait_for(|progress| progress.generation() > seen).await {
            self.seen = progress.generation();
            return progress.since(seen);
        }
        Changes::default()
    }

    /// Fetches all secrets again now, and returns the names of the changed fields. Concurrent callers share
    /// requests.
    ///
    /// # Errors
    /// If settings cannot be loaded or are not valid. They then keep their last good values. All others are
    /// replaced nevertheless, and everything is still kept up to date.
    pub async fn refresh(&self) -> Result<Changes, Error> {
        self.shared.secrets.keep_watching();
        let before = self.shared.progress.borrow().generation();
        self.shared.reload(Freshness::Refreshed).await?;
        // The background task may have applied the fetched values first.
        Ok(self.shared.progress.borrow().since(before))
    }

    /// Returns the reason why the current value may not be the right one: settings that do not load and keep
    /// their last good values, values that were refused [across a rotation](Self::across_rotation), or
    /// secrets that cannot be refreshed at the moment. `None` if there is no such reason.
    pub fn failure(&self) -> Option<Arc<Error>> {
        self.shared.secrets.keep_watching();
        if !self.shared.secrets.is_watching() {
            return Some(Arc::new(problem(&self.shared.secrets, "runtime", NO_RUNTIME)));
        }
        let failure = self.shared.rejected_or_refused();
        failure.or_else(|| self.shared.refresh_failures().map(Arc::new))
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), progress: self.progress.clone(), seen: self.seen }
    }
}

/// Prints the current value's own `Debug` output.
impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Live").field(&**self.shared.current.load()).finish()
    }
}

/// The current value of a [`Live`], returned by [`Live::get`].
pub struct Current<T>(Guard<Arc<T>>);

impl<T> Deref for Current<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Prints the value's own `Debug` output.
impl<T: fmt::Debug> fmt::Debug for Current<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
