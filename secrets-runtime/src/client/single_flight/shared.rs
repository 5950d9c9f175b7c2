//! The state of a cached source, which its readers and its calls share.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use crate::client::cache::{Cache, FastPath, Moment, PendingId, Timer, failure_kind};
use crate::error::{ErrorKind, SourceError};
use crate::lock::lock;
use crate::source::{Answer, Key, Source};

/// How long a batch window may be open. If it takes longer, its runtime has stopped.
pub(super) const MAX_BATCH_WINDOW: Duration = Duration::from_secs(1);

pub(super) struct Shared {
    pub(super) source: Arc<dyn Source>,
    pub(super) timer: Arc<Timer>,
    pub(super) timeout: Duration,
    pub(super) fast_path: Arc<FastPath>,
    /// Notified whenever answers have come.
    pub(super) answered: Arc<Notify>,
    pub(super) state: Mutex<State>,
    pub(super) calls: Mutex<Vec<AbortHandle>>,
}

pub(super) struct State {
    pub(super) cache: Cache,
    /// The readers that wait, by the request that they wait for.
    pub(super) waiting: HashMap<PendingId, watch::Sender<Option<Delivered>>>,
    /// The open batch window, whose call will take all queued keys.
    pub(super) window: Option<Window>,
    /// The requests that calls have taken and not answered.
    pub(super) carried: HashMap<PendingId, Carried>,
    pub(super) failures: BTreeMap<ErrorKind, u64>,
}

/// The time before a call in which further keys join it.
pub(super) struct Window {
    pub(super) opened_at: Moment,
    /// Where its call will start.
    pub(super) runtime: Handle,
}

/// A request that a call has taken and not answered.
pub(super) struct Carried {
    pub(super) key: Key,
    /// Where the call runs.
    pub(super) runtime: Handle,
}

/// What the readers of a request get.
#[derive(Clone)]
pub(super) struct Delivered {
    /// The key that was fetched. A reader may have asked by another key of the same secret.
    pub(super) fetched_by: Key,
    /// Whether the cache took the answer in, and knows the secret's other keys by it.
    pub(super) is_taken_in: bool,
    pub(super) answer: Answer,
    /// The faults of the source itself.
    pub(super) problems: Arc<[SourceError]>,
}

impl State {
    /// Wakes the readers of requests that were given up: they look up again.
    pub(super) fn wake_stalled(&mut self) {
        for stalled in self.cache.take_stalled() {
            self.waiting.remove(&stalled);
        }
    }

    /// Forgets a request that has ended, and returns what sends the answer to its readers.
    pub(super) fn end(&mut self, id: PendingId) -> Option<watch::Sender<Option<Delivered>>> {
        self.carried.remove(&id);
        self.waiting.remove(&id)
    }

    pub(super) fn count_failure(&mut self, answer: &Answer) {
        if let Some(kind) = failure_kind(answer) {
            *self.failures.entry(kind).or_default() += 1;
        }
    }
}

impl Shared {
    /// No `.await` and no code of others run under this lock.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes the cache, then drops ended values from the fast path and reports what happened.
    pub(super) fn change(&self, change: impl FnOnce(&mut Cache)) {
        let (ended, events) = {
            let state = &mut *self.state();
            change(&mut state.cache);
            state.wake_stalled();
            (state.cache.take_ended(), state.cache.take_events())
        };
        self.purge_if(ended);
        self.report(&events);
    }

    pub(super) fn purge_if(&self, ended: bool) {
        if ended {
            self.fast_path.purge();
        }
    }
}
