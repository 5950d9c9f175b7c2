//! A JSON token as serde's deserializer, whose error has no place for a value: it keeps where the fault is, the kind of thing
//! that is there, and names that the program's types have. No text is copied on the way but into the type itself,
//! and by serde's own buffers for types that are untagged, internally tagged or flattened.

mod access;
mod deserializer;
mod key;
mod node;
mod number;
mod private_types;
mod unfit;

use std::cell::RefCell;
use std::marker::PhantomData;

use super::{DecodeError, JsonError, Text, Token};
use node::Node;
use serde::de::DeserializeOwned;

/// Decodes a token that is known to be JSON and to have no key twice.
pub(super) fn decode<T: DeserializeOwned>(token: Token<'_>) -> Result<T, DecodeError> {
    let innermost = RefCell::new(None);
    let node = Node::whole(token.trimmed(), &innermost);
    node.decode(PhantomData::<T>).map_err(|unfit| unfit.into_error(token))
}

#[cfg(test)]
mod tests;
