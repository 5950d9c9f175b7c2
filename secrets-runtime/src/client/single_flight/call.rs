//! One call of the source: the batch window before it, the fetch, and the delivery of its answers.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::runtime::Handle;

use super::shared::{Carried, Delivered, Shared};
use crate::client::cache::{CacheEvent, FetchBatch, FetchSeq, PendingId};
use crate::client::deadline::{TIMED_OUT, UNANSWERED};
use crate::error::SourceError;
use crate::events;
use crate::lock::lock;
use crate::source::{Answer, Key, lacks_timers};

/// The time before a call in which further keys join it.
struct BatchWindow {
    shared: Arc<Shared>,
    is_closed: bool,
}

/// A call in flight. However it ends, it wakes its readers: with answers, or to look up again.
struct Call<'a> {
    shared: &'a Shared,
    seq: FetchSeq,
    keys: Vec<Key>,
    /// Whether it goes past other caches on the way to the store.
    uncached: bool,
    limit: Duration,
    /// The requests that are not answered yet, by the index of their key.
    pending: Mutex<Vec<Option<PendingId>>>,
    /// What is reported at the end of the call, for all of its keys together.
    events: Mutex<Vec<CacheEvent>>,
}

impl Shared {
    pub(super) fn start_call(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        let window = BatchWindow { shared: Arc::clone(self), is_closed: false };
        // The dropped window sends the readers of other runtimes to look up again.
        if lacks_timers() {
            return;
        }
        let call = tokio::spawn(async move {
            // Other tasks that are about to read join this call.
            tokio::task::yield_now().await;
            if let Some(call) = Call::start(&shared, window) {
                events::fetch(shared.source.name(), call.keys.len()).around(call.run()).await;
            }
        });
        let mut calls = lock(&self.calls);
        calls.retain(|call| !call.is_finished());
        calls.push(call.abort_handle());
    }
}

/// The runtime was shut down before the call started: its readers look up again.
impl Drop for BatchWindow {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        let state = &mut *self.shared.state();
        state.window = None;
        for id in state.cache.cancel_queued() {
            state.waiting.remove(&id);
        }
    }
}

impl<'a> Call<'a> {
    fn start(shared: &'a Shared, mut window: BatchWindow) -> Option<Self> {
        let runtime = Handle::current();
        let now = shared.timer.now();
        // The lock is free between the steps.
        while shared.state().cache.sweep(now) {}
        let (call, ended, events) = {
            let state = &mut *shared.state();
            state.window = None;
            window.is_closed = true;
            let call = state.cache.start(now).map(|FetchBatch { seq, keys, uncached, refresh_limit }| {
                let has_readers = keys.iter().any(|(id, _)| state.waiting.contains_key(id));
                let carried = |(id, key): &(PendingId, Key)| {
                    (*id, Carried { key: key.clone(), runtime: runtime.clone() })
                };
                state.carried.extend(keys.iter().map(carried));
                let limit = if has_readers { shared.timeout } else { refresh_limit.min(shared.timeout) };
                let (pending, keys) = keys.into_iter().map(|(id, key)| (Some(id), key)).unzip();
                let (pending, events) = (Mutex::new(pending), Mutex::default());
                Self { shared, seq, keys, uncached, limit, pending, events }
            });
            (call, state.cache.take_ended(), state.cache.take_events())
        };
        // A log subscriber may panic. From here on the dropped call wakes its readers.
        shared.purge_if(ended);
        shared.report(&events);
        call
    }

    /// Asks the source, and delivers its answers as they come.
    async fn run(&self) {
        let answers = Mutex::new(Vec::new());
        let deliver = |index: usize, answer: Answer| lock(&answers).push((index, answer));
        let source = &self.shared.source;
        let mut fetch = if self.uncached {
            source.fetch_each_uncached(&self.keys, &deliver)
        } else {
            source.fetch_each(&self.keys, &deliver)
        };
        // Ends with the failure of the keys that were not answered.
        let fetch = poll_fn(|context| {
            let (poll, problems) = match fetch.as_mut().poll(context) {
                Poll::Ready(problems) => (Poll::Ready(UNANSWERED), problems.into()),
                Poll::Pending => (Poll::Pending, Arc::default()),
            };
            // One lock for all answers of one poll.
            self.complete(std::mem::take(&mut *lock(&answers)), &problems);
            poll
        });
        let failure = tokio::time::timeout(self.limit, fetch).await.unwrap_or(TIMED_OUT);
        let rest = (0..self.keys.len()).map(|index| (index, Answer::Failed(failure.clone())));
        self.complete(rest.collect(), &Arc::default());
        let events = std::mem::take(&mut *lock(&self.events));
        self.shared.report(&events);
    }

    /// Takes in the answers that are the first for their keys, and wakes their readers.
    fn complete(&self, answers: Vec<(usize, Answer)>, problems: &Arc<[SourceError]>) {
        let answers = self.first_answers(answers);
        if answers.is_empty() {
            return;
        }
        let reported: Vec<(&Key, Answer)> =
            answers.iter().map(|(_, key, answer)| (*key, answer.clone())).collect();
        self.deliver(answers, problems);
        // After the delivery: a log subscriber may panic.
        let events = self.shared.state().cache.take_events();
        lock(&self.events).extend(events);
        for (key, answer) in reported {
            events::fetched(self.shared.source.name(), key, &answer);
        }
    }

    fn first_answers(&self, answers: Vec<(usize, Answer)>) -> Vec<(PendingId, &Key, Answer)> {
        let mut pending = lock(&self.pending);
        let first = |(index, answer)| {
            let id = pending.get_mut(index).and_then(Option::take)?;
            Some((id, self.keys.get(index)?, answer))
        };
        answers.into_iter().filter_map(first).collect()
    }

    fn deliver(&self, answers: Vec<(PendingId, &Key, Answer)>, problems: &Arc<[SourceError]>) {
        let now = self.shared.timer.now();
        let ended = {
            let state = &mut *self.shared.state();
            for (id, key, answer) in answers {
                state.count_failure(&answer);
                let is_taken_in = state.cache.expects(id, key);
                let answer = state.cache.complete(self.seq, id, key, answer, now);
                if let Some(sender) = state.end(id) {
                    let problems = Arc::clone(problems);
                    let delivered = Delivered { fetched_by: key.clone(), is_taken_in, answer, problems };
                    sender.send_replace(Some(delivered));
                }
            }
            state.cache.make_room();
            state.cache.take_ended()
        };
        self.shared.purge_if(ended);
        self.shared.answered.notify_one();
    }
}

/// The call was abandoned: its runtime was shut down, the last handle of `Secrets` was dropped, or a log
/// subscriber panicked. Nothing is reported here, since a second panic would end the program.
impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut pending = lock(&self.pending);
        let state = &mut *self.shared.state();
        for (pending, key) in pending.iter_mut().zip(&self.keys) {
            if let Some(id) = pending.take() {
                state.cache.abandon(id, key);
                state.end(id);
            }
        }
        state.cache.make_room();
    }
}
