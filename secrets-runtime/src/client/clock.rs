//! The time as the cache needs it: cheap to ask for, and never going back.

use std::time::Duration;

/// Which clock tells how old a cached secret is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Clock {
    /// The operating system's monotonic clock, read as cheaply as it can be: it is a few milliseconds behind at most.
    #[default]
    System,
    /// Tokio's clock, which [a test can pause](https://docs.rs/tokio/latest/tokio/time/fn.pause.html) and advance.
    Tokio,
}

/// A moment: milliseconds since an arbitrary one that is the same for the life of a [`Timer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

impl Moment {
    /// Never reached.
    #[cfg(test)]
    pub(super) const NEVER: Self = Self(u64::MAX);
    /// Always past.
    pub(super) const PAST: Self = Self(0);

    pub(super) const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub(super) const fn as_millis(self) -> u64 {
        self.0
    }

    /// Later by so much.
    pub(super) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; zero if it was not.
    pub(super) const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// A running clock.
#[derive(Debug)]
pub(super) enum Timer {
    System,
    Tokio(tokio::time::Instant),
}

impl Timer {
    pub(super) fn start(clock: Clock) -> Self {
        match clock {
            Clock::System => Self::System,
            Clock::Tokio => Self::Tokio(tokio::time::Instant::now()),
        }
    }

    /// Now. The clock of the system is read in its coarse form, 6 ns where the exact one costs 23: what is measured
    /// with it is minutes.
    pub(super) fn now(&self) -> Moment {
        match self {
            Self::System => {
                // Without an update of that crate's own idea of now, which all threads would write.
                let ticks = coarsetime::Instant::now_without_cache_update().as_ticks();
                Moment(coarsetime::Duration::from_ticks(ticks).as_millis().saturating_add(1))
            }
            Self::Tokio(start) => Moment(1).after(start.elapsed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_neither_overflow_nor_go_below_the_first() {
        let moment = Moment::from_millis(5);
        assert_eq!(moment.after(Duration::MAX), Moment::NEVER);
        assert_eq!(moment.after(Duration::from_micros(2500)), Moment::from_millis(7));
        assert_eq!(Moment::PAST.since(moment), Duration::ZERO);
        assert_eq!(Moment::NEVER.since(Moment::PAST), Duration::from_millis(u64::MAX));
    }

    #[test]
    fn the_systems_clock_is_past_the_first_moment_and_never_goes_back() {
        let timer = Timer::start(Clock::System);
        let mut last = Moment::PAST.after(Duration::from_millis(1));
        for _ in 0..100_000 {
            let now = timer.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tokios_clock_is_the_tests_own() {
        let timer = Timer::start(Clock::Tokio);
        let start = timer.now();
        assert!(start > Moment::PAST);
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(timer.now().since(start), Duration::from_millis(1500));
    }
}
