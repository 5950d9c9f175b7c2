//! One task for each `Secrets` that keeps what is watched fresh, however many watch it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::{CachedSource, Entry, Inner, Link, Secrets};
use crate::error::{Error, FieldError};
use crate::setting::Setting;
use crate::source::{BoxFuture, Key};

/// Something made of secrets that follows them.
pub(crate) trait Follower: Send + Sync {
    /// What it is made of. For a follower the same for ever.
    fn settings(&self, secrets: &Secrets) -> Vec<Setting>;

    /// Looks at all of it again, and changes if something of it has.
    fn follow<'a>(&'a self, secrets: &'a Secrets) -> BoxFuture<'a, ()>;
}

/// Those who follow, and the task that tells them when.
#[derive(Default)]
pub(super) struct Watcher {
    watched: Mutex<Watched>,
    /// Told of every landing, and of followers that come and go.
    pub(super) wake: Arc<Notify>,
}

#[derive(Default)]
struct Watched {
    followers: Vec<Weak<dyn Follower>>,
    /// What all of them are made of, by source. They come and go seldom: it is made anew then.
    keys: Option<Arc<[Vec<Key>]>>,
    task: Option<AbortHandle>,
}

/// Those who follow at one moment.
struct Followers {
    followers: Vec<Arc<dyn Follower>>,
    keys: Arc<[Vec<Key>]>,
}

/// Local sources are looked at again this often if nothing remote asks for it earlier.
const POLL: Duration = Duration::from_mins(5);

/// A wait that is over too early by the cache's coarse clock is repeated, not spun.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

impl Secrets {
    /// Lets something follow its secrets until it is dropped. Needs a Tokio runtime with a timer.
    pub(crate) fn follow(&self, follower: &Arc<impl Follower + 'static>) {
        let follower: Weak<dyn Follower> = Arc::downgrade(&(Arc::clone(follower) as Arc<dyn Follower>));
        let mut watched = self.inner.watcher.watched();
        watched.followers.push(follower);
        watched.keys = None;
        // The runtime that carried the task may be gone.
        if watched.task.as_ref().is_none_or(AbortHandle::is_finished) {
            let (secrets, wake) = (Arc::downgrade(&self.inner), Arc::clone(&self.inner.watcher.wake));
            watched.task = Some(tokio::spawn(watch(secrets, wake)).abort_handle());
        }
        drop(watched);
        self.inner.watcher.wake.notify_one();
    }

    /// Tells the task that a follower has gone.
    pub(crate) fn unfollow(&self) {
        self.inner.watcher.watched().keys = None;
        self.inner.watcher.wake.notify_one();
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(task) = self.watched().task.take() {
            task.abort();
        }
    }
}

impl Watcher {
    /// No `.await` happens under this lock.
    fn watched(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task. Ends when nobody follows any more, or when the last handle of `Secrets` is gone.
async fn watch(secrets: Weak<Inner>, wake: Arc<Notify>) {
    let mut seen = None;
    // The first turn takes note of what there is.
    let mut next = Instant::now();
    let mut look = next;
    loop {
        {
            let Some(inner) = secrets.upgrade() else { return };
            let secrets = Secrets { inner };
            let Some(Followers { followers, keys }) = secrets.followers() else { return };
            let changes = secrets.changes();
            if seen.replace(changes) != Some(changes) || Instant::now() >= look.min(next) {
                all(followers.iter().map(|follower| follower.follow(&secrets)).collect()).await;
                look = Instant::now() + POLL;
            }
            let due = secrets.next_due(&keys).map(|wait| Instant::now() + wait.max(SHORTEST_WAIT));
            next = due.map_or(look, |due| due.min(look));
        }
        // Nothing of `Secrets` is held meanwhile: its last handle may go.
        let _ = tokio::time::timeout_at(next, wake.notified()).await;
    }
}

impl Secrets {
    /// Those who follow, and what they are made of; none if nobody does, and then the task is over.
    fn followers(&self) -> Option<Followers> {
        let mut watched = self.inner.watcher.watched();
        watched.followers.retain(|follower| follower.strong_count() > 0);
        let followers: Vec<_> = watched.followers.iter().filter_map(Weak::upgrade).collect();
        if followers.is_empty() {
            watched.task = None;
            return None;
        }
        let keys = match &watched.keys {
            Some(keys) => Arc::clone(keys),
            None => {
                let keys: Arc<[Vec<Key>]> = self.keys_of(&followers);
                watched.keys = Some(Arc::clone(&keys));
                keys
            }
        };
        Some(Followers { followers, keys })
    }

    /// The keys of every cached source, without duplicates.
    fn keys_of(&self, followers: &[Arc<dyn Follower>]) -> Arc<[Vec<Key>]> {
        let settings: Vec<Setting> = followers.iter().flat_map(|follower| follower.settings(self)).collect();
        let keys = |Link { source, cached }: &Link| {
            let asked =
                settings.iter().filter(|setting| cached.is_some() && setting.allows_source(source.name()));
            let keys = asked.flat_map(|setting| source.locate(setting)).map(|location| location.key);
            keys.collect::<HashSet<_>>().into_iter().collect()
        };
        self.inner.links.iter().map(keys).collect()
    }

    /// How long until something watched is to be asked for again.
    fn next_due(&self, keys: &[Vec<Key>]) -> Option<Duration> {
        let links = self.inner.links.iter().zip(keys);
        links.filter_map(|(link, keys)| link.cached.as_ref()?.next_due(keys)).min()
    }

    /// Grows whenever something cached becomes another, or fails.
    fn changes(&self) -> u64 {
        self.inner.links.iter().filter_map(|link| link.cached.as_ref()).map(CachedSource::changes).sum()
    }
}

impl Secrets {
    /// What is served although it could not be refreshed, as one error.
    pub(crate) fn refresh_failures(&self, settings: &[Setting]) -> Option<Error> {
        let failed = |setting: &Setting| {
            self.inner.links.iter().find_map(|Link { source, cached }| {
                let cached = cached.as_ref().filter(|_| setting.allows_source(source.name()))?;
                source.locate(setting).iter().find_map(|location| {
                    let error = cached.refresh_failure(location.key())?;
                    Some(Entry::refresh_failure(setting, &**source, location.key(), error))
                })
            })
        };
        let fields: Vec<FieldError> = settings.iter().filter_map(failed).collect();
        let subject = "what is watched".to_owned();
        (!fields.is_empty()).then(|| self.error(subject, settings.len(), Vec::new(), fields))
    }
}

/// Waits for all of them at once.
async fn all(mut futures: Vec<BoxFuture<'_, ()>>) {
    std::future::poll_fn(|context| {
        futures.retain_mut(|future| future.as_mut().poll(context).is_pending());
        if futures.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
