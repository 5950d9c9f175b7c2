//! The form of a secret's value, for advice to store one: a text, or a JSON object with the keys that the
//! settings read.

use std::collections::HashMap;

use crate::setting::Setting;

/// The keys that the settings of a lookup read, by secret.
#[derive(Default)]
pub(super) struct Forms(HashMap<String, Members>);

impl Forms {
    pub(super) fn of<'a>(settings: impl Iterator<Item = &'a Setting>) -> Self {
        let mut forms: HashMap<String, Members> = HashMap::new();
        for setting in settings.filter(|setting| !setting.key().is_whole()) {
            let (members, key) = (forms.entry(setting.secret_id().to_owned()).or_default(), setting.key());
            if key.is_pointer() {
                members.add(key.segments());
            } else {
                // A load takes a key with dots before it takes the path.
                members.add(&[key.segments().join(".")]);
            }
        }
        Self(forms)
    }

    /// Describes the JSON object of a secret; `None` if no setting reads a key of it.
    pub(super) fn of_document(&self, id: &str) -> Option<String> {
        self.0.get(id).map(|members| format!("the value is a JSON object: {}", members.shown()))
    }

    /// Describes the value of a secret.
    pub(super) fn of_secret(&self, id: &str) -> String {
        self.of_document(id).unwrap_or_else(|| NO_LINE_BREAK.to_owned())
    }
}

const NO_LINE_BREAK: &str = "end the file without a line break, which would be part of the value (`printf %s` writes none, `echo` does)";

/// The members of a JSON object. One without members is a value.
#[derive(Default)]
struct Members(Vec<(String, Self)>);

impl Members {
    fn add(&mut self, path: &[String]) {
        let [first, rest @ ..] = path else { return };
        match self.0.iter_mut().find(|(name, _)| name == first) {
            Some((_, inner)) => inner.add(rest),
            None => {
                let mut inner = Self::default();
                inner.add(rest);
                self.0.push((first.clone(), inner));
            }
        }
    }

    /// `{"key": .., "other": {"inner": ..}}`
    fn shown(&self) -> String {
        if self.0.is_empty() {
            return "..".to_owned();
        }
        let members = self.0.iter().map(|(name, inner)| format!("{name:?}: {}", inner.shown()));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_one_object_are_shown_together() {
        let mut members = Members::default();
        for path in [&["a", "b"][..], &["c.d"], &["a", "e"], &["a"]] {
            members.add(&path.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        assert_eq!(members.shown(), r#"{"a": {"b": .., "e": ..}, "c.d": ..}"#);
    }
}
