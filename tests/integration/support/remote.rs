//! Remote sources that a test can watch and hold back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use secrets_runtime::source::{
    Answer, BoxFuture, Deliver, Fetched, Identity, Key, Location, Setting, Source, SourceError, Version,
};
use tokio::sync::{oneshot, watch};

use super::time::soon;

/// A remote store of whole secrets, which change while a test runs. What it answers is decided when it is asked; when it
/// answers is the test's to say. Clones are the same store.
#[derive(Clone, Default)]
pub(crate) struct Remote(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    fetches: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    failure: Option<SourceError>,
    fetches: Vec<Vec<String>>,
    holds: bool,
    /// Who waits to answer, by the number of the fetch.
    held: Vec<Option<oneshot::Sender<()>>>,
    under_way: usize,
}

impl Remote {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with(self, id: &str, value: &str) -> Self {
        self.put(id, value);
        self
    }

    pub(crate) fn put(&self, id: &str, value: &str) {
        self.answer(id, Answer::found(value));
    }

    /// Puts a value that says which secret it is.
    pub(crate) fn put_identified(&self, ids: &[&str], arn: &str, value: &str) {
        for id in ids {
            self.answer(id, Answer::found(value).identified_by(Identity::new(arn)));
        }
    }

    pub(crate) fn answer(&self, id: &str, answer: impl Into<Answer>) {
        self.state().answers.insert(id.to_owned(), answer.into());
    }

    pub(crate) fn remove(&self, id: &str) {
        self.state().answers.remove(id);
    }

    /// Answers this to everything, until [`mend`](Self::mend).
    pub(crate) fn fail(&self, error: SourceError) {
        self.state().failure = Some(error);
    }

    pub(crate) fn mend(&self) {
        self.state().failure = None;
    }

    /// Holds the answers of fetches from now on.
    pub(crate) fn hold(&self) {
        self.state().holds = true;
    }

    /// Holds those that are held already, and no others.
    pub(crate) fn hold_no_more(&self) {
        self.state().holds = false;
    }

    /// Lets go of what is held, and holds nothing more.
    pub(crate) fn release(&self) {
        let mut state = self.state();
        state.holds = false;
        for held in state.held.iter_mut().filter_map(Option::take) {
            // Whoever waited for it may be gone.
            let _ = held.send(());
        }
    }

    /// Lets go of one fetch, counted from 0.
    pub(crate) fn release_one(&self, fetch: usize) {
        self.state().held[fetch].take().unwrap().send(()).unwrap();
    }

    /// The keys of each fetch so far; `name@version` where it is not the current one.
    pub(crate) fn fetches(&self) -> Vec<Vec<String>> {
        self.state().fetches.clone()
    }

    /// How often it was asked.
    pub(crate) fn requests(&self) -> usize {
        self.state().fetches.len()
    }

    /// The fetches that have neither ended nor been dropped.
    pub(crate) fn under_way(&self) -> usize {
        self.state().under_way
    }

    /// Waits until it has been asked so often. If nothing is held, all but the last answer are then there, and on a
    /// current-thread runtime the last one, too.
    pub(crate) async fn asked(&self, times: usize) {
        let mut fetches = self.0.fetches.subscribe();
        soon("a fetch", fetches.wait_for(|fetches| *fetches >= times)).await.unwrap();
    }

    /// What is answered, and what that waits for.
    fn arrive(&self, keys: &[Key]) -> (Fetched, Option<oneshot::Receiver<()>>) {
        let state = &mut *self.state();
        let answer = |key: &Key| match &state.failure {
            Some(failure) => failure.clone().into(),
            None => state.answers.get(&written(key)).cloned().unwrap_or(Answer::missing()),
        };
        let fetched = keys.iter().map(answer).collect();
        state.fetches.push(keys.iter().map(written).collect());
        state.under_way += 1;
        let (sender, released) = oneshot::channel();
        let (sender, released) = if state.holds { (Some(sender), Some(released)) } else { (None, None) };
        state.held.push(sender);
        (fetched, released)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }
}

impl Source for Remote {
    fn name(&self) -> &'static str {
        "remote"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { Vec::new() }
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let (fetched, held) = self.arrive(keys);
            let _under_way = UnderWay(self);
            self.0.fetches.send_modify(|fetches| *fetches += 1);
            if let Some(released) = held {
                released.await.unwrap();
            }
            fetched
        })
    }

    fn is_remote(&self) -> bool {
        true
    }
}

fn written(key: &Key) -> String {
    match key.version() {
        Version::Current => key.name().to_owned(),
        Version::Stage(version) | Version::Id(version) => format!("{}@{version}", key.name()),
        other => panic!("an unknown version: {other:?}"),
    }
}

struct UnderWay<'a>(&'a Remote);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

/// Another source, of whose fetches a test sees the end. Clones share the count.
#[derive(Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    begun: Arc<AtomicUsize>,
    ended: Arc<watch::Sender<usize>>,
}

impl<S: Source> Watched<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, begun: Arc::default(), ended: Arc::default() }
    }

    /// How many fetches have begun.
    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    /// Waits until so many fetches have ended. On a current-thread runtime their answers are then in the cache.
    pub(crate) async fn ended(&self, fetches: usize) {
        let mut ended = self.ended.subscribe();
        soon("the end of a fetch", ended.wait_for(|ended| *ended >= fetches)).await.unwrap();
    }
}

impl<S: Source> Source for Watched<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        self.inner.locate(setting)
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::Relaxed);
            let fetched = self.inner.fetch(keys).await;
            self.ended.send_modify(|ended| *ended += 1);
            fetched
        })
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            self.begun.fetch_add(1, Ordering::Relaxed);
            let problems = self.inner.fetch_each(keys, deliver).await;
            self.ended.send_modify(|ended| *ended += 1);
            problems
        })
    }

    fn is_remote(&self) -> bool {
        self.inner.is_remote()
    }
}
