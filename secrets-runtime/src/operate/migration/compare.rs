//! Compares the file's values for one secret with the value in the store, in constant time, and merges them.
//! Returns how they differ, never a value.

use crate::error::DecodeError;
use crate::operate::admin::value::{MASKED, check};
use crate::secret::{REDACTED, Secret};
use crate::setting::{KeyPath, Setting};
use crate::source::DotEnvValues;
use crate::value::{
    Absence, Extracted, ExtractedValue, FromSecret as _, Options, Payload, RawSecret, edit, extract,
};

/// The file's value for one setting.
pub(super) struct FileValue<'a> {
    pub(super) setting: &'a Setting,
    pub(super) variable: &'a str,
    /// As a load reads it: trimmed if the setting is.
    pub(super) value: Secret<String>,
}

impl<'a> FileValue<'a> {
    /// The file's value for a setting. An empty value counts as missing, as in a load.
    pub(super) fn of(setting: &'a Setting, values: &DotEnvValues) -> Option<Self> {
        let options = Options::of(setting);
        let may_be_empty = options.allow_empty && !setting.key().is_whole();
        setting.variables().find_map(|variable| {
            let raw = RawSecret::of_secret(&values.get(variable)?.value).with_options(options);
            let value = Secret::<String>::from_secret(&raw).ok()?;
            let has_value = may_be_empty || !value.expose_secret().is_empty();
            has_value.then_some(Self { setting, variable, value })
        })
    }

    fn key(&self) -> &KeyPath {
        self.setting.key()
    }
}

/// What the store holds for a secret.
#[derive(Clone, Copy)]
pub(super) enum Stored<'a> {
    /// No secret.
    Nothing,
    /// A secret without a value.
    Empty,
    Value(&'a Payload),
}

/// Checks that the values can be written together.
///
/// # Errors
/// The reason why they cannot.
pub(super) fn check_values(values: &[FileValue<'_>]) -> Result<(), DecodeError> {
    if values.iter().any(|file| file.value.expose_secret().trim() == REDACTED) {
        return Err(MASKED);
    }
    if values.iter().any(|file| file.key().is_whole()) && !values.iter().all(|file| file.key().is_whole()) {
        return Err(DecodeError::because(
            "one setting reads the whole secret and another a key of it: keep the variable of one of them",
        ));
    }
    let is_within = |one: &KeyPath, other: &KeyPath| {
        one.segments().len() > other.segments().len() && one.segments().starts_with(other.segments())
    };
    if values.iter().any(|one| values.iter().any(|other| is_within(one.key(), other.key()))) {
        return Err(DecodeError::because(
            "one setting reads a key and another a key within it: keep the variable of one of them",
        ));
    }
    for (index, one) in values.iter().enumerate() {
        let others = values.iter().skip(index + 1).filter(|other| other.key() == one.key());
        for other in others {
            if !one.value.ct_eq(other.value.expose_secret()) {
                return Err(DecodeError::because("two settings read it, and their variables differ"));
            }
        }
    }
    Ok(())
}

const NOT_READ_BACK: DecodeError = DecodeError::because(
    "two settings read one key in two ways, such as `a.b` and `/a.b`: keep the variable of one of them",
);

/// How the value in the store differs from the file's values.
pub(super) enum Difference {
    None,
    /// Only these keys are missing, named as in attributes. Everything else is the same.
    MissingKeys(Vec<String>),
    /// Anything else is different, or the value cannot be read.
    Other,
}

pub(super) fn difference(values: &[FileValue<'_>], payload: &Payload) -> Difference {
    let mut missing = Vec::new();
    for file in values.iter().filter(|file| !has_same(payload, file)) {
        // A key with an empty text has a value, one with `null` does not. A migration writes text, which
        // would replace bytes.
        let is_missing = matches!(payload, Payload::Text(_))
            && matches!(
                stored(payload, file.setting),
                Extracted::Absent(Absence::NoKey { .. } | Absence::Null)
            );
        let Some(key) = file.setting.json_key().filter(|_| is_missing) else { return Difference::Other };
        if !missing.contains(&key) {
            missing.push(key);
        }
    }
    if missing.is_empty() { Difference::None } else { Difference::MissingKeys(missing) }
}

fn has_same(payload: &Payload, file: &FileValue<'_>) -> bool {
    let options = Options { allow_empty: true, ..Options::of(file.setting) };
    let Extracted::Found { found, .. } = extract(payload, file.key(), options) else { return false };
    match (RawSecret::new(&found, options).text(), &found) {
        (Ok(text), _) => file.value.ct_eq(text),
        // An array or an object is compared as it is written.
        (Err(_), ExtractedValue::Json { document, range, .. }) => {
            let written = document.expose_secret().get(range.clone()).unwrap_or_default();
            file.value.ct_eq(written)
        }
        (Err(_), _) => false,
    }
}

/// The value that a load would find for a setting.
pub(super) fn stored(payload: &Payload, setting: &Setting) -> Extracted {
    extract(payload, setting.key(), Options::of(setting))
}

/// The new value of the secret: the file's values, and everything else in the JSON document that the store
/// has. A number or a boolean that does not change stays a number or a boolean.
///
/// # Errors
/// If a secret cannot hold the value, or the document has no place for a key.
pub(super) fn merged(values: &[FileValue<'_>], stored: Stored<'_>) -> Result<Secret<String>, DecodeError> {
    let value = match values {
        [file, ..] if file.key().is_whole() => file.value.clone(),
        _ => {
            let document = match stored {
                Stored::Nothing | Stored::Empty => Secret::from("{}"),
                Stored::Value(Payload::Text(text)) => text.clone(),
                Stored::Value(Payload::Binary(_) | Payload::File(_)) => {
                    return Err(DecodeError::expected("a JSON object").found("binary data"));
                }
            };
            let is_other = |file: &&FileValue<'_>| match stored {
                Stored::Value(payload) => !has_same(payload, file),
                Stored::Nothing | Stored::Empty => true,
            };
            values
                .iter()
                .filter(is_other)
                .try_fold(document, |document, file| edit::set(&document, file.key(), &file.value))?
        }
    };
    let payload = Payload::Text(value.clone());
    check(&payload)?;
    // A load takes a key with dots as one key before it takes it as a path, whichever setting wrote it.
    if values.iter().any(|file| !file.value.expose_secret().is_empty() && !has_same(&payload, file)) {
        return Err(NOT_READ_BACK);
    }
    Ok(value)
}
