//! Takes the value of a setting out of the payload of a source: the whole payload, or the value under a key
//! of a JSON document. Empty and masked values are not values.

use std::fmt;
use std::ops::Range;

use super::inspect;
use super::json::{JsonError, KeyMatch, find_key, is_object};
use super::options::Options;
use super::payload::Payload;
use crate::error::{Appearance, DecodeError};
use crate::secret::{REDACTED, Secret};
use crate::setting::KeyPath;

/// The stored text is the one that every secret prints.
pub(super) const MASKED: DecodeError =
    DecodeError::because("a masked value was stored: the text is [REDACTED]");

/// The value of a setting, not decoded yet: a whole payload, or a part of a JSON document.
#[derive(Clone)]
pub(crate) enum ExtractedValue {
    Text(Secret<String>),
    Binary(Secret<Vec<u8>>),
    /// The content of a file.
    File(Secret<Vec<u8>>),
    Json {
        document: Secret<String>,
        range: Range<usize>,
        /// The content, if the part is a JSON string.
        string: Option<Secret<String>>,
    },
}

impl ExtractedValue {
    /// Whether both are the same value. The comparison is not constant-time: use it only for values that the
    /// program has loaded.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => {
                one.is_shared_with(other) || one.expose_secret() == other.expose_secret()
            }
            (Self::Binary(one), Self::Binary(other)) | (Self::File(one), Self::File(other)) => {
                one.is_shared_with(other) || one.expose_secret() == other.expose_secret()
            }
            (
                Self::Json { document, range, .. },
                Self::Json { document: other_document, range: other_range, .. },
            ) => {
                document.expose_secret().get(range.clone())
                    == other_document.expose_secret().get(other_range.clone())
            }
            _ => false,
        }
    }
}

impl fmt::Debug for ExtractedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
            Self::File(_) => "File",
            Self::Json { .. } => "Json",
        })
    }
}

/// Why a payload does not contain a value for a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Absence {
    /// The text is empty.
    Empty,
    /// The text is not a JSON object, so that it is not the secret that was looked for.
    NotAnObject,
    /// The JSON document has `null` there.
    Null,
    /// The JSON document does not have the key. It may have a `similar` one, which differs by a typo.
    NoKey { key: String, similar: Option<String> },
}

/// The result of [`extract`].
#[derive(Debug)]
pub(crate) enum Extracted {
    Found {
        found: ExtractedValue,
        /// A mistake that the value may contain.
        doubt: Option<Appearance>,
    },
    Absent(Absence),
    Invalid(DecodeError),
}

/// Takes the value under `key` out of a variable that may hold a whole JSON secret.
pub(crate) fn extract_if_object(payload: &Payload, key: &KeyPath, options: Options) -> Extracted {
    match payload.text() {
        Some(text) if text.trim_start().starts_with('{') => extract(payload, key, options),
        Some("") => Extracted::Absent(Absence::Empty),
        _ => Extracted::Absent(Absence::NotAnObject),
    }
}

/// Takes the value of a key out of a variable of its own. The whole JSON secret there is a mistake that
/// would otherwise become the value.
pub(crate) fn extract_own(payload: &Payload, options: Options) -> Extracted {
    match payload.text() {
        Some(text) if is_object(text) => Extracted::Invalid(
            DecodeError::expected("the value of one key").looking_like(Some(Appearance::WholeSecret)),
        ),
        _ => extract(payload, &KeyPath::default(), options),
    }
}

/// Takes the value under `key` out of a payload.
pub(crate) fn extract(payload: &Payload, key: &KeyPath, options: Options) -> Extracted {
    let found = match payload {
        Payload::Binary(bytes) if key.is_whole() => ExtractedValue::Binary(bytes.clone()),
        Payload::File(bytes) if key.is_whole() => ExtractedValue::File(bytes.clone()),
        Payload::Text(text) if key.is_whole() => ExtractedValue::Text(text.clone()),
        Payload::Text(text) => match within_document(text, key) {
            Ok(Ok(found)) => found,
            Ok(Err(absence)) => return Extracted::Absent(absence),
            Err(error) => {
                let error = DecodeError::from(error);
                return Extracted::Invalid(error.looking_like(inspect::refused_json(text.expose_secret())));
            }
        },
        Payload::Binary(bytes) | Payload::File(bytes) => {
            match String::from_utf8(bytes.expose_secret().clone()) {
                Ok(text) => return extract(&Payload::Text(text.into()), key, options),
                Err(error) => {
                    drop(Secret::from(error.into_bytes()));
                    return Extracted::Invalid(DecodeError::expected("a JSON object").found("binary data"));
                }
            }
        }
    };
    let text = match &found {
        ExtractedValue::Text(text) | ExtractedValue::Json { string: Some(text), .. } => {
            options.apply(text.expose_secret())
        }
        // Bytes are read as text only if they may be empty or a masked value.
        ExtractedValue::Binary(bytes) if bytes.expose_secret().trim_ascii().len() <= REDACTED.len() => {
            match std::str::from_utf8(bytes.expose_secret()).map(|text| options.apply(text)) {
                Ok(text) if text.is_empty() || text.trim() == REDACTED => text,
                _ => return Extracted::Found { found, doubt: None },
            }
        }
        ExtractedValue::File(bytes) => match text_of_file(bytes.expose_secret()) {
            Some(text) => options.apply(text),
            None => return Extracted::Found { found, doubt: None },
        },
        ExtractedValue::Binary(_) | ExtractedValue::Json { string: None, .. } => {
            return Extracted::Found { found, doubt: None };
        }
    };
    if text.is_empty() && !options.allow_empty {
        return Extracted::Absent(Absence::Empty);
    }
    if text.trim() == REDACTED {
        return Extracted::Invalid(MASKED);
    }
    let doubt = if options.json { None } else { inspect::surroundings(text) };
    Extracted::Found { found, doubt }
}

/// The text of a file, without the one line break at its end; `None` if it is not UTF-8.
pub(super) fn text_of_file(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let line = text.strip_suffix('\n');
    Some(line.map_or(text, |line| line.strip_suffix('\r').unwrap_or(line)))
}

fn within_document(
    text: &Secret<String>,
    key: &KeyPath,
) -> Result<Result<ExtractedValue, Absence>, JsonError> {
    let token = match find_key(text.expose_secret(), key)? {
        KeyMatch::Found(token) => token,
        KeyMatch::Missing { similar } => return Ok(Err(Absence::NoKey { key: key.to_string(), similar })),
    };
    if token.is_null() {
        return Ok(Err(Absence::Null));
    }
    let string = token.unescaped()?.map(Secret::from);
    Ok(Ok(ExtractedValue::Json { document: text.clone(), range: token.range(), string }))
}
