//! A counter that many threads add to at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A count in several places, so that threads do not write the same cache line.
pub(in crate::client) struct StripedCounter([Stripe; STRIPES]);

const STRIPES: usize = 16;

/// Two cache lines of 64 bytes: processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

impl StripedCounter {
    pub(super) fn count(&self) {
        let stripe = THREAD.with(|thread| *thread);
        if let Some(Stripe(count)) = self.0.get(stripe) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(in crate::client) fn get(&self) -> u64 {
        self.0.iter().map(|Stripe(count)| count.load(Ordering::Relaxed)).fold(0, u64::wrapping_add)
    }
}

impl Default for StripedCounter {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Stripe::default()))
    }
}

thread_local! {
    /// The stripe of this thread. Threads take them in turn.
    static THREAD: usize = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
}

static NEXT: AtomicUsize = AtomicUsize::new(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_between_threads() {
        let counter = StripedCounter::default();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| (0..1000).for_each(|_| counter.count()));
            }
        });
        assert_eq!(counter.get(), 20_000);
    }
}
