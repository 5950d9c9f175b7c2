//! From keys to calls: by region, in batches where that can be, side by side.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use aws_sdk_secretsmanager::Config;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::batch::{Batch, IDS};
use super::connections::{Connections, Regional};
use super::fault::Fault;
use super::sdk_error::Failure;
use super::throttle::{NoRetryOfThrottling, Pace};
use super::value::Value;
use crate::error::{ErrorKind, SourceError};
use crate::secret_id::{Arn, is_secret_id};
use crate::setting::Version;
use crate::source::{Answer, Deliver, Key};

/// A key and its place among the answers.
pub(super) struct Wanted {
    pub(super) index: usize,
    pub(super) key: Key,
}

/// What one call has come to.
pub(super) struct Done {
    pub(super) regional: Arc<Regional>,
    pub(super) answers: Vec<(usize, Answer)>,
    /// A batch with another page to read.
    pub(super) more: Option<Batch>,
    /// What is to be asked for one by one.
    pub(super) alone: Vec<Wanted>,
    /// Why no other call can succeed either.
    pub(super) hopeless: Option<SourceError>,
    /// That the call was throttled.
    pub(super) throttled: Option<SourceError>,
    /// What is to be asked for again after a pause.
    pub(super) again: Vec<Wanted>,
}

impl Done {
    pub(super) fn of(regional: Arc<Regional>) -> Self {
        Self {
            regional,
            answers: Vec::new(),
            more: None,
            alone: Vec::new(),
            hopeless: None,
            throttled: None,
            again: Vec::new(),
        }
    }
}

/// Answers each key exactly once, as soon as the call for it is done.
pub(super) async fn fetch_each(connections: &Connections, keys: &[Key], deliver: Deliver<'_>) {
    let mut run = Run::new(keys.len(), Arc::clone(&connections.permits), deliver);
    let rest = match run.start_all(connections, keys).await {
        Ok(()) => run.finish().await,
        Err(error) => error,
    };
    run.answer_rest(&rest);
}

/// The calls of one fetch.
struct Run<'a> {
    deliver: Deliver<'a>,
    /// The keys that have not been answered.
    open: BTreeSet<usize>,
    /// Ends its calls when it is dropped, so that a fetch that is cancelled leaves nothing behind.
    calls: JoinSet<Done>,
    permits: Arc<Semaphore>,
    pace: Pace,
    /// What is to be asked for one by one, as the pace admits.
    queue: VecDeque<(Arc<Regional>, Wanted)>,
    /// What waits for the next round.
    again: Vec<(Arc<Regional>, Wanted)>,
}

impl<'a> Run<'a> {
    fn new(keys: usize, permits: Arc<Semaphore>, deliver: Deliver<'a>) -> Self {
        Self {
            deliver,
            open: (0..keys).collect(),
            calls: JoinSet::new(),
            permits,
            pace: Pace::new(),
            queue: VecDeque::new(),
            again: Vec::new(),
        }
    }

    /// Starts the calls for all keys.
    ///
    /// # Errors
    /// Why none can be asked for.
    async fn start_all(&mut self, connections: &Connections, keys: &[Key]) -> Result<(), SourceError> {
        ensure_runtime().map_err(SourceError::keeping_cached_value)?;
        let named = keys.iter().find_map(|key| Arn::parse(key.name()).map(|arn| arn.region));
        let loaded = connections.load(named).await.map_err(SourceError::keeping_cached_value)?;
        let default = loaded.as_ref().and_then(|loaded| loaded.region.as_deref());
        let regions = self.by_region(keys, default);
        if let Some(loaded) = &loaded {
            for (region, wanted) in regions {
                self.start(&connections.client(loaded, region), wanted);
            }
        }
        Ok(())
    }

    /// The keys that can be asked for, by the region to ask in. The others are answered.
    fn by_region<'k>(&mut self, keys: &'k [Key], default: Option<&'k str>) -> BTreeMap<&'k str, Vec<Wanted>> {
        let mut regions: BTreeMap<&str, Vec<Wanted>> = BTreeMap::new();
        for (index, key) in keys.iter().enumerate() {
            let wanted = Wanted { index, key: key.clone() };
            match Arn::parse(key.name()).map(|arn| arn.region).or(default) {
                // It may be a value that was pasted in the wrong place, which AWS would log. And one malformed id fails
                // the whole batch.
                _ if !is_secret_id(key.name()) => self.answer(index, NO_ID),
                Some(region) => regions.entry(region).or_default().push(wanted),
                None => self.answer(index, NO_REGION),
            }
        }
        regions
    }

    fn start(&mut self, regional: &Arc<Regional>, wanted: Vec<Wanted>) {
        // A batch holds current versions only.
        let (mut current, versions): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|wanted| *wanted.key.version() == Version::Current);
        if regional.may_batch() {
            while current.len() > 1 {
                let ids = current.split_off(current.len().saturating_sub(IDS));
                self.read(Arc::clone(regional), Batch::new(ids));
            }
        }
        self.start_alone(regional, current.into_iter().chain(versions));
    }

    fn read(&mut self, regional: Arc<Regional>, batch: Batch) {
        self.calls.spawn(batch.page(regional, Arc::clone(&self.permits)));
    }

    fn start_alone(&mut self, regional: &Arc<Regional>, wanted: impl IntoIterator<Item = Wanted>) {
        self.queue.extend(wanted.into_iter().map(|wanted| (Arc::clone(regional), wanted)));
        self.start_queued();
    }

    fn start_queued(&mut self) {
        while self.pace.admits(self.calls.len())
            && let Some((regional, wanted)) = self.queue.pop_front()
        {
            self.calls.spawn(get(regional, wanted, Arc::clone(&self.permits)));
        }
    }

    /// Asks again for what was throttled: in batches where that can be, since one takes all that is left of twenty.
    fn start_again(&mut self) {
        let mut again = std::mem::take(&mut self.again);
        while let Some(regional) = again.first().map(|(regional, _)| Arc::clone(regional)) {
            let same = again.extract_if(.., |(other, _)| Arc::ptr_eq(other, &regional));
            let wanted = same.map(|(_, wanted)| wanted).collect();
            self.start(&regional, wanted);
        }
    }

    /// Waits for all calls and those that they lead to. The result is the answer for what is still open then.
    async fn finish(&mut self) -> SourceError {
        loop {
            match self.finish_round().await {
                Ended::Hopeless(error) => return error,
                Ended::Throttled(error) => match self.pace.next_pause() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return error,
                },
                Ended::Done => {
                    return const { SourceError::new(ErrorKind::Unavailable).because("the call was given up") };
                }
            }
            self.start_again();
        }
    }

    async fn finish_round(&mut self) -> Ended {
        let mut ended = Ended::Done;
        while let Some(done) = self.calls.join_next().await {
            // A call that panicked has been reported by the runtime. Its keys get the answer of the rest.
            if let Ok(done) = done {
                self.take(done, &mut ended);
            }
            self.start_queued();
        }
        ended
    }

    fn take(&mut self, done: Done, ended: &mut Ended) {
        let Done { regional, answers, more, alone, hopeless, throttled, again } = done;
        for (index, answer) in answers {
            self.answer(index, answer);
        }
        if let Some(error) = hopeless {
            // Two hundred calls would each wait for the same credentials that do not come. What some have brought by now
            // still counts.
            self.calls.abort_all();
            self.queue.clear();
            if !matches!(ended, Ended::Hopeless(_)) {
                *ended = Ended::Hopeless(error);
            }
        }
        if matches!(ended, Ended::Hopeless(_)) {
            return;
        }
        match throttled {
            Some(error) => {
                self.pace.throttled();
                if !again.is_empty() {
                    // The others would be, too.
                    self.again.extend(self.queue.drain(..));
                    self.again.extend(again.into_iter().map(|wanted| (Arc::clone(&regional), wanted)));
                    *ended = Ended::Throttled(error);
                }
            }
            None => self.pace.answered(),
        }
        self.start_alone(&regional, alone);
        if let Some(batch) = more {
            self.read(regional, batch);
        }
    }

    fn answer(&mut self, index: usize, answer: impl Into<Answer>) {
        if self.open.remove(&index) {
            (self.deliver)(index, answer.into());
        }
    }

    fn answer_rest(mut self, error: &SourceError) {
        while let Some(index) = self.open.pop_first() {
            (self.deliver)(index, error.clone().into());
        }
    }
}

pub(super) const NO_ID: SourceError = unusable("this is no secret's name or ARN")
    .with_help("a name has letters, digits and /_+=.@-, up to 512");

pub(super) const NO_REGION: SourceError =
    unusable("no AWS region is set").with_help("set AWS_REGION, or `region` in the AWS profile");

/// The SDK panics without a runtime.
pub(super) fn ensure_runtime() -> Result<(), SourceError> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(unusable("AWS can be asked from a Tokio runtime only")),
    }
}

/// How a round of calls has ended.
enum Ended {
    /// Everything has been asked for.
    Done,
    /// Something is to be asked for again.
    Throttled(SourceError),
    Hopeless(SourceError),
}

const fn unusable(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(reason)
}

/// One [GetSecretValue](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html) call.
async fn get(regional: Arc<Regional>, wanted: Wanted, permits: Arc<Semaphore>) -> Done {
    let call = regional.client.get_secret_value().secret_id(wanted.key.name());
    let call = match wanted.key.version() {
        Version::Current => call,
        Version::Stage(stage) => call.version_stage(stage),
        Version::Id(id) => call.version_id(id),
    };
    let call = call
        .customize()
        .config_override(Config::builder().retry_classifier(NoRetryOfThrottling))
        .interceptor(regional.requests.get.clone());
    let result = {
        let _permit = permits.acquire().await;
        call.send().await
    };
    let answer = match result {
        Ok(output) => Value::from(output).into(),
        Err(error) => match Failure::of(&error) {
            Failure::NoCredentials(error) => return Done { hopeless: Some(error), ..Done::of(regional) },
            Failure::Answered(Fault::Throttled, error) if regional.may_retry() => {
                return Done { throttled: Some(error), again: vec![wanted], ..Done::of(regional) };
            }
            failure => failure.into(),
        },
    };
    Done { answers: vec![(wanted.index, answer)], ..Done::of(regional) }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use tokio::sync::oneshot;

    use super::*;
    use crate::lock::lock;

    /// What has been delivered so far, and in which order.
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

    fn run(keys: usize, deliver: Deliver<'_>) -> Run<'_> {
        Run::new(keys, Arc::new(Semaphore::new(1)), deliver)
    }

    fn done(indices: &[usize]) -> Done {
        let answers = indices.iter().map(|index| (*index, Answer::missing())).collect();
        Done { answers, ..Done::of(Regional::of_nobody()) }
    }

    #[tokio::test]
    async fn an_answer_does_not_wait_for_the_calls_of_others() {
        let delivered = Delivered::default();
        let deliver = |index, answer| delivered.push(index, &answer);
        let mut run = run(2, &deliver);
        let (release, released) = oneshot::channel::<()>();
        run.calls.spawn(async move {
            let _ = released.await;
            done(&[0])
        });
        run.calls.spawn(async { done(&[1]) });
        tokio::join!(run.finish(), async {
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
        let mut run = run(5, &deliver);
        run.answer(0, Answer::missing());
        run.calls.spawn(async { done(&[1, 1, 0, 99]) });
        run.calls.spawn(async { done(&[2, 1]) });
        run.calls.spawn(async { panic!("of a call, as expected") });
        run.calls.spawn(pending()).abort();
        let rest = run.finish().await;
        run.answer_rest(&rest);
        let mut indices = delivered.indices();
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2, 3, 4]);
        for index in [3, 4] {
            assert_eq!(delivered.of(index), "Failed(unavailable: the call was given up)");
        }
    }

    #[tokio::test]
    async fn without_hope_nobody_waits_and_what_is_there_still_counts() {
        let delivered = Delivered::default();
        let deliver = |index, answer| delivered.push(index, &answer);
        let mut run = run(4, &deliver);
        let error = unusable("no hope");
        run.calls.spawn(async { Done { hopeless: Some(error), ..done(&[0]) } });
        run.calls.spawn(async { done(&[1]) });
        run.calls.spawn(pending());
        let alone = vec![Wanted { index: 3, key: Key::new("a") }];
        run.calls.spawn(async { Done { alone, ..done(&[]) } });
        let rest = run.finish().await;
        assert!(run.calls.is_empty());
        run.answer_rest(&rest);
        let mut indices = delivered.indices();
        indices.sort_unstable();
        assert_eq!(indices, [0, 1, 2, 3]);
        assert!(delivered.of(1).starts_with("Missing"), "{}", delivered.of(1));
        for index in [2, 3] {
            assert_eq!(delivered.of(index), "Failed(configuration: no hope)");
        }
    }

    #[tokio::test]
    async fn a_fetch_that_is_dropped_ends_its_calls() {
        let deliver = |_, _| {};
        let mut run = run(1, &deliver);
        let held = Arc::new(());
        let of_call = Arc::clone(&held);
        run.calls.spawn(async move {
            pending::<()>().await;
            drop(of_call);
            done(&[])
        });
        tokio::select! {
            biased;
            _ = run.finish() => panic!("nobody answers"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(Arc::strong_count(&held), 2);
        drop(run);
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
