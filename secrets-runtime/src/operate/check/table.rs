//! Writes a check report as a table for people.

use std::fmt::Write as _;

use super::{CheckReport, CheckedSetting, RotationState, SettingState};
use crate::error::{FieldError, Place};
use crate::text::age;
use crate::text::table::{Cell, Tone, Tones, write_table};

const TITLES: [&str; 8] = ["setting", "state", "source", "place", "version", "stage", "age", "rotation"];

impl CheckReport {
    pub(crate) fn to_text(&self, tones: &dyn Tones) -> String {
        let mut text = format!("{} is ", self.config);
        let failed = self.settings.iter().filter(|setting| setting.state == SettingState::Failed).count();
        if self.is_ready() {
            tones.write(&mut text, "ready", Tone::Good);
        } else {
            tones.write(&mut text, "not ready", Tone::Bad);
        }
        // Writing to a string cannot fail.
        if failed > 0 {
            let _ = write!(text, ": {failed} of {} settings fail", self.settings.len());
        }
        let _ = writeln!(text, " (environment: {})", self.environment);
        if !self.settings.is_empty() {
            text.push('\n');
            write_table(&mut text, TITLES, &self.settings.iter().map(row).collect::<Vec<_>>(), tones);
        }
        for setting in &self.settings {
            if let Some(doubt) = setting.doubt {
                let _ = write!(text, "\n  {}: found {}\n", setting.path, doubt.describe());
                if let Some(help) = doubt.help() {
                    let _ = writeln!(text, "    help: {help}");
                }
            }
        }
        for setting in &self.settings {
            if let Some(variable) = &setting.unread_variable {
                let (path, help) = (&setting.path, format!("#[secret(env = \"{variable}\")] reads it"));
                let reason = "is not read, since shells and systems set it by themselves";
                let _ = write!(text, "\n  {path}: {variable} {reason}\n    help: {help}\n");
            }
            if let Some(region) = &setting.replica_region {
                let path = &setting.path;
                let _ = writeln!(
                    text,
                    "\n  {path}: read from the replica in {region}, since the region itself does not answer"
                );
            }
            let Some(used) = &setting.place else { continue };
            for place in &setting.shadowed {
                let (path, source, location) = (&setting.path, place.source(), place.location());
                let _ = writeln!(
                    text,
                    "\n  {path}: {location} of {source} is set too, and not used: {} comes first",
                    used.source()
                );
            }
        }
        if let Some(failure) = &self.failure {
            text.push('\n');
            text.push_str(&failure.to_string());
        }
        text
    }
}

fn row(setting: &CheckedSetting) -> [Cell; 8] {
    let plain = |text: String| (text, Tone::Plain);
    let state = match (&setting.error, setting.state) {
        (Some(error), _) => (FieldError::kind(error).as_str(), Tone::Bad),
        (None, state @ SettingState::Valid) => (state.as_str(), Tone::Good),
        (None, state) => (state.as_str(), Tone::Plain),
    };
    let rotation = match setting.rotation {
        RotationState::NotKnown => ("", Tone::Plain),
        state @ RotationState::Overdue => (state.as_str(), Tone::Notable),
        state => (state.as_str(), Tone::Plain),
    };
    let place = setting.place.as_ref();
    let key = setting.json_key.as_ref().map(|key| format!(", key {key}")).unwrap_or_default();
    [
        plain(setting.path.clone()),
        (state.0.to_owned(), state.1),
        plain(place.map(Place::source).unwrap_or_default().to_owned()),
        plain(place.map(|place| format!("{}{key}", place.location())).unwrap_or_default()),
        plain(setting.version_id.clone().unwrap_or_default()),
        plain(setting.stages.join(", ")),
        plain(setting.age.map(age::format_age).unwrap_or_default()),
        (rotation.0.to_owned(), rotation.1),
    ]
}
