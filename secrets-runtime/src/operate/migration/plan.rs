//! What a migration would do.

use std::fmt;

use crate::environment::Environment;
use crate::error::DecodeError;
use crate::error::SourceError;
use crate::operate::admin::Attributes;
use crate::secret::Secret;
use crate::secret_id::display_id;
use crate::value::Payload;

/// What a migration would do: made by [`Migration::plan`](crate::migration::Migration::plan), done by [`apply`](Self::apply).
///
/// `Display` is for people, [`to_json`](Self::to_json) for machines. Neither shows a value, nor how the store's differs from the
/// file's.
#[derive(Clone)]
pub struct MigrationPlan {
    pub(super) config: &'static str,
    pub(super) environment: Environment,
    pub(super) attributes: Attributes,
    pub(super) secrets: Vec<PlannedSecret>,
    pub(super) lacking: Vec<MissingSetting>,
    pub(super) variables: Vec<String>,
    pub(super) of_other_versions: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) unknown_lines: Vec<usize>,
    pub(super) bad_lines: Vec<SourceError>,
}

/// A setting that neither the file nor the store has, and that has to be somewhere.
#[derive(Clone)]
pub(super) struct MissingSetting {
    pub(super) path: String,
    pub(super) variable: String,
}

/// What would be done to one secret.
#[derive(Clone)]
pub struct PlannedSecret {
    pub(super) id: String,
    pub(super) description: String,
    pub(super) change: SecretChange,
    pub(super) is_there: bool,
    pub(super) variables: Vec<String>,
    pub(super) added_keys: Vec<String>,
    pub(super) reason: Option<DecodeError>,
    /// What would be written.
    pub(super) value: Option<Secret<String>>,
    /// What the store had, if something is to be written over it.
    pub(super) before: Option<Payload>,
}

/// What would be done to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretChange {
    /// It is created with the file's value.
    Create,
    /// It is there without a value, and gets the file's.
    Put,
    /// It is there as JSON that lacks some of the file's keys, or has `null` for them, and gets them. All else in it stays.
    AddKeys,
    /// It is there with another value, and gets the file's.
    Overwrite,
    /// It is there with another value, and is left alone. So is one that only lacks keys, if the config reads another version of
    /// it: a new one would take `AWSPREVIOUS` from that.
    Differs,
    /// It is there with the file's value.
    Same,
    /// The file has nothing for it.
    NotGiven,
    /// It is read by an ARN, or another service manages it: it is left alone.
    MadeElsewhere,
    /// What the file has for it cannot be written.
    Refused,
}

impl SecretChange {
    /// The change as reports write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
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

    /// Whether anything is written.
    #[must_use]
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Put | Self::AddKeys | Self::Overwrite)
    }
}

impl MigrationPlan {
    /// The secrets of the config in the order in which it reads them.
    pub fn secrets(&self) -> &[PlannedSecret] {
        &self.secrets
    }

    /// The paths of settings for which a load would fail after the migration, since neither the file nor, where it can be read, the
    /// store has a value for them that can be used. Those of an optional nested config are among them if any other of its settings is somewhere.
    pub fn lacking(&self) -> impl Iterator<Item = &str> {
        self.lacking.iter().map(|lacking| lacking.path.as_str())
    }

    /// The variables in the file whose settings are not read from Secrets Manager.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The variables in the file that the config does not read. A name that may be part of a value, such as a line of a key
    /// that was pasted without quotes, is left out: see [`unknown_lines`](Self::unknown_lines).
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The lines of the file with a variable that the config does not read and whose name may be part of a value, counted from 1.
    /// A name that is shown has a value, is of capital letters, digits and `_` alone, and has no long word and few digits.
    pub fn unknown_lines(&self) -> &[usize] {
        &self.unknown_lines
    }

    /// The lines of the file that cannot be read, each with its number.
    pub fn bad_lines(&self) -> &[SourceError] {
        &self.bad_lines
    }

    /// Whether there is something for a person to see to: a line that cannot be read, a setting that is nowhere, a secret
    /// that is there with another value or cannot be written.
    pub fn has_findings(&self) -> bool {
        let is_finding =
            |secret: &PlannedSecret| matches!(secret.change, SecretChange::Differs | SecretChange::Refused);
        !self.bad_lines.is_empty() || !self.lacking.is_empty() || self.secrets.iter().any(is_finding)
    }

    /// Whether [`apply`](Self::apply) would write anything. Where it would not, there may be [findings](Self::has_findings) all
    /// the same.
    pub fn has_writes(&self) -> bool {
        self.secrets.iter().any(|secret| secret.change.is_write())
    }
}

/// The config, and what would be done to which secret.
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
    /// The full name, or the ARN.
    pub fn id(&self) -> &str {
        display_id(&self.id)
    }

    /// What would be done.
    pub const fn change(&self) -> SecretChange {
        self.change
    }

    /// Whether it is in the store, with a value or without. False of what is made elsewhere, since it is not looked for.
    pub const fn is_there(&self) -> bool {
        self.is_there
    }

    /// The variables in the file that it is made of.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The keys that are added, as the attributes of the settings name them; none unless the change is
    /// [`AddKeys`](SecretChange::AddKeys).
    pub fn added_keys(&self) -> &[String] {
        &self.added_keys
    }

    /// Why it cannot be written, if it is refused.
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
