//! The right to read one held value without asking the cache. It ends when the cache must be asked again.

use std::fmt;

use super::clock::Moment;
use super::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared by the cache, which sets the times, and by readers of the fast path, which check them without a
/// lock.
///
/// Each field is read and written by itself: no reader needs two of them to agree. At worst a race sends one
/// more read to the cache, or serves a read that began before the lease was revoked.
#[derive(Default)]
pub(in crate::client) struct Lease {
    /// From then on the cache must be asked: a refresh is due, or the value may no longer be served.
    check_at: AtomicU64,
    /// From then on a read counts as stale.
    fresh_until: AtomicU64,
    /// The last read by this lease.
    used: AtomicU64,
    /// Whether a `get` has read the value through the cache since the lease was made.
    was_read: AtomicBool,
}

impl Lease {
    /// Whether the value may be read now, and if so, whether it is fresh.
    pub(super) fn read(&self, now: Moment) -> Option<Age> {
        let now = now.as_millis();
        if now >= self.check_at.load(Ordering::Acquire) {
            return None;
        }
        // With a store for every read, all readers of one secret would write the same cache line.
        if self.used.load(Ordering::Relaxed) < now {
            self.used.store(now, Ordering::Relaxed);
        }
        let is_fresh = now < self.fresh_until.load(Ordering::Relaxed);
        Some(if is_fresh { Age::Fresh } else { Age::Stale })
    }

    pub(super) fn set(&self, fresh_until: Moment, check_at: Moment) {
        self.fresh_until.store(fresh_until.as_millis(), Ordering::Relaxed);
        self.check_at.store(check_at.as_millis(), Ordering::Release);
    }

    /// Ends the lease: the value must not be served any more.
    pub(super) fn revoke(&self) {
        self.check_at.store(Moment::PAST.as_millis(), Ordering::Release);
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.check_at.load(Ordering::Acquire) == Moment::PAST.as_millis()
    }

    /// The last read by this lease.
    pub(super) fn used(&self) -> Moment {
        Moment::from_millis(self.used.load(Ordering::Relaxed))
    }

    /// Notes a read through the cache. Returns `true` if there was one before.
    pub(in crate::client) fn note_read(&self) -> bool {
        self.was_read.swap(true, Ordering::Relaxed)
    }
}

/// Whether a served value is within its TTL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    Stale,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("is_revoked", &self.is_revoked()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn a_new_lease_allows_nothing() {
        assert!(Lease::default().is_revoked());
        assert_eq!(Lease::default().read(at(1)), None);
    }

    #[test]
    fn a_value_is_fresh_then_stale_then_the_cache_must_be_asked() {
        let lease = Lease::default();
        lease.set(at(100), at(200));
        let ages = [1, 99, 100, 199, 200, 201].map(|now| lease.read(at(now)));
        let (fresh, stale) = (Some(Age::Fresh), Some(Age::Stale));
        assert_eq!(ages, [fresh, fresh, stale, stale, None, None]);
    }

    #[test]
    fn a_lease_without_end_ends_when_it_is_revoked() {
        let lease = Lease::default();
        lease.set(Moment::NEVER, Moment::NEVER);
        assert_eq!(lease.read(at(u64::MAX - 1)), Some(Age::Fresh));
        lease.revoke();
        assert!(lease.is_revoked());
        assert_eq!(lease.read(at(1)), None);
    }

    #[test]
    fn only_reads_that_are_served_are_noted() {
        let lease = Lease::default();
        lease.set(at(100), at(200));
        lease.read(at(50));
        lease.read(at(40));
        assert_eq!(lease.used(), at(50), "a clock that is behind does not make it older");
        lease.read(at(300));
        assert_eq!(lease.used(), at(50));
    }

    #[test]
    fn the_first_read_differs_from_later_ones() {
        let lease = Lease::default();
        assert_eq!([lease.note_read(), lease.note_read(), lease.note_read()], [false, true, true]);
    }
}
