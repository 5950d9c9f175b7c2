//! How long values and answers are kept, and when a failed fetch is repeated.

use std::time::Duration;

use fastrand::Rng;

use crate::error::ErrorKind;
use crate::source::Answer;

/// The settings of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) struct Policy {
    /// How long a value is fresh. Zero: nothing is kept.
    pub(in crate::client) ttl: Duration,
    /// How long after that it may still be served.
    pub(in crate::client) max_stale: Duration,
    /// How many secrets are kept.
    pub(in crate::client) capacity: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { ttl: Duration::from_mins(5), max_stale: Duration::from_hours(1), capacity: 1024 }
    }
}

/// How long *not found* is remembered: long enough for a loop that reads the name again and again, and short
/// enough for an operator who has just created the secret.
const MISSING_FOR: Duration = Duration::from_secs(5);

/// How long another refusal is remembered: an operator may be correcting the IAM policy right now.
const REFUSED_FOR: Duration = Duration::from_secs(1);

/// The first wait after a failed refresh, while an older value is served.
const REFRESH_BACKOFF: Duration = Duration::from_millis(500);
const REFRESH_BACKOFF_CAP: Duration = Duration::from_secs(30);

/// The first wait after a failure that leaves readers without a value. It is shorter, so that they soon
/// notice the end of an outage.
const COLD_BACKOFF: Duration = Duration::from_millis(100);
const COLD_BACKOFF_CAP: Duration = Duration::from_secs(5);

impl Policy {
    pub(super) fn keeps_nothing(&self) -> bool {
        self.ttl.is_zero()
    }

    /// The TTL of the values of one fetch, spread by ±10 %: instances that started together do not refresh
    /// together for ever. Values that came together stay together, so that one batch can refresh them.
    pub(super) fn spread_ttl(&self, rng: &mut Rng) -> Duration {
        let spread = self.ttl.as_secs_f64() * (0.9 + 0.2 * rng.f64());
        Duration::try_from_secs_f64(spread).unwrap_or(Duration::MAX)
    }

    /// How long before its end a value is refreshed along with other keys. It exceeds the difference between
    /// the TTLs of two fetches, so that secrets that are read together come to be fetched together. It is
    /// bounded, so that a value with an endless TTL is never due.
    pub(super) fn early(&self) -> Duration {
        (self.ttl / 3).min(Duration::from_hours(1))
    }
}

/// How long a fetch may take that no reader waits for. A request that is lost in an outage must not delay
/// the next one for long. After failures the limit grows, so that a slow store can answer.
pub(super) fn refresh_limit(failures: u32) -> Duration {
    Duration::from_secs(2).saturating_mul(1 << failures.min(16))
}

/// How long a refusal is remembered.
pub(super) fn remembered_for(answer: &Answer, rng: &mut Rng) -> Duration {
    jittered(if matches!(answer, Answer::Missing(_)) { MISSING_FOR } else { REFUSED_FOR }, rng)
}

/// How long to wait after this many failures in a row.
pub(super) fn backoff(failures: u32, holds_value: bool, rng: &mut Rng) -> Duration {
    let (first, cap) =
        if holds_value { (REFRESH_BACKOFF, REFRESH_BACKOFF_CAP) } else { (COLD_BACKOFF, COLD_BACKOFF_CAP) };
    let doublings = failures.saturating_sub(1).min(16);
    jittered(first.saturating_mul(1 << doublings).min(cap), rng)
}

/// Between half of the duration and all of it.
fn jittered(duration: Duration, rng: &mut Rng) -> Duration {
    duration.mul_f64(0.5 + 0.5 * rng.f64())
}

/// Whether an answer says that the secret itself cannot be read. After other failures a held value is as
/// good as before.
pub(super) const fn is_refusal(answer: &Answer) -> bool {
    match answer {
        Answer::Found(..) => false,
        Answer::Missing(_) => true,
        Answer::Failed(error) => error.is_definitive(),
    }
}

/// The kind of an answer without a value.
pub(in crate::client) const fn failure_kind(answer: &Answer) -> Option<ErrorKind> {
    match answer {
        Answer::Found(..) => None,
        Answer::Missing(_) => Some(ErrorKind::Missing),
        Answer::Failed(error) => Some(error.kind()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_spread_by_a_tenth() {
        let (policy, mut rng) = (Policy::default(), Rng::with_seed(1));
        let ttls: Vec<Duration> = (0..1000).map(|_| policy.spread_ttl(&mut rng)).collect();
        let (least, most) = (ttls.iter().min().unwrap(), ttls.iter().max().unwrap());
        assert!(*least >= Duration::from_secs(270) && *least < Duration::from_secs(272), "{least:?}");
        assert!(*most <= Duration::from_secs(330) && *most > Duration::from_secs(328), "{most:?}");
    }

    #[test]
    fn a_wait_doubles_up_to_its_cap_and_is_jittered() {
        let mut rng = Rng::with_seed(1);
        let mut longest = |failures, holds_value| {
            (0..1000).map(|_| backoff(failures, holds_value, &mut rng)).max().unwrap().as_secs_f64()
        };
        let near = |measured: f64, expected: f64| measured <= expected && measured > expected * 0.95;
        assert!(near(longest(1, true), 0.5));
        assert!(near(longest(2, true), 1.0));
        assert!(near(longest(3, true), 2.0));
        assert!(near(longest(100, true), 30.0));
        assert!(near(longest(u32::MAX, false), 5.0));
        let shortest = (0..1000).map(|_| backoff(1, true, &mut rng)).min().unwrap();
        assert!(shortest >= Duration::from_millis(250));
    }
}
