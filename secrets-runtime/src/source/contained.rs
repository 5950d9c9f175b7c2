//! [`ContainedSource`]: a source as the client asks it. A panic of the source is an error of the keys that it
//! was asked for.

use std::sync::Arc;

use super::{BoxFuture, Deliver, Fetched, Key, Location, Memory, Source};
use crate::contain::{Contained, Panicked, contain};
use crate::error::{ErrorKind, SourceError};
use crate::setting::Setting;

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

    /// Returns the places where the source may have a setting.
    ///
    /// # Errors
    /// If the source panics.
    pub(crate) fn try_locate(&self, setting: &Setting) -> Result<Vec<Location>, SourceError> {
        contain(|| self.source.locate(setting)).map_err(|Panicked| PANICKED)
    }
}

/// The source ends here if no other handle of it is left.
impl Drop for ContainedSource {
    fn drop(&mut self) {
        let source = std::mem::replace(&mut self.source, Arc::new(Memory::new()));
        let _ = contain(|| drop(source));
    }
}

impl Source for ContainedSource {
    fn name(&self) -> &str {
        contain(|| self.source.name()).unwrap_or("source")
    }

    /// Empty if the source panics. A lookup uses [`try_locate`](ContainedSource::try_locate).
    fn locate(&self, setting: &Setting) -> Vec<Location> {
        self.try_locate(setting).unwrap_or_default()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let fetched = Contained::new(|| self.source.fetch(keys)).await;
            fetched.unwrap_or_else(|Panicked| Fetched::failed(keys, &PANICKED))
        })
    }

    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        deliver_contained(|| self.source.fetch_each(keys, deliver), keys, deliver)
    }

    fn fetch_each_uncached<'a>(
        &'a self,
        keys: &'a [Key],
        deliver: Deliver<'a>,
    ) -> BoxFuture<'a, Vec<SourceError>> {
        deliver_contained(|| self.source.fetch_each_uncached(keys, deliver), keys, deliver)
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

    fn help_without_value(&self, key: &Key) -> Option<String> {
        contain(|| self.source.help_without_value(key)).ok().flatten()
    }

    fn target(&self) -> Option<String> {
        contain(|| self.source.target()).ok().flatten()
    }
}

/// Runs a fetch that delivers its answers. If it panics, the other keys are answered with that.
fn deliver_contained<'a>(
    fetch: impl FnOnce() -> BoxFuture<'a, Vec<SourceError>> + Send + 'a,
    keys: &'a [Key],
    deliver: Deliver<'a>,
) -> BoxFuture<'a, Vec<SourceError>> {
    Box::pin(async move {
        let fetched = Contained::new(fetch).await;
        fetched.unwrap_or_else(|Panicked| {
            // Keys that were answered before keep their answer, as the first one counts.
            (0..keys.len()).for_each(|index| deliver(index, PANICKED.into()));
            Vec::new()
        })
    })
}
