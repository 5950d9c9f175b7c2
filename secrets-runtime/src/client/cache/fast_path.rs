//! Values by the names that a program reads again and again. A read is one lookup, without a lock or an
//! allocation.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use super::clock::Moment;
use super::lease::{Age, Lease};
use super::striped_counter::StripedCounter;
use super::sync::{ArcSwap, Mutex, RandomState};
use crate::secret::Secret;

type Values = HashMap<Box<str>, Leased, RandomState>;

/// How many names the map has at most. Every new name and every value that ends costs a copy of the map:
/// 1024 names, as many as the cache holds by default, take about 50 µs. Other names are read through the
/// cache.
const MAX_NAMES: usize = 1024;

/// Values that may be read without asking the cache, by the name under which the program asks for them.
///
/// The map is never changed, only replaced by a changed copy. A name is inserted once, at its second read.
#[derive(Default)]
pub(in crate::client) struct FastPath {
    values: ArcSwap<Values>,
    /// Allows one replacement at a time.
    replacing: Mutex<()>,
    pub(in crate::client) hits: StripedCounter,
    pub(in crate::client) stale: StripedCounter,
}

#[derive(Clone)]
struct Leased {
    value: Secret<String>,
    lease: Arc<Lease>,
}

impl FastPath {
    /// The value under a name, if its lease allows a read.
    pub(in crate::client) fn read(&self, name: &str, now: impl FnOnce() -> Moment) -> Option<Secret<String>> {
        let values = self.values.load();
        let Leased { value, lease } = values.get(name)?;
        match lease.read(now())? {
            Age::Fresh => self.hits.count(),
            Age::Stale => self.stale.count(),
        }
        Some(value.clone())
    }

    pub(in crate::client) fn insert(&self, name: &str, value: Secret<String>, lease: Arc<Lease>) {
        self.replace(|values| {
            let has_room = values.len() < MAX_NAMES || values.contains_key(name);
            has_room.then(|| {
                let mut values = values.clone();
                values.insert(name.into(), Leased { value, lease });
                values
            })
        });
    }

    /// Drops the values whose leases have ended, so that they are wiped.
    pub(in crate::client) fn purge(&self) {
        // Most values that end were read only once, and are not here.
        self.replace(|values| {
            values.values().any(|leased| leased.lease.is_revoked()).then(|| values.clone())
        });
    }

    /// Replaces the map by a changed copy, if `changed` makes one.
    fn replace(&self, changed: impl FnOnce(&Values) -> Option<Values>) {
        let _one_at_a_time = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut values) = changed(&self.values.load()) else { return };
        // A lease may have been revoked before its value was inserted: that purge is over, or waits for this
        // lock.
        values.retain(|_, leased| !leased.lease.is_revoked());
        self.values.store(Arc::new(values));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Arc<Lease> {
        let lease = Arc::new(Lease::default());
        lease.set(Moment::from_millis(100), Moment::from_millis(200));
        lease
    }

    fn at(millis: u64) -> impl FnOnce() -> Moment {
        move || Moment::from_millis(millis)
    }

    fn count(fast_path: &FastPath) -> usize {
        fast_path.values.load().len()
    }

    #[test]
    fn a_value_is_read_by_its_name_without_a_copy() {
        let (fast_path, value) = (FastPath::default(), Secret::from("v1"));
        assert!(fast_path.read("db", at(1)).is_none());
        fast_path.insert("db", value.clone(), lease());
        assert!(fast_path.read("db", at(1)).is_some_and(|read| read.is_shared_with(&value)));
        assert!(fast_path.read("db", at(150)).is_some());
        assert!(fast_path.read("db", at(200)).is_none());
        assert_eq!((fast_path.hits.get(), fast_path.stale.get()), (1, 1));
    }

    #[test]
    fn the_clock_is_read_only_for_a_known_name() {
        assert!(
            FastPath::default().read("db", || panic!("the clock was read for an unknown name")).is_none()
        );
    }

    #[test]
    fn a_value_whose_lease_has_ended_is_not_read_and_is_dropped() {
        let (fast_path, ended, valid) = (FastPath::default(), lease(), lease());
        fast_path.insert("db", Secret::from("v1"), Arc::clone(&ended));
        fast_path.insert("other", Secret::from("v1"), valid);
        ended.revoke();
        assert!(fast_path.read("db", at(1)).is_none());
        assert_eq!(count(&fast_path), 2);
        fast_path.purge();
        assert_eq!(count(&fast_path), 1);
        assert!(fast_path.read("other", at(1)).is_some());
        assert_eq!(Arc::strong_count(&ended), 1, "the ended value is still held");
    }

    #[test]
    fn a_value_whose_lease_has_ended_is_not_inserted() {
        let (fast_path, ended) = (FastPath::default(), lease());
        ended.revoke();
        fast_path.insert("db", Secret::from("v1"), ended);
        assert_eq!(count(&fast_path), 0);
    }

    #[test]
    fn a_full_map_takes_another_value_of_a_name_and_no_other_name_until_a_value_ends() {
        let (fast_path, ended) = (FastPath::default(), lease());
        fast_path.insert("ended", Secret::from("v1"), Arc::clone(&ended));
        for index in 1..MAX_NAMES + 10 {
            fast_path.insert(&format!("name-{index}"), Secret::from("v1"), lease());
        }
        fast_path.insert("name-1", Secret::from("v2"), lease());
        assert_eq!(fast_path.read("name-1", at(1)).unwrap().expose_secret(), "v2");
        assert!(fast_path.read(&format!("name-{MAX_NAMES}"), at(1)).is_none());
        assert_eq!(count(&fast_path), MAX_NAMES);
        ended.revoke();
        fast_path.purge();
        fast_path.insert("other", Secret::from("v1"), lease());
        assert!(fast_path.read("other", at(1)).is_some());
    }

    #[test]
    fn a_name_has_the_value_that_was_inserted_last() {
        let fast_path = FastPath::default();
        fast_path.insert("db", Secret::from("v1"), lease());
        fast_path.insert("db", Secret::from("v2"), lease());
        assert_eq!(fast_path.read("db", at(1)).unwrap().expose_secret(), "v2");
        assert_eq!(count(&fast_path), 1);
    }
}
