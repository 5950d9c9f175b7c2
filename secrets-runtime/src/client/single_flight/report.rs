//! Writes the cache's events to the log.

use std::collections::BTreeMap;

use super::shared::Shared;
use crate::client::cache::CacheEvent;
use crate::error::ErrorKind;
use crate::events;
use crate::source::Key;

impl Shared {
    /// Reports the events of one call. Must not be called under the lock: a subscriber may read a secret.
    pub(super) fn report(&self, events: &[CacheEvent]) {
        let source = self.source.name();
        // One line for all keys that failed together: an outage concerns every secret.
        let (mut failed, mut failed_again, mut recovered) = (Vec::new(), Vec::new(), Vec::new());
        let mut ended: BTreeMap<ErrorKind, Vec<&Key>> = BTreeMap::new();
        for event in events {
            match event {
                CacheEvent::RefreshFailed { key, first: true } => failed.push(key),
                CacheEvent::RefreshFailed { key, first: false } => failed_again.push(key),
                CacheEvent::Recovered(key) => recovered.push(key),
                CacheEvent::Ended(key, kind) => ended.entry(*kind).or_default().push(key),
                CacheEvent::Expired { key, after_failures } => events::expired(source, key, *after_failures),
                CacheEvent::Evicted(key) => events::evicted(source, key),
            }
        }
        events::refresh_failed(source, &failed);
        events::refresh_failed_again(source, &failed_again);
        events::recovered(source, &recovered);
        for (kind, keys) in ended {
            events::ended(source, &keys, kind);
        }
    }
}
