//! [`ContainedSource`]: a source as the client asks it. A panic of the source is an error of the keys that it
//! was asked for.

use std::sync::Arc;

use super::{BoxFuture, Deliver, Fetched, Key, Location, Source};
use crate::contain::{Contained, contain};
use crate::error::{ErrorKind, SourceError};
use crate::setting::{Setting, Version};

/// Not transient: the source would panic again.
const PANICKED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the source panicked")
    .with_help("the message of the panic may hold a value and is not repeated here: see the standard error");

/// A source whose panics are errors.
pub(crate) struct ContainedSource {
    source: Arc<dyn Source>,
    is_remote: bool,
}

impl ContainedSource {
    pub(crate) fn new(source: Arc<dyn Source>) -> Self {
        let is_remote = contain(|| source.is_remote()).unwrap_or_default();
        Self { source, is_remote }
    }

    async fn fetch_located(&self, keys: &[Key]) -> Fetched {
        let fetched = Contained::new(|| self.source.fetch(keys)).await;
        fetched.unwrap_or_else(|_| Fetched::failed(keys, &PANICKED))
    }

    async fn fetch_each_located(&self, keys: &[Key], deliver: Deliver<'_>) -> Vec<SourceError> {
        let fetched = Contained::new(|| self.source.fetch_each(keys, deliver)).await;
        fetched.unwrap_or_else(|_| {
            // Keys that were answered before keep their answer, as the first one counts.
            (0..keys.len()).for_each(|index| deliver(index, PANICKED.into()));
            Vec::new()
        })
    }
}

/// The key of a setting whose location the source panicked at. No secret has a version with this id.
const NO_KEY: (&str, &str) = ("locate", "panicked");

fn no_location() -> Location {
    Location::value(NO_KEY.0).with_version(Version::Id(NO_KEY.1.to_owned()))
}

fn is_no_key(key: &Key) -> bool {
    matches!((key.name(), key.version()), (name, Version::Id(id)) if (name, id.as_str()) == NO_KEY)
}

impl Source for ContainedSource {
    fn name(&self) -> &str {
        contain(|| self.source.name()).unwrap_or("source")
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        contain(|| self.source.locate(setting)).unwrap_or_else(|_| vec![no_location()])
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            if !keys.iter().any(is_no_key) {
                return self.fetch_located(keys).await;
            }
            let located: Vec<Key> = keys.iter().filter(|key| !is_no_key(key)).cloned().collect();
            let Fetched { answers, problems } = self.fetch_located(&located).await;
            let mut answers = answers.into_iter();
            let answers = keys
                .iter()
                .map_while(|key| if is_no_key(key) { Some(PANICKED.into()) } else { answers.next() });
            Fetched { answers: answers.collect(), problems }
        })
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            if !keys.iter().any(is_no_key) {
                return self.fetch_each_located(keys, deliver).await;
            }
            let (not_located, located): (Vec<usize>, Vec<usize>) =
                (0..keys.len()).partition(|index| keys.get(*index).is_some_and(is_no_key));
            for index in not_located {
                deliver(index, PANICKED.into());
            }
            let located_keys: Vec<Key> =
                located.iter().filter_map(|index| keys.get(*index)).cloned().collect();
            let deliver_located = |index: usize, answer| {
                if let Some(index) = located.get(index) {
                    deliver(*index, answer);
                }
            };
            self.fetch_each_located(&located_keys, &deliver_located).await
        })
    }

    fn is_remote(&self) -> bool {
        self.is_remote
    }

    fn requests(&self) -> Vec<(&'static str, u64)> {
        contain(|| self.source.requests()).unwrap_or_default()
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        contain(|| self.source.help(key, kind)).ok().flatten()
    }
}
