//! Iterates over the parts of a value: elements, members, and the content of an enum's variant.

use std::marker::PhantomData;
use std::vec::IntoIter;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::key::Key;
use super::node::Node;
use super::visit_error::VisitError;
use crate::error::{DecodeError, Step};
use crate::value::json::kind::JsonKind;
use crate::value::json::string::JsonString;
use crate::value::json::token::Token;

/// The step to a member. It has a name only if the name is one of the type's own.
fn step(known: &'static [&'static str], key: &str) -> Step {
    known.iter().find(|name| **name == key).map_or(Step::Member, |name| Step::Field(name))
}

struct Elements<'a, 'p> {
    node: Node<'a, 'p>,
    rest: IntoIter<Token<'a>>,
    /// Of the last element, counted from 1.
    number: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de, '_> {
    type Error = VisitError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, VisitError> {
        let Some(token) = self.rest.next() else { return Ok(None) };
        self.number += 1;
        self.node.child(Step::Element(self.number), token).decode(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Members<'a, 'p> {
    node: Node<'a, 'p>,
    known: &'static [&'static str],
    rest: IntoIter<(JsonString<'a>, Token<'a>)>,
    /// The member whose key was read last.
    next: Option<(Step, Token<'a>)>,
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = VisitError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, VisitError> {
        let Some((key, token)) = self.rest.next() else { return Ok(None) };
        self.next = Some((step(self.known, key.as_str()), token));
        seed.deserialize(Key(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, VisitError> {
        let (step, token) = self.next.take().ok_or(VisitError::Custom)?;
        self.node.child(step, token).decode(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant's name and its content.
pub(super) struct Variant<'a, 'p> {
    name: JsonString<'a>,
    content: Node<'a, 'p>,
}

impl<'de, 'p> EnumAccess<'de> for Variant<'de, 'p> {
    type Error = VisitError;
    type Variant = Node<'de, 'p>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), VisitError> {
        Ok((seed.deserialize(Key(self.name))?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Node<'de, '_> {
    type Error = VisitError;

    fn unit_variant(self) -> Result<(), VisitError> {
        self.decode(PhantomData)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, VisitError> {
        self.decode(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, VisitError> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        self.deserialize_struct("", fields, visitor)
    }
}

impl<'a> Node<'a, '_> {
    pub(super) fn visit_elements<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, VisitError> {
        let rest = self.token.array()?.into_iter();
        let mut elements = Elements { node: self, rest, number: 0 };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.rest.next().is_some() { Err(VisitError::WrongLength) } else { Ok(value) }
    }

    /// Shows the members of an object. `known` are the keys that the type has as names.
    pub(super) fn visit_members<V: Visitor<'a>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        let rest = self.token.object()?.into_iter();
        let mut members = Members { node: self, known, rest, next: None };
        let value = visitor.visit_map(&mut members)?;
        if members.rest.next().is_some() { Err(VisitError::WrongLength) } else { Ok(value) }
    }

    /// The only member of an object, as a variant and its content.
    pub(super) fn variant(&self, variants: &'static [&'static str]) -> Result<Variant<'a, '_>, VisitError> {
        let error = DecodeError::expected("a variant's name, or an object with that one key");
        if self.token.kind() != JsonKind::Object {
            return Err(self.record(self.error_here(error.found(self.token.kind().describe()))));
        }
        let mut members = self.token.object()?.into_iter();
        match (members.next(), members.next()) {
            (Some((name, token)), None) => {
                let content = self.child(step(variants, name.as_str()), token);
                Ok(Variant { name, content })
            }
            _ => Err(self.record(self.error_here(error))),
        }
    }
}
