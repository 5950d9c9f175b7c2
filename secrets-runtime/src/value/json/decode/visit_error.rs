//! Why a type did not accept a value: the `'static` parts of serde's errors, and the place once it is known.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::error::DecodeError;
use crate::value::json::error::JsonError;
use crate::value::json::token::Token;

/// The reason where nothing more can be said without showing the value.
pub(super) const DOES_NOT_FIT: &str = "the JSON does not fit the type";

/// Why a visitor did not accept a value. It keeps only the `'static` parts of serde's errors.
#[derive(Debug)]
pub(super) enum VisitError {
    /// A value of another type than the visitor expects.
    WrongType,
    /// A value of the right type that is not allowed.
    InvalidValue,
    /// Too few or too many elements.
    WrongLength,
    MissingField(&'static str),
    DuplicateField(&'static str),
    UnknownField(&'static [&'static str]),
    UnknownVariant(&'static [&'static str]),
    /// A message of the type's own, which may quote the value and is dropped.
    Custom,
    Located(Box<LocatedError>),
}

/// What is wrong, and where. Line and column are computed only for the error that is reported, since a type
/// may recover from thousands of errors.
#[derive(Debug, Clone)]
pub(super) struct LocatedError {
    pub(super) error: DecodeError,
    /// Where the value begins, in bytes of the document; `None` if `error` has its position.
    pub(super) offset: Option<usize>,
}

impl LocatedError {
    pub(super) fn boxed(self) -> VisitError {
        VisitError::Located(Box::new(self))
    }
}

impl VisitError {
    /// The public error, about the document that `token` is a part of.
    pub(super) fn into_decode_error(self, token: Token<'_>) -> DecodeError {
        match self {
            Self::Located(located) => match located.offset {
                Some(offset) => located.error.at(token.position_in_document(offset)),
                None => located.error,
            },
            // Every error of a node is located.
            _ => DecodeError::because(DOES_NOT_FIT),
        }
    }
}

impl fmt::Display for VisitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Located(located) => fmt::Display::fmt(&located.error, f),
            _ => f.write_str(DOES_NOT_FIT),
        }
    }
}

impl std::error::Error for VisitError {}

impl de::Error for VisitError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Custom
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::WrongType
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::InvalidValue
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::WrongLength
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
        Self::DuplicateField(field)
    }
}

impl From<JsonError> for VisitError {
    fn from(error: JsonError) -> Self {
        LocatedError { error: error.into(), offset: None }.boxed()
    }
}
