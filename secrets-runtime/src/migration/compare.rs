//! What the file gives for one secret, held against what the store has. Values are compared in constant time, and what comes
//! of it is a word.

use super::document;
use crate::admin::value::check;
use crate::secret::{REDACTED, Secret};
use crate::setting::{KeyPath, Setting};
use crate::source::Payload;
use crate::value::{DecodeError, Extracted, Found, Options, extract};

/// One setting that the file has a value for.
pub(super) struct Given<'a> {
    pub(super) setting: &'a Setting,
    pub(super) variable: &'a str,
    pub(super) value: &'a Secret<String>,
}

impl Given<'_> {
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

/// Whether the store has all that the file gives.
pub(super) fn is_same(given: &[Given<'_>], payload: &Payload) -> bool {
    given.iter().all(|given| has_same(payload, given))
}

fn has_same(payload: &Payload, given: &Given<'_>) -> bool {
    let value = given.value;
    if given.key().is_whole() {
        return match payload {
            Payload::Text(text) => text.ct_eq(value.expose_secret()),
            Payload::Binary(bytes) => bytes.ct_eq(value.expose_secret()),
        };
    }
    match found(payload, given.key()) {
        Some(Found::Json { string: Some(text), .. }) => text.ct_eq(value.expose_secret()),
        Some(Found::Json { document, range, string: None }) => {
            let written = document.expose_secret().get(range).unwrap_or_default();
            value.ct_eq(written)
        }
        Some(Found::Text(_) | Found::Binary(_)) | None => false,
    }
}

/// Whether the store has something for a setting.
pub(super) fn has(payload: &Payload, setting: &Setting) -> bool {
    found(payload, setting.key()).is_some()
}

fn found(payload: &Payload, key: &KeyPath) -> Option<Found> {
    match extract(payload, key, Options { allow_empty: true, ..Options::default() }) {
        Extracted::Found { found, .. } => Some(found),
        Extracted::Absent(_) | Extracted::Invalid(_) => None,
    }
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
                document::with_text(&document, given.key(), given.value)
            })?
        }
    };
    check(&Payload::Text(value.clone()))?;
    Ok(value)
}
