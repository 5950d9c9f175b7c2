//! Reads JSON documents without keeping their values: a document is cut into tokens, each setting decodes
//! its own token, and errors name a line, a column and a kind of value. JSON with secrets
//! is written by `value/edit`, other JSON by `text/json`.

mod decode;
mod error;
mod find_key;
mod kind;
mod string;
mod syntax;
mod token;

pub(super) use decode::decode;
pub(crate) use error::JsonError;
pub(crate) use find_key::{KeyMatch, find_key};
pub(crate) use kind::JsonKind;
pub(super) use syntax::{is_json, is_structure};
pub(crate) use token::Token;

/// Whether a text is a JSON object. It keeps nothing of it.
pub(super) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
