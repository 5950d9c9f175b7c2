//! The report of a check: whether a load would succeed, setting by setting. `run` makes it; `json` and
//! `table` write it.

mod json;
mod run;
mod table;

use std::fmt;
use std::time::{Duration, SystemTime};

pub(crate) use run::check;

pub use super::exit_code::ExitCode;

use crate::error::{Appearance, Error, FieldError, Place};
use crate::text::names::texts;
use crate::text::table::Plain;

/// Reports, setting by setting, what a load would find: where, in which version, how old, and whether it is
/// valid. Made by [`SecretConfig::check`](crate::SecretConfig::check). It holds no value.
///
/// `Display` writes a table for people, followed by the error of a load if there is one.
/// [`to_json`](Self::to_json) is for machines, and [`is_ready`](Self::is_ready) and
/// [`exit_code`](Self::exit_code) are for pipelines.
///
/// ```text
/// AppConfig is ready (environment: production)
///
///   setting        state     source   place                          version                                stage        age       rotation
///   database_url   ok        aws      shop/production/database-url   51f72378-6a5d-4dc7-8fd8-29e4319f482a   AWSCURRENT   91 days   overdue
///   port           default
/// ```
///
/// # Rotation
///
/// Only `secretsmanager:DescribeSecret` shows whether a secret is rotated, and no load needs that
/// permission. A check describes each secret with a call of its own. If a call is denied, fails or exceeds
/// [`timeout`](crate::SecretsBuilder::timeout), rotation is [not known](RotationState::NotKnown). Neither
/// that nor an overdue rotation makes the config not ready. An alarm on denied calls counts each denial: to
/// avoid that, allow the action for the role that runs the check.
#[derive(Clone)]
pub struct CheckReport {
    config: &'static str,
    environment: String,
    checked: SystemTime,
    settings: Vec<CheckedSetting>,
    failure: Option<Error>,
}

impl CheckReport {
    /// Returns the name of the type.
    pub const fn name(&self) -> &'static str {
        self.config
    }

    /// Returns when the settings were looked up.
    pub const fn checked(&self) -> SystemTime {
        self.checked
    }

    /// Returns every setting in the order of the fields, with the settings of nested configs in place.
    pub fn settings(&self) -> &[CheckedSetting] {
        &self.settings
    }

    /// Returns whether a load would succeed.
    pub const fn is_ready(&self) -> bool {
        self.failure.is_none()
    }

    /// Returns the error that a load would fail with.
    pub const fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Returns the exit code for a pipeline: 0 if a load would succeed, 1 if not.
    pub const fn exit_code(&self) -> ExitCode {
        ExitCode::of_findings(!self.is_ready())
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(&Plain))
    }
}

/// Equals `Display`.
impl fmt::Debug for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One setting in a report.
#[derive(Clone)]
pub struct CheckedSetting {
    path: String,
    type_name: &'static str,
    is_secret: bool,
    state: SettingState,
    place: Option<Place>,
    json_key: Option<String>,
    version_id: Option<String>,
    stages: Vec<String>,
    created: Option<SystemTime>,
    age: Option<Duration>,
    rotation: RotationState,
    next_rotation: Option<SystemTime>,
    doubt: Option<Appearance>,
    unread_variable: Option<String>,
    shadowed: Vec<Place>,
    replica_region: Option<String>,
    error: Option<FieldError>,
}

impl CheckedSetting {
    /// Returns the field's path in the struct, such as `smtp.password`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns whether there is a value, and whether it is valid.
    pub const fn state(&self) -> SettingState {
        self.state
    }

    /// Returns where the value is. `None` if there is no value or if it is invalid: [`error`](Self::error)
    /// then has the place.
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Returns the id of the version, if the source has versions.
    pub fn version_id(&self) -> Option<&str> {
        self.version_id.as_deref()
    }

    /// Returns the staging labels of the version, such as `AWSCURRENT`.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// Returns when the version was created, if the source knows.
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }

    /// Returns how old the version was when it was looked up. Zero if its date is in the future, by a clock
    /// that differs.
    pub const fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Returns whether the secret is rotated.
    pub const fn rotation(&self) -> RotationState {
        self.rotation
    }

    /// Returns the date by which the secret is due for its next rotation, if that is known.
    pub const fn next_rotation(&self) -> Option<SystemTime> {
        self.next_rotation
    }

    /// Returns what may be wrong with a value that a load takes: `a value that ends in a line break`, `a
    /// value in quotes`. It does not make the config not ready.
    pub fn warning(&self) -> Option<&'static str> {
        self.doubt.map(Appearance::describe)
    }

    /// Returns the variable that is not read for a setting without a value, since shells and systems set it
    /// by themselves: `USERNAME`. An attribute that names it reads it.
    pub fn unread_variable(&self) -> Option<&str> {
        self.unread_variable.as_deref()
    }

    /// Returns the region of the replica that was read, since the secret's own region did not answer.
    pub fn replica_region(&self) -> Option<&str> {
        self.replica_region.as_deref()
    }

    /// Returns the places of later sources that have a value too, such as a variable behind Secrets Manager.
    /// A load does not use them. Remote sources are not asked.
    pub fn shadowed(&self) -> &[Place] {
        &self.shadowed
    }

    /// Returns why a load would fail for this setting.
    pub const fn error(&self) -> Option<&FieldError> {
        self.error.as_ref()
    }
}

impl fmt::Debug for CheckedSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedSetting")
            .field("path", &self.path)
            .field("state", &self.state)
            .field("place", &self.place)
            .field("version_id", &self.version_id)
            .field("stages", &self.stages)
            .field("age", &self.age)
            .field("rotation", &self.rotation)
            .finish_non_exhaustive()
    }
}

/// Whether a setting has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingState {
    // Not `Ok` and `Default`: a second public item of such a name makes the compiler write
    // `std::default::Default` in full in every message to a user of this crate.
    /// There is a value, and it is valid.
    Valid,
    /// No source has a value, and the default applies.
    Defaulted,
    /// No source has a value, and none is needed: the setting is optional, or belongs to an optional nested
    /// config of which no setting has a value.
    Absent,
    /// A load would fail for this setting.
    Failed,
}

texts! {
    SettingState,
    /// Returns the state as reports write it.
    #[must_use]
    {
        Self::Valid => "ok",
        Self::Defaulted => "default",
        Self::Absent => "absent",
        Self::Failed => "failed",
    }
}

/// Whether a secret is rotated by schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationState {
    /// The source does not rotate secrets, or describing the secret is denied or failed.
    NotKnown,
    /// The secret is not rotated.
    Off,
    /// The secret is rotated.
    On,
    /// The secret is rotated, and its date for the next rotation has passed.
    Overdue,
}

texts! {
    RotationState,
    /// Returns the state as reports write it.
    #[must_use]
    {
        Self::NotKnown => "not known",
        Self::Off => "off",
        Self::On => "on",
        Self::Overdue => "overdue",
    }
}
