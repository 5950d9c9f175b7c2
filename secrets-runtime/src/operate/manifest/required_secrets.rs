//! Groups settings by the secret that they are read from.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::secret_id::{Arn, display_id};
use crate::setting::{Setting, Version, source_name};

/// A secret of Secrets Manager, with every setting that is read from it.
#[derive(Debug)]
pub(crate) struct RequiredSecret<'a> {
    /// Empty if only a variable of `id_env` says it.
    id: &'a str,
    /// The variable of `id_env` that may name another secret.
    id_variable: Option<&'static str>,
    settings: Vec<&'a Setting>,
}

impl<'a> RequiredSecret<'a> {
    /// The full name, or the ARN.
    pub(crate) fn id(&self) -> &'a str {
        self.id
    }

    /// The variable of `id_env`, if only that says which secret it is.
    pub(crate) fn missing_variable(&self) -> Option<&'static str> {
        self.id_variable.filter(|_| self.id.is_empty())
    }

    /// The id for people, with the variable that may name another secret.
    pub(crate) fn shown_id(&self) -> Cow<'a, str> {
        shown_id(self.id, self.id_variable)
    }

    pub(crate) fn settings(&self) -> &[&'a Setting] {
        &self.settings
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &'a str> {
        self.settings.iter().map(|setting| setting.path())
    }

    /// Each version that is read, once.
    pub(super) fn versions(&self) -> Vec<&'a Version> {
        let mut versions = Vec::new();
        for setting in &self.settings {
            if !versions.contains(&setting.version()) {
                versions.push(setting.version());
            }
        }
        versions
    }

    /// Each key that is read of the JSON in it, with its settings; none where the whole secret is one value.
    pub(super) fn keys(&self) -> Vec<(String, &'a Setting)> {
        self.settings.iter().filter_map(|setting| Some((setting.json_key()?, *setting))).collect()
    }

    /// The description of the nested config that all of its settings are in; empty if there is none.
    fn group_doc(&self) -> &'a str {
        let mut groups = self.settings.iter().map(|setting| setting.group_doc());
        let first = groups.next().unwrap_or_default();
        if groups.all(|group| group == first) { first } else { "" }
    }

    /// Whether a config loads without it.
    pub(super) fn may_be_absent(&self) -> bool {
        self.settings.iter().all(|setting| setting.is_optional() || setting.has_default())
    }

    /// Whether the secret is not created here: an ARN belongs to an existing secret, and a `!` is in the
    /// names of secrets that [other services
    /// manage](https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html).
    pub(crate) fn is_made_elsewhere(&self) -> bool {
        self.missing_variable().is_some() || Arn::parse(self.id).is_some() || self.id.contains('!')
    }

    /// The description, in one line of at most 2048 bytes, the limit of
    /// [CreateSecret](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html).
    pub(crate) fn description(&self) -> String {
        const LIMIT: usize = 2048;
        let keys = self.keys();
        let mut text = match (keys.as_slice(), self.settings.as_slice()) {
            ([], [setting, ..]) if setting.description().is_empty() => {
                format!("The setting {}.", setting.path())
            }
            ([], settings) => {
                let mut docs: Vec<Cow<'_, str>> = Vec::new();
                for doc in settings.iter().map(|setting| setting.description()).filter(|doc| !doc.is_empty())
                {
                    if !docs.contains(&doc) {
                        docs.push(doc);
                    }
                }
                docs.join(" ")
            }
            (keys, _) => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(key, setting)| match setting.doc() {
                        "" => key.clone(),
                        doc => format!("{key} ({})", doc.trim_end_matches('.')),
                    })
                    .collect();
                let group = self.group_doc();
                format!(
                    "{group}{}JSON with the keys {}.",
                    if group.is_empty() { "" } else { " " },
                    keys.join(", ")
                )
            }
        };
        if let Cow::Owned(line) = one_line(&text) {
            text = line;
        }
        if text.len() > LIMIT {
            let end = (0..=LIMIT - 3).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
            text.truncate(end);
            text.push_str("...");
        }
        text
    }
}

/// The id of a secret for people. The variable of `id_env`, if it has one, is not read.
pub(super) fn shown_id<'a>(id: &'a str, id_variable: Option<&str>) -> Cow<'a, str> {
    match (id, id_variable) {
        (id, None) => display_id(id).into(),
        ("", Some(variable)) => format!("the secret that {variable} names").into(),
        (id, Some(variable)) => format!("{}, unless {variable} names another", display_id(id)).into(),
    }
}

/// The secrets that Secrets Manager is asked for, in the order in which settings need them.
pub(super) fn of_settings(settings: &[Setting]) -> Vec<RequiredSecret<'_>> {
    let mut secrets: Vec<RequiredSecret<'_>> = Vec::new();
    let mut known: HashMap<(&str, Option<&str>), usize> = HashMap::new();
    for setting in settings.iter().filter(|setting| is_in_secrets_manager(setting)) {
        let id = setting.secret_id();
        let id_variable = setting.id_variable();
        let index = *known.entry((id, id_variable)).or_insert(secrets.len());
        match secrets.get_mut(index) {
            Some(secret) => secret.settings.push(setting),
            None => secrets.push(RequiredSecret { id, id_variable, settings: vec![setting] }),
        }
    }
    secrets
}

/// Whether Secrets Manager is asked for it.
pub(super) fn is_in_secrets_manager(setting: &Setting) -> bool {
    setting.uses_secret_store()
        && [source_name::AWS, source_name::AGENT].into_iter().any(|source| setting.allows_source(source))
}

/// Line breaks and other control characters as spaces: what a comment or a table row can hold.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    // Most texts are ASCII without any. All bytes are looked at, so that the compiler takes many at a time.
    if text.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~')) {
        return text.into();
    }
    let is_break = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    if text.contains(is_break) { text.replace(is_break, " ").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_id::SecretId;

    #[test]
    fn a_text_of_one_line_has_no_line_break_of_any_kind() {
        assert_eq!(one_line("a\r\n\tb\u{85}c\u{2028}d\u{2029}e é"), "a   b c d e é");
    }

    #[test]
    fn a_secret_without_documentation_is_described_by_its_setting() {
        let setting = |id: &str| Setting::of_secret(id, SecretId::new(id.to_owned()), Version::Current, None);
        let settings = [setting("a"), setting("b"), setting("a")];
        let secrets = of_settings(&settings);
        let described: Vec<_> = secrets
            .iter()
            .map(|secret| (secret.id(), secret.settings().len(), secret.description()))
            .collect();
        assert_eq!(described, [("a", 2, "The setting a.".to_owned()), ("b", 1, "The setting b.".to_owned())]);
    }

    #[test]
    fn a_description_is_no_longer_than_a_secret_takes() {
        let path = "é".repeat(2000);
        let setting = Setting::of_secret(&path, SecretId::new("a".to_owned()), Version::Current, None);
        let description = of_settings(&[setting]).first().map(RequiredSecret::description).unwrap();
        assert!((2040..=2048).contains(&description.len()) && description.ends_with("é..."));
    }
}
