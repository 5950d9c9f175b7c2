//! The fast path in every order in which threads can run it, with every value that the memory model lets
//! them see.
//!
//! `RUSTFLAGS="--cfg secrets_loom" cargo test -p secrets-runtime --no-default-features --lib loom_tests`

use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::clock::Moment;
use super::fast_path::FastPath;
use super::lease::{Age, Lease};
use crate::secret::Secret;

const NOW: Moment = Moment::from_millis(50);

/// A lease that is fresh now, then stale.
fn lease() -> Arc<Lease> {
    let lease = Arc::new(Lease::default());
    lease.set(Moment::from_millis(100), Moment::from_millis(200));
    lease
}

fn value(fast_path: &FastPath) -> Option<String> {
    fast_path.read("db", || NOW).map(|secret| secret.expose_secret().clone())
}

#[test]
fn a_lease_that_was_revoked_before_allows_no_read() {
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

#[test]
fn a_renewed_lease_is_never_outside_its_times() {
    loom::model(|| {
        let lease = lease();
        let cache = thread::spawn({
            let lease = Arc::clone(&lease);
            // A refresh has started: readers need not ask meanwhile.
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

#[test]
fn a_read_by_a_renewed_lease_counts_as_fresh() {
    loom::model(|| {
        let lease = lease();
        let cache = thread::spawn({
            let lease = Arc::clone(&lease);
            move || lease.set(Moment::from_millis(300), Moment::from_millis(300))
        });
        assert_ne!(lease.read(Moment::from_millis(250)), Some(Age::Stale));
        cache.join().unwrap();
    });
}

#[test]
fn no_old_value_is_read_after_a_clear_has_returned() {
    loom::model(|| {
        let (fast_path, lease) = (Arc::new(FastPath::default()), lease());
        fast_path.insert("db", Secret::from("old"), Arc::clone(&lease));
        let is_cleared = Arc::new(AtomicBool::new(false));
        let clearing = thread::spawn({
            let (fast_path, is_cleared) = (Arc::clone(&fast_path), Arc::clone(&is_cleared));
            move || {
                lease.revoke();
                fast_path.purge();
                is_cleared.store(true, Ordering::Release);
            }
        });
        let is_cleared = is_cleared.load(Ordering::Acquire);
        let read = value(&fast_path);
        assert!(!is_cleared || read.is_none());
        clearing.join().unwrap();
    });
}

#[test]
fn an_insert_during_a_purge_leaves_no_ended_value() {
    loom::model(|| {
        let (fast_path, lease) = (Arc::new(FastPath::default()), lease());
        let reader = thread::spawn({
            let (fast_path, lease) = (Arc::clone(&fast_path), Arc::clone(&lease));
            move || fast_path.insert("db", Secret::from("old"), lease)
        });
        lease.revoke();
        fast_path.purge();
        reader.join().unwrap();
        assert_eq!(Arc::strong_count(&lease), 1, "the value stays in memory");
    });
}

#[test]
fn concurrent_inserts_do_not_lose_each_other() {
    loom::model(|| {
        let fast_path = Arc::new(FastPath::default());
        let (one, other) = (lease(), lease());
        let reader = thread::spawn({
            let (fast_path, lease) = (Arc::clone(&fast_path), Arc::clone(&other));
            move || fast_path.insert("other", Secret::from("value"), lease)
        });
        fast_path.insert("db", Secret::from("value"), Arc::clone(&one));
        reader.join().unwrap();
        assert_eq!((Arc::strong_count(&one), Arc::strong_count(&other)), (2, 2));
    });
}

#[test]
fn a_late_insert_does_not_bring_an_old_value_back() {
    loom::model(|| {
        let (fast_path, old, new) = (Arc::new(FastPath::default()), lease(), lease());
        let late = thread::spawn({
            let (fast_path, old) = (Arc::clone(&fast_path), Arc::clone(&old));
            move || fast_path.insert("db", Secret::from("old"), old)
        });
        old.revoke();
        fast_path.purge();
        fast_path.insert("db", Secret::from("new"), new);
        assert_ne!(value(&fast_path).as_deref(), Some("old"));
        late.join().unwrap();
        assert_ne!(value(&fast_path).as_deref(), Some("old"));
        assert_eq!(Arc::strong_count(&old), 1);
    });
}
