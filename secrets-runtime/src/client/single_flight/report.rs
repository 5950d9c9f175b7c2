//! Writes the cache's events to the log.

use super::shared::Shared;
use crate::client::cache::CacheEvent;
use crate::events;
use crate::source::Key;

impl Shared {
    /// Reports events. Must not be called under the lock: a subscriber may read a secret.
    pub(super) fn report(&self, events: &[CacheEvent]) {
        let source = self.source.name();
        for event in events {
            match event {
                CacheEvent::RefreshFailed { .. } | CacheEvent::Recovered(_) => {}
                CacheEvent::Ended(key, kind) => events::ended(source, key, *kind),
                CacheEvent::Expired { key, after_failures } => events::expired(source, key, *after_failures),
                CacheEvent::Evicted(key) => events::evicted(source, key),
            }
        }
        // One line for all keys that failed together: an outage concerns every secret.
        let failed = |series_begins: bool| -> Vec<&Key> {
            let key = |event| match event {
                &CacheEvent::RefreshFailed { ref key, first } if first == series_begins => Some(key),
                _ => None,
            };
            events.iter().filter_map(key).collect()
        };
        let recovered = events.iter().filter_map(|event| match event {
            CacheEvent::Recovered(key) => Some(key),
            _ => None,
        });
        events::refresh_failed(source, &failed(true));
        events::refresh_failed_again(source, &failed(false));
        events::recovered(source, &recovered.collect::<Vec<_>>());
    }
}
