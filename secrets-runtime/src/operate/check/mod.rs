//! The pre-flight of a deploy: what a load would find, setting by setting.

mod json;
mod run;
mod table;

use std::fmt;
use std::time::{Duration, SystemTime};

pub(crate) use run::check;

pub use super::exit_code::ExitCode;

use crate::error::{Error, FieldError, Place};
use crate::text::table::Plain;

/// What a load would find, setting by setting: where, in which version, how old, and whether it fits its
/// type. Made by [`SecretConfig::check`](crate::SecretConfig::check); no value is in it.
///
/// `Display` is a table for people, with the loader's own report below it if a load would fail;
/// [`to_json`](Self::to_json) is the same for machines; [`is_ready`](Self::is_ready) and
/// [`exit_code`](Self::exit_code) are for a pipeline.
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
/// Whether a secret is rotated says `secretsmanager:DescribeSecret` alone, which no load needs. Each secret
/// is asked about by itself: where it is allowed, the report tells; where it is denied, fails or is not
/// answered within [`timeout`](crate::SecretsBuilder::timeout), rotation is [not
/// known](RotationState::NotKnown). Neither that nor a rotation that is overdue is an obstacle. Each denial
/// is a denied call to an alarm that counts these: who has one allows the action for whoever runs the check.
#[derive(Clone)]
pub struct CheckReport {
    config: &'static str,
    environment: String,
    checked: SystemTime,
    settings: Vec<CheckedSetting>,
    failure: Option<Error>,
}

impl CheckReport {
    /// The name of the type.
    pub const fn name(&self) -> &'static str {
        self.config
    }

    /// When it was looked.
    pub const fn checked(&self) -> SystemTime {
        self.checked
    }

    /// Every setting in the order of the fields, those of nested configs where they are nested.
    pub fn settings(&self) -> &[CheckedSetting] {
        &self.settings
    }

    /// Whether a load would succeed.
    pub const fn is_ready(&self) -> bool {
        self.failure.is_none()
    }

    /// The error that a load would end with; none if it would succeed.
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

/// The same as `Display`.
impl fmt::Debug for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One setting, as a check found it.
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
    error: Option<FieldError>,
}

impl CheckedSetting {
    /// The field's path in the struct, such as `smtp.password`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether there is a value, and whether it fits.
    pub const fn state(&self) -> SettingState {
        self.state
    }

    /// Where the value is; none if there is none, or if it does not fit: [`error`](Self::error) then says
    /// where.
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The id of the version, if the source knows versions.
    pub fn version_id(&self) -> Option<&str> {
        self.version_id.as_deref()
    }

    /// The staging labels of the version, such as `AWSCURRENT`.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// When the version was made, if the source knows.
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }

    /// How old the version was when it was looked at. Zero if it was made in the future, by a clock that
    /// differs.
    pub const fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Whether the secret is rotated.
    pub const fn rotation(&self) -> RotationState {
        self.rotation
    }

    /// By when the secret is to be rotated next, if that is known.
    pub const fn next_rotation(&self) -> Option<SystemTime> {
        self.next_rotation
    }

    /// Why a load would fail for it.
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
    /// There is one, and it fits its type.
    Valid,
    /// Nothing has it, and the code holds a default.
    Defaulted,
    /// Nothing has it, and nothing need: it is an `Option`, or nothing has any setting of the nested config
    /// that is one.
    Absent,
    /// A load would fail for it.
    Failed,
}

impl SettingState {
    /// The state as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "ok",
            Self::Defaulted => "default",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }
}

/// Whether a secret is rotated by schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RotationState {
    /// It is in no store that rotates, or describing it is not allowed or failed.
    NotKnown,
    /// It is not.
    Off,
    /// It is.
    On,
    /// It is, and the date by which it was to be rotated is past.
    Overdue,
}

impl RotationState {
    /// The state as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotKnown => "not known",
            Self::Off => "off",
            Self::On => "on",
            Self::Overdue => "overdue",
        }
    }
}
