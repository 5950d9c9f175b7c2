//! What the file gives for one secret, held against what the store has. Values are compared in constant time, and what comes
//! of it is a word.

use super::document;
use crate::error::DecodeError;
use crate::operate::admin::value::check;
use crate::secret::{REDACTED, Secret};
use crate::setting::{KeyPath, Setting};
use crate::source::DotEnvValues;
use crate::value::Payload;
use crate::value::{Absence, Extracted, ExtractedValue, FromSecret as _, Options, RawSecret, extract};

/// One setting that the file has a value for.
pub(super) struct Given<'a> {
    pub(super) setting: &'a Setting,
    pub(super) variable: &'a str,
    /// As a load would see it: where the setting is trimmed, so is this.
    pub(super) value: Secret<String>,
}

impl<'a> Given<'a> {
    /// What the file has for a setting. As for the loader, what is empty is not there.
    pub(super) fn of(setting: &'a Setting, values: &DotEnvValues) -> Option<Self> {
        let options = Options::of(setting.spec());
        let may_be_empty = options.allow_empty && !setting.key().is_whole();
        setting.variables().find_map(|variable| {
            let raw = RawSecret::of_secret(&values.get(variable)?.value).with_options(options);
            let value = Secret::<String>::from_secret(&raw).ok()?;
            let is_there = may_be_empty || !value.expose_secret().is_empty();
            is_there.then_some(Self { setting, variable, value })
        })
    }

    fn key(&self) -> &KeyPath {
        self.setting.key()
    }
}

/// What a store has of a secret.
#[derive(Clone, Copy)]
pub(super) enum Stored<'a> {
    Nothing,
    /// The secret, without a value.
    Empty,
    Value(&'a Payload),
}

/// Takes what cannot be written.
///
/// # Errors
/// Why it cannot.
pub(super) fn check_given(given: &[Given<'_>]) -> Result<(), DecodeError> {
    if given.iter().any(|given| given.value.expose_secret().trim() == REDACTED) {
        return Err(DecodeError::because("the value is a masked one: its text is [REDACTED]"));
    }
    if given.iter().any(|given| given.key().is_whole()) && !given.iter().all(|given| given.key().is_whole()) {
        return Err(DecodeError::because(
            "one setting reads the whole secret and another a key of it: keep the variable of one of them",
        ));
    }
    let is_within = |one: &KeyPath, other: &KeyPath| {
        one.segments().len() > other.segments().len() && one.segments().starts_with(other.segments())
    };
    if given.iter().any(|one| given.iter().any(|other| is_within(one.key(), other.key()))) {
        return Err(DecodeError::because(
            "one setting reads a key and another a key within it: keep the variable of one of them",
        ));
    }
    for (index, one) in given.iter().enumerate() {
        let others = given.iter().skip(index + 1).filter(|other| other.key() == one.key());
        for other in others {
            if !one.value.ct_eq(other.value.expose_secret()) {
                return Err(DecodeError::because("two settings read it, and their variables differ"));
            }
        }
    }
    Ok(())
}

/// How a secret's value differs from what the file gives.
pub(super) enum Difference {
    None,
    /// It lacks these keys, as attributes name them, and has all else as the file has it.
    Lacks(Vec<String>),
    /// It has something else, or cannot be read.
    Other,
}

pub(super) fn difference(given: &[Given<'_>], payload: &Payload) -> Difference {
    let mut lacks = Vec::new();
    for given in given.iter().filter(|given| !has_same(payload, given)) {
        // An empty text is one that somebody has written, which `null` is not. What is written is a text, and bytes would have to
        // make way for it.
        let is_lacking = matches!(payload, Payload::Text(_))
            && matches!(
                stored(payload, given.setting),
                Extracted::Absent(Absence::NoKey { .. } | Absence::Null)
            );
        let Some(key) = given.setting.json_key().filter(|_| is_lacking) else { return Difference::Other };
        if !lacks.contains(&key) {
            lacks.push(key);
        }
    }
    if lacks.is_empty() { Difference::None } else { Difference::Lacks(lacks) }
}

fn has_same(payload: &Payload, given: &Given<'_>) -> bool {
    let options = Options { allow_empty: true, ..Options::of(given.setting.spec()) };
    let Extracted::Found { found, .. } = extract(payload, given.key(), options) else { return false };
    match (RawSecret::new(&found, options).text(), &found) {
        (Ok(text), _) => given.value.ct_eq(text),
        // An array or an object, letter for letter.
        (Err(_), ExtractedValue::Json { document, range, .. }) => {
            let written = document.expose_secret().get(range.clone()).unwrap_or_default();
            given.value.ct_eq(written)
        }
        (Err(_), ExtractedValue::Text(_) | ExtractedValue::Binary(_)) => false,
    }
}

/// What a load would find for a setting.
pub(super) fn stored(payload: &Payload, setting: &Setting) -> Extracted {
    extract(payload, setting.key(), Options::of(setting.spec()))
}

/// What the secret is to hold: what the file gives, and of a JSON document all else that the store has. A number or a boolean that
/// the file gives unchanged stays one.
///
/// # Errors
/// If no secret can hold it, or the store's document has no place for it.
pub(super) fn merged(given: &[Given<'_>], stored: Stored<'_>) -> Result<Secret<String>, DecodeError> {
    let value = match given {
        [given, ..] if given.key().is_whole() => given.value.clone(),
        _ => {
            let document = match stored {
                Stored::Nothing | Stored::Empty => document::empty(),
                Stored::Value(Payload::Text(text)) => text.clone(),
                Stored::Value(Payload::Binary(_)) => {
                    return Err(DecodeError::expected("a JSON object").found("binary data"));
                }
            };
            let is_other = |given: &&Given<'_>| match stored {
                Stored::Value(payload) => !has_same(payload, given),
                Stored::Nothing | Stored::Empty => true,
            };
            given.iter().filter(is_other).try_fold(document, |document, given| {
                document::with_text(&document, given.key(), &given.value)
            })?
        }
    };
    check(&Payload::Text(value.clone()))?;
    Ok(value)
}
