//! The kinds of JSON values.

/// The kind of a JSON value, told by the first byte of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonKind {
    Object,
    Array,
    String,
    Boolean,
    Null,
    Number,
    /// The text does not begin as a JSON value does.
    Invalid,
}

impl JsonKind {
    pub(super) fn of(text: &str) -> Self {
        match text.trim_start().bytes().next() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            Some(b'-' | b'0'..=b'9') => Self::Number,
            _ => Self::Invalid,
        }
    }

    /// The kind in words, for errors.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Object => "a JSON object",
            Self::Array => "a JSON array",
            Self::String => "a JSON string",
            Self::Boolean => "a JSON boolean",
            Self::Null => "a JSON null",
            Self::Number => "a JSON number",
            Self::Invalid => "text that is not JSON",
        }
    }
}
