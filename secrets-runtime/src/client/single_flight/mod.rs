//! Between readers and one remote source: at most one request for a key at a time, whatever becomes of the reader who
//! asked first, and one call for all the keys that are asked for together.

mod call;
mod observe;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::client::cache::{Cache, Counted, Flight, Looked, Policy, Wish};
use crate::client::clock::{Moment, Timer};
use crate::client::freshness::Freshness;
use crate::client::hot::HotValues;
use crate::client::lease::Lease;
use crate::error::{ErrorKind, SourceError};
use crate::events;
use crate::lock::lock;
use crate::secret::Secret;
use crate::source::{Answer, Fetched, Key, Source};
use call::{Gathering, Voyage};

/// How often a reader looks again: after a flight that began too early for it, and after one that came to nothing because
/// the runtime that carried it was shut down.
const ROUNDS: usize = 4;

/// How long a call may be about to begin. One that takes longer never will: its runtime is not being run.
const GATHERING: Duration = Duration::from_secs(1);

/// What the cache's clock may be behind, and more.
const COARSE: Duration = Duration::from_millis(50);

const GIVEN_UP: SourceError = SourceError::new(ErrorKind::Unavailable).because("the fetch was given up");
pub(super) const LATE: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("no answer in time")
    .with_help("check the network, or raise `Secrets::builder().timeout(..)`");

/// A remote source behind a cache. Ends its calls when it is dropped.
pub(super) struct CachedSource {
    shared: Arc<Shared>,
}

struct Shared {
    source: Arc<dyn Source>,
    timer: Arc<Timer>,
    timeout: Duration,
    hot: Arc<HotValues>,
    /// Told whenever something has landed.
    landed: Arc<Notify>,
    state: Mutex<State>,
    calls: Mutex<Vec<AbortHandle>>,
}

struct State {
    cache: Cache,
    /// Those who wait, by what they wait for.
    waiting: HashMap<Flight, watch::Sender<Option<Landed>>>,
    /// Since when a call is about to begin that takes everybody along who waits.
    gathers: Option<Moment>,
    failures: BTreeMap<ErrorKind, u64>,
}

/// What those who wait for a flight get: its answer, and what is wrong with the source itself.
#[derive(Clone)]
struct Landed {
    /// The key that was asked for, of all that mean the secret.
    asked: Key,
    /// Whether the cache knows by it which keys mean the secret.
    is_taken_in: bool,
    answer: Answer,
    problems: Arc<[SourceError]>,
}

/// The reads of one call, one for each key.
struct Readers<'a> {
    keys: &'a [Key],
    wish: Wish,
    answers: &'a mut [Option<Answer>],
    counted: &'a mut [Counted],
}

/// A reader's key that is being asked for.
struct Awaited {
    index: usize,
    flight: Flight,
    landing: watch::Receiver<Option<Landed>>,
    counts: bool,
}

impl CachedSource {
    pub(super) fn new(
        source: Arc<dyn Source>,
        policy: Policy,
        timer: Arc<Timer>,
        timeout: Duration,
        hot: Arc<HotValues>,
        landed: Arc<Notify>,
    ) -> Self {
        let state = State {
            cache: Cache::new(policy, fastrand::u64(..)).with_patience(timeout.saturating_add(GATHERING)),
            waiting: HashMap::new(),
            gathers: None,
            failures: BTreeMap::new(),
        };
        let shared =
            Shared { source, timer, timeout, hot, landed, state: Mutex::new(state), calls: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// The answers to keys, from the cache where it has them.
    pub(super) async fn read(&self, keys: &[Key], freshness: Freshness) -> Fetched {
        // Who asks on behalf of many needs a runtime of his own to do it on.
        if Handle::try_current().is_err() || freshness == Freshness::Uncached {
            return self.shared.fetch_uncached(keys).await;
        }
        let mut answers: Vec<Option<Answer>> = vec![None; keys.len()];
        // What is looked at in the background is nobody's read.
        let counted = if freshness == Freshness::Watched { Counted::ALREADY } else { Counted::default() };
        let mut counted = vec![counted; keys.len()];
        let mut problems: Vec<SourceError> = Vec::new();
        let mut open: Vec<usize> = (0..keys.len()).collect();
        let wish = self.shared.wish(freshness);
        for _ in 0..ROUNDS {
            let readers = Readers { keys, wish, answers: &mut answers, counted: &mut counted };
            let awaited = self.shared.look_up(&std::mem::take(&mut open), readers);
            let began = Instant::now();
            for Awaited { index, flight, landing, counts } in awaited {
                let landed = self.shared.landing_of(flight, landing, began).await;
                match landed.filter(|landed| counts && self.shared.is_for(keys.get(index), landed)) {
                    Some(landed) => {
                        let new = landed.problems.iter().filter(|problem| !problems.contains(problem));
                        problems.extend(new.cloned().collect::<Vec<_>>());
                        let answer = keys.get(index).map(|key| self.shared.settled(key, landed.answer, wish));
                        if let Some(slot) = answers.get_mut(index) {
                            *slot = answer;
                        }
                    }
                    None => open.push(index),
                }
            }
            if open.is_empty() {
                break;
            }
        }
        let answers = answers.into_iter().map(|answer| answer.unwrap_or(Answer::Failed(GIVEN_UP)));
        problems.into_iter().fold(answers.collect(), Fetched::with_problem)
    }

    /// The lease by which a value may be read without asking.
    pub(super) fn lease_of(&self, key: &Key, value: &Secret<String>) -> Option<Arc<Lease>> {
        self.shared.state().cache.lease_of(key, value)
    }

    /// How long until one of the keys is to be asked for again; none if that is not known.
    pub(super) fn next_due(&self, keys: &[Key]) -> Option<Duration> {
        let now = self.shared.timer.now();
        let state = self.shared.state();
        keys.iter().filter_map(|key| state.cache.due_at(key)).min().map(|due| due.since(now))
    }

    /// Grows whenever what is held under a key becomes another, or ends.
    pub(super) fn changes(&self) -> u64 {
        self.shared.state().cache.changes()
    }

    /// Why what is held under a key could not be refreshed.
    pub(super) fn refresh_failure(&self, key: &Key) -> Option<SourceError> {
        self.shared.state().cache.refresh_failure(key)
    }

    pub(super) fn clear(&self) {
        self.shared.change(Cache::clear);
    }

    pub(super) fn clear_name(&self, name: &str) {
        let now = self.shared.timer.now();
        self.shared.change(|cache| cache.clear_name(name, now));
    }
}

impl Drop for CachedSource {
    fn drop(&mut self) {
        for call in lock(&self.shared.calls).drain(..) {
            call.abort();
        }
    }
}

impl Shared {
    /// No `.await` happens under this lock.
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes the cache; then what has ended there ends for readers past it, too.
    fn change(&self, change: impl FnOnce(&mut Cache)) {
        let (ended, events) = {
            let State { cache, waiting, .. } = &mut *self.state();
            change(cache);
            for lost in cache.take_lost() {
                waiting.remove(&lost);
            }
            (cache.take_ended(), cache.take_events())
        };
        if ended {
            self.hot.purge();
        }
        self.tell(&events);
    }

    fn wish(&self, freshness: Freshness) -> Wish {
        match freshness {
            Freshness::Cached | Freshness::Uncached => Wish::Cached,
            Freshness::Watched => Wish::Ahead,
            Freshness::YoungerThan(age) => Wish::YoungerThan(age),
            Freshness::Refreshed => Wish::After(self.state().cache.trip()),
        }
    }

    /// Answers what is known, and joins or begins flights for the rest.
    fn look_up(self: &Arc<Self>, open: &[usize], readers: Readers<'_>) -> Vec<Awaited> {
        let Readers { keys, wish, answers, counted } = readers;
        let now = self.timer.now();
        let mut awaited = Vec::new();
        let mut guard = self.state();
        let State { cache, waiting, gathers, .. } = &mut *guard;
        for &index in open {
            let (Some(key), Some(slot), Some(counted)) =
                (keys.get(index), answers.get_mut(index), counted.get_mut(index))
            else {
                continue;
            };
            let looked = cache.look_again(key, wish, now, counted);
            // Who waits for what is lost looks again.
            for lost in cache.take_lost() {
                waiting.remove(&lost);
            }
            match looked {
                Looked::Known(answer) => *slot = Some(answer),
                Looked::Awaited { flight, counts } => {
                    let landing =
                        waiting.entry(flight).or_insert_with(|| watch::Sender::new(None)).subscribe();
                    awaited.push(Awaited { index, flight, landing, counts });
                }
            }
        }
        let is_taken_along = gathers.is_some_and(|since| now.since(since) < GATHERING);
        if cache.has_waiting() && !is_taken_along {
            *gathers = Some(now);
            drop(guard);
            self.start_call();
        }
        awaited
    }

    /// What a flight has brought; none if a reader who began to wait at this moment had better look again: the runtime
    /// that carries the flight may not be run any more, while his is.
    async fn landing_of(
        &self,
        flight: Flight,
        mut landing: watch::Receiver<Option<Landed>>,
        began: Instant,
    ) -> Option<Landed> {
        // The cache's clock may be a little behind this one.
        let gathered = began + GATHERING + COARSE;
        for until in [gathered, gathered + GATHERING + self.timeout] {
            match tokio::time::timeout_at(until, landing.wait_for(Option::is_some)).await {
                Ok(landed) => return landed.ok().and_then(|landed| landed.clone()),
                Err(_) if self.state().cache.is_waiting(flight) => return None,
                Err(_) => {}
            }
        }
        None
    }

    /// Whether what has landed is for a reader of this key: another key may have turned out to mean another secret.
    fn is_for(&self, key: Option<&Key>, landed: &Landed) -> bool {
        key.is_some_and(|key| {
            *key == landed.asked
                || landed.is_taken_in && self.state().cache.means_the_same(&landed.asked, key)
        })
    }

    /// What a reader gets whose flight has landed: not a failure, if an older value will do.
    fn settled(&self, key: &Key, answer: Answer, wish: Wish) -> Answer {
        match &answer {
            Answer::Failed(_) if wish.accepts_stale(true) => {
                self.state().cache.held_despite_failure(key, self.timer.now()).unwrap_or(answer)
            }
            _ => answer,
        }
    }

    fn start_call(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        let gathering = Gathering { shared: Arc::clone(self), is_over: false };
        let call = tokio::spawn(async move {
            // Whoever else is about to ask comes along.
            tokio::task::yield_now().await;
            if let Some(voyage) = Voyage::begin(&shared, gathering) {
                let fetch = events::fetch(shared.source.name(), voyage.keys.len());
                fetch.around(voyage.call()).await;
            }
        });
        let mut calls = lock(&self.calls);
        calls.retain(|call| !call.is_finished());
        calls.push(call.abort_handle());
    }
}
