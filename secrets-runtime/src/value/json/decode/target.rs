//! The kinds of Rust types that serde asks a deserializer for, and the JSON that each of them accepts.

use crate::value::json::kind::JsonKind;

/// The kind of type that a value is decoded into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A number type, by its name.
    Number(&'static str),
    Boolean,
    Character,
    String,
    Bytes,
    Unit,
    Sequence,
    Map,
    Struct,
}

impl Target {
    pub(super) fn accepts(self, kind: JsonKind) -> bool {
        match self {
            Self::Number(_) => kind == JsonKind::Number,
            Self::Boolean => kind == JsonKind::Boolean,
            Self::Character => kind == JsonKind::String,
            Self::Bytes => matches!(kind, JsonKind::String | JsonKind::Array),
            // serde reads a struct from the array of its fields, too.
            Self::Struct => matches!(kind, JsonKind::Object | JsonKind::Array),
            Self::String | Self::Unit | Self::Sequence | Self::Map => self.json_kind() == Some(kind),
        }
    }

    /// The kind of JSON that stands for the type, if any value of that kind could be one of the type.
    pub(super) const fn json_kind(self) -> Option<JsonKind> {
        match self {
            Self::String => Some(JsonKind::String),
            Self::Unit => Some(JsonKind::Null),
            Self::Sequence => Some(JsonKind::Array),
            Self::Map | Self::Struct => Some(JsonKind::Object),
            Self::Number(_) | Self::Boolean | Self::Character | Self::Bytes => None,
        }
    }

    /// The target in words, for errors.
    pub(super) const fn describe(self) -> &'static str {
        match (self, self.json_kind()) {
            (_, Some(kind)) => kind.describe(),
            (Self::Number(name), None) => name,
            (Self::Boolean, None) => "true or false",
            (Self::Character, None) => "one character",
            (_, None) => "a JSON string or array",
        }
    }
}
