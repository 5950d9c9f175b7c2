//! A source that follows a script, and a cache before it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::super::CachedSource;
use crate::client::cache::FastPath;
use crate::client::cache::Policy;
use crate::client::cache::{Clock, Timer};
use crate::client::freshness::Freshness;
use crate::error::{ErrorKind, SourceError};
use crate::setting::Setting;
use crate::source::{Answer, BoxFuture, ContainedSource, Deliver, Fetched, Key, Location, Source};
use crate::value::Payload;

pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// What a call does.
#[derive(Clone)]
pub(super) enum Does {
    /// Answers every key after this time: with this answer, or with the number of the call as a value.
    Answer(Duration, Option<Answer>),
    /// Answers one key a second.
    AnswerOneByOne,
    /// Answers the first key only.
    LeaveOut,
    /// Answers the first key, then the others, and reports a problem of the source.
    Complain,
    Panic,
    NeverEnd,
}

pub(super) fn quickly() -> Does {
    Does::Answer(Duration::from_millis(20), None)
}

#[derive(Default)]
pub(super) struct Fake {
    /// What the next calls do; those after them answer quickly.
    script: Mutex<Vec<Does>>,
    /// The keys of each call.
    pub(super) calls: Mutex<Vec<Vec<String>>>,
    /// How many calls have not ended.
    pub(super) running: AtomicUsize,
    /// Run once when the source's name is read.
    pub(super) on_name: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// How many of the next reads of the source's name panic.
    pub(super) panics_by_name: AtomicUsize,
}

struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Fake {
    fn following(script: impl IntoIterator<Item = Does>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(script.into_iter().collect()), ..Self::default() })
    }

    pub(super) fn calls(&self) -> Vec<Vec<String>> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    async fn call(&self, keys: &[Key], deliver: Deliver<'_>) -> Vec<SourceError> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(keys.iter().map(|key| key.name().to_owned()).collect());
            calls.len()
        };
        self.running.fetch_add(1, Ordering::Relaxed);
        let _running = Running(&self.running);
        let does = {
            let mut script = self.script.lock().unwrap();
            if script.is_empty() { quickly() } else { script.remove(0) }
        };
        let value = || Answer::found(format!("v{number}"));
        match does {
            Does::Answer(after, answer) => {
                tokio::time::sleep(after).await;
                let answer = answer.unwrap_or_else(value);
                (0..keys.len()).for_each(|index| deliver(index, answer.clone()));
            }
            Does::AnswerOneByOne => {
                for index in 0..keys.len() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    deliver(index, value());
                }
            }
            Does::LeaveOut => deliver(0, value()),
            Does::Complain => {
                deliver(0, value());
                tokio::task::yield_now().await;
                (1..keys.len()).for_each(|index| deliver(index, value()));
                return vec![SourceError::new(ErrorKind::Configuration)];
            }
            Does::Panic => {
                tokio::task::yield_now().await;
                panic!("intended by the test");
            }
            Does::NeverEnd => std::future::pending().await,
        }
        Vec::new()
    }
}

impl Source for Fake {
    fn name(&self) -> &'static str {
        let hook = self.on_name.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        let one_less = |panics: usize| panics.checked_sub(1);
        let panics = self.panics_by_name.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        assert!(panics.is_err(), "intended by the test");
        "fake"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            self.calls.lock().unwrap().push(keys.iter().map(|key| key.name().to_owned()).collect());
            keys.iter().map(|_| Answer::found("uncached")).collect()
        })
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(self.call(keys, deliver))
    }
}

/// A cache before a source that follows this script, call by call.
pub(super) fn cached(script: impl IntoIterator<Item = Does>) -> (Arc<CachedSource>, Arc<Fake>) {
    cached_by(Clock::Tokio, script)
}

/// The same, with the source as the client puts it behind its cache.
pub(super) fn contained(script: impl IntoIterator<Item = Does>) -> (Arc<CachedSource>, Arc<Fake>) {
    let fake = Fake::following(script);
    let source = Arc::new(ContainedSource::new(Arc::<Fake>::clone(&fake)));
    (cached_source(Clock::Tokio, source), fake)
}

pub(super) fn cached_by(
    clock: Clock,
    script: impl IntoIterator<Item = Does>,
) -> (Arc<CachedSource>, Arc<Fake>) {
    let fake = Fake::following(script);
    (cached_source(clock, Arc::<Fake>::clone(&fake)), fake)
}

fn cached_source(clock: Clock, source: Arc<dyn Source>) -> Arc<CachedSource> {
    let policy = Policy { ttl: Duration::from_secs(100), ..Policy::default() };
    let (timer, fast_path) = (Arc::new(Timer::start(clock)), Arc::new(FastPath::default()));
    Arc::new(CachedSource::new(source, policy, timer, TIMEOUT, fast_path, Arc::default()))
}

pub(super) async fn read(cached: &CachedSource, name: &str) -> Result<String, ErrorKind> {
    read_with(cached, name, Freshness::Cached).await
}

pub(super) async fn read_with(
    cached: &CachedSource,
    name: &str,
    freshness: Freshness,
) -> Result<String, ErrorKind> {
    let fetched = cached.read(&[Key::new(name)], freshness).await;
    value_of(&fetched.answers()[0])
}

pub(super) fn value_of(answer: &Answer) -> Result<String, ErrorKind> {
    match answer {
        Answer::Found(Payload::Text(text), _) => Ok(text.expose_secret().clone()),
        Answer::Found(Payload::Binary(_) | Payload::File(_), _) => panic!("nothing here is binary"),
        Answer::Missing(_) => Err(ErrorKind::Missing),
        Answer::Failed(error) => Err(error.kind()),
    }
}

/// Starts to read, so that the reader waits when this returns.
pub(super) fn spawn_read(
    cached: &Arc<CachedSource>,
    name: &str,
    freshness: Freshness,
) -> tokio::task::JoinHandle<Result<String, ErrorKind>> {
    let (cached, name) = (Arc::clone(cached), name.to_owned());
    tokio::spawn(async move { read_with(&cached, &name, freshness).await })
}

/// Lets every task run that can, without time passing.
pub(super) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Polls a future this many times, with other tasks in between, and drops it.
pub(super) async fn poll_times<T>(times: usize, future: impl Future<Output = T>) -> Poll<T> {
    let mut future = pin!(future);
    for _ in 0..times {
        let poll =
            poll_fn(|_| Poll::Ready(future.as_mut().poll(&mut Context::from_waker(Waker::noop())))).await;
        if poll.is_ready() {
            return poll;
        }
        settle().await;
        tokio::time::advance(Duration::from_millis(5)).await;
    }
    Poll::Pending
}
