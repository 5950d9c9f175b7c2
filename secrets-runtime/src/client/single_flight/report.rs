//! Writes the cache's events to the log.

use super::shared::Shared;
use crate::client::cache::CacheEvent;
use crate::events;

impl Shared {
    /// Reports events. Must not be called under the lock: a subscriber may read a secret.
    pub(super) fn report(&self, events: &[CacheEvent]) {
        let source = self.source.name();
        // One line for all keys that failed together: an outage concerns every secret.
        let (mut failed, mut failed_again, mut recovered) = (Vec::new(), Vec::new(), Vec::new());
        for event in events {
            match event {
                CacheEvent::RefreshFailed { key, first: true } => failed.push(key),
                CacheEvent::RefreshFailed { key, first: false } => failed_again.push(key),
                CacheEvent::Recovered(key) => recovered.push(key),
                CacheEvent::Ended(key, kind) => events::ended(source, key, *kind),
                CacheEvent::Expired { key, after_failures } => events::expired(source, key, *after_failures),
                CacheEvent::Evicted(key) => events::evicted(source, key),
            }
        }
        events::refresh_failed(source, &failed);
        events::refresh_failed_again(source, &failed_again);
        events::recovered(source, &recovered);
    }
}
