//! What a load would miss after a migration.

use super::compare::{Given, Stored, stored};
use super::file::EnvFile;
use crate::operate::manifest::Manifest;
use crate::setting::{ConfigSpec, Setting};
use crate::value::Extracted;

/// Whether a load would find a setting after the migration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// The file or the store has it.
    Found,
    /// The store has something in its place that is none.
    Unreadable,
    Nowhere,
    /// Nobody has looked.
    NotKnown,
}

impl Presence {
    pub(super) fn of(setting: &Setting, file: &EnvFile, payload: Stored<'_>) -> Self {
        if Given::of(setting, &file.values).is_some() {
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

    /// Whether a load would take an optional config around it for one that is there.
    const fn is_sign_of_a_config(self) -> bool {
        matches!(self, Self::Found | Self::Unreadable)
    }
}

/// The settings for which a load would fail: those that have to be somewhere, and in an optional nested config those that
/// have to be if any other is.
pub(super) fn of<'a>(manifest: &'a Manifest, presence: &dyn Fn(&Setting) -> Presence) -> Vec<&'a Setting> {
    let mut lacking = Vec::new();
    collect(manifest.config(), manifest.settings(), presence, &mut lacking);
    lacking
}

fn collect<'a>(
    config: &ConfigSpec,
    mut settings: &'a [Setting],
    presence: &dyn Fn(&Setting) -> Presence,
    lacking: &mut Vec<&'a Setting>,
) {
    for field in config.fields {
        let count = field.setting_count();
        let Some((these, rest)) = settings.split_at_checked(count) else { return };
        settings = rest;
        match field.nested {
            Some(nested) => {
                if !field.optional || these.iter().any(|setting| presence(setting).is_sign_of_a_config()) {
                    collect(nested.config, these, presence, lacking);
                }
            }
            None => lacking.extend(these.iter().filter(|setting| {
                let is_needed = !field.optional && !setting.has_default();
                is_needed && matches!(presence(setting), Presence::Nowhere | Presence::Unreadable)
            })),
        }
    }
}
