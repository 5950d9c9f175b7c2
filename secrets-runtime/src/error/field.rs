//! The error of one setting.

use std::borrow::Cow;
use std::fmt;

use super::{DecodeError, ErrorKind, Place};
use crate::text::description::described;

/// Why one setting could not be loaded.
#[derive(Clone)]
pub struct FieldError {
    pub(crate) path: String,
    pub(crate) doc: &'static str,
    pub(crate) group_doc: String,
    pub(crate) kind: ErrorKind,
    pub(crate) reason: Option<DecodeError>,
    pub(crate) places: Vec<Place>,
    pub(crate) help: Vec<String>,
}

impl FieldError {
    /// Returns the path of the field in the struct, such as `smtp.password`, or the name that was requested.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the first paragraph of the field's doc comment; empty if there is none.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// Returns the places where the setting was looked for, in order.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Returns what to do about it; empty if that is not known.
    pub fn help(&self) -> &[String] {
        &self.help
    }

    /// What the setting is for, and the nested configs that it is in.
    pub(super) fn description(&self) -> Cow<'_, str> {
        described(&self.group_doc, self.doc)
    }

    pub(super) fn summary(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{}: {reason}", self.kind),
            None => self.kind.to_string(),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.summary())
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
