//! Why a type's visitor did not take a value: what of serde's words is `'static`, and the place once it is known.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::{DecodeError, JsonError, Token};

/// What is said where nothing more can be said without a value.
pub(super) const UNFIT: &str = "the JSON does not fit the type";

/// Why a visitor did not take a value, with what of its words is `'static`.
#[derive(Debug)]
pub(super) enum Unfit {
    /// Another kind of thing than it wants.
    Kind,
    /// The kind that it wants, and not one of those values.
    Value,
    /// Too few or too many elements.
    Length,
    MissingField(&'static str),
    FieldTwice(&'static str),
    UnknownField(&'static [&'static str]),
    UnknownVariant(&'static [&'static str]),
    /// A message in words of the type's own, which may quote the value: it is not kept.
    Other,
    Located(Box<Fault>),
}

/// What is wrong, and where. Line and column are counted for the one fault that is reported: a type may get over thousands.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) error: DecodeError,
    /// Where the value begins, in bytes of the document; `None` if the error says where.
    pub(super) offset: Option<usize>,
}

impl Fault {
    pub(super) fn boxed(self) -> Unfit {
        Unfit::Located(Box::new(self))
    }
}

impl Unfit {
    /// As an error about the document that the token is a part of.
    pub(super) fn into_error(self, token: Token<'_>) -> DecodeError {
        match self {
            Self::Located(fault) => match fault.offset {
                Some(offset) => fault.error.at(token.position_in_document(offset)),
                None => fault.error,
            },
            // Whatever comes out of a node is located.
            _ => DecodeError::because(UNFIT),
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Located(fault) => fmt::Display::fmt(&fault.error, f),
            _ => f.write_str(UNFIT),
        }
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Kind
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Value
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::Length
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownVariant(expected)
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownField(expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingField(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::FieldTwice(field)
    }
}

impl From<JsonError> for Unfit {
    fn from(error: JsonError) -> Self {
        Fault { error: error.into(), offset: None }.boxed()
    }
}
