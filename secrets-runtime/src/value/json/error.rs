//! Why a JSON document could not be read: what is wrong and where, never the text that is there.

use super::kind::JsonKind;
use crate::error::{Appearance, DecodeError, Position};

/// Why a document could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonError {
    Syntax(Position),
    DuplicateKey(Position),
    /// A string with half of a surrogate pair.
    Escape(Position),
    /// The document has another kind of value than the caller asked for.
    Kind {
        expected: JsonKind,
        found: JsonKind,
        position: Position,
    },
    TooDeep(Position),
    /// A JSON string whose content is a JSON object or array, where an object is expected.
    EncodedTwice(Position),
}

/// What is wrong with a string that has half of a surrogate pair.
pub(super) const UNPAIRED_SURROGATE: &str = "the JSON string has an unpaired surrogate";

impl From<JsonError> for DecodeError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax(position) => Self::because("not valid JSON").at(position),
            JsonError::DuplicateKey(position) => {
                Self::because("the JSON object has a key twice").at(position)
            }
            JsonError::Escape(position) => Self::because(UNPAIRED_SURROGATE).at(position),
            JsonError::Kind { expected, found, position } => {
                Self::expected(expected.describe()).found(found.describe()).at(position)
            }
            JsonError::EncodedTwice(position) => Self::expected(JsonKind::Object.describe())
                .looking_like(Some(Appearance::JsonInJson))
                .at(position),
            JsonError::TooDeep(position) => Self::because("the JSON is nested too deeply").at(position),
        }
    }
}
