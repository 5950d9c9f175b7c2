//! Writes ages and points in time for reports.

use std::time::{Duration, SystemTime};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Writes an age in its largest whole unit, such as `91 days`.
pub(crate) fn format_age(age: Duration) -> String {
    let seconds = age.as_secs();
    let (count, unit) = match seconds {
        DAY.. => (seconds / DAY, "day"),
        HOUR.. => (seconds / HOUR, "hour"),
        MINUTE.. => (seconds / MINUTE, "minute"),
        _ => (seconds, "second"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

/// Writes a time as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) in UTC. `None` before 1970 and after
/// 9999.
pub(crate) fn timestamp(time: SystemTime) -> Option<String> {
    // The first second of the year 10000.
    const END: u64 = 253_402_300_800;
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since_1970.as_secs() < END).then(|| humantime::format_rfc3339_seconds(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, expected) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (3599, "59 minutes"),
            (3600, "1 hour"),
            (86_399, "23 hours"),
            (86_400, "1 day"),
            (91 * 86_400, "91 days"),
        ] {
            assert_eq!(format_age(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_time_out_of_range_is_none() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(timestamp(at(1_700_000_000)).as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(timestamp(at(253_402_300_799)).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(timestamp(at(253_402_300_800)), None);
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), None);
    }
}
