//! The subscribers of a `Secrets`, and the state of the task that serves them. Knows nothing of `Secrets`:
//! the task, in `task.rs`, does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::lock::lock;
use crate::source::{BoxFuture, Key};

/// A value built from secrets that is rebuilt when they change.
pub(crate) trait Subscriber: Send + Sync {
    /// The keys that its last load asked for.
    fn keys(&self) -> KeysBySource;

    /// Loads its secrets again and rebuilds the value if they have changed. Returns whether the value has
    /// changed.
    fn rebuild(self: Arc<Self>) -> BoxFuture<'static, bool>;

    /// Records that a rebuild panicked.
    fn panicked(&self);

    /// Whether some of its settings do not load, so that their last good values are in use.
    fn is_failing(&self) -> bool;
}

/// The keys that each source of the chain was asked for.
pub(crate) type KeysBySource = Arc<[Vec<Key>]>;

/// The subscribers, and the task that tells them when to rebuild.
#[derive(Default)]
pub(in crate::client) struct Watcher {
    state: Mutex<State>,
    wake: Arc<Notify>,
    /// Whether anything has ever been watched.
    was_used: AtomicBool,
}

/// How many configs and single secrets are watched.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::client) struct WatchCounts {
    pub(in crate::client) watched: usize,
    /// Those with settings that do not load.
    pub(in crate::client) failing: usize,
}

#[derive(Default)]
struct State {
    subscribers: Vec<Weak<dyn Subscriber>>,
    task: Option<AbortHandle>,
    /// When the task should have run again. If it has not, its runtime is no longer being run.
    deadline: Option<Instant>,
}

/// How late the task may be before it is started on another runtime.
const MAX_DELAY: Duration = Duration::from_secs(10);

impl Watcher {
    /// Wakes the task: on every completed fetch, and when a subscriber comes or goes.
    pub(in crate::client) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    pub(super) fn add(&self, subscriber: &Arc<impl Subscriber + 'static>) {
        let subscriber: Weak<dyn Subscriber> =
            Arc::downgrade(&(Arc::clone(subscriber) as Arc<dyn Subscriber>));
        self.was_used.store(true, Ordering::Relaxed);
        self.state().subscribers.push(subscriber);
    }

    #[cfg(feature = "metrics")]
    pub(in crate::client) fn was_used(&self) -> bool {
        self.was_used.load(Ordering::Relaxed)
    }

    pub(in crate::client) fn counts(&self) -> WatchCounts {
        // The lock is released before the last handle of a subscriber may be dropped here.
        let subscribers: Vec<_> = self.state().subscribers.iter().filter_map(Weak::upgrade).collect();
        let failing = subscribers.iter().filter(|subscriber| subscriber.is_failing()).count();
        WatchCounts { watched: subscribers.len(), failing }
    }

    /// The subscribers that are left. `None` if there are none: the task then ends.
    pub(super) fn subscribers(&self) -> Option<Vec<Arc<dyn Subscriber>>> {
        let mut state = self.state();
        state.subscribers.retain(|subscriber| subscriber.strong_count() > 0);
        let subscribers: Vec<_> = state.subscribers.iter().filter_map(Weak::upgrade).collect();
        if subscribers.is_empty() {
            state.task = None;
            return None;
        }
        Some(subscribers)
    }

    pub(super) fn is_running(&self) -> bool {
        self.state().is_running()
    }

    /// Starts a task on a runtime, in place of one whose runtime is gone or stands still. Does nothing if
    /// one is running.
    pub(super) fn start<F>(&self, runtime: &Handle, task: impl FnOnce() -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut state = self.state();
        if state.is_running() {
            return;
        }
        if let Some(task) = state.task.take() {
            task.abort();
        }
        state.deadline = Some(Instant::now() + MAX_DELAY);
        state.task = Some(runtime.spawn(task()).abort_handle());
    }

    /// Notes when the task will run again.
    pub(super) fn expect_run(&self, at: Instant) {
        self.state().deadline = Some(at + MAX_DELAY);
    }

    /// No `.await` happens under this lock, and no code of the application runs.
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn is_running(&self) -> bool {
        self.task.as_ref().is_some_and(|task| !task.is_finished())
            && self.deadline.is_some_and(|deadline| Instant::now() < deadline)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(task) = self.state().task.take() {
            task.abort();
        }
    }
}
