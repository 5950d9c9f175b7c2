//! From what a source holds to the one value that a setting names, or the reason why it is not there.

use std::fmt;
use std::ops::Range;

use super::json::{JsonError, KeyMatch, find_key};
use super::options::Options;
use super::payload::Payload;
use crate::error::DecodeError;
use crate::secret::{REDACTED, Secret};
use crate::setting::KeyPath;

/// What was stored is what a secret prints, not what it is.
pub(super) const MASKED: DecodeError =
    DecodeError::because("a masked value was stored: the text is [REDACTED]");

/// A value in custody: the whole of what a source holds, or a stretch of a JSON document.
#[derive(Clone)]
pub(crate) enum ExtractedValue {
    Text(Secret<String>),
    Binary(Secret<Vec<u8>>),
    Json {
        document: Secret<String>,
        range: Range<usize>,
        /// The content, if the stretch is a JSON string.
        string: Option<Secret<String>>,
    },
}

impl ExtractedValue {
    /// Whether both are the same value. In a time that depends on the values: of use for what one program has loaded only.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => {
                one.is_shared_with(other) || one.expose_secret() == other.expose_secret()
            }
            (Self::Binary(one), Self::Binary(other)) => {
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
            Self::Json { .. } => "Json",
        })
    }
}

/// Why a place that exists does not hold a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Absence {
    /// There is a text, and it is empty.
    Empty,
    /// The JSON document has `null` there.
    Null,
    /// The JSON document has no such key, but perhaps one that differs by a slip.
    NoKey { key: String, similar: Option<String> },
}

/// What came of looking for a setting in one place.
#[derive(Debug)]
pub(crate) enum Extracted {
    Found {
        found: ExtractedValue,
        /// The text ends in a newline, which is seldom meant.
        trailing_newline: bool,
    },
    Absent(Absence),
    Invalid(DecodeError),
}

/// Takes from a payload the value under `key`, by the rules for empty and masked values.
pub(crate) fn extract(payload: &Payload, key: &KeyPath, options: Options) -> Extracted {
    let found = match payload {
        Payload::Binary(bytes) if key.is_whole() => ExtractedValue::Binary(bytes.clone()),
        Payload::Text(text) if key.is_whole() => ExtractedValue::Text(text.clone()),
        Payload::Text(text) => match within_document(text, key) {
            Ok(Ok(found)) => found,
            Ok(Err(absence)) => return Extracted::Absent(absence),
            Err(error) => return Extracted::Invalid(error.into()),
        },
        Payload::Binary(bytes) => match String::from_utf8(bytes.expose_secret().clone()) {
            Ok(text) => return extract(&Payload::Text(text.into()), key, options),
            Err(error) => {
                drop(Secret::from(error.into_bytes()));
                return Extracted::Invalid(DecodeError::expected("a JSON object").found("binary data"));
            }
        },
    };
    let text = match &found {
        ExtractedValue::Text(text) | ExtractedValue::Json { string: Some(text), .. } => options.apply(text.expose_secret()),
        // Empty, or masked by whoever copied it: otherwise bytes are nobody's to look into.
        ExtractedValue::Binary(bytes) if bytes.expose_secret().trim_ascii().len() <= REDACTED.len() => {
            match std::str::from_utf8(bytes.expose_secret()).map(|text| options.apply(text)) {
                Ok(text) if text.is_empty() || text.trim() == REDACTED => text,
                _ => return Extracted::Found { found, trailing_newline: false },
            }
        }
        ExtractedValue::Binary(_) | ExtractedValue::Json { string: None, .. } => {
            return Extracted::Found { found, trailing_newline: false };
        }
    };
    if text.is_empty() && !options.allow_empty {
        return Extracted::Absent(Absence::Empty);
    }
    if text.trim() == REDACTED {
        return Extracted::Invalid(MASKED);
    }
    let trailing_newline = text.ends_with('\n');
    Extracted::Found { found, trailing_newline }
}

fn within_document(text: &Secret<String>, key: &KeyPath) -> Result<Result<ExtractedValue, Absence>, JsonError> {
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
