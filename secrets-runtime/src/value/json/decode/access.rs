//! What is inside of a value, one by one: elements, members, and the content of an enum's variant.

use std::marker::PhantomData;
use std::vec::IntoIter;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::key::Key;
use super::node::Node;
use super::unfit::Unfit;
use super::{DecodeError, Text, Token};
use crate::error::Step;

/// The step to a member: by name only if the name is the type's own.
fn step(known: &'static [&'static str], key: &str) -> Step {
    known.iter().find(|name| **name == key).map_or(Step::Member, |name| Step::Field(name))
}

struct Elements<'a, 'p> {
    node: Node<'a, 'p>,
    rest: IntoIter<Token<'a>>,
    number: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de, '_> {
    type Error = Unfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unfit> {
        let Some(token) = self.rest.next() else { return Ok(None) };
        self.number += 1;
        self.node.below(Step::Element(self.number), token).decode(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Members<'a, 'p> {
    node: Node<'a, 'p>,
    known: &'static [&'static str],
    rest: IntoIter<(Text<'a>, Token<'a>)>,
    /// The member whose key was read last.
    next: Option<(Step, Token<'a>)>,
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = Unfit;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Unfit> {
        let Some((key, token)) = self.rest.next() else { return Ok(None) };
        self.next = Some((step(self.known, key.as_str()), token));
        seed.deserialize(Key(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Unfit> {
        let (step, token) = self.next.take().ok_or(Unfit::Other)?;
        self.node.below(step, token).decode(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A variant's name and its content.
pub(super) struct Variant<'a, 'p> {
    name: Text<'a>,
    content: Node<'a, 'p>,
}

impl<'de, 'p> EnumAccess<'de> for Variant<'de, 'p> {
    type Error = Unfit;
    type Variant = Node<'de, 'p>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), Unfit> {
        Ok((seed.deserialize(Key(self.name))?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Node<'de, '_> {
    type Error = Unfit;

    fn unit_variant(self) -> Result<(), Unfit> {
        self.decode(PhantomData)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Unfit> {
        self.decode(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_struct("", fields, visitor)
    }
}

impl<'a> Node<'a, '_> {
    pub(super) fn visit_elements<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let rest = self.token.array()?.into_iter();
        let mut elements = Elements { node: self, rest, number: 0 };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.rest.next().is_some() { Err(Unfit::Length) } else { Ok(value) }
    }

    /// Shows an object's members; `known` are the keys that are names of the type.
    pub(super) fn visit_members<V: Visitor<'a>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let rest = self.token.object()?.into_iter();
        let mut members = Members { node: self, known, rest, next: None };
        let value = visitor.visit_map(&mut members)?;
        if members.rest.next().is_some() { Err(Unfit::Length) } else { Ok(value) }
    }

    /// An object's one member as a variant and its content.
    pub(super) fn variant(&self, variants: &'static [&'static str]) -> Result<Variant<'a, '_>, Unfit> {
        let error = DecodeError::expected("a variant's name, or an object with that one key");
        if self.token.first_byte() != Some(b'{') {
            return Err(self.refused(self.fault(error.found(self.token.kind()))));
        }
        let mut members = self.token.object()?.into_iter();
        match (members.next(), members.next()) {
            (Some((name, token)), None) => {
                let content = self.below(step(variants, name.as_str()), token);
                Ok(Variant { name, content })
            }
            _ => Err(self.refused(self.fault(error))),
        }
    }
}
