//! `Live`: a value made of secrets that follows them while the program runs.

mod progress;
mod retry;
mod secret;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, Guard};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

pub use progress::Changes;
use progress::Progress;
pub use retry::AcrossRotation;
use retry::Proven;

use crate::client::{Asked, Entry, Follower, Freshness, Secrets, Walked};
use crate::error::{Error, ErrorKind, Problem, SourceError};
use crate::events;
use crate::lock::lock;
use crate::setting::Setting;
use crate::source::BoxFuture;
use crate::value::ExtractedValue;

/// A config, or one secret, that is kept up to date: with [`SecretConfig::watch`](crate::SecretConfig::watch) or
/// [`Secrets::watch`].
///
/// [`get`](Self::get) gives the current one at any time. In the background its secrets are fetched anew before their TTL
/// ends, together with those of everything else that is watched through the same [`Secrets`]. When one has changed, the
/// whole is built again and takes the old one's place at once: nobody sees half of each. What does not build is not
/// taken: the last good one stays, and [`failure`](Self::failure) says what is wrong.
///
/// That is done on the Tokio runtime on which it was made. If that is gone, [`failure`](Self::failure) says so, and the next
/// [`refresh`](Self::refresh), [`changed`](Self::changed) or `failure` on another runtime goes on there. What local sources
/// hold is looked at once in a TTL, at least every five minutes.
///
/// Clones share everything but what [`changed`](Self::changed) has told them. When the last one is dropped, nothing is
/// fetched for it any more.
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
    shared: Arc<Shared<T>>,
    progress: watch::Receiver<Progress>,
    /// The last change that this handle knows of.
    seen: u64,
}

/// What all handles have in common.
struct Shared<T> {
    secrets: Secrets,
    recipe: Recipe<T>,
    current: ArcSwap<T>,
    made_of: Mutex<MadeOf>,
    progress: watch::Sender<Progress>,
    /// One renewal at a time.
    renewing: Semaphore,
    /// When the last one ended.
    renewed_at: Mutex<Option<Instant>>,
    /// What is pending and already in force.
    proven: Mutex<Option<Proven<T>>>,
}

/// How a value is made.
pub(crate) struct Recipe<T> {
    pub(crate) settings: Box<Settings>,
    pub(crate) build: Box<Build<T>>,
}

type Settings = dyn Fn(&Secrets) -> Vec<Setting> + Send + Sync;
type Build<T> = dyn Fn(&Secrets, Walked) -> Result<T, Error> + Send + Sync;

/// What the current value was made of.
struct MadeOf {
    /// What its sources were asked for.
    asked: Asked,
    /// The look that it came from. Two looks may overlap: what the earlier one saw does not replace what the later one did.
    look: u64,
    /// The look that began last.
    last: u64,
    found: Vec<Option<ExtractedValue>>,
}

/// What came of a look.
enum Taken {
    /// It is the newest one that counts.
    Whole,
    /// A later look was quicker.
    Overtaken,
    /// It is the newest one that counts, and nobody has seen it before.
    Changed(Changes),
}

impl<T: Send + Sync + 'static> Live<T> {
    /// Makes the first one, which must succeed, and follows from then on.
    pub(crate) async fn start(secrets: &Secrets, recipe: Recipe<T>) -> Result<Self, Error> {
        if Handle::try_current().is_err() {
            return Err(problem(secrets, "runtime", NO_RUNTIME));
        }
        let walked = secrets.walk((recipe.settings)(secrets), Freshness::Cached).await;
        let (found, asked) = (found_in(&walked), walked.asked.clone().into());
        let first = (recipe.build)(secrets, walked)?;
        let shared = Arc::new(Shared {
            secrets: secrets.clone(),
            recipe,
            current: ArcSwap::from_pointee(first),
            made_of: Mutex::new(MadeOf { asked, look: 0, last: 0, found }),
            progress: watch::Sender::default(),
            renewing: Semaphore::new(1),
            renewed_at: Mutex::default(),
            proven: Mutex::default(),
        });
        secrets.follow(&shared);
        // What changed before it followed, nobody has told it.
        let _ = shared.look(Freshness::Cached).await;
        let seen = shared.progress.borrow().generation();
        Ok(Self { progress: shared.progress.subscribe(), shared, seen })
    }

    /// The current value, without waiting and without an allocation.
    ///
    /// Use it and let it go: what holds on to it for long, such as a task of its own, takes a
    /// [`snapshot`](Self::snapshot).
    pub fn get(&self) -> Current<T> {
        Current(self.shared.current.load())
    }

    /// The current value, to keep for as long as it is needed.
    pub fn snapshot(&self) -> Arc<T> {
        self.shared.current.load_full()
    }

    /// Waits for the next change that this handle has not told of, and names the fields that have changed. Values are
    /// never among what it says.
    ///
    /// Cancel safe: a change that was not told is told next time. What [`refresh`](Self::refresh) has brought is told, too.
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

    /// Fetches everything anew, now, and says which fields have changed. Callers at the same time share requests.
    ///
    /// # Errors
    /// What could not be loaded, or does not build. The current value stays, and goes on being followed.
    pub async fn refresh(&self) -> Result<Changes, Error> {
        self.shared.secrets.keep_watching();
        let before = self.shared.progress.borrow().generation();
        self.shared.look(Freshness::Refreshed).await?;
        // The task that follows may have been quicker to take what this has brought.
        Ok(self.shared.progress.borrow().since(before))
    }

    /// Why the current value is not the latest: what the last change broke, or what cannot be refreshed at the moment.
    /// None if all is well.
    pub fn failure(&self) -> Option<Arc<Error>> {
        self.shared.secrets.keep_watching();
        if !self.shared.secrets.is_watching() {
            return Some(Arc::new(problem(&self.shared.secrets, "runtime", NO_RUNTIME)));
        }
        let rejected = self.shared.progress.borrow().rejected();
        rejected.or_else(|| self.shared.refresh_failures().map(Arc::new))
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// Looks at all that it is made of, and takes what has changed.
    async fn look(&self, freshness: Freshness) -> Result<bool, Error> {
        let mut freshness = freshness;
        loop {
            let look = {
                let mut made_of = self.made_of();
                made_of.last += 1;
                made_of.last
            };
            let walked = self.secrets.walk((self.recipe.settings)(&self.secrets), freshness).await;
            let was_rejected = self.progress.borrow().rejected().is_some();
            let taken = self.take(look, walked);
            // Whoever listens may panic, and under a lock of ours it does not.
            match &taken {
                Ok(Taken::Changed(changes)) => events::followed(changes),
                Err(error) if !was_rejected => events::not_followed(error.kind()),
                _ => {}
            }
            match taken? {
                Taken::Whole => return Ok(false),
                Taken::Changed(_) => return Ok(true),
                // Whatever both saw is cached by now.
                Taken::Overtaken => freshness = Freshness::Cached,
            }
        }
    }

    /// Builds anew if something has changed, and lets it be the current one if it is whole.
    fn take(&self, look: u64, walked: Walked) -> Result<Taken, Error> {
        let found = found_in(&walked);
        let paths: Vec<String> = walked.entries.iter().map(|entry| entry.setting.path().to_owned()).collect();
        let mut made_of = self.made_of();
        if look < made_of.look {
            // What a later look has seen of the cache says nothing of why this one failed.
            let failed = walked.has_failed().then(|| (self.recipe.build)(&self.secrets, walked));
            return failed.and_then(Result::err).map_or(Ok(Taken::Overtaken), Err);
        }
        if *made_of.asked != *walked.asked {
            made_of.asked = walked.asked.clone().into();
        }
        let differing = paths
            .into_iter()
            .zip(made_of.found.iter().zip(&found))
            .filter(|(_, (before, now))| !is_same(before.as_ref(), now.as_ref()));
        let changes = Changes::of(differing.map(|(path, _)| path));
        let built = if changes.is_empty() && walked.problems.is_empty() && !walked.has_failed() {
            None
        } else {
            // Under the lock: it waits for nothing, and the next look must not come in between.
            // A panic of the application's own code, such as a validation, must not end the task that all share.
            let caught = catch_unwind(AssertUnwindSafe(|| (self.recipe.build)(&self.secrets, walked)));
            Some(caught.unwrap_or_else(|_| Err(problem(&self.secrets, "config", PANICKED))))
        };
        made_of.look = look;
        match built {
            Some(Err(error)) => {
                self.progress.send_modify(|progress| progress.reject(error.clone()));
                Err(error)
            }
            Some(Ok(value)) if !changes.is_empty() => {
                self.current.store(Arc::new(value));
                // What was pending is not in force beside a newer one, and would stay in memory.
                drop(self.lock_proven().take());
                self.progress.send_modify(|progress| progress.advance(&changes));
                made_of.found = found;
                Ok(Taken::Changed(changes))
            }
            Some(Ok(_)) | None => {
                self.progress.send_if_modified(Progress::accept);
                Ok(Taken::Whole)
            }
        }
    }

    /// What is served although it could not be refreshed.
    fn refresh_failures(&self) -> Option<Error> {
        self.secrets.refresh_failures(&(self.recipe.settings)(&self.secrets))
    }

    fn made_of(&self) -> std::sync::MutexGuard<'_, MadeOf> {
        lock(&self.made_of)
    }
}

impl<T: Send + Sync + 'static> Follower for Shared<T> {
    fn asked(&self) -> Asked {
        Arc::clone(&self.made_of().asked)
    }

    fn follow(self: Arc<Self>) -> BoxFuture<'static, bool> {
        // What goes wrong is kept, for `failure` to say.
        Box::pin(async move { self.look(Freshness::Watched).await.unwrap_or(false) })
    }

    fn panicked(&self) {
        self.progress.send_modify(|progress| progress.reject(problem(&self.secrets, "config", PANICKED)));
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.secrets.unfollow();
    }
}

const NO_RUNTIME: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("no Tokio runtime is there to watch secrets on")
    .with_help("watch them from a runtime that lives as long as they are used");

const PANICKED: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("looking for it or building it panicked")
    .with_help("see the panic's own message for where");

fn problem(secrets: &Secrets, subject: &'static str, error: SourceError) -> Error {
    secrets.error("what is watched".to_owned(), 0, vec![Problem::new(subject, error)], Vec::new())
}

fn found_in(walked: &Walked) -> Vec<Option<ExtractedValue>> {
    walked.entries.iter().map(Entry::found).map(Option::<&ExtractedValue>::cloned).collect()
}

fn is_same(before: Option<&ExtractedValue>, now: Option<&ExtractedValue>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => before.is_same(now),
        (None, None) => true,
        _ => false,
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), progress: self.progress.clone(), seen: self.seen }
    }
}

/// Shows what the current value shows of itself.
impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Live").field(&**self.shared.current.load()).finish()
    }
}

/// A current value, as [`Live::get`] gives it.
pub struct Current<T>(Guard<Arc<T>>);

impl<T> Deref for Current<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Shows what the value shows of itself.
impl<T: fmt::Debug> fmt::Debug for Current<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
