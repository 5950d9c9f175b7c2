//! What can be seen of a cached source from outside, and what is told of it.

use std::collections::BTreeMap;

use super::{CachedSource, Shared};
use crate::client::cache::{Counts, Entry, Event};
use crate::client::lookup::in_time;
use crate::error::ErrorKind;
use crate::events;
use crate::source::{Answer, Fetched, Key};

/// A cached source at one moment.
pub(in crate::client) struct Snapshot {
    pub(in crate::client) counts: Counts,
    pub(in crate::client) failures: BTreeMap<ErrorKind, u64>,
    pub(in crate::client) entries: Vec<Entry>,
}

impl CachedSource {
    pub(in crate::client) fn snapshot(&self) -> Snapshot {
        let now = self.shared.timer.now();
        let state = self.shared.state();
        Snapshot {
            counts: *state.cache.counts(),
            failures: state.failures.clone(),
            entries: state.cache.entries(now),
        }
    }
}

impl Shared {
    /// Asks the source past the cache, and counts it as the cache does.
    pub(super) async fn fetch_uncached(&self, keys: &[Key]) -> Fetched {
        self.state().cache.count_uncached(u64::try_from(keys.len()).unwrap_or(u64::MAX));
        let source = self.source.name();
        let fetch = async {
            let fetched = in_time(self.timeout, keys, self.source.fetch(keys)).await;
            for (key, answer) in keys.iter().zip(fetched.answers()) {
                events::fetched(source, key, answer);
            }
            fetched
        };
        let fetched = events::fetch(source, keys.len()).around(fetch).await;
        let failures = &mut self.state().failures;
        for kind in fetched.answers().iter().filter_map(failure_of) {
            *failures.entry(kind).or_default() += 1;
        }
        fetched
    }

    /// Tells what the cache has noted. Not under its lock: whoever listens may ask for a secret.
    pub(super) fn tell(&self, events: &[Event]) {
        let source = self.source.name();
        for event in events {
            match event {
                Event::RefreshFailed { .. } | Event::Recovered(_) => {}
                Event::Ended(key, kind) => events::ended(source, key, *kind),
                Event::Expired { key, after_failures } => events::expired(source, key, *after_failures),
                Event::Evicted(key) => events::evicted(source, key),
            }
        }
        // One line for all that failed together: an outage concerns every secret.
        let failed = |series_begins: bool| -> Vec<&Key> {
            let key = |event| match event {
                &Event::RefreshFailed { ref key, first } if first == series_begins => Some(key),
                _ => None,
            };
            events.iter().filter_map(key).collect()
        };
        let recovered = events.iter().filter_map(|event| match event {
            Event::Recovered(key) => Some(key),
            _ => None,
        });
        events::refresh_failed(source, &failed(true));
        events::refresh_failed_again(source, &failed(false));
        events::recovered(source, &recovered.collect::<Vec<_>>());
    }
}

pub(super) fn failure_of(answer: &Answer) -> Option<ErrorKind> {
    match answer {
        Answer::Found(..) => None,
        Answer::Missing(_) => Some(ErrorKind::Missing),
        Answer::Failed(error) => Some(error.kind()),
    }
}
