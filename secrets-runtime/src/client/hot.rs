//! The names that are read again and again, each with its value: a read is one lookup, without a lock, an allocation or a
//! look at the exact time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::clock::Moment;
use super::counters::Striped;
use super::lease::{Age, Lease};
use crate::secret::Secret;

type Values = HashMap<Box<str>, Hot, foldhash::fast::RandomState>;

/// Values by the name under which a program asks for them.
///
/// The map is never changed, only replaced, which costs a copy of it: a name comes in once, at its second read.
#[derive(Default)]
pub(super) struct HotValues {
    values: ArcSwap<Values>,
    /// One replacement at a time.
    replacing: Mutex<()>,
    pub(super) hits: Striped,
    pub(super) stale: Striped,
}

#[derive(Clone)]
struct Hot {
    value: Secret<String>,
    lease: Arc<Lease>,
}

impl HotValues {
    /// The value under a name, if it may be read without asking the cache.
    pub(super) fn read(&self, name: &str, now: impl FnOnce() -> Moment) -> Option<Secret<String>> {
        let values = self.values.load();
        let hot = values.get(name)?;
        match hot.lease.read(now())? {
            Age::Fresh => self.hits.count(),
            Age::Stale => self.stale.count(),
        }
        Some(hot.value.clone())
    }

    /// Lets a name be read by a lease.
    pub(super) fn insert(&self, name: &str, value: Secret<String>, lease: Arc<Lease>) {
        self.replace(|values| {
            values.insert(name.into(), Hot { value, lease });
        });
    }

    /// Drops the values whose leases have ended, so that they are wiped.
    pub(super) fn purge(&self) {
        self.replace(|_| {});
    }

    fn replace(&self, change: impl FnOnce(&mut Values)) {
        let _one_at_a_time = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut values = Values::clone(&self.values.load());
        change(&mut values);
        // Also what ended since it was read: whoever ended it has purged already, or waits for this lock to do so.
        values.retain(|_, hot| !hot.lease.is_revoked());
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

    fn count(hot: &HotValues) -> usize {
        hot.values.load().len()
    }

    #[test]
    fn a_value_is_read_by_its_name_without_a_copy() {
        let (hot, value) = (HotValues::default(), Secret::from("v1"));
        assert!(hot.read("db", at(1)).is_none());
        hot.insert("db", value.clone(), lease());
        assert!(hot.read("db", at(1)).is_some_and(|read| read.is_shared_with(&value)));
        assert!(hot.read("db", at(150)).is_some());
        assert!(hot.read("db", at(200)).is_none());
        assert_eq!((hot.hits.get(), hot.stale.get()), (1, 1));
    }

    #[test]
    fn the_clock_is_asked_only_for_a_name_that_is_known() {
        assert!(HotValues::default().read("db", || panic!("a look at the time for nothing")).is_none());
    }

    #[test]
    fn a_value_whose_lease_has_ended_is_not_read_and_is_dropped() {
        let (hot, ended, valid) = (HotValues::default(), lease(), lease());
        hot.insert("db", Secret::from("v1"), Arc::clone(&ended));
        hot.insert("other", Secret::from("v1"), valid);
        ended.revoke();
        assert!(hot.read("db", at(1)).is_none());
        assert_eq!(count(&hot), 2);
        hot.purge();
        assert_eq!(count(&hot), 1);
        assert!(hot.read("other", at(1)).is_some());
        assert_eq!(Arc::strong_count(&ended), 1, "something still holds what has ended");
    }

    #[test]
    fn a_value_whose_lease_has_ended_does_not_come_in() {
        let (hot, ended) = (HotValues::default(), lease());
        ended.revoke();
        hot.insert("db", Secret::from("v1"), ended);
        assert_eq!(count(&hot), 0);
    }

    #[test]
    fn a_name_has_the_value_that_came_in_last() {
        let hot = HotValues::default();
        hot.insert("db", Secret::from("v1"), lease());
        hot.insert("db", Secret::from("v2"), lease());
        assert_eq!(hot.read("db", at(1)).unwrap().expose_secret(), "v2");
        assert_eq!(count(&hot), 1);
    }
}
