//! The description of a secret: everything that Secrets Manager returns besides its value.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::primitives::DateTime;
use aws_sdk_secretsmanager::types::{RotationRulesType, SecretListEntry, SecretVersionsListEntry, Tag};

use crate::setting::{is_staging_label, is_version_id};
use crate::source::{Identity, MAX_STAGES, identity};

/// The description of a secret, as [`Admin::describe`](crate::admin::Admin::describe) and
/// [`Admin::list`](crate::admin::Admin::list) return it. Members that Secrets Manager leaves out are `None`
/// or empty.
#[derive(Clone)]
pub struct SecretDescription {
    identity: Identity,
    description: Option<String>,
    kms_key_id: Option<String>,
    tags: Vec<(String, String)>,
    rotation: RotationStatus,
    versions: Vec<SecretVersion>,
    owning_service: Option<String>,
    created: Option<SystemTime>,
    changed: Option<SystemTime>,
    accessed: Option<SystemTime>,
    deletion_date: Option<SystemTime>,
}

impl SecretDescription {
    /// Returns the ARN. Every method of [`Admin`](crate::admin::Admin) and [`Secrets`](crate::Secrets)
    /// accepts it as a name.
    pub fn arn(&self) -> Option<&str> {
        self.identity.id()
    }

    /// Returns the full name, with its prefix.
    pub fn name(&self) -> Option<&str> {
        self.identity.name()
    }

    /// Returns the description text.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Returns the KMS key that encrypts the secret; `None` is `aws/secretsmanager`.
    pub fn kms_key_id(&self) -> Option<&str> {
        self.kms_key_id.as_deref()
    }

    /// Returns the tags, as key and value.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns whether and how the secret is rotated.
    pub const fn rotation(&self) -> &RotationStatus {
        &self.rotation
    }

    /// Returns the versions that carry a staging label, in no order.
    /// [`Admin::versions`](crate::admin::Admin::versions) returns all, with their dates.
    pub fn versions(&self) -> &[SecretVersion] {
        &self.versions
    }

    /// Returns the id of the version that carries this staging label, such as `AWSCURRENT`.
    pub fn version_with_stage(&self, stage: &str) -> Option<&str> {
        self.versions.iter().find(|version| version.has_stage(stage)).map(SecretVersion::id)
    }

    /// Returns the AWS service that manages the secret, such as `rds`.
    pub fn owning_service(&self) -> Option<&str> {
        self.owning_service.as_deref()
    }

    /// Returns when the secret was created.
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }

    /// Returns when anything about the secret last changed.
    pub const fn changed(&self) -> Option<SystemTime> {
        self.changed
    }

    /// Returns the day on which the value was last read, at midnight UTC.
    pub const fn accessed(&self) -> Option<SystemTime> {
        self.accessed
    }

    /// Returns the date that comes with a mark for deletion; `None` if there is no mark. By the
    /// documentation of the service, it is the day of the deletion in a description, and the day of the mark
    /// in a list.
    pub const fn deletion_date(&self) -> Option<SystemTime> {
        self.deletion_date
    }
}

/// Shows the ARN and the name. The other members are free text.
impl fmt::Debug for SecretDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretDescription")
            .field("arn", &self.arn())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

macro_rules! description_from {
    ($($ty:ty, $versions:ident);*) => {$(
        impl From<$ty> for SecretDescription {
            fn from(answer: $ty) -> Self {
                let rules = answer.rotation_rules;
                Self {
                    identity: identity(answer.arn, answer.name, None, None, None),
                    description: answer.description.filter(|description| !description.is_empty()),
                    kms_key_id: answer.kms_key_id,
                    tags: answer.tags.into_iter().flatten().filter_map(pair).collect(),
                    rotation: RotationStatus {
                        is_enabled: answer.rotation_enabled.unwrap_or(false),
                        lambda_arn: answer.rotation_lambda_arn,
                        last: answer.last_rotated_date.and_then(time),
                        next: answer.next_rotation_date.and_then(time),
                        ..RotationStatus::from(rules)
                    },
                    versions: versions(answer.$versions),
                    owning_service: answer.owning_service,
                    created: answer.created_date.and_then(time),
                    changed: answer.last_changed_date.and_then(time),
                    accessed: answer.last_accessed_date.and_then(time),
                    deletion_date: answer.deleted_date.and_then(time),
                }
            }
        }
    )*};
}

description_from!(DescribeSecretOutput, version_ids_to_stages; SecretListEntry, secret_versions_to_stages);

/// Whether and how a secret is rotated.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RotationStatus {
    is_enabled: bool,
    lambda_arn: Option<String>,
    after_days: Option<u32>,
    schedule: Option<String>,
    window: Option<String>,
    last: Option<SystemTime>,
    next: Option<SystemTime>,
}

impl RotationStatus {
    /// Whether it is rotated by schedule.
    pub const fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// The ARN of the Lambda function that rotates it.
    pub fn lambda_arn(&self) -> Option<&str> {
        self.lambda_arn.as_deref()
    }

    /// The days between rotations, if they are counted so.
    pub const fn after_days(&self) -> Option<u32> {
        self.after_days
    }

    /// The schedule as a `cron()` or `rate()` expression, if it is given so.
    pub fn schedule(&self) -> Option<&str> {
        self.schedule.as_deref()
    }

    /// The length of the rotation window, such as `3h`.
    pub fn window(&self) -> Option<&str> {
        self.window.as_deref()
    }

    /// When it was last rotated.
    pub const fn last(&self) -> Option<SystemTime> {
        self.last
    }

    /// By when it is next rotated.
    pub const fn next(&self) -> Option<SystemTime> {
        self.next
    }
}

/// Shows none of the texts, which are whatever was answered.
impl fmt::Debug for RotationStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotationStatus")
            .field("is_enabled", &self.is_enabled)
            .field("after_days", &self.after_days)
            .field("last", &self.last)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl From<Option<RotationRulesType>> for RotationStatus {
    fn from(rules: Option<RotationRulesType>) -> Self {
        let Some(rules) = rules else { return Self::default() };
        let days = rules.automatically_after_days.and_then(|days| u32::try_from(days).ok());
        Self {
            after_days: days.filter(|days| *days > 0),
            schedule: rules.schedule_expression,
            window: rules.duration,
            ..Self::default()
        }
    }
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretVersion {
    id: String,
    stages: Vec<String>,
    created: Option<SystemTime>,
    accessed: Option<SystemTime>,
}

impl SecretVersion {
    /// The id, which is the client request token that made it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The staging labels.
    pub fn stages(&self) -> &[String] {
        &self.stages
    }

    /// Whether it carries this staging label.
    pub fn has_stage(&self, stage: &str) -> bool {
        self.stages.iter().any(|own| own == stage)
    }

    /// Whether it carries no label: Secrets Manager deletes such versions in time.
    pub fn is_deprecated(&self) -> bool {
        self.stages.is_empty()
    }

    /// When it was made; known to [`Admin::versions`](crate::admin::Admin::versions) alone.
    pub const fn created(&self) -> Option<SystemTime> {
        self.created
    }

    /// The day on which it was last read; known to [`Admin::versions`](crate::admin::Admin::versions) alone.
    pub const fn accessed(&self) -> Option<SystemTime> {
        self.accessed
    }

    /// `None` if the entry has no valid version id, or more labels than a version can have.
    pub(super) fn of_entry(entry: SecretVersionsListEntry) -> Option<Self> {
        let stages = entry.version_stages.unwrap_or_default();
        let version = Self::new(entry.version_id?, stages)?;
        let (created, accessed) =
            (entry.created_date.and_then(time), entry.last_accessed_date.and_then(time));
        Some(Self { created, accessed, ..version })
    }

    fn new(id: String, stages: Vec<String>) -> Option<Self> {
        let is_valid = is_version_id(&id) && stages.len() <= MAX_STAGES;
        let stages = stages.into_iter().filter(|stage| is_staging_label(stage)).collect();
        is_valid.then_some(Self { id, stages, created: None, accessed: None })
    }
}

fn versions(answer: Option<HashMap<String, Vec<String>>>) -> Vec<SecretVersion> {
    answer.into_iter().flatten().filter_map(|(id, stages)| SecretVersion::new(id, stages)).collect()
}

fn pair(tag: Tag) -> Option<(String, String)> {
    Some((tag.key?, tag.value.unwrap_or_default()))
}

pub(super) fn time(time: DateTime) -> Option<SystemTime> {
    SystemTime::try_from(time).ok()
}
