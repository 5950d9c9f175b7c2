//! Sets a pending value in a service that accepts neither the current nor the previous value: tries the
//! values of all other versions.
//!
//! Rotations that overlapped, or that were interrupted by hand, leave the service with the value of a
//! version that has lost its label.

use std::time::{Duration, Instant};

use super::event::RotationStep;
use super::rotator::{RotationValues, Rotator, TestOutcome};
use super::rotator_error::RotatorError;
use super::steps::StepContext;
use super::version_state::{CURRENT, PREVIOUS, VersionState, state_of};
use crate::error::{Error, ErrorKind};
use crate::operate::admin::SecretVersion;
use crate::value::SecretValue;

/// How many other versions are tried, the newest first. Each is a refused login, which some services count.
/// The service's value is one of the latest: rotations after it would have failed.
const MAX_OLDER: usize = 20;

/// How long versions are read. After that, those that have been read are tried. A rotation function may
/// take 15 minutes in all.
const MAX_READING: Duration = Duration::from_mins(1);

const NOT_LISTED: &str = "the values of older versions were not tried, since the versions could not be listed: \
                          allow secretsmanager:ListSecretVersionIds on the secret";

impl<R: Rotator> StepContext<'_, R> {
    /// Sets the pending value, with the values of all other versions as known values. `refused` is the error
    /// of the attempt with the current and the previous one.
    pub(super) async fn recover(&self, values: RotationValues, refused: RotatorError) -> Result<(), Error> {
        let step = RotationStep::SetSecret;
        let versions = match self.admin.versions(self.name).await {
            Ok(versions) => versions,
            Err(error) if error.kind() == ErrorKind::AccessDenied => {
                return Err(self.failed_by_rotator(step, refused).with_help(NOT_LISTED));
            }
            Err(error) => return Err(error),
        };
        // The service now belongs to another rotation if that has AWSPENDING. Its value must stay.
        match state_of(&versions, self.token) {
            Ok(VersionState::Pending) => {}
            Ok(VersionState::Current) => return Ok(()),
            Err(error) => return Err(self.failed(step, error)),
        }
        // Another call for the same version may have set it.
        if self.test(step, values.pending()).await? == TestOutcome::Accepted {
            return Ok(());
        }
        let older = self.older(&versions).await;
        if older.is_empty() {
            return Err(self.failed_by_rotator(step, refused));
        }
        let set = self.set(&values.with_older(older)).await;
        set.map_err(|error| self.failed_by_rotator(step, error))
    }

    /// The values of the versions that are neither current, previous nor pending. A version that cannot be
    /// read is skipped: another one may be the right one.
    async fn older(&self, versions: &[SecretVersion]) -> Vec<SecretValue> {
        let is_other = |version: &&SecretVersion| {
            let is_tried = version.has_stage(CURRENT) || version.has_stage(PREVIOUS);
            !is_tried && version.id() != self.token
        };
        let begun = Instant::now();
        let mut older = Vec::new();
        for version in versions.iter().filter(is_other).take(MAX_OLDER) {
            if begun.elapsed() > MAX_READING {
                break;
            }
            if let Ok(Some(value)) = self.value_of(version.id()).await {
                older.push(value);
            }
        }
        older
    }
}
