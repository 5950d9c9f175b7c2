//! Runs a check: looks up every setting past the cache, tries to build the config, and reads the rotation of
//! each secret.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use super::{CheckReport, CheckedSetting, RotationState, SettingState};
use crate::client::{Built, Entry, Freshness, Lookup, Secrets, Values, duplicate_names};
use crate::error::FieldError;
#[cfg(feature = "aws")]
use crate::setting::source_name;
use crate::setting::{ConfigSpec, is_displayable_label, is_version_id};
use crate::source::{BoxFuture, Identity};

/// Checks a config. Boxed, so that the future is compiled once for all configs.
pub(crate) fn check<'a>(
    secrets: &'a Secrets,
    config: &'static ConfigSpec,
    build: fn(&mut Values<'_>),
) -> BoxFuture<'a, CheckReport> {
    Box::pin(async move {
        let lookup = secrets.look_up(secrets.settings_of(config), Freshness::Uncached).await;
        let checked = SystemTime::now();
        let Lookup { entries, mut problems, .. } = lookup;
        problems.extend(duplicate_names(&entries));
        let Built { errors, skipped, problem, .. } = crate::client::build(&entries, |values| {
            build(values);
            Some(())
        });
        problems.extend(problem);
        let rotations = Rotations::of(secrets, &entries).await;
        let shadowed = secrets.shadowed(&entries).await;
        let unread: Vec<&str> =
            entries.iter().filter_map(|entry| entry.setting.reserved_variable()).collect();
        let unread = secrets.set_variables(&unread).await;
        let mut failures: HashMap<&str, &FieldError> = HashMap::new();
        for error in &errors {
            failures.entry(error.path()).or_insert(error);
        }
        let settings = entries
            .iter()
            .zip(shadowed)
            .map(|(entry, shadowed)| {
                let error = failures.get(entry.setting.path()).copied();
                CheckedSetting {
                    shadowed,
                    ..checked_setting(entry, error, &skipped, &unread, &rotations, checked)
                }
            })
            .collect();
        let is_ready = problems.is_empty() && errors.is_empty();
        let failure =
            (!is_ready).then(|| secrets.error(config.name.to_owned(), entries.len(), problems, errors));
        let environment = secrets.reported_environment();
        CheckReport { config: config.name, environment, checked, settings, failure }
    })
}

fn checked_setting(
    entry: &Entry,
    error: Option<&FieldError>,
    skipped: &HashSet<&str>,
    unread: &HashSet<String>,
    rotations: &Rotations,
    checked: SystemTime,
) -> CheckedSetting {
    let setting = &entry.setting;
    let state = match (error, entry.found()) {
        (Some(_), _) => SettingState::Failed,
        (None, Some(_)) => SettingState::Valid,
        (None, None) if setting.has_default() && !skipped.contains(setting.path()) => SettingState::Defaulted,
        (None, None) => SettingState::Absent,
    };
    let place = entry.found_at().filter(|_| error.is_none()).cloned();
    let of_secret = place.as_ref().is_some_and(|place| {
        let location = place.location();
        location == setting.shown_id() || setting.whole_secret_variable() == Some(location)
    });
    let identity = entry.identity();
    let created = identity.and_then(Identity::created);
    let (rotation, next_rotation) = rotations.state(identity, checked);
    CheckedSetting {
        path: setting.path().to_owned(),
        type_name: setting.type_name(),
        is_secret: setting.is_secret(),
        state,
        json_key: setting.json_key().filter(|_| of_secret),
        place,
        version_id: identity.and_then(Identity::version_id).filter(|id| is_version_id(id)).map(str::to_owned),
        stages: identity
            .map(Identity::stages)
            .unwrap_or_default()
            .iter()
            .filter(|stage| is_displayable_label(stage))
            .cloned()
            .collect(),
        created,
        age: created.map(|created| checked.duration_since(created).unwrap_or_default()),
        rotation,
        next_rotation,
        unread_variable: setting
            .reserved_variable()
            .filter(|_| matches!(state, SettingState::Absent | SettingState::Defaulted))
            .filter(|variable| setting.may_read_variables() && unread.contains(*variable))
            .map(str::to_owned),
        doubt: entry.doubt().filter(|_| error.is_none()),
        shadowed: Vec::new(),
        replica_region: identity.and_then(Identity::replica_region).map(str::to_owned),
        error: error.cloned(),
    }
}

/// The rotation schedules of secrets, by the ids of the source.
#[derive(Default)]
struct Rotations {
    #[cfg(feature = "aws")]
    known: HashMap<String, crate::source::RotationSchedule>,
}

#[cfg(not(feature = "aws"))]
impl Rotations {
    /// Without the feature `aws`, no built-in source rotates secrets.
    #[allow(clippy::unused_async, reason = "the version with the feature `aws` is async")]
    async fn of(_: &Secrets, _: &[Entry]) -> Self {
        Self::default()
    }

    #[allow(clippy::unused_self, reason = "the version with the feature `aws` uses it")]
    const fn state(&self, _: Option<&Identity>, _: SystemTime) -> (RotationState, Option<SystemTime>) {
        (RotationState::NotKnown, None)
    }
}

#[cfg(feature = "aws")]
impl Rotations {
    async fn of(secrets: &Secrets, entries: &[Entry]) -> Self {
        let mut rotations = Self::default();
        let Some(aws) = secrets.secrets_manager() else { return rotations };
        let is_aws =
            |entry: &&Entry| entry.found_at().is_some_and(|place| place.source() == source_name::AWS);
        let found = entries.iter().filter(is_aws).filter_map(Entry::identity);
        let mut ids: Vec<String> = found.filter_map(Identity::id).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        // Calls need a runtime with a clock.
        if tokio::runtime::Handle::try_current().is_err() || crate::source::lacks_timers() {
            return rotations;
        }
        // One call per secret, since a policy may allow one and deny the next. The source limits how many
        // run at a time.
        let mut calls = tokio::task::JoinSet::new();
        for id in ids {
            let (aws, within) = (aws.clone(), secrets.timeout());
            calls.spawn(async move {
                let schedule = tokio::time::timeout(within, aws.rotation_schedule(&id)).await;
                Some((id, schedule.ok()?.ok()?))
            });
        }
        while let Some(call) = calls.join_next().await {
            rotations.known.extend(call.ok().flatten());
        }
        rotations
    }

    fn state(&self, identity: Option<&Identity>, now: SystemTime) -> (RotationState, Option<SystemTime>) {
        let schedule = identity.and_then(Identity::id).and_then(|id| self.known.get(id));
        let Some(schedule) = schedule else { return (RotationState::NotKnown, None) };
        if !schedule.is_enabled {
            return (RotationState::Off, None);
        }
        let is_overdue = schedule.next.is_some_and(|next| next < now);
        (if is_overdue { RotationState::Overdue } else { RotationState::On }, schedule.next)
    }
}
