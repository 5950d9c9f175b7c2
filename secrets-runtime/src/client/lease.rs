//! The right to read one held value without asking the cache, until it must be asked again.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::clock::Moment;

/// Shared by the cache, which sets the times, and by readers, who go by them without a lock.
///
/// Each field is read and written by itself: no reader needs two of them to agree. The worst that a race does is that one
/// read more goes to the cache, or that a read is served that began before the lease was revoked.
#[derive(Default)]
pub(super) struct Lease {
    /// From when on the cache must be asked: for a refresh to be started, or because the value is no longer to be served.
    check_at: AtomicU64,
    /// From when on a read counts as stale.
    fresh_until: AtomicU64,
    /// When it was last read.
    used: AtomicU64,
    /// Whether it has been read since it was made.
    read: AtomicBool,
}

impl Lease {
    /// Whether the value may be read now without asking, and if it may, whether it is fresh.
    pub(super) fn read(&self, now: Moment) -> Option<Age> {
        if now.as_millis() >= self.check_at.load(Ordering::Acquire) {
            return None;
        }
        let used = now.as_millis();
        // A store for every read would make all readers of one secret write one cache line.
        if self.used.load(Ordering::Relaxed) < used {
            self.used.store(used, Ordering::Relaxed);
        }
        let fresh = used < self.fresh_until.load(Ordering::Relaxed);
        Some(if fresh { Age::Fresh } else { Age::Stale })
    }

    pub(super) fn set(&self, fresh_until: Moment, check_at: Moment) {
        self.fresh_until.store(fresh_until.as_millis(), Ordering::Relaxed);
        self.check_at.store(check_at.as_millis(), Ordering::Release);
    }

    /// From when on the cache must be asked.
    pub(super) fn check_at(&self, moment: Moment) {
        self.check_at.store(moment.as_millis(), Ordering::Release);
    }

    /// Ends it: the value is not to be served any more.
    pub(super) fn revoke(&self) {
        self.check_at(Moment::PAST);
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.check_at.load(Ordering::Acquire) == Moment::PAST.as_millis()
    }

    /// When it was last read past the cache.
    pub(super) fn used(&self) -> Moment {
        Moment::from_millis(self.used.load(Ordering::Relaxed))
    }

    /// Notes a read; `true` if there was one before.
    pub(super) fn was_read(&self) -> bool {
        self.read.swap(true, Ordering::Relaxed)
    }
}

/// Whether a value that is served is within its TTL.
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
    fn a_value_is_fresh_then_stale_then_to_be_asked_for() {
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
    fn reads_are_noted_those_that_are_turned_away_are_not() {
        let lease = Lease::default();
        lease.set(at(100), at(200));
        lease.read(at(50));
        lease.read(at(40));
        assert_eq!(lease.used(), at(50), "a clock that is behind does not make it older");
        lease.read(at(300));
        assert_eq!(lease.used(), at(50));
    }

    #[test]
    fn the_first_read_is_known_from_those_after_it() {
        let lease = Lease::default();
        assert_eq!([lease.was_read(), lease.was_read(), lease.was_read()], [false, true, true]);
    }
}
