//! One read of several keys: looks them up in the cache, starts a call if one is needed, and waits for the
//! answers.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

use super::shared::{Delivered, MAX_BATCH_WINDOW, Shared, Window};
use crate::client::cache::{Acceptance, AlreadyCounted, CacheRead, PendingId};
use crate::client::freshness::Freshness;
use crate::error::{ErrorKind, SourceError};
use crate::source::{Answer, Fetched, Key, NO_TIMERS, lacks_timers};

/// How often a reader looks up at most, the first time included. It looks up again after a fetch that
/// started too early for it, or that ended without an answer because its runtime was shut down.
const MAX_ROUNDS: usize = 4;

/// More than the cache's coarse clock may be behind Tokio's.
const CLOCK_LAG: Duration = Duration::from_millis(50);

const GIVEN_UP: SourceError = SourceError::new(ErrorKind::Unavailable).because("the fetch was given up");

pub(super) struct BatchRead<'a> {
    shared: &'a Arc<Shared>,
    acceptance: Acceptance,
    reads: Vec<KeyRead<'a>>,
    problems: Vec<SourceError>,
}

/// The read of one key.
struct KeyRead<'a> {
    key: &'a Key,
    counted: AlreadyCounted,
    awaited: Option<Awaited>,
    answer: Option<Answer>,
}

/// The request whose answer the reader waits for.
struct Awaited {
    id: PendingId,
    delivery: watch::Receiver<Option<Delivered>>,
    /// Whether the answer will do. Otherwise the reader looks up again after it.
    is_acceptable: bool,
}

impl<'a> BatchRead<'a> {
    pub(super) fn new(shared: &'a Arc<Shared>, keys: &'a [Key], freshness: Freshness) -> Self {
        let is_background = freshness == Freshness::Watched;
        let counted = if is_background { AlreadyCounted::ALL } else { AlreadyCounted::default() };
        let reads = keys.iter().map(|key| KeyRead { key, counted, awaited: None, answer: None }).collect();
        Self { shared, acceptance: acceptance_of(freshness, shared), reads, problems: Vec::new() }
    }

    pub(super) async fn run(mut self) -> Fetched {
        for _ in 0..MAX_ROUNDS {
            self.look_up();
            if self.reads.iter().any(|read| read.awaited.is_some()) && lacks_timers() {
                self.reads.iter_mut().for_each(|read| {
                    read.answer.get_or_insert(Answer::Failed(NO_TIMERS));
                });
                break;
            }
            let began = Instant::now();
            for read in &mut self.reads {
                let Some(Awaited { id, delivery, is_acceptable }) = read.awaited.take() else { continue };
                if let Some(delivered) = self.shared.wait_for(id, delivery, began).await
                    && is_acceptable
                    && self.shared.is_for(read.key, &delivered)
                {
                    for problem in delivered.problems.iter() {
                        if !self.problems.contains(problem) {
                            self.problems.push(problem.clone());
                        }
                    }
                    read.answer = Some(self.shared.best_answer(read.key, delivered.answer, self.acceptance));
                }
            }
            if self.reads.iter().all(|read| read.answer.is_some()) {
                break;
            }
        }
        let answers = self.reads.into_iter().map(|read| read.answer.unwrap_or(Answer::Failed(GIVEN_UP)));
        self.problems.into_iter().fold(answers.collect(), Fetched::with_problem)
    }

    /// Takes what is known, and joins or makes requests for the other keys.
    fn look_up(&mut self) {
        let now = self.shared.timer.now();
        let mut guard = self.shared.state();
        let state = &mut *guard;
        for read in self.reads.iter_mut().filter(|read| read.answer.is_none()) {
            let known = state.cache.look_up(read.key, self.acceptance, now, &mut read.counted);
            state.wake_stalled();
            match known {
                CacheRead::Ready(answer) => read.answer = Some(answer),
                CacheRead::Wait { id, is_acceptable } => {
                    let sender = state.waiting.entry(id).or_insert_with(|| watch::Sender::new(None));
                    read.awaited = Some(Awaited { id, delivery: sender.subscribe(), is_acceptable });
                }
            }
        }
        let is_open = |window: &Window| now.since(window.opened_at) < MAX_BATCH_WINDOW;
        let is_window_open = state.window.as_ref().is_some_and(is_open);
        if state.cache.has_queued() && !is_window_open {
            state.window = Some(Window { opened_at: now, runtime: Handle::current() });
            drop(guard);
            self.shared.start_call();
        }
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
        delivery: watch::Receiver<Option<Delivered>>,
        began: Instant,
    ) -> Option<Delivered> {
        let mut answer = pin!(self.answer_to(id, delivery, began));
        let mut taken = pin!(self.until_taken(id, began));
        poll_fn(|context| match answer.as_mut().poll(context) {
            Poll::Pending => taken.as_mut().poll(context).map(|()| None),
            answer @ Poll::Ready(_) => answer,
        })
        .await
    }

    /// The answer to a request, or `None` if it takes longer than any call of a runtime that runs its tasks.
    async fn answer_to(
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

    /// Whether an answer is for a reader's key: a key may have turned out to belong to another secret.
    fn is_for(&self, key: &Key, delivered: &Delivered) -> bool {
        let Delivered { fetched_by, is_taken_in, .. } = delivered;
        key == fetched_by || *is_taken_in && self.state().cache.is_same_secret(fetched_by, key)
    }

    /// The answer, or instead of a failure a stale value, if the reader accepts one.
    fn best_answer(&self, key: &Key, answer: Answer, acceptance: Acceptance) -> Answer {
        match answer {
            Answer::Failed(_) if acceptance.accepts_stale(true) => {
                self.state().cache.held_despite_failure(key, self.timer.now()).unwrap_or(answer)
            }
            _ => answer,
        }
    }
}
