//! How large a fleet is simulated, and what it may ask for.

use std::fmt;
use std::time::Duration;

use super::config::SECRETS;
use super::instance::{RESTARTS_AFTER, RESTARTS_AT_MOST_AFTER};
use super::ours::READS_EVERY;
use super::plain::TTL;
use super::service::LATENCY;
use crate::outcome::Result;

/// The fleet and the quotas of <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>.
const WHOLE: Size = Size { instances: 5000, batch_quota: 100, get_quota: 10_000, share: 1 };

/// A share that asks for its share of the quotas waits as long as the whole does, in a fraction of the computing: the
/// whole sends some two million requests through the SDK, at a tenth of a millisecond each.
const SHARE: u32 = 5;

/// Another share than a fifth, such as `1` for the whole fleet.
const VARIABLE: &str = "FLEET_SHARE";

#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) instances: u32,
    /// Calls a second for the whole account.
    pub(super) batch_quota: u32,
    pub(super) get_quota: u32,
    share: u32,
}

impl Size {
    /// What this run simulates.
    ///
    /// # Errors
    /// A share that is no share.
    pub(super) fn wanted() -> Result<Self> {
        let share = match std::env::var(VARIABLE) {
            Ok(share) => share.parse().map_err(|_| format!("{VARIABLE} is no number"))?,
            Err(_) => SHARE,
        };
        if share == 0 || !WHOLE.batch_quota.is_multiple_of(share) {
            return Err(format!("{VARIABLE} has to divide {}", WHOLE.batch_quota).into());
        }
        Ok(WHOLE.divided(share))
    }

    const fn divided(self, share: u32) -> Self {
        let Self { instances, batch_quota, get_quota, .. } = self;
        Self {
            instances: instances / share,
            batch_quota: batch_quota / share,
            get_quota: get_quota / share,
            share,
        }
    }

    /// When the last instance can be up at best: if no call is throttled, and both quotas are used up until then.
    pub(super) fn soonest(&self) -> Duration {
        let a_second = SECRETS * self.batch_quota + self.get_quota;
        // Both quotas begin with a burst of one second's worth.
        let seconds = f64::from(SECRETS * self.instances) / f64::from(a_second) - 1.0;
        Duration::from_secs_f64(seconds.max(0.0))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instances, batch_quota, get_quota, share } = self;
        writeln!(
            f,
            "{instances} instances, {SECRETS} secrets each, begin within 1 s; quotas: {batch_quota} BatchGetSecretValue \
             and {get_quota} GetSecretValue a second"
        )?;
        if *share > 1 {
            writeln!(
                f,
                "(1/{share} of the fleet and of the quotas: the whole, {} instances, with {VARIABLE}=1)",
                WHOLE.instances
            )?;
        }
        writeln!(
            f,
            "A bucket of tokens for each quota: one second's worth at first, filled steadily; what is throttled takes none."
        )?;
        let (soonest, latest) = (RESTARTS_AFTER.as_secs(), RESTARTS_AT_MOST_AFTER.as_secs());
        writeln!(
            f,
            "{} to {} ms a request. A start that fails is repeated after {soonest} s, then after twice as long each time, \
             up to {latest} s.",
            LATENCY.start,
            LATENCY.end - 1
        )?;
        writeln!(
            f,
            "Then an hour: a TTL of {} s, spread by 10 %; each instance reads all of its secrets every {} s.",
            TTL.as_secs(),
            READS_EVERY.as_secs()
        )?;
        write!(
            f,
            "At best, with both quotas used up, the last is up after {:.1} s.",
            self.soonest().as_secs_f64()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_waits_as_long_as_the_whole() {
        assert_eq!(WHOLE.divided(SHARE).soonest(), WHOLE.soonest());
        // 100 000 secrets, 12 000 of them in the burst, 12 000 a second.
        assert_eq!(WHOLE.soonest().as_millis(), 7333);
    }
}
