//! From keys to calls: by region, in batches where that can be, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_secretsmanager::primitives::Blob;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::batch::{IDS, batch};
use super::connections::{Connections, Regional};
use super::failure::Failure;
use crate::environment::{Arn, is_secret_id};
use crate::error::{ErrorKind, SourceError};
use crate::setting::Version;
use crate::source::{Answer, Fetched, Key};

/// A key and its place among the answers.
pub(super) struct Wanted {
    pub(super) index: usize,
    pub(super) key: Key,
}

/// What one call has come to.
pub(super) struct Done {
    pub(super) regional: Arc<Regional>,
    pub(super) answers: Vec<(usize, Answer)>,
    /// What is to be asked for one by one.
    pub(super) alone: Vec<Wanted>,
    /// Why no other call can succeed either.
    pub(super) hopeless: Option<SourceError>,
}

impl Done {
    pub(super) fn of(regional: Arc<Regional>) -> Self {
        Self { regional, answers: Vec::new(), alone: Vec::new(), hopeless: None }
    }
}

pub(super) async fn fetch(connections: &Connections, keys: &[Key]) -> Fetched {
    if Handle::try_current().is_err() {
        // The SDK would panic.
        let error =
            SourceError::new(ErrorKind::Configuration).because("AWS can be asked from a Tokio runtime only");
        return Fetched::failed(keys, &error);
    }
    let named = keys.iter().find_map(|key| Arn::parse(key.name()).map(|arn| arn.region));
    let loaded = match connections.load(named).await {
        Ok(loaded) => loaded,
        Err(error) => return Fetched::failed(keys, &error),
    };
    let default = loaded.as_ref().and_then(|loaded| loaded.region.as_deref());
    let mut run = Run::new(keys.len(), Arc::clone(&connections.permits));
    let regions = run.by_region(keys, default);
    if let Some(loaded) = &loaded {
        for (region, wanted) in regions {
            run.start(&connections.client(loaded, region), wanted);
        }
    }
    run.finish().await
}

/// The calls of one fetch.
struct Run {
    answers: Vec<Option<Answer>>,
    /// Ends its calls when it is dropped, so that a fetch that is cancelled leaves nothing behind.
    calls: JoinSet<Done>,
    permits: Arc<Semaphore>,
}

impl Run {
    fn new(keys: usize, permits: Arc<Semaphore>) -> Self {
        Self { answers: vec![None; keys], calls: JoinSet::new(), permits }
    }

    /// The keys that can be asked for, by the region to ask in. The others are answered.
    fn by_region<'a>(&mut self, keys: &'a [Key], default: Option<&'a str>) -> BTreeMap<&'a str, Vec<Wanted>> {
        let mut regions: BTreeMap<&str, Vec<Wanted>> = BTreeMap::new();
        for (index, key) in keys.iter().enumerate() {
            let wanted = Wanted { index, key: key.clone() };
            match Arn::parse(key.name()).map(|arn| arn.region).or(default) {
                // It may be a value that was pasted in the wrong place, which AWS would log. And one malformed id fails
                // the whole batch.
                _ if !is_secret_id(key.name()) => self.answer(
                    index,
                    unusable("this is no secret's name or ARN")
                        .with_help("a name has letters, digits and /_+=.@-, up to 512"),
                ),
                Some(region) => regions.entry(region).or_default().push(wanted),
                None => self.answer(
                    index,
                    unusable("no AWS region is set")
                        .with_help("set AWS_REGION, or `region` in the AWS profile"),
                ),
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
                self.calls.spawn(batch(Arc::clone(regional), ids, Arc::clone(&self.permits)));
            }
        }
        self.start_alone(regional, current.into_iter().chain(versions));
    }

    fn start_alone(&mut self, regional: &Arc<Regional>, wanted: impl IntoIterator<Item = Wanted>) {
        for wanted in wanted {
            self.calls.spawn(get(Arc::clone(regional), wanted, Arc::clone(&self.permits)));
        }
    }

    async fn finish(mut self) -> Fetched {
        let mut rest = SourceError::new(ErrorKind::Unavailable).because("the call was given up");
        while let Some(done) = self.calls.join_next().await {
            // A call that panicked has been reported by the runtime. Its keys get the answer of the rest.
            let Ok(done) = done else { continue };
            for (index, answer) in done.answers {
                self.answer(index, answer);
            }
            if let Some(error) = done.hopeless {
                // Two hundred calls would each wait for the same credentials that do not come.
                self.calls.abort_all();
                rest = error;
                break;
            }
            self.start_alone(&done.regional, done.alone);
        }
        self.answers.into_iter().map(|answer| answer.unwrap_or_else(|| rest.clone().into())).collect()
    }

    fn answer(&mut self, index: usize, answer: impl Into<Answer>) {
        if let Some(slot) = self.answers.get_mut(index) {
            *slot = Some(answer.into());
        }
    }
}

fn unusable(reason: &'static str) -> SourceError {
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
    let result = {
        let _permit = permits.acquire().await;
        call.send().await
    };
    let answer = match result {
        Ok(output) => payload(output.secret_string, output.secret_binary),
        Err(error) => match Failure::of(&error) {
            Failure::NoCredentials(error) => return Done { hopeless: Some(error), ..Done::of(regional) },
            failure => failure.into(),
        },
    };
    Done { answers: vec![(wanted.index, answer)], ..Done::of(regional) }
}

/// Takes the value out of an answer: no copy of it is left behind in the SDK's types.
pub(super) fn payload(text: Option<String>, binary: Option<Blob>) -> Answer {
    match (text, binary) {
        (Some(text), _) => Answer::found(text),
        (None, Some(binary)) => Answer::found(binary.into_inner()),
        (None, None) => SourceError::new(ErrorKind::Unavailable).because("the answer holds no value").into(),
    }
}
