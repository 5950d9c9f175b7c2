//! Between readers and one remote source: at most one request for a key at a time, whatever becomes of the reader who
//! asked first, and one call for all the keys that are asked for together.

mod observe;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;

use super::cache::{Cache, Counted, Departure, Flight, Looked, Policy, Trip};
use super::clock::{Moment, Timer};
use super::hot::HotValues;
use super::lease::Lease;
use super::wish::{Freshness, Wish};
use crate::error::{ErrorKind, SourceError};
use crate::notice;
use crate::secret::Secret;
use crate::source::{Answer, Fetched, Key, Source};
use observe::failure_of;

/// How often a reader looks again: after a flight that began too early for it, and after one that came to nothing because
/// the runtime that carried it was shut down.
const ROUNDS: usize = 4;

/// How long a call may be about to begin. One that takes longer never will: its runtime is not being run.
const GATHERING: Duration = Duration::from_secs(1);

const GIVEN_UP: SourceError = SourceError::new(ErrorKind::Unavailable).because("the fetch was given up");
const PANICKED: SourceError = SourceError::new(ErrorKind::Unavailable).because("the source panicked");
const UNANSWERED: SourceError = SourceError::new(ErrorKind::Unavailable).because("the source did not answer");
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
        let mut counted = vec![Counted::default(); keys.len()];
        let mut problems: Vec<SourceError> = Vec::new();
        let mut open: Vec<usize> = (0..keys.len()).collect();
        let wish = self.shared.wish(freshness);
        for _ in 0..ROUNDS {
            let readers = Readers { keys, wish, answers: &mut answers, counted: &mut counted };
            let awaited = self.shared.look_up(&std::mem::take(&mut open), readers);
            for Awaited { index, mut landing, counts } in awaited {
                let landed = landing.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone());
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
        self.shared.change(|cache| cache.clear_name(name));
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
    fn change<T>(&self, change: impl FnOnce(&mut Cache) -> T) -> T {
        let (result, ended, events) = {
            let cache = &mut self.state().cache;
            (change(cache), cache.take_ended(), cache.take_events())
        };
        if ended {
            self.hot.purge();
        }
        self.tell(&events);
        result
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
            match cache.look_again(key, wish, now, counted) {
                Looked::Known(answer) => *slot = Some(answer),
                Looked::Awaited { flight, counts } => {
                    let landing =
                        waiting.entry(flight).or_insert_with(|| watch::Sender::new(None)).subscribe();
                    awaited.push(Awaited { index, landing, counts });
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
                let fetch = notice::fetch(shared.source.name(), voyage.keys.len());
                fetch.around(shared.call(&voyage)).await;
            }
        });
        let mut calls = lock(&self.calls);
        calls.retain(|call| !call.is_finished());
        calls.push(call.abort_handle());
    }

    async fn call(&self, voyage: &Voyage<'_>) {
        let landed = Mutex::new(Vec::new());
        let deliver = |index: usize, answer: Answer| lock(&landed).push((index, answer));
        let mut fetch = self.source.fetch_each(&voyage.keys, &deliver);
        let fetch = poll_fn(|context| {
            let poll = fetch.as_mut().poll(context);
            let problems = match &poll {
                Poll::Ready(problems) => problems.clone().into(),
                Poll::Pending => Arc::default(),
            };
            // One lock for all that one turn has brought.
            voyage.land(std::mem::take(&mut *lock(&landed)), &problems);
            poll.map(|_| ())
        });
        let rest = match tokio::time::timeout(voyage.limit, fetch).await {
            Ok(()) => UNANSWERED,
            Err(_) => LATE,
        };
        voyage.end(&rest);
    }
}

/// The time before a call in which others may join it.
struct Gathering {
    shared: Arc<Shared>,
    is_over: bool,
}

impl Drop for Gathering {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // The runtime went down before the call began: who waits for it looks again.
        let State { cache, waiting, gathers, .. } = &mut *self.shared.state();
        *gathers = None;
        for flight in cache.cancel_waiting() {
            waiting.remove(&flight);
        }
    }
}

/// A call under way. However it ends, everybody aboard is told.
struct Voyage<'a> {
    shared: &'a Shared,
    trip: Trip,
    keys: Vec<Key>,
    limit: Duration,
    /// The flights that have not landed, by the index of their key.
    flights: Mutex<Vec<Option<Flight>>>,
}

impl<'a> Voyage<'a> {
    fn begin(shared: &'a Shared, mut gathering: Gathering) -> Option<Self> {
        let now = shared.timer.now();
        let (departure, is_awaited, events) = {
            let State { cache, waiting, gathers, .. } = &mut *shared.state();
            *gathers = None;
            // From here on it is the next call that gathers.
            gathering.is_over = true;
            let departure = cache.depart(now);
            let aboard = departure.iter().flat_map(|departure| &departure.aboard);
            let is_awaited = aboard.into_iter().any(|(flight, _)| waiting.contains_key(flight));
            (departure, is_awaited, cache.take_events())
        };
        let voyage = departure.map(|Departure { trip, aboard, refresh_limit }| {
            let (flights, keys) = aboard.into_iter().map(|(flight, key)| (Some(flight), key)).unzip();
            let limit = if is_awaited { shared.timeout } else { refresh_limit.min(shared.timeout) };
            Self { shared, trip, keys, limit, flights: Mutex::new(flights) }
        });
        // Not before there is somebody who ends the flights: whoever listens may panic.
        shared.tell(&events);
        voyage
    }

    fn land(&self, landed: Vec<(usize, Answer)>, problems: &Arc<[SourceError]>) {
        let landed = self.awaited(landed);
        if landed.is_empty() {
            return;
        }
        let told: Vec<(&Key, Answer)> =
            landed.iter().map(|(_, key, answer)| (*key, answer.clone())).collect();
        let now = self.shared.timer.now();
        let mut guard = self.shared.state();
        let State { cache, waiting, failures, .. } = &mut *guard;
        for (flight, key, answer) in landed {
            if let Some(kind) = failure_of(&answer) {
                *failures.entry(kind).or_default() += 1;
            }
            let is_taken_in = cache.expects(flight, key);
            let answer = cache.land(self.trip, flight, key, answer, now);
            if let Some(sender) = waiting.remove(&flight) {
                let problems = Arc::clone(problems);
                sender.send_replace(Some(Landed { asked: key.clone(), is_taken_in, answer, problems }));
            }
        }
        let (ended, events) = (cache.take_ended(), cache.take_events());
        drop(guard);
        if ended {
            self.shared.hot.purge();
        }
        // Not before everybody has his answer: whoever listens may panic.
        for (key, answer) in told {
            notice::fetched(self.shared.source.name(), key, &answer);
        }
        self.shared.tell(&events);
        self.shared.landed.notify_one();
    }

    /// Those of the answers that are the first for their flights.
    fn awaited(&self, landed: Vec<(usize, Answer)>) -> Vec<(Flight, &Key, Answer)> {
        let mut flights = lock(&self.flights);
        let awaited = |(index, answer)| {
            let flight = flights.get_mut(index).and_then(Option::take)?;
            Some((flight, self.keys.get(index)?, answer))
        };
        landed.into_iter().filter_map(awaited).collect()
    }

    /// Answers those who have not been.
    fn end(&self, error: &SourceError) {
        // What has landed is not landed again.
        let all = (0..self.keys.len()).map(|index| (index, Answer::Failed(error.clone())));
        self.land(all.collect(), &Arc::default());
    }
}

impl Drop for Voyage<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end(&PANICKED);
            return;
        }
        // The runtime is shut down, or the last handle is gone: who still waits looks again, elsewhere.
        let mut flights = lock(&self.flights);
        let State { cache, waiting, .. } = &mut *self.shared.state();
        for (flight, key) in flights.iter_mut().zip(&self.keys) {
            if let Some(flight) = flight.take() {
                cache.abandon(flight, key);
                waiting.remove(&flight);
            }
        }
    }
}

/// A lock for short state. What it guards is whole at every moment, panics included.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
