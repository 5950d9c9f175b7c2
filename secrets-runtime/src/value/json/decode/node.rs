//! A value of the document with its path. It turns what a visitor reports into an error with a path and a
//! position.

use std::cell::RefCell;

use serde::de::DeserializeSeed;

use super::target::Target;
use super::visit_error::{DOES_NOT_FIT, LocatedError, VisitError};
use crate::error::{DecodeError, Step};
use crate::value::json::error::UNPAIRED_SURROGATE;
use crate::value::json::kind::JsonKind;
use crate::value::json::string::JsonString;
use crate::value::json::token::Token;
use crate::value::number_range::out_of_range;

#[derive(Clone, Copy)]
pub(super) struct Node<'a, 'p> {
    pub(super) token: Token<'a>,
    path: Path<'p>,
    /// The first error that was found, which is the deepest one. A wrapper such as [`Secret`](crate::Secret)
    /// replaces the error of its inner type by one of its own, since it cannot know that this one shows no
    /// value.
    innermost: &'p RefCell<Option<LocatedError>>,
}

#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Child(&'p Path<'p>, Step),
}

impl Path<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut path = self;
        while let Path::Child(parent, step) = path {
            steps.push(*step);
            path = parent;
        }
        steps.reverse();
        steps
    }
}

impl<'a, 'p> Node<'a, 'p> {
    pub(super) fn root(token: Token<'a>, innermost: &'p RefCell<Option<LocatedError>>) -> Self {
        Self { token, path: Path::Root, innermost }
    }

    pub(super) fn child<'q>(&'q self, step: Step, token: Token<'a>) -> Node<'a, 'q> {
        Node { token, path: Path::Child(&self.path, step), innermost: self.innermost }
    }

    pub(super) fn decode<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, VisitError> {
        match seed.deserialize(self) {
            Ok(value) => {
                // The type recovered from every error below.
                self.innermost.replace(None);
                Ok(value)
            }
            Err(error) => Err(self.locate(error, None)),
        }
    }

    /// The content of a string.
    pub(super) fn string(&self) -> Result<JsonString<'a>, VisitError> {
        let quoted = self.token.quoted_text().ok_or(VisitError::WrongType)?;
        JsonString::of(quoted).map_err(|rest| {
            let error = DecodeError::because(UNPAIRED_SURROGATE).under(self.path.steps());
            self.record(LocatedError { error, offset: Some(self.token.start + 1 + quoted.len() - rest) })
        })
    }

    pub(super) fn is_string(&self) -> bool {
        self.token.kind() == JsonKind::String
    }

    /// Remembers an error that was found here, for a wrapper that drops it.
    pub(super) fn record(&self, error: LocatedError) -> VisitError {
        self.innermost.replace(Some(error.clone()));
        error.boxed()
    }

    /// Adds to an error where it is and what is there. `target` is the kind of type that the visitor asked
    /// for.
    pub(super) fn locate(&self, error: VisitError, target: Option<Target>) -> VisitError {
        let located = match error {
            VisitError::Located(_) => return error,
            VisitError::Custom => match self.innermost.take() {
                Some(innermost) => innermost,
                None => self.error_here(DecodeError::because(DOES_NOT_FIT)),
            },
            VisitError::WrongType => self.error_here(self.wrong_type(target)),
            VisitError::InvalidValue => self.error_here(self.invalid_value(target)),
            VisitError::WrongLength => self.error_here(self.wrong_length(target)),
            VisitError::MissingField(name) => self.error_in_field(name, DecodeError::because("missing")),
            VisitError::DuplicateField(name) => {
                self.error_in_field(name, DecodeError::because("there twice, once under another name"))
            }
            VisitError::UnknownField(known) => {
                self.error_here(DecodeError::because("a key that the type does not have").one_of(known))
            }
            VisitError::UnknownVariant(known) => self.error_here(DecodeError::expected("").one_of(known)),
        };
        self.record(located)
    }

    fn wrong_type(&self, target: Option<Target>) -> DecodeError {
        let kind = self.token.kind();
        match target {
            // The error is inside a copy of the value that serde made to look at it twice.
            None if self.token.is_structure() => DecodeError::because(DOES_NOT_FIT),
            None => DecodeError::because(DOES_NOT_FIT).found(kind.describe()),
            Some(target) if target.json_kind() == Some(kind) => DecodeError::because(DOES_NOT_FIT),
            Some(Target::Number(_)) if kind == JsonKind::Number => self.invalid_value(target),
            Some(target) => DecodeError::expected(target.describe()).found(kind.describe()),
        }
    }

    fn invalid_value(&self, target: Option<Target>) -> DecodeError {
        let kind = self.token.kind();
        match target {
            None => DecodeError::because(DOES_NOT_FIT).found(kind.describe()),
            Some(target) if kind == JsonKind::Number => {
                let text = self.token.as_str();
                let is_integer = !text.contains(['.', 'e', 'E']);
                let found = match target {
                    // A type such as `NonZeroU8` refuses 0, and the integers have no negative zero.
                    _ if matches!(text, "0" | "-0") => "a number that is not allowed",
                    Target::Number(name) if is_integer || matches!(name, "f32" | "f64") => out_of_range(name),
                    _ => "a number with a fraction or an exponent",
                };
                DecodeError::expected(target.describe()).found(found)
            }
            Some(target) => DecodeError::expected(target.describe()),
        }
    }

    fn wrong_length(&self, target: Option<Target>) -> DecodeError {
        let kind = self.token.kind();
        match target {
            None => DecodeError::because(DOES_NOT_FIT).found(kind.describe()),
            // The elements of the array are the fields of a struct.
            Some(Target::Struct) if kind == JsonKind::Array => {
                DecodeError::because("another number of elements than the type has fields")
            }
            Some(target) => DecodeError::expected(target.describe()).found("another number of elements"),
        }
    }

    pub(super) fn error_here(&self, error: DecodeError) -> LocatedError {
        LocatedError { error: error.under(self.path.steps()), offset: Some(self.token.start) }
    }

    fn error_in_field(&self, field: &'static str, error: DecodeError) -> LocatedError {
        let path = Path::Child(&self.path, Step::Field(field));
        LocatedError { error: error.under(path.steps()), offset: Some(self.token.start) }
    }
}
