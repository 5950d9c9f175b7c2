//! One task for each `Secrets` that keeps what is watched fresh, however many watch it.

use std::collections::{HashSet, VecDeque};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::freshness::Freshness;
use super::lookup::{Entry, Link};
use super::secrets::{Inner, Secrets};
use super::single_flight::CachedSource;
use crate::error::{Error, FieldError};
use crate::lock::lock;
use crate::setting::Setting;
use crate::source::{BoxFuture, Key};

/// Something made of secrets that follows them.
pub(crate) trait Follower: Send + Sync {
    /// What its last look asked for, by source.
    fn asked(&self) -> Asked;

    /// Looks at all of it again, and changes if something of it has: `true` then.
    fn follow(self: Arc<Self>) -> BoxFuture<'static, bool>;

    /// Notes that a look panicked.
    fn panicked(&self);
}

/// The keys that were asked for, by source.
pub(crate) type Asked = Arc<[Vec<Key>]>;

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
    task: Option<AbortHandle>,
    /// When the task should have had its next turn. Later, the runtime that carries it is not run any more.
    next_turn: Option<Instant>,
}

/// Everything is looked at again this often, if its TTL does not ask for more: what local sources hold, and what nobody had.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// A wait that is over too early by the cache's coarse clock is repeated, not spun.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// How long a look is put off at most after looks that changed nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How many begin to look in one turn: a thousand would keep a thread of the runtime to themselves.
const TOGETHER: usize = 16;

/// How late the task's turn may be before another runtime takes over.
const LATE: Duration = Duration::from_secs(10);

impl Secrets {
    /// Lets something follow its secrets until it is dropped. Needs a Tokio runtime with a timer.
    pub(crate) fn follow(&self, follower: &Arc<impl Follower + 'static>) {
        let follower: Weak<dyn Follower> = Arc::downgrade(&(Arc::clone(follower) as Arc<dyn Follower>));
        self.inner.watcher.watched().followers.push(follower);
        self.keep_watching();
        self.inner.watcher.wake.notify_one();
    }

    /// Tells the task that a follower has gone.
    pub(crate) fn unfollow(&self) {
        self.inner.watcher.wake.notify_one();
    }

    /// Sees to it that the task runs: the runtime that carried it may be gone, or nobody runs it any more.
    pub(crate) fn keep_watching(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let mut watched = self.inner.watcher.watched();
        if watched.runs() {
            return;
        }
        if let Some(task) = watched.task.take() {
            task.abort();
        }
        let task = watch(Arc::downgrade(&self.inner), Arc::clone(&self.inner.watcher.wake));
        watched.next_turn = Some(Instant::now() + LATE);
        watched.task = Some(runtime.spawn(task).abort_handle());
    }

    /// Whether somebody keeps what is watched fresh.
    pub(crate) fn is_watching(&self) -> bool {
        self.inner.watcher.watched().runs()
    }
}

impl Watched {
    fn runs(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
            && self.next_turn.is_some_and(|turn| Instant::now() < turn)
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
    /// No `.await` happens under this lock, and nobody else's code runs.
    fn watched(&self) -> MutexGuard<'_, Watched> {
        lock(&self.watched)
    }
}

/// A follower that is looking.
struct Look {
    follower: Arc<dyn Follower>,
    look: BoxFuture<'static, bool>,
}

/// The task. Ends when nobody follows any more, or when the last handle of `Secrets` is gone.
async fn watch(secrets: Weak<Inner>, wake: Arc<Notify>) {
    let mut looking: Vec<Look> = Vec::new();
    let mut queue: VecDeque<Arc<dyn Follower>> = VecDeque::new();
    let mut seen = None;
    let mut looked = Instant::now();
    let mut pause = Duration::ZERO;
    let mut is_news = false;
    loop {
        let next = {
            let Some(inner) = secrets.upgrade() else { return };
            let secrets = Secrets { inner };
            let Some(followers) = secrets.followers() else { return };
            let now = Instant::now();
            let changes = secrets.changes();
            let asked = Keys::of(&followers);
            let due = secrets.due(&asked, looked, now);
            // Looks that change nothing although something has changed, or is due, are those of others. Or two of them
            // push each other out of the cache: that must not become a loop.
            let may_look = seen.is_none() || now >= looked + pause;
            if may_look && (seen != Some(changes) || due <= now) {
                pause = if is_news { Duration::ZERO } else { secrets.longer(pause) };
                (seen, looked, is_news) = (Some(changes), now, false);
                secrets.refresh_due(&asked).await;
                let queued =
                    |follower: &Arc<dyn Follower>| queue.iter().any(|other| Arc::ptr_eq(other, follower));
                let idle: Vec<_> = followers.into_iter().filter(|follower| !queued(follower)).collect();
                queue.extend(idle);
            }
            let due = secrets.due(&asked, looked, now).max(looked + pause).max(now + SHORTEST_WAIT);
            let next = if seen == Some(secrets.changes()) { due } else { looked + pause };
            secrets.inner.watcher.watched().next_turn = Some(next.max(now) + LATE);
            next
        };
        let begin = queue.len().min(TOGETHER);
        for follower in queue.drain(..begin) {
            // Who still looks sees what there is in the end.
            if !looking.iter().any(|look| Arc::ptr_eq(&look.follower, &follower)) {
                let look = Arc::clone(&follower).follow();
                looking.push(Look { follower, look });
            }
        }
        let next = if queue.is_empty() { next } else { Instant::now() };
        // Nothing of `Secrets` is held meanwhile, unless somebody looks: its last handle may go.
        is_news |= wait(&mut looking, &wake, next).await;
    }
}

/// Waits until a moment or until somebody calls, while those who look go on. Whether one of them saw something new.
async fn wait(looking: &mut Vec<Look>, wake: &Notify, until: Instant) -> bool {
    let mut is_news = false;
    let mut called = pin!(wake.notified());
    let mut over = pin!(tokio::time::sleep_until(until));
    poll_fn(|context| {
        looking.retain_mut(|Look { follower, look }| {
            // What runs there is the application's code, too: it must not end the task that all share.
            match catch_unwind(AssertUnwindSafe(|| look.as_mut().poll(context))) {
                Ok(Poll::Pending) => return true,
                Ok(Poll::Ready(changed)) => is_news |= changed,
                Err(_) => follower.panicked(),
            }
            false
        });
        match called.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => over.as_mut().poll(context),
        }
    })
    .await;
    is_news
}

/// What all followers asked for, without duplicates.
struct Keys(Vec<Vec<Key>>);

impl Keys {
    fn of(followers: &[Arc<dyn Follower>]) -> Self {
        let asked: Vec<Asked> = followers.iter().map(|follower| follower.asked()).collect();
        let links = asked.iter().map(|asked| asked.len()).max().unwrap_or(0);
        let of_link = |link| {
            let keys = asked.iter().filter_map(|asked| asked.get(link)).flatten();
            keys.collect::<HashSet<_>>().into_iter().cloned().collect()
        };
        Self((0..links).map(of_link).collect())
    }
}

impl Secrets {
    /// Those who follow; none if nobody does, and then the task is over.
    fn followers(&self) -> Option<Vec<Arc<dyn Follower>>> {
        let mut watched = self.inner.watcher.watched();
        watched.followers.retain(|follower| follower.strong_count() > 0);
        let followers: Vec<_> = watched.followers.iter().filter_map(Weak::upgrade).collect();
        if followers.is_empty() {
            watched.task = None;
            return None;
        }
        Some(followers)
    }

    /// Asks for what is due of all that is watched, in one call for each source, and waits for nothing.
    async fn refresh_due(&self, Keys(keys): &Keys) {
        for (link, keys) in self.inner.links.iter().zip(keys) {
            if let Some(cached) = link.cached.as_ref().filter(|_| !keys.is_empty()) {
                let mut read = pin!(cached.read(keys, Freshness::Watched));
                // What is not held is asked for in the same call; the followers wait for it.
                poll_fn(|context| Poll::Ready(read.as_mut().poll(context).is_ready())).await;
            }
        }
    }

    /// When something watched is to be asked for again.
    fn due(&self, Keys(keys): &Keys, looked: Instant, now: Instant) -> Instant {
        let links = self.inner.links.iter().zip(keys);
        let due = links.filter_map(|(link, keys)| link.cached.as_ref()?.next_due(keys)).min();
        let latest = looked + self.longest_wait();
        due.map_or(latest, |wait| latest.min(now + wait))
    }

    fn longest_wait(&self) -> Duration {
        let ttl = self.inner.policy.ttl;
        if ttl.is_zero() { LONGEST_WAIT } else { LONGEST_WAIT.min(ttl) }
    }

    /// The pause after one more look that changed nothing.
    fn longer(&self, pause: Duration) -> Duration {
        (pause * 2).clamp(SHORTEST_WAIT, LONGEST_PAUSE.min(self.longest_wait() / 20).max(SHORTEST_WAIT))
    }

    /// Grows whenever something cached becomes another, or fails.
    fn changes(&self) -> u64 {
        self.inner.links.iter().filter_map(|link| link.cached.as_ref()).map(CachedSource::changes).sum()
    }

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
