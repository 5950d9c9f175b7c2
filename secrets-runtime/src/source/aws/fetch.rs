//! Schedules the calls of one fetch: by region, in batches where possible, and side by side.
//!
//! The calls themselves are in `get` and `batch`.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::batch::{Batch, MAX_IDS};
use super::call_outcome::{CallOutcome, KeyRequest};
use super::connections::{Connections, RegionalClient};
use super::endpoint::{OTHER_PARTITION, region_of_id};
use super::failover::FailedOver;
use super::get::get;
use super::sdk_error::SDK_PANICKED;
use super::throttle::Throttle;
use crate::contain::Contained;
use crate::error::{ErrorKind, SourceError};
use crate::secret_id::partition_of;
use crate::setting::Version;
use crate::source::{Answer, Deliver, Key};

/// Answers each key exactly once, as soon as the call for it is done.
pub(super) async fn fetch_each(connections: &Connections, keys: &[Key], deliver: Deliver<'_>) {
    let permits = match connections.permits() {
        Ok(permits) => permits,
        Err(error) => {
            let error = Answer::Failed(error);
            return (0..keys.len()).for_each(|key| deliver(key, error.clone()));
        }
    };
    let mut scheduler = Scheduler::new(keys.len(), permits, deliver);
    // The SDK reads its settings here. Calls run in tasks, whose panics the runtime contains.
    let started = Contained::new(|| Box::pin(scheduler.start_all(connections, keys))).await;
    let error = match started.unwrap_or(Err(SDK_PANICKED)) {
        Ok(()) => scheduler.finish().await,
        Err(error) => error,
    };
    scheduler.answer_rest(&error);
}

/// The calls of one fetch.
struct Scheduler<'a> {
    deliver: Deliver<'a>,
    /// The indices of the keys that have no answer yet.
    unanswered: BTreeSet<usize>,
    /// The running calls. A batch that has another page comes back with its outcome. Dropping the set ends
    /// the calls, so that a fetch that is cancelled leaves none behind.
    calls: JoinSet<(CallOutcome, Option<Batch>)>,
    permits: Arc<Semaphore>,
    throttle: Throttle,
    /// Keys to request one by one, as soon as the throttle allows.
    queue: VecDeque<(Arc<RegionalClient>, KeyRequest)>,
    /// Keys to request in the next round.
    retry_later: Vec<(Arc<RegionalClient>, KeyRequest)>,
    /// The keys that are requested in a failover region, by their indices.
    failed_over: HashMap<usize, FailedOver>,
    /// Whether a call panicked, in code of the SDK.
    has_panicked: bool,
}

impl<'a> Scheduler<'a> {
    fn new(keys: usize, permits: Arc<Semaphore>, deliver: Deliver<'a>) -> Self {
        Self {
            deliver,
            unanswered: (0..keys).collect(),
            calls: JoinSet::new(),
            permits,
            throttle: Throttle::new(),
            queue: VecDeque::new(),
            retry_later: Vec::new(),
            failed_over: HashMap::new(),
            has_panicked: false,
        }
    }

    /// Starts the calls for all keys.
    ///
    /// # Errors
    /// If no key can be requested.
    async fn start_all(&mut self, connections: &Connections, keys: &[Key]) -> Result<(), SourceError> {
        let named = keys.iter().find_map(|key| region_of_id(key.name()).ok().flatten());
        let loaded = connections.load(named).await.map_err(SourceError::keeping_cached_value)?;
        let default = loaded.as_ref().and_then(|loaded| loaded.region.as_deref());
        let no_region = connections.target().unwrap_or_default().no_region();
        let regions = self.by_region(keys, default, &no_region);
        if let Some(loaded) = &loaded {
            for (region, requests) in regions {
                self.start(&connections.client(loaded, region), requests);
            }
        }
        Ok(())
    }

    /// Groups the keys by their region, and answers those that cannot be requested: one malformed id would
    /// fail a whole batch.
    fn by_region<'k>(
        &mut self,
        keys: &'k [Key],
        default: Option<&'k str>,
        no_region: &SourceError,
    ) -> BTreeMap<&'k str, Vec<KeyRequest>> {
        let mut regions: BTreeMap<&str, Vec<KeyRequest>> = BTreeMap::new();
        for (index, key) in keys.iter().enumerate() {
            let region = region_of_id(key.name()).and_then(|named| {
                let is_foreign =
                    |default| named.is_some_and(|named| partition_of(named) != partition_of(default));
                if default.is_some_and(is_foreign) {
                    return Err(OTHER_PARTITION);
                }
                named.or(default).ok_or_else(|| no_region.clone())
            });
            match region {
                Ok(region) => regions.entry(region).or_default().push(KeyRequest { index, key: key.clone() }),
                Err(error) => self.answer(index, error),
            }
        }
        regions
    }

    fn start(&mut self, client: &Arc<RegionalClient>, requests: Vec<KeyRequest>) {
        let refusals = &client.batch_refusals;
        let may_batch = refusals.may_batch();
        // A batch returns current versions only.
        let (mut together, alone): (Vec<_>, Vec<_>) =
            requests.into_iter().partition(|KeyRequest { key, .. }| {
                may_batch && *key.version() == Version::Current && refusals.may_batch_id(key.name())
            });
        while together.len() > 1 {
            let requests = together.split_off(together.len().saturating_sub(MAX_IDS));
            self.start_page(Arc::clone(client), Batch::new(requests));
        }
        self.start_alone(client, together.into_iter().chain(alone));
    }

    fn start_page(&mut self, client: Arc<RegionalClient>, batch: Batch) {
        self.calls.spawn(batch.read_page(client, Arc::clone(&self.permits)));
    }

    fn start_alone(&mut self, client: &Arc<RegionalClient>, requests: impl IntoIterator<Item = KeyRequest>) {
        self.queue.extend(requests.into_iter().map(|request| (Arc::clone(client), request)));
        self.start_queued();
    }

    fn start_queued(&mut self) {
        while self.throttle.allows(self.calls.len())
            && let Some((client, request)) = self.queue.pop_front()
        {
            let permits = Arc::clone(&self.permits);
            self.calls.spawn(async { (get(client, request, permits).await, None) });
        }
    }

    /// Requests throttled keys again, in batches where possible: one batch call takes the place of twenty.
    fn start_retries(&mut self) {
        let mut retries = std::mem::take(&mut self.retry_later);
        while let Some(client) = retries.first().map(|(client, _)| Arc::clone(client)) {
            let same = retries.extract_if(.., |(other, _)| Arc::ptr_eq(other, &client));
            let requests = same.map(|(_, request)| request).collect();
            self.start(&client, requests);
        }
    }

    /// Waits for all calls and for the calls that follow from them. Returns the error for the keys without
    /// an answer.
    async fn finish(&mut self) -> SourceError {
        loop {
            match self.finish_round().await {
                RoundEnd::Fatal(error) => return error,
                RoundEnd::Throttled(error) => match self.throttle.next_pause() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return error,
                },
                RoundEnd::Done if self.has_panicked => return SDK_PANICKED,
                RoundEnd::Done => {
                    return const { SourceError::new(ErrorKind::Unavailable).because("the call was given up") };
                }
            }
            self.start_retries();
        }
    }

    async fn finish_round(&mut self) -> RoundEnd {
        let mut end = RoundEnd::Done;
        while let Some(finished) = self.calls.join_next().await {
            match finished {
                Ok((outcome, rest)) => self.take(outcome, rest, &mut end),
                // The keys of this call get the error that `finish` returns.
                Err(error) => self.has_panicked |= error.is_panic(),
            }
            self.start_queued();
        }
        end
    }

    fn take(&mut self, outcome: CallOutcome, rest: Option<Batch>, end: &mut RoundEnd) {
        let CallOutcome { client, answers, retry_alone, retry_later, throttled, outage, fatal } = outcome;
        if let Some(failover) = client.failover.as_ref().filter(|_| outage.is_none() && fatal.is_none()) {
            failover.end();
        }
        for (index, answer) in answers {
            self.answer(index, answer);
        }
        if let Some(error) = fatal {
            // Every other call would wait for the same credentials. Answers that have arrived by now still
            // count.
            self.calls.abort_all();
            self.queue.clear();
            if !matches!(end, RoundEnd::Fatal(_)) {
                *end = RoundEnd::Fatal(error);
            }
        }
        if matches!(end, RoundEnd::Fatal(_)) {
            return;
        }
        match throttled {
            Some(error) => {
                self.throttle.throttled();
                if !retry_later.is_empty() {
                    // Calls for the queued keys would be throttled too.
                    self.retry_later.extend(self.queue.drain(..));
                    self.retry_later
                        .extend(retry_later.into_iter().map(|request| (Arc::clone(&client), request)));
                    *end = RoundEnd::Throttled(error);
                }
            }
            None => self.throttle.answered(),
        }
        if let Some((requests, error)) = outage {
            self.fail_over(&client, requests, &error);
        }
        self.start_alone(&client, retry_alone);
        if let Some(batch) = rest {
            self.start_page(client, batch);
        }
    }

    /// Requests keys from the replicas of their secrets.
    fn fail_over(&mut self, client: &RegionalClient, requests: Vec<KeyRequest>, error: &SourceError) {
        let Some(failover) = &client.failover else { return };
        failover.begin(error);
        let of_replicas = requests.into_iter().map(|KeyRequest { index, key }| {
            self.failed_over.insert(index, failover.failed_over(error.clone()));
            KeyRequest { index, key: failover.key_of_replica(&key) }
        });
        let of_replicas = of_replicas.collect();
        self.start(&failover.client, of_replicas);
    }

    fn answer(&mut self, index: usize, answer: impl Into<Answer>) {
        if self.unanswered.remove(&index) {
            let answer = answer.into();
            let answer = match self.failed_over.remove(&index) {
                Some(failed_over) => failed_over.answer(answer),
                None => answer,
            };
            (self.deliver)(index, answer);
        }
    }

    fn answer_rest(mut self, error: &SourceError) {
        while let Some(index) = self.unanswered.first().copied() {
            self.answer(index, error.clone());
        }
    }
}

/// How a round of calls has ended.
enum RoundEnd {
    /// No key is left to request.
    Done,
    /// Some keys were throttled and wait for the next round.
    Throttled(SourceError),
    /// No call can succeed.
    Fatal(SourceError),
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use tokio::sync::oneshot;

    use super::*;
    use crate::lock::lock;

    /// The answers delivered so far, in their order.
    #[derive(Default)]
    struct Delivered(Mutex<Vec<(usize, String)>>);

    impl Delivered {
        fn push(&self, index: usize, answer: &Answer) {
            lock(&self.0).push((index, format!("{answer:?}")));
        }

        fn indices(&self) -> Vec<usize> {
            lock(&self.0).iter().map(|(index, _)| *index).collect()
        }

        fn of(&self, index: usize) -> String {
            lock(&self.0).iter().filter(|(at, _)| *at == index).map(|(_, answer)| answer.as_str()).collect()
        }
    }

    fn scheduler(keys: usize, deliver: Deliver<'_>) -> Scheduler<'_> {
        Scheduler::new(keys, Arc::new(Semaphore::new(1)), deliver)
    }

    fn outcome(indices: &[usize]) -> CallOutcome {
        let answers = indices.iter().map(|index| (*index, Answer::missing())).collect();
        CallOutcome { answers, ..CallOutcome::of(RegionalClient::without_server()) }
    }

    fn answered(indices: &[usize]) -> (CallOutcome, Option<Batch>) {
        (outcome(indices), None)
    }

    #[tokio::test]
    async fn an_answer_does_not_wait_for_other_calls() {
        let delivered = Delivered::default();
        let deliver = |index, answer| delivered.push(index, &answer);
        let mut scheduler = scheduler(2, &deliver);
        let (release, released) = oneshot::channel::<()>();
        scheduler.calls.spawn(async move {
            let _ = released.await;
            answered(&[0])
        });
        scheduler.calls.spawn(async { answered(&[1]) });
        tokio::join!(scheduler.finish(), async {
            while delivered.indices().is_empty() {
                tokio::task::yield_now().await;
            }
            assert_eq!(delivered.indices(), [1]);
            release.send(()).unwrap();
        });
        assert_eq!(delivered.indices(), [1, 0]);
    }

    #[tokio::test]
    async fn each_key_is_answered_once_whatever_the_calls_do() {
        let delivered = Delivered::default();
        let deliver = |index, answer| delivered.push(index, &answer);
        let mut scheduler = scheduler(5, &deliver);
        scheduler.answer(0, Answer::missing());
        scheduler.calls.spawn(async { answered(&[1, 1, 0, 99]) });
        scheduler.calls.spawn(async { answered(&[2, 1]) });
        scheduler.calls.spawn(async { panic!("of a call, as expected") });
        scheduler.calls.spawn(pending()).abort();
        let rest = scheduler.finish().await;
        scheduler.answer_rest(&rest);
        let mut indices = delivered.indices();
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2, 3, 4]);
        for index in [3, 4] {
            assert_eq!(delivered.of(index), "Failed(configuration: the AWS SDK panicked)");
        }
    }

    #[tokio::test]
    async fn a_call_that_was_given_up_is_transient() {
        let delivered = Delivered::default();
        let deliver = |index, answer| delivered.push(index, &answer);
        let mut scheduler = scheduler(1, &deliver);
        scheduler.calls.spawn(pending()).abort();
        let rest = scheduler.finish().await;
        scheduler.answer_rest(&rest);
        assert_eq!(delivered.of(0), "Failed(unavailable: the call was given up)");
    }

    #[tokio::test]
    async fn a_fatal_error_ends_the_fetch_and_answers_that_have_arrived_still_count() {
        let delivered = Delivered::default();
        let deliver = |index, answer| delivered.push(index, &answer);
        let mut scheduler = scheduler(4, &deliver);
        let error = SourceError::new(ErrorKind::Configuration).because("no credentials");
        scheduler.calls.spawn(async { (CallOutcome { fatal: Some(error), ..outcome(&[0]) }, None) });
        scheduler.calls.spawn(async { answered(&[1]) });
        scheduler.calls.spawn(pending());
        let retry_alone = vec![KeyRequest { index: 3, key: Key::new("a") }];
        scheduler.calls.spawn(async { (CallOutcome { retry_alone, ..outcome(&[]) }, None) });
        let rest = scheduler.finish().await;
        assert!(scheduler.calls.is_empty());
        scheduler.answer_rest(&rest);
        let mut indices = delivered.indices();
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2, 3]);
        assert!(delivered.of(1).starts_with("Missing"), "{}", delivered.of(1));
        for index in [2, 3] {
            assert_eq!(delivered.of(index), "Failed(configuration: no credentials)");
        }
    }

    #[tokio::test]
    async fn a_fetch_that_is_dropped_ends_its_calls() {
        let deliver = |_, _| {};
        let mut scheduler = scheduler(1, &deliver);
        let held = Arc::new(());
        let of_call = Arc::clone(&held);
        scheduler.calls.spawn(async move {
            pending::<()>().await;
            drop(of_call);
            answered(&[])
        });
        tokio::select! {
            biased;
            _ = scheduler.finish() => panic!("no call has been answered"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(Arc::strong_count(&held), 2);
        drop(scheduler);
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
