//! What threads do at the same time, and what must not come of it.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::clock::Moment;
use super::hot::HotValues;
use super::lease::{Age, Lease};
use crate::secret::Secret;

const NOW: Moment = Moment::from_millis(50);

/// A lease that is fresh now, then stale.
fn lease() -> Arc<Lease> {
    let lease = Arc::new(Lease::default());
    lease.set(Moment::from_millis(100), Moment::from_millis(200));
    lease
}

fn secret(value: &str) -> Secret<String> {
    Secret(value.to_owned())
}

fn value(hot: &HotValues) -> Option<String> {
    hot.read("db", || NOW).map(|secret| secret.0)
}

pub fn nothing_is_read_by_a_lease_that_was_revoked_before() {
    loom::model(|| {
        let (lease, is_revoked) = (lease(), Arc::new(AtomicBool::new(false)));
        let cache = thread::spawn({
            let (lease, is_revoked) = (Arc::clone(&lease), Arc::clone(&is_revoked));
            move || {
                lease.revoke();
                is_revoked.store(true, Ordering::Release);
            }
        });
        let is_revoked = is_revoked.load(Ordering::Acquire);
        let read = lease.read(NOW);
        assert!(!is_revoked || read.is_none());
        cache.join().unwrap();
        assert!(lease.read(NOW).is_none());
    });
}

pub fn a_renewed_lease_is_never_out_of_its_times() {
    loom::model(|| {
        let lease = lease();
        let cache = thread::spawn({
            let lease = Arc::clone(&lease);
            // A refresh has begun: readers need not ask meanwhile.
            move || lease.set(Moment::from_millis(100), Moment::from_millis(300))
        });
        let other = thread::spawn({
            let lease = Arc::clone(&lease);
            move || assert_eq!(lease.read(NOW), Some(Age::Fresh))
        });
        assert_ne!(lease.read(Moment::from_millis(250)), Some(Age::Fresh));
        cache.join().unwrap();
        other.join().unwrap();
        assert_eq!(lease.read(Moment::from_millis(250)), Some(Age::Stale));
        assert_eq!(lease.used(), Moment::from_millis(250));
    });
}

pub fn nothing_old_is_read_after_a_clear_that_has_returned() {
    loom::model(|| {
        let (hot, lease) = (Arc::new(HotValues::default()), lease());
        hot.insert("db", secret("old"), Arc::clone(&lease));
        let is_cleared = Arc::new(AtomicBool::new(false));
        let clearing = thread::spawn({
            let (hot, lease, is_cleared) = (Arc::clone(&hot), Arc::clone(&lease), Arc::clone(&is_cleared));
            move || {
                lease.revoke();
                hot.purge();
                is_cleared.store(true, Ordering::Release);
            }
        });
        let is_cleared = is_cleared.load(Ordering::Acquire);
        let read = value(&hot);
        assert!(!is_cleared || read.is_none());
        clearing.join().unwrap();
    });
}

pub fn an_insert_during_a_purge_leaves_nothing_that_has_ended() {
    loom::model(|| {
        let (hot, lease) = (Arc::new(HotValues::default()), lease());
        let reader = thread::spawn({
            let (hot, lease) = (Arc::clone(&hot), Arc::clone(&lease));
            move || hot.insert("db", secret("old"), lease)
        });
        lease.revoke();
        hot.purge();
        reader.join().unwrap();
        assert_eq!(Arc::strong_count(&lease), 1, "the value stays in memory");
    });
}

pub fn inserts_at_the_same_time_do_not_lose_one_another() {
    loom::model(|| {
        let hot = Arc::new(HotValues::default());
        let (one, other) = (lease(), lease());
        let reader = thread::spawn({
            let (hot, lease) = (Arc::clone(&hot), Arc::clone(&other));
            move || hot.insert("other", secret("value"), lease)
        });
        hot.insert("db", secret("value"), Arc::clone(&one));
        reader.join().unwrap();
        assert_eq!((Arc::strong_count(&one), Arc::strong_count(&other)), (2, 2));
    });
}

pub fn a_late_insert_of_an_old_value_does_not_bring_it_back() {
    loom::model(|| {
        let (hot, old, new) = (Arc::new(HotValues::default()), lease(), lease());
        let late = thread::spawn({
            let (hot, old) = (Arc::clone(&hot), Arc::clone(&old));
            move || hot.insert("db", secret("old"), old)
        });
        old.revoke();
        hot.purge();
        hot.insert("db", secret("new"), new);
        assert_ne!(value(&hot).as_deref(), Some("old"));
        late.join().unwrap();
        assert_ne!(value(&hot).as_deref(), Some("old"));
        assert_eq!(Arc::strong_count(&old), 1);
    });
}
