//! Decodes a JSON token with serde. Its error has no place for a value: it keeps a position, a kind of
//! value, and names that the program's types have. The only copies of text are those in the decoded type and
//! in serde's own buffers for untagged, internally tagged and flattened types.

mod access;
mod deserializer;
mod key;
mod node;
mod number;
mod private_types;
mod target;
mod visit_error;

use std::cell::RefCell;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::token::Token;
use crate::error::DecodeError;
use node::Node;

/// Decodes a token.
pub(crate) fn decode<T: DeserializeOwned>(token: Token<'_>) -> Result<T, DecodeError> {
    token.check()?;
    let innermost = RefCell::new(None);
    let node = Node::root(token.trimmed(), &innermost);
    node.decode(PhantomData::<T>).map_err(|error| error.into_decode_error(token))
}

#[cfg(test)]
mod tests;
