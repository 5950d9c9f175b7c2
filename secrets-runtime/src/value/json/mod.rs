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
pub(super) use syntax::{is_json, is_object, is_structure};
pub(crate) use token::Token;
