//! The time as the cache needs it: cheap to read, monotonic, and going on while the machine is suspended.

#[cfg(any(target_os = "linux", target_os = "android", test))]
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Chooses the clock that measures the age of cached secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Clock {
    /// The operating system's monotonic clock, at most a few milliseconds behind. Time during which the
    /// machine is suspended counts on Linux and Android (`CLOCK_BOOTTIME`), on Apple's systems
    /// (`CLOCK_MONOTONIC`) and on Windows (the performance counter). On other systems it may not count.
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
        let now = match self {
            Self::System => Moment(system::millis().saturating_add(1)),
            Self::Tokio(start) => Moment(1).after(start.elapsed()),
        };
        #[cfg(test)]
        let now = now.after(suspension::total());
        now
    }
}

/// An exact clock that is read once in a tick of a coarse one. The coarse one is cheaper.
#[cfg(any(target_os = "linux", target_os = "android", test))]
struct TickedClock {
    tick: AtomicU64,
    millis: AtomicU64,
}

#[cfg(any(target_os = "linux", target_os = "android", test))]
impl TickedClock {
    const fn new() -> Self {
        Self { tick: AtomicU64::new(0), millis: AtomicU64::new(0) }
    }

    /// The time of the exact clock at the first read in this tick, in milliseconds.
    fn read(&self, tick: u64, exact: impl FnOnce() -> u64) -> u64 {
        if self.tick.load(Ordering::Acquire) == tick {
            return self.millis.load(Ordering::Relaxed);
        }
        let now = exact();
        // Another thread may be ahead. Time never goes back.
        let now = self.millis.fetch_max(now, Ordering::Relaxed).max(now);
        self.tick.store(tick, Ordering::Release);
        now
    }
}

#[cfg(unix)]
mod system {
    use rustix::time::{ClockId, Timespec, clock_gettime};

    /// Milliseconds since the start of the machine, at most one tick of the kernel (10 ms) behind.
    ///
    /// `CLOCK_BOOTTIME` goes on while the machine is suspended, and costs 28 ns. The coarse clock stands
    /// still then, and costs 6 ns.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn millis() -> u64 {
        static CLOCK: super::TickedClock = super::TickedClock::new();
        let coarse = clock_gettime(ClockId::MonotonicCoarse);
        // Never zero, with which the clock begins.
        let tick = unsigned(coarse.tv_sec).wrapping_mul(1 << 30).wrapping_add(unsigned(coarse.tv_nsec)) | 1;
        CLOCK.read(tick, || millis_of(clock_gettime(ClockId::Boottime)))
    }

    /// Milliseconds since the start of the machine.
    ///
    /// Unlike on Linux, `CLOCK_MONOTONIC` goes on while an Apple machine is suspended. `std::time::Instant`
    /// reads another clock, which does not.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn millis() -> u64 {
        millis_of(clock_gettime(ClockId::Monotonic))
    }

    fn millis_of(time: Timespec) -> u64 {
        unsigned(time.tv_sec).saturating_mul(1000).saturating_add(unsigned(time.tv_nsec) / 1_000_000)
    }

    fn unsigned(number: impl TryInto<u64>) -> u64 {
        number.try_into().unwrap_or(0)
    }
}

#[cfg(not(unix))]
mod system {
    use std::sync::LazyLock;
    use std::time::Instant;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    /// Milliseconds since the first call.
    pub(super) fn millis() -> u64 {
        u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
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
        let tick = Duration::from_millis(25);
        assert!(now + tick >= before && now <= after + tick, "{before:?} {now:?} {after:?}");
    }

    #[test]
    fn the_exact_clock_is_read_once_in_a_tick_and_never_goes_back() {
        let clock = TickedClock::new();
        assert_eq!(clock.read(1, || 10), 10);
        assert_eq!(clock.read(1, || panic!("it was read in this tick")), 10);
        assert_eq!(clock.read(2, || 28_800_010), 28_800_010, "the machine was suspended");
        assert_eq!(clock.read(3, || 20), 28_800_010, "another thread was ahead");
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
