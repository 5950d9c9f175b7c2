//! The background task that refreshes watched secrets before they expire and starts the rebuilds of its
//! subscribers.

use std::collections::{HashSet, VecDeque};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::subscribers::{KeysBySource, Subscriber};
use crate::client::freshness::Freshness;
use crate::client::lookup::Link;
use crate::client::secrets::{Inner, Secrets};
use crate::client::single_flight::CachedSource;
use crate::contain::{Contained, Panicked, contain};
use crate::source::{Key, Memory, lacks_timers};

/// The longest time between two rounds, unless the TTL is shorter. Local sources, and settings that no
/// source had, are looked at in each round only.
const MAX_INTERVAL: Duration = Duration::from_mins(5);

/// The longest sleep. Tokio's timers stand still while the machine is suspended, and the cache's clock does
/// not: after this time at most, the task sees what has become due meanwhile.
const MAX_SLEEP: Duration = Duration::from_secs(10);

/// The shortest wait, also after a change. The cache's coarse clock may end a wait too early, which must not
/// become a busy loop.
const MIN_WAIT: Duration = Duration::from_millis(5);

/// How long a round waits after a change, unless the TTL is short. The answers of one call arrive one after
/// the other: they make one change of a config, and a denial of several secrets makes one line in the log.
const SETTLE_TIME: Duration = Duration::from_millis(50);

/// The longest pause after rounds that changed nothing.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// How many rebuilds start in one turn. A thousand at once would block a thread of the runtime.
const MAX_STARTS: usize = 16;

impl Secrets {
    /// Keeps a subscriber's secrets fresh until it is dropped. Needs a Tokio runtime with a timer.
    pub(crate) fn subscribe(&self, subscriber: &Arc<impl Subscriber + 'static>) {
        self.inner.watcher.add(subscriber);
        self.keep_watching();
        self.inner.watcher.wake().notify_one();
    }

    /// Tells the task that a subscriber is gone.
    pub(crate) fn unsubscribe(&self) {
        self.inner.watcher.wake().notify_one();
    }

    /// Starts the task if it is not running: its runtime may be gone or stand still.
    pub(crate) fn keep_watching(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if self.is_watching() || lacks_timers() {
            return;
        }
        let task = || WatchTask::new(Arc::downgrade(&self.inner), self.inner.watcher.wake()).run();
        self.inner.watcher.start(&runtime, task);
    }

    /// Whether the task is running.
    pub(crate) fn is_watching(&self) -> bool {
        self.inner.watcher.is_running()
    }
}

/// The state of the task. It works in rounds: a round refreshes the secrets that are due and rebuilds every
/// subscriber.
struct WatchTask {
    /// Weak, so that the task ends with the last handle.
    secrets: Weak<Inner>,
    wake: Arc<Notify>,
    /// Subscribers of this round whose rebuild has not started.
    queue: VecDeque<Arc<dyn Subscriber>>,
    /// Rebuilds in progress.
    rebuilds: Vec<Rebuild>,
    /// The caches' change counter when the last round began. `None` before the first round.
    seen_changes: Option<u64>,
    /// When the first change since then was noticed.
    changed_at: Option<Instant>,
    /// When the last round began.
    last_round: Instant,
    /// The shortest time from one round to the next. It grows while rounds change no value: two keys that
    /// evict each other from the cache would otherwise keep the task busy.
    pause: Duration,
    /// Whether a rebuild since the last round began has changed a value.
    has_changed: bool,
}

struct Rebuild {
    subscriber: Arc<dyn Subscriber>,
    /// Code of the application runs in it, too. Its panic must not end the task, which all subscribers share.
    future: Contained<dyn Future<Output = bool> + Send>,
}

impl WatchTask {
    fn new(secrets: Weak<Inner>, wake: Arc<Notify>) -> Self {
        Self {
            secrets,
            wake,
            queue: VecDeque::new(),
            rebuilds: Vec::new(),
            seen_changes: None,
            changed_at: None,
            last_round: Instant::now(),
            pause: Duration::ZERO,
            has_changed: false,
        }
    }

    async fn run(mut self) {
        while let Some(next) = self.turn().await {
            self.start_rebuilds();
            let now = Instant::now();
            self.wait(if self.queue.is_empty() { next.min(now + MAX_SLEEP) } else { now }).await;
        }
    }

    /// Begins a round if it is time for one, and returns when to look again. `None` if no subscriber or no
    /// handle is left.
    async fn turn(&mut self) -> Option<Instant> {
        let secrets = Secrets { inner: self.secrets.upgrade()? };
        let subscribers = secrets.inner.watcher.subscribers()?;
        let keys = keys_of(&subscribers);
        let now = Instant::now();
        self.note_change(&secrets, now);
        let mut next = self.next_round(&secrets, &keys, now);
        if next <= now {
            self.pause = if self.has_changed { Duration::ZERO } else { secrets.longer_pause(self.pause) };
            (self.seen_changes, self.last_round, self.has_changed) = (Some(secrets.changes()), now, false);
            self.changed_at = None;
            secrets.start_refresh(&keys).await;
            let is_queued = |subscriber: &Arc<dyn Subscriber>| {
                self.queue.iter().any(|other| Arc::ptr_eq(other, subscriber))
            };
            let idle: Vec<_> = subscribers.into_iter().filter(|subscriber| !is_queued(subscriber)).collect();
            self.queue.extend(idle);
            self.note_change(&secrets, now);
            next = self.next_round(&secrets, &keys, now);
        }
        let next = next.max(now + MIN_WAIT);
        secrets.inner.watcher.expect_run(next.min(now + MAX_SLEEP));
        Some(next)
    }

    fn note_change(&mut self, secrets: &Secrets, now: Instant) {
        let has_changed = self.seen_changes != Some(secrets.changes());
        self.changed_at = has_changed.then(|| self.changed_at.unwrap_or(now));
    }

    /// When the next round begins: when a secret is due, or some time after a change in a cache, but not
    /// before the pause is over.
    fn next_round(&self, secrets: &Secrets, keys: &[Vec<Key>], now: Instant) -> Instant {
        let earliest = self.last_round + self.pause;
        match self.changed_at {
            Some(_) if self.seen_changes.is_none() => earliest,
            Some(changed_at) => earliest.max(changed_at + secrets.settle_time()),
            None => earliest.max(secrets.next_due(keys, self.last_round, now)),
        }
    }

    fn start_rebuilds(&mut self) {
        let count = self.queue.len().min(MAX_STARTS);
        for subscriber in self.queue.drain(..count) {
            // A rebuild in progress still waits for values and gets the newest ones.
            if !self.rebuilds.iter().any(|rebuild| Arc::ptr_eq(&rebuild.subscriber, &subscriber)) {
                let future = Contained::new(|| Arc::clone(&subscriber).rebuild());
                self.rebuilds.push(Rebuild { subscriber, future });
            }
        }
    }

    /// Drives the rebuilds until a moment, or until the task is woken. Apart from rebuilds in progress, no
    /// handle of `Secrets` is held meanwhile, so that the last one can be dropped.
    async fn wait(&mut self, until: Instant) {
        let Self { rebuilds, has_changed, wake, .. } = self;
        let mut woken = pin!(wake.notified());
        let mut timer = pin!(tokio::time::sleep_until(until));
        poll_fn(|context| {
            rebuilds.retain_mut(|Rebuild { subscriber, future }| {
                match Pin::new(future).poll(context) {
                    Poll::Pending => return true,
                    Poll::Ready(Ok(changed)) => *has_changed |= changed,
                    // It is logged, and a log subscriber may panic, too.
                    Poll::Ready(Err(Panicked)) => drop(contain(|| subscriber.panicked())),
                }
                false
            });
            match woken.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => timer.as_mut().poll(context),
            }
        })
        .await;
    }
}

/// The keys of all subscribers by source, without duplicates.
fn keys_of(subscribers: &[Arc<dyn Subscriber>]) -> Vec<Vec<Key>> {
    let keys: Vec<KeysBySource> = subscribers.iter().map(|subscriber| subscriber.keys()).collect();
    let sources = keys.iter().map(|keys| keys.len()).max().unwrap_or(0);
    let of_source = |source| {
        let keys = keys.iter().filter_map(|keys| keys.get(source)).flatten();
        keys.collect::<HashSet<_>>().into_iter().cloned().collect()
    };
    (0..sources).map(of_source).collect()
}

impl Secrets {
    /// Starts to refresh the keys that are due, with one call for each source, and does not wait for the
    /// answers.
    async fn start_refresh(&self, keys: &[Vec<Key>]) {
        for (link, keys) in self.inner.links.iter().zip(keys) {
            if let Some(cached) = link.cached.as_ref().filter(|_| !keys.is_empty()) {
                let mut read = pin!(cached.read(keys, Freshness::Watched));
                // Keys that the cache does not hold share the call. The rebuilds wait for it.
                poll_fn(|context| Poll::Ready(read.as_mut().poll(context).is_ready())).await;
            }
        }
    }

    /// When one of the keys must be fetched again.
    fn next_due(&self, keys: &[Vec<Key>], last_round: Instant, now: Instant) -> Instant {
        let links = self.inner.links.iter().zip(keys);
        let due = links.filter_map(|(link, keys)| link.cached.as_ref()?.next_due(keys)).min();
        let latest = last_round + self.max_interval();
        due.map_or(latest, |wait| latest.min(now + wait.min(self.max_interval())))
    }

    fn max_interval(&self) -> Duration {
        let ttl = self.inner.policy.ttl;
        if ttl.is_zero() { MAX_INTERVAL } else { MAX_INTERVAL.min(ttl) }
    }

    fn settle_time(&self) -> Duration {
        SETTLE_TIME.min(self.max_interval() / 200)
    }

    /// The pause after one more round that changed nothing.
    fn longer_pause(&self, pause: Duration) -> Duration {
        (pause * 2).clamp(MIN_WAIT, MAX_PAUSE.min(self.max_interval() / 20).max(MIN_WAIT))
    }

    /// Grows whenever a source changes or ends a cached value, or a value in memory is set.
    fn changes(&self) -> u64 {
        let of = |link: &Link| {
            link.cached.as_ref().map_or(0, CachedSource::changes)
                + link.memory.as_ref().map_or(0, Memory::changes)
        };
        self.inner.links.iter().map(of).sum()
    }
}
