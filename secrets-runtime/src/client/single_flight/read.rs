//! One read of several keys: looks them up in the cache, starts a call if one is needed, and waits for the
//! answers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::shared::{Delivered, MAX_BATCH_WINDOW, Shared};
use crate::client::cache::{Acceptance, AlreadyCounted, CacheRead, PendingId};
use crate::client::freshness::Freshness;
use crate::error::{ErrorKind, SourceError};
use crate::source::{Answer, Fetched, Key};

/// How often a reader looks up at most, the first time included. It looks up again after a fetch that started
/// too early for it, or that ended without an answer because its runtime was shut down.
const MAX_ROUNDS: usize = 4;

/// More than the cache's coarse clock may be behind Tokio's.
const CLOCK_LAG: Duration = Duration::from_millis(50);

const GIVEN_UP: SourceError = SourceError::new(ErrorKind::Unavailable).because("the fetch was given up");

pub(super) struct BatchRead<'a> {
    shared: &'a Arc<Shared>,
    keys: &'a [Key],
    acceptance: Acceptance,
    answers: Vec<Option<Answer>>,
    counted: Vec<AlreadyCounted>,
    problems: Vec<SourceError>,
}

/// A key whose answer the reader waits for.
struct Awaited {
    index: usize,
    id: PendingId,
    delivery: watch::Receiver<Option<Delivered>>,
    /// Whether the answer will do. Otherwise the reader looks up again after it.
    is_acceptable: bool,
}

impl<'a> BatchRead<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, keys: &'a [Key], freshness: Freshness) -> Self {
        let is_background = freshness == Freshness::Watched;
        let counted = if is_background { AlreadyCounted::ALL } else { AlreadyCounted::default() };
        Self {
            shared,
            keys,
            acceptance: acceptance_of(freshness, shared),
            answers: vec![None; keys.len()],
            counted: vec![counted; keys.len()],
            problems: Vec::new(),
        }
    }

    pub(super) async fn run(mut self) -> Fetched {
        let mut open: Vec<usize> = (0..self.keys.len()).collect();
        for _ in 0..MAX_ROUNDS {
            let awaited = self.look_up(&std::mem::take(&mut open));
            let began = Instant::now();
            for Awaited { index, id, delivery, is_acceptable } in awaited {
                let delivered = self.shared.wait_for(id, delivery, began).await;
                let delivered = delivered.filter(|delivered| is_acceptable && self.is_for(index, delivered));
                match delivered {
                    Some(delivered) => self.take(index, delivered),
                    None => open.push(index),
                }
            }
            if open.is_empty() {
                break;
            }
        }
        let answers = self.answers.into_iter().map(|answer| answer.unwrap_or(Answer::Failed(GIVEN_UP)));
        self.problems.into_iter().fold(answers.collect(), Fetched::with_problem)
    }

    /// Takes what is known, and joins or makes requests for the other keys.
    fn look_up(&mut self, open: &[usize]) -> Vec<Awaited> {
        let now = self.shared.timer.now();
        let mut awaited = Vec::new();
        let mut guard = self.shared.state();
        let state = &mut *guard;
        for &index in open {
            let (Some(key), Some(answer), Some(counted)) =
                (self.keys.get(index), self.answers.get_mut(index), self.counted.get_mut(index))
            else {
                continue;
            };
            let read = state.cache.look_up(key, self.acceptance, now, counted);
            state.wake_stalled();
            match read {
                CacheRead::Ready(known) => *answer = Some(known),
                CacheRead::Wait { id, is_acceptable } => {
                    let sender = state.waiting.entry(id).or_insert_with(|| watch::Sender::new(None));
                    awaited.push(Awaited { index, id, delivery: sender.subscribe(), is_acceptable });
                }
            }
        }
        let is_window_open =
            state.window_opened_at.is_some_and(|opened_at| now.since(opened_at) < MAX_BATCH_WINDOW);
        if state.cache.has_queued() && !is_window_open {
            state.window_opened_at = Some(now);
            drop(guard);
            self.shared.start_call();
        }
        awaited
    }

    /// Whether an answer is for this reader's key: a key may have turned out to belong to another secret.
    fn is_for(&self, index: usize, delivered: &Delivered) -> bool {
        let Delivered { fetched_by, is_taken_in, .. } = delivered;
        self.keys.get(index).is_some_and(|key| {
            key == fetched_by || *is_taken_in && self.shared.state().cache.is_same_secret(fetched_by, key)
        })
    }

    /// Takes an answer. Instead of a failure, a stale value is taken if the reader accepts one.
    fn take(&mut self, index: usize, delivered: Delivered) {
        let (Some(key), Some(slot)) = (self.keys.get(index), self.answers.get_mut(index)) else { return };
        for problem in delivered.problems.iter() {
            if !self.problems.contains(problem) {
                self.problems.push(problem.clone());
            }
        }
        let stale = match &delivered.answer {
            Answer::Failed(_) if self.acceptance.accepts_stale(true) => {
                self.shared.state().cache.held_despite_failure(key, self.shared.timer.now())
            }
            _ => None,
        };
        *slot = Some(stale.unwrap_or(delivered.answer));
    }
}

/// What a request of this freshness accepts.
fn acceptance_of(freshness: Freshness, shared: &Shared) -> Acceptance {
    match freshness {
        Freshness::Cached | Freshness::Uncached => Acceptance::Cached,
        Freshness::Watched => Acceptance::RefreshAhead,
        Freshness::YoungerThan(age) => Acceptance::YoungerThan(age),
        Freshness::Refreshed => Acceptance::After(shared.state().cache.last_fetch()),
    }
}

impl Shared {
    /// Waits for the answer to a request. `None` if the reader must look up again: the runtime that carries
    /// the request may have stopped, while this reader's runtime is running.
    async fn wait_for(
        &self,
        id: PendingId,
        mut delivery: watch::Receiver<Option<Delivered>>,
        began: Instant,
    ) -> Option<Delivered> {
        let window_closed = began + MAX_BATCH_WINDOW + CLOCK_LAG;
        for until in [window_closed, window_closed + MAX_BATCH_WINDOW + self.timeout] {
            match tokio::time::timeout_at(until, delivery.wait_for(Option::is_some)).await {
                Ok(delivered) => return delivered.ok().and_then(|delivered| delivered.clone()),
                Err(_) if self.state().cache.is_queued(id) => return None,
                Err(_) => {}
            }
        }
        None
    }
}
