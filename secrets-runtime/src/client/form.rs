//! What the value of a secret must look like, for advice to store one: a text, or a JSON object with the keys
//! that the settings read.

use std::collections::HashMap;

use super::entry::Entry;
use crate::setting::KeyPath;

/// The keys that the settings of a lookup read, by secret.
pub(super) struct Forms(HashMap<String, Vec<KeyPath>>);

impl Forms {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut keys: HashMap<String, Vec<KeyPath>> = HashMap::new();
        for setting in entries.iter().map(|entry| &entry.setting) {
            if !setting.key().is_whole() {
                let keys = keys.entry(setting.secret_id().to_owned()).or_default();
                if !keys.contains(setting.key()) {
                    keys.push(setting.key().clone());
                }
            }
        }
        Self(keys)
    }

    /// Describes the JSON object of a secret; `None` if no setting reads a key of it.
    pub(super) fn of_document(&self, id: &str) -> Option<String> {
        let keys = self.0.get(id)?.iter().map(|key| member(key.is_pointer(), key.segments()));
        Some(format!("the value is a JSON object: {{{}}}", keys.collect::<Vec<_>>().join(", ")))
    }

    /// Describes the value of a secret.
    pub(super) fn of_secret(&self, id: &str) -> String {
        self.of_document(id).unwrap_or_else(|| NO_LINE_BREAK.to_owned())
    }
}

const NO_LINE_BREAK: &str = "end the file without a line break, which would be part of the value (`printf %s` writes none, `echo` does)";

/// `"key": ..`. A key with dots is written as one key, which a load takes before the path.
fn member(is_pointer: bool, segments: &[String]) -> String {
    match segments {
        [first, rest @ ..] if is_pointer && !rest.is_empty() => {
            format!("{first:?}: {{{}}}", member(is_pointer, rest))
        }
        segments => format!("{:?}: ..", segments.join(".")),
    }
}
