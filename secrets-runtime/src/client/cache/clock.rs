//! The time as the cache needs it: cheap to read, monotonic, and going on while the machine is suspended.

use std::time::Duration;

/// Chooses the clock that measures the age of cached secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Clock {
    /// The operating system's monotonic clock. Time during which the machine is suspended counts on Linux and
    /// Android (`CLOCK_BOOTTIME`), on Apple's systems (`CLOCK_MONOTONIC`) and on Windows (the performance
    /// counter). On other systems it may not count.
    #[default]
    System,
    /// Tokio's clock, which [a test can pause](https://docs.rs/tokio/latest/tokio/time/fn.pause.html) and
    /// advance. Time during which the machine is suspended does not count on most systems.
    Tokio,
}

/// Milliseconds since an arbitrary moment, which is the same for the life of a [`Timer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::client) struct Moment(u64);

impl Moment {
    /// Never reached.
    #[cfg(test)]
    pub(in crate::client) const NEVER: Self = Self(u64::MAX);
    /// Always past.
    pub(in crate::client) const PAST: Self = Self(0);

    pub(in crate::client) const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub(in crate::client) const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment this much later.
    pub(in crate::client) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment this much earlier.
    pub(in crate::client) fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long ago `earlier` was; zero if it was not.
    pub(in crate::client) const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// A running clock.
#[derive(Debug)]
pub(in crate::client) enum Timer {
    System,
    Tokio(tokio::time::Instant),
}

impl Timer {
    pub(in crate::client) fn start(clock: Clock) -> Self {
        match clock {
            Clock::System => Self::System,
            Clock::Tokio => Self::Tokio(tokio::time::Instant::now()),
        }
    }

    /// The current time.
    pub(in crate::client) fn now(&self) -> Moment {
        let elapsed = match self {
            Self::System => system::elapsed(),
            Self::Tokio(start) => start.elapsed(),
        };
        #[cfg(test)]
        let elapsed = elapsed.saturating_add(suspension::total());
        Moment(1).after(elapsed)
    }
}

#[cfg(unix)]
mod system {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    /// The clock that goes on while the machine is suspended.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: ClockId = ClockId::Boottime;
    /// Unlike on Linux, this clock goes on while an Apple machine is suspended. `std::time::Instant` reads
    /// another one, which does not.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: ClockId = ClockId::Monotonic;

    /// The time since the start of the machine.
    pub(super) fn elapsed() -> Duration {
        let time = clock_gettime(CLOCK);
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
        Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or(0))
            .saturating_add(Duration::from_nanos(u64::from(nanoseconds)))
    }
}

#[cfg(not(unix))]
mod system {
    use std::sync::LazyLock;
    use std::time::{Duration, Instant};

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    /// The time since the first call.
    pub(super) fn elapsed() -> Duration {
        START.elapsed()
    }
}

/// Suspends the machine as the clocks see it: the cache's clock goes on, and Tokio's timers stand still.
#[cfg(test)]
pub(crate) mod suspension {
    use std::cell::Cell;
    use std::time::Duration;

    thread_local! {
        static TOTAL: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// Adds to the time during which the machine was suspended, for all clocks of this thread.
    pub(crate) fn add(duration: Duration) {
        TOTAL.set(TOTAL.get().saturating_add(duration));
    }

    pub(super) fn total() -> Duration {
        TOTAL.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_saturate_at_both_ends() {
        let moment = Moment::from_millis(5);
        assert_eq!(moment.after(Duration::MAX), Moment::NEVER);
        assert_eq!(moment.after(Duration::from_micros(2500)), Moment::from_millis(7));
        assert_eq!(Moment::PAST.since(moment), Duration::ZERO);
        assert_eq!(Moment::NEVER.since(Moment::PAST), Duration::from_millis(u64::MAX));
    }

    #[test]
    fn the_system_clock_starts_after_the_first_moment_and_is_monotonic() {
        let timer = Timer::start(Clock::System);
        let mut last = Moment::PAST.after(Duration::from_millis(1));
        for _ in 0..100_000 {
            let now = timer.now();
            assert!(now >= last);
            last = now;
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_clock_is_the_one_that_counts_suspended_time() {
        let timer = Timer::start(Clock::System);
        let uptime = || {
            let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
            Duration::from_secs_f64(uptime.split(' ').next().unwrap().parse().unwrap())
        };
        let (before, now, after) = (uptime(), timer.now().since(Moment(1)), uptime());
        let tick = Duration::from_millis(20);
        assert!(now + tick >= before && now <= after + tick, "{before:?} {now:?} {after:?}");
    }

    #[test]
    fn a_clock_that_jumps_to_its_end_does_not_overflow() {
        for clock in [Clock::System, Clock::Tokio] {
            let timer = Timer::start(clock);
            suspension::add(Duration::MAX);
            assert_eq!((timer.now(), timer.now().after(Duration::MAX)), (Moment::NEVER, Moment::NEVER));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_test_can_pause_and_advance_the_tokio_clock() {
        let timer = Timer::start(Clock::Tokio);
        let start = timer.now();
        assert!(start > Moment::PAST);
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(timer.now().since(start), Duration::from_millis(1500));
    }
}
