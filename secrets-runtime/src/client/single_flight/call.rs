//! One call of the source, from before it begins until everybody aboard knows what has become of it.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use super::observe::failure_of;
use super::{LATE, Landed, Shared, State};
use crate::client::cache::{Departure, Flight, Trip};
use crate::error::{ErrorKind, SourceError};
use crate::events;
use crate::lock::lock;
use crate::source::{Answer, Key};

const PANICKED: SourceError = SourceError::new(ErrorKind::Unavailable).because("the source panicked");
const UNANSWERED: SourceError = SourceError::new(ErrorKind::Unavailable).because("the source did not answer");

/// The time before a call in which others may join it.
pub(super) struct Gathering {
    pub(super) shared: Arc<Shared>,
    pub(super) is_over: bool,
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
pub(super) struct Voyage<'a> {
    shared: &'a Shared,
    trip: Trip,
    pub(super) keys: Vec<Key>,
    limit: Duration,
    /// The flights that have not landed, by the index of their key.
    flights: Mutex<Vec<Option<Flight>>>,
    /// Whether the source is at work at this very moment: if that is how it ends, the source has panicked, and nobody
    /// else.
    is_polling: AtomicBool,
}

impl<'a> Voyage<'a> {
    pub(super) fn begin(shared: &'a Shared, mut gathering: Gathering) -> Option<Self> {
        let now = shared.timer.now();
        let (departure, is_awaited, ended, events) = {
            let State { cache, waiting, gathers, .. } = &mut *shared.state();
            *gathers = None;
            // From here on it is the next call that gathers.
            gathering.is_over = true;
            let departure = cache.depart(now);
            let aboard = departure.iter().flat_map(|departure| &departure.aboard);
            let is_awaited = aboard.into_iter().any(|(flight, _)| waiting.contains_key(flight));
            (departure, is_awaited, cache.take_ended(), cache.take_events())
        };
        let voyage = departure.map(|Departure { trip, aboard, refresh_limit }| {
            let (flights, keys) = aboard.into_iter().map(|(flight, key)| (Some(flight), key)).unzip();
            let limit = if is_awaited { shared.timeout } else { refresh_limit.min(shared.timeout) };
            Self {
                shared,
                trip,
                keys,
                limit,
                flights: Mutex::new(flights),
                is_polling: AtomicBool::new(false),
            }
        });
        if ended {
            shared.hot.purge();
        }
        // Not before there is somebody who ends the flights: whoever listens may panic.
        shared.tell(&events);
        voyage
    }

    /// Asks the source, and hands out what it brings as it comes.
    pub(super) async fn call(&self) {
        let landed = Mutex::new(Vec::new());
        let deliver = |index: usize, answer: Answer| lock(&landed).push((index, answer));
        let mut fetch = self.watched(|| self.shared.source.fetch_each(&self.keys, &deliver));
        let fetch = poll_fn(|context| {
            let poll = self.watched(|| fetch.as_mut().poll(context));
            let problems = match &poll {
                Poll::Ready(problems) => problems.clone().into(),
                Poll::Pending => Arc::default(),
            };
            // One lock for all that one turn has brought.
            self.land(std::mem::take(&mut *lock(&landed)), &problems);
            poll.map(|_| ())
        });
        let rest = match tokio::time::timeout(self.limit, fetch).await {
            Ok(()) => UNANSWERED,
            Err(_) => LATE,
        };
        self.land(self.all(&rest), &Arc::default());
    }

    /// Lets the source work, such that its panic is known from others.
    fn watched<T>(&self, work: impl FnOnce() -> T) -> T {
        self.is_polling.store(true, Ordering::Relaxed);
        let result = work();
        self.is_polling.store(false, Ordering::Relaxed);
        result
    }

    fn land(&self, landed: Vec<(usize, Answer)>, problems: &Arc<[SourceError]>) {
        let landed = self.awaited(landed);
        if landed.is_empty() {
            return;
        }
        let told: Vec<(&Key, Answer)> =
            landed.iter().map(|(_, key, answer)| (*key, answer.clone())).collect();
        self.hand_out(landed, problems);
        let events = self.shared.state().cache.take_events();
        // Not before everybody has his answer: whoever listens may panic.
        for (key, answer) in told {
            events::fetched(self.shared.source.name(), key, &answer);
        }
        self.shared.tell(&events);
    }

    /// Takes answers in and gives them to those who wait. Tells nobody else.
    fn hand_out(&self, landed: Vec<(Flight, &Key, Answer)>, problems: &Arc<[SourceError]>) {
        let now = self.shared.timer.now();
        let ended = {
            let State { cache, waiting, failures, .. } = &mut *self.shared.state();
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
            cache.make_room();
            cache.take_ended()
        };
        if ended {
            self.shared.hot.purge();
        }
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

    /// The same for every key. What has landed is not landed again.
    fn all(&self, error: &SourceError) -> Vec<(usize, Answer)> {
        (0..self.keys.len()).map(|index| (index, Answer::Failed(error.clone()))).collect()
    }
}

/// Tells nobody of it: who listens may panic, and during a panic a second one ends the program. What the cache has noted
/// is told the next time.
impl Drop for Voyage<'_> {
    fn drop(&mut self) {
        if *self.is_polling.get_mut() {
            let rest = self.awaited(self.all(&PANICKED));
            self.hand_out(rest, &Arc::default());
            return;
        }
        // The runtime is shut down, the last handle is gone, or somebody else has panicked: who still waits looks again,
        // elsewhere.
        let mut flights = lock(&self.flights);
        let State { cache, waiting, .. } = &mut *self.shared.state();
        for (flight, key) in flights.iter_mut().zip(&self.keys) {
            if let Some(flight) = flight.take() {
                cache.abandon(flight, key);
                waiting.remove(&flight);
            }
        }
        cache.make_room();
    }
}
