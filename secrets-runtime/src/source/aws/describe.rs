//! Reads the rotation schedule of a secret with `DescribeSecret`, for checks. It takes a permission that no
//! load needs.

use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::primitives::DateTime;

use super::secrets_manager::SecretsManager;
use crate::error::SourceError;

const DAY: Duration = Duration::from_hours(24);

/// Whether a secret is rotated by a schedule, and when next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RotationSchedule {
    pub(crate) is_enabled: bool,
    /// Known while the schedule is enabled.
    pub(crate) next: Option<SystemTime>,
}

impl SecretsManager {
    /// Returns whether and when the secret `id` is rotated.
    ///
    /// # Errors
    /// If the call cannot be made or fails.
    pub(crate) async fn rotation_schedule(&self, id: &str) -> Result<RotationSchedule, SourceError> {
        let call = self.call(Some(id), |client| client.describe_secret().secret_id(id).send());
        // The futures of the SDK have tens of kilobytes, which would be part of the caller's future.
        Box::pin(call).await.map(RotationSchedule::from)
    }
}

impl From<DescribeSecretOutput> for RotationSchedule {
    fn from(answer: DescribeSecretOutput) -> Self {
        let time = |time: DateTime| SystemTime::try_from(time).ok();
        let days = answer.rotation_rules.and_then(|rules| rules.automatically_after_days);
        let days = days.and_then(|days| u32::try_from(days).ok()).filter(|days| *days > 0);
        // Emulators give no date.
        let last = answer.last_rotated_date.or(answer.created_date).and_then(time);
        let counted = || last?.checked_add(DAY.checked_mul(days?)?);
        Self {
            is_enabled: answer.rotation_enabled.unwrap_or(false),
            next: answer.next_rotation_date.and_then(time).or_else(counted),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::types::RotationRulesType;

    use super::*;

    fn at(seconds: i64) -> DateTime {
        DateTime::from_secs(seconds)
    }

    fn time(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_next_rotation_is_the_date_given_or_the_last_date_plus_the_days() {
        let rules = RotationRulesType::builder().automatically_after_days(30).build();
        let answer = DescribeSecretOutput::builder().rotation_enabled(true).rotation_rules(rules);
        let answer = answer.created_date(at(1)).last_rotated_date(at(1000));
        let schedule = RotationSchedule::from(answer.clone().next_rotation_date(at(5000)).build());
        assert_eq!(schedule, RotationSchedule { is_enabled: true, next: Some(time(5000)) });
        let schedule = RotationSchedule::from(answer.build());
        assert_eq!(schedule.next, Some(time(1000 + 30 * 24 * 3600)));
    }

    #[test]
    fn a_secret_that_is_not_rotated_has_no_date() {
        let schedule = RotationSchedule::from(DescribeSecretOutput::builder().build());
        assert_eq!(schedule, RotationSchedule { is_enabled: false, next: None });
        let rules = RotationRulesType::builder().automatically_after_days(-1).build();
        let answer = DescribeSecretOutput::builder().rotation_rules(rules).created_date(at(1)).build();
        assert_eq!(RotationSchedule::from(answer).next, None);
    }
}
