//! The [`Deserializer`] of a node: compares the kind of type that serde asks for with the kind of value that
//! is there.

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Visitor};

use super::node::Node;
use super::number;
use super::private_types::{ErrorlessVisitor, is_private};
use super::target::Target;
use super::visit_error::VisitError;
use crate::value::json::kind::JsonKind;

macro_rules! visit_as {
    ($($method:ident => $target:expr),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
            self.visit_as($target, &[], visitor)
        }
    )*};
}

/// Numbers that may be larger than those that `number::visit` knows.
macro_rules! visit_wide {
    ($($method:ident => $visit:ident: $name:literal),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
            let target = Target::Number($name);
            match self.token.as_str().parse() {
                Ok(number) => visitor.$visit(number).map_err(|error| self.locate(error, Some(target))),
                Err(_) => self.visit_as(target, &[], visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = VisitError;

    visit_as! {
        deserialize_char => Target::Character,
        deserialize_str => Target::String,
        deserialize_string => Target::String,
        deserialize_identifier => Target::String,
        deserialize_i8 => Target::Number("i8"),
        deserialize_i16 => Target::Number("i16"),
        deserialize_i32 => Target::Number("i32"),
        deserialize_i64 => Target::Number("i64"),
        deserialize_u8 => Target::Number("u8"),
        deserialize_u16 => Target::Number("u16"),
        deserialize_u32 => Target::Number("u32"),
        deserialize_u64 => Target::Number("u64"),
        deserialize_f32 => Target::Number("f32"),
        deserialize_f64 => Target::Number("f64"),
        deserialize_bool => Target::Boolean,
        deserialize_unit => Target::Unit,
        deserialize_seq => Target::Sequence,
        deserialize_map => Target::Map,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        if self.token.kind() == JsonKind::Number {
            // With its feature `arbitrary_precision` serde_json shows a number as something else to types of
            // its own.
            return self.through_serde_json(|json| json.deserialize_any(ErrorlessVisitor(visitor)));
        }
        self.visit(None, &[], visitor)
    }

    visit_wide! {
        deserialize_i128 => visit_i128: "i128",
        deserialize_u128 => visit_u128: "u128",
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        if !self.is_string() {
            return self.visit_as(Target::Bytes, &[], visitor);
        }
        self.string()?.visit_bytes(visitor).map_err(|error| self.locate(error, None))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        let visited = if self.token.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        visited.map_err(|error| self.locate(error, None))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        if is_private(name) {
            return self.through_serde_json(|json| json.deserialize_newtype_struct(name, visitor));
        }
        visitor.visit_newtype_struct(self).map_err(|error| self.locate(error, None))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, VisitError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        self.visit_as(Target::Struct, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        let visited = if self.is_string() {
            visitor.visit_enum(StrDeserializer::new(self.string()?.as_str()))
        } else {
            self.variant(variants).and_then(|variant| visitor.visit_enum(variant))
        };
        visited.map_err(|error| self.locate(error, None))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        visitor.visit_unit()
    }
}

impl<'a> Node<'a, '_> {
    /// Shows the value to a visitor if the target accepts values of its kind.
    fn visit_as<V: Visitor<'a>>(
        self,
        target: Target,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        if target.accepts(self.token.kind()) {
            self.visit(Some(target), known, visitor)
        } else {
            Err(self.locate(VisitError::WrongType, Some(target)))
        }
    }

    /// Shows the value to a visitor by its own kind.
    fn visit<V: Visitor<'a>>(
        self,
        target: Option<Target>,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        let visited = match self.token.kind() {
            JsonKind::Object => self.visit_members(known, visitor),
            JsonKind::Array => self.visit_elements(visitor),
            JsonKind::String => self.string().and_then(|string| string.visit(visitor)),
            JsonKind::Boolean => visitor.visit_bool(self.token.as_str() == "true"),
            JsonKind::Null => visitor.visit_unit(),
            JsonKind::Number | JsonKind::Invalid => number::visit(self.token.as_str(), visitor),
        };
        visited.map_err(|error| self.locate(error, target))
    }
}
