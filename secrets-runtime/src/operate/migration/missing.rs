//! Finds the settings for which a load would still fail after a migration.

use super::compare::{FileValue, Stored, stored};
use super::file::EnvFile;
use crate::operate::manifest::Manifest;
use crate::setting::{ConfigSpec, Setting};
use crate::value::Extracted;

/// Whether a load would find a setting after the migration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// The file or the store has it.
    Found,
    /// The store has something in its place that cannot be read.
    Unreadable,
    Nowhere,
    /// It was not looked up.
    NotKnown,
}

impl Presence {
    pub(super) fn of(setting: &Setting, file: &EnvFile, payload: Stored<'_>) -> Self {
        if FileValue::of(setting, &file.values).is_some() {
            return Self::Found;
        }
        match payload {
            Stored::Value(payload) => match stored(payload, setting) {
                Extracted::Found { .. } => Self::Found,
                Extracted::Absent(_) => Self::Nowhere,
                Extracted::Invalid(_) => Self::Unreadable,
            },
            Stored::Nothing | Stored::Empty => Self::Nowhere,
        }
    }

    /// Whether a load would find the optional config around it.
    const fn is_sign_of_a_config(self) -> bool {
        matches!(self, Self::Found | Self::Unreadable)
    }
}

/// The settings for which a load would fail: required ones without a value. Those of an optional nested
/// config count only if any other setting of it has a value.
pub(super) fn missing_settings<'a>(
    manifest: &'a Manifest,
    presence: &dyn Fn(&Setting) -> Presence,
) -> Vec<&'a Setting> {
    let mut missing = Vec::new();
    collect(manifest.config(), manifest.settings(), presence, &mut missing);
    missing
}

fn collect<'a>(
    config: &ConfigSpec,
    mut settings: &'a [Setting],
    presence: &dyn Fn(&Setting) -> Presence,
    missing: &mut Vec<&'a Setting>,
) {
    for field in config.fields {
        let count = field.setting_count();
        let Some((these, rest)) = settings.split_at_checked(count) else { return };
        settings = rest;
        match field.nested {
            Some(nested) => {
                if !field.optional || these.iter().any(|setting| presence(setting).is_sign_of_a_config()) {
                    collect(nested.config, these, presence, missing);
                }
            }
            None => missing.extend(these.iter().filter(|setting| {
                let is_required = !field.optional && !setting.has_default();
                is_required && matches!(presence(setting), Presence::Nowhere | Presence::Unreadable)
            })),
        }
    }
}
