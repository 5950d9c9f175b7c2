//! A value of the document and where it is: it turns what a visitor says into a fault with its path and place.

use std::cell::RefCell;

use serde::de::DeserializeSeed;

use super::super::UNPAIRED_SURROGATE;
use super::unfit::{Fault, UNFIT, Unfit};
use super::{DecodeError, Text, Token};
use crate::error::Step;

#[derive(Clone, Copy)]
pub(super) struct Node<'a, 'p> {
    pub(super) token: Token<'a>,
    path: Path<'p>,
    /// The fault that was met first, and deepest. A wrapper such as [`Secret`](crate::Secret) puts an error of its own in the
    /// place of what its inner type says, since it cannot know that this one is harmless.
    innermost: &'p RefCell<Option<Fault>>,
}

#[derive(Clone, Copy)]
enum Path<'p> {
    Whole,
    Below(&'p Path<'p>, Step),
}

impl Path<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut path = self;
        while let Path::Below(above, step) = path {
            steps.push(*step);
            path = above;
        }
        steps.reverse();
        steps
    }
}

impl<'a, 'p> Node<'a, 'p> {
    pub(super) fn whole(token: Token<'a>, innermost: &'p RefCell<Option<Fault>>) -> Self {
        Self { token, path: Path::Whole, innermost }
    }

    pub(super) fn below<'q>(&'q self, step: Step, token: Token<'a>) -> Node<'a, 'q> {
        Node { token, path: Path::Below(&self.path, step), innermost: self.innermost }
    }

    pub(super) fn decode<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Unfit> {
        match seed.deserialize(self) {
            Ok(value) => {
                // What failed below was not needed.
                self.innermost.replace(None);
                Ok(value)
            }
            Err(unfit) => Err(self.locate(unfit, None)),
        }
    }

    /// The content of a string.
    pub(super) fn text(&self) -> Result<Text<'a>, Unfit> {
        let inside = self.token.inside_of_string().ok_or(Unfit::Kind)?;
        Text::of(inside).map_err(|rest| {
            let error = DecodeError::because(UNPAIRED_SURROGATE).under(self.path.steps());
            self.refused(Fault { error, offset: Some(self.token.start + 1 + inside.len() - rest) })
        })
    }

    /// A fault that is found here, and kept for who says that it does not matter what was wrong inside.
    pub(super) fn refused(&self, fault: Fault) -> Unfit {
        self.innermost.replace(Some(fault.clone()));
        fault.boxed()
    }

    pub(super) fn is_string(&self) -> bool {
        self.token.first_byte() == Some(b'"')
    }

    /// Says where the fault is and what is there. `expected` is the kind of value that the type has asked for.
    pub(super) fn locate(&self, unfit: Unfit, expected: Option<&'static str>) -> Unfit {
        let fault = match unfit {
            Unfit::Located(_) => return unfit,
            Unfit::Other => match self.innermost.take() {
                Some(fault) => fault,
                None => self.fault(DecodeError::because(UNFIT)),
            },
            Unfit::Kind | Unfit::Value | Unfit::Length => self.fault(self.other_than(&unfit, expected)),
            Unfit::MissingField(name) => self.fault_in(name, DecodeError::because("missing")),
            Unfit::FieldTwice(name) => {
                self.fault_in(name, DecodeError::because("there twice, once under another name"))
            }
            Unfit::UnknownField(known) => {
                self.fault(DecodeError::because("a key that the type does not have").one_of(known))
            }
            Unfit::UnknownVariant(known) => self.fault(DecodeError::expected("").one_of(known)),
        };
        self.refused(fault)
    }

    fn other_than(&self, unfit: &Unfit, expected: Option<&'static str>) -> DecodeError {
        let kind = self.token.kind();
        match (expected, unfit) {
            // What is wrong is something inside, of which serde has made a copy to look at it twice.
            (Some(expected), Unfit::Kind) if expected == kind => DecodeError::because(UNFIT),
            (None, Unfit::Kind) if self.token.is_structure() => DecodeError::because(UNFIT),
            (Some(expected), Unfit::Kind) if !(self.token.is_number() && is_number_type(expected)) => {
                DecodeError::expected(expected).found(kind)
            }
            // As an array, a struct's fields go without their names.
            (Some("a JSON object"), Unfit::Length) if kind == "a JSON array" => {
                DecodeError::because("another number of elements than the type has fields")
            }
            (Some(expected), Unfit::Length) => {
                DecodeError::expected(expected).found("another number of elements")
            }
            (Some(expected), _) if self.token.is_number() => {
                DecodeError::expected(expected).found("a JSON number that is none")
            }
            (Some(expected), _) => DecodeError::expected(expected),
            (None, _) => DecodeError::because(UNFIT).found(kind),
        }
    }

    pub(super) fn fault(&self, error: DecodeError) -> Fault {
        Fault { error: error.under(self.path.steps()), offset: Some(self.token.start) }
    }

    fn fault_in(&self, field: &'static str, error: DecodeError) -> Fault {
        let path = Path::Below(&self.path, Step::Field(field));
        Fault { error: error.under(path.steps()), offset: Some(self.token.start) }
    }
}

/// Whether the type that is asked for is one of numbers: `u16`, `f64`.
fn is_number_type(expected: &str) -> bool {
    expected.ends_with(|last: char| last.is_ascii_digit())
}
