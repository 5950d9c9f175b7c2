//! The plan of a migration: what would be done to each secret. Made by `planner`, applied by `apply`,
//! printed by `report`.

use std::fmt;

use crate::environment::Environment;
use crate::error::{DecodeError, SourceError};
use crate::operate::admin::Attributes;
use crate::secret::Secret;
use crate::secret_id::display_id;
use crate::text::names::texts;
use crate::value::Payload;

/// The plan of a migration: made by [`Migration::plan`](crate::migration::Migration::plan), carried out by
/// [`apply`](Self::apply).
///
/// `Display` is for people, [`to_json`](Self::to_json) for machines. Neither shows a value, or how the value
/// in the store differs from the one in the file.
#[derive(Clone)]
pub struct MigrationPlan {
    pub(super) config: &'static str,
    pub(super) environment: Environment,
    pub(super) attributes: Attributes,
    pub(super) secrets: Vec<PlannedSecret>,
    pub(super) missing: Vec<MissingSetting>,
    pub(super) variables: Vec<String>,
    pub(super) of_other_versions: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) unknown_lines: Vec<usize>,
    pub(super) bad_lines: Vec<SourceError>,
}

/// A required setting without a value in the file and in the store.
#[derive(Clone)]
pub(super) struct MissingSetting {
    pub(super) path: String,
    pub(super) variable: String,
}

/// One secret in a plan.
#[derive(Clone)]
pub struct PlannedSecret {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) change: SecretChange,
    pub(super) exists: bool,
    pub(super) variables: Vec<String>,
    pub(super) added_keys: Vec<String>,
    pub(super) reason: Option<DecodeError>,
    /// The value to write.
    pub(super) value: Option<Secret<String>>,
    /// The value in the store that would be replaced.
    pub(super) before: Option<Payload>,
}

/// The change that a plan makes to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretChange {
    /// The secret is created with the file's value.
    Create,
    /// The secret exists without a value and gets the file's.
    Put,
    /// The secret is JSON without some of the file's keys, or with `null` for them, and gets them.
    /// Everything else in it stays.
    AddKeys,
    /// The secret exists with another value and gets the file's.
    Overwrite,
    /// The secret exists with another value and does not change. So does a secret that only lacks keys, if
    /// the config reads another version of it: a new version would take `AWSPREVIOUS` from that.
    Differs,
    /// The secret exists with the file's value.
    Same,
    /// The file has no value for the secret.
    NotGiven,
    /// The secret does not change: the config reads it by an ARN, or another AWS service manages it.
    MadeElsewhere,
    /// The file's value cannot be written.
    Refused,
}

texts! {
    SecretChange,
    /// Returns the change as reports write it.
    #[must_use]
    {
        Self::Create => "create",
        Self::Put => "put",
        Self::AddKeys => "add keys",
        Self::Overwrite => "overwrite",
        Self::Differs => "differs",
        Self::Same => "same",
        Self::NotGiven => "not in the file",
        Self::MadeElsewhere => "made elsewhere",
        Self::Refused => "refused",
    }
}

impl SecretChange {
    /// Returns whether the change writes to the store.
    #[must_use]
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Put | Self::AddKeys | Self::Overwrite)
    }
}

impl MigrationPlan {
    /// Returns the secrets of the config in the order in which it reads them.
    pub fn secrets(&self) -> &[PlannedSecret] {
        &self.secrets
    }

    /// Returns the paths of settings for which a load would fail after the migration: neither the file nor
    /// the store has a valid value. Settings of an optional nested config are among them only if any other
    /// of its settings has a value.
    #[doc(alias = "lacking")]
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.missing.iter().map(|missing| missing.path.as_str())
    }

    /// Returns the variables in the file whose settings are not read from Secrets Manager.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Returns the variables in the file that the config does not read. Names that may be part of a value,
    /// such as a line of a key that was pasted without quotes, are left out: see
    /// [`unknown_lines`](Self::unknown_lines).
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Returns the line numbers, from 1, of variables that the config does not read and whose names may be
    /// part of a value. A name is shown only if it has a value, consists of capital letters, digits and `_`,
    /// and has no long word and few digits.
    pub fn unknown_lines(&self) -> &[usize] {
        &self.unknown_lines
    }

    /// Returns an error for each line of the file that cannot be read, with its number.
    pub fn bad_lines(&self) -> &[SourceError] {
        &self.bad_lines
    }

    /// Returns whether a person must decide something: a line cannot be read, a required setting is missing,
    /// or a secret has another value or cannot be written.
    pub fn has_findings(&self) -> bool {
        let is_finding =
            |secret: &PlannedSecret| matches!(secret.change, SecretChange::Differs | SecretChange::Refused);
        !self.bad_lines.is_empty() || !self.missing.is_empty() || self.secrets.iter().any(is_finding)
    }

    /// Returns whether [`apply`](Self::apply) would write anything. A plan without writes can have
    /// [findings](Self::has_findings).
    pub fn has_writes(&self) -> bool {
        self.secrets.iter().any(|secret| secret.change.is_write())
    }
}

/// Shows the config and the change of each secret.
impl fmt::Debug for MigrationPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MigrationPlan")
            .field("config", &self.config)
            .field("environment", &self.environment)
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}

impl PlannedSecret {
    /// Returns the full name, or the ARN.
    pub fn id(&self) -> &str {
        display_id(&self.id)
    }

    /// Returns the change.
    pub const fn change(&self) -> SecretChange {
        self.change
    }

    /// Returns whether the secret exists, with or without a value. False for secrets that are made
    /// elsewhere, since these are not looked up.
    #[doc(alias = "is_there")]
    pub const fn exists(&self) -> bool {
        self.exists
    }

    /// Returns the variables in the file for this secret.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Returns the keys that are added, named as in attributes. Empty unless the change is
    /// [`AddKeys`](SecretChange::AddKeys).
    pub fn added_keys(&self) -> &[String] {
        &self.added_keys
    }

    /// Returns why the value cannot be written, if the change is [`Refused`](SecretChange::Refused).
    pub const fn reason(&self) -> Option<&DecodeError> {
        self.reason.as_ref()
    }
}

impl fmt::Debug for PlannedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlannedSecret")
            .field("id", &self.id())
            .field("change", &self.change)
            .field("variables", &self.variables)
            .finish_non_exhaustive()
    }
}
