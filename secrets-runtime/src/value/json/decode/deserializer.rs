//! How a type asks a node for its value: what it asks for is compared with what is there.

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Visitor};

use super::node::Node;
use super::number;
use super::private_types::{Silent, is_private};
use super::unfit::Unfit;

const STRING: &[u8] = b"\"";
const NUMBER: &[u8] = number::FIRST;
const BOOLEAN: &[u8] = b"tf";
const NULL: &[u8] = b"n";
const ARRAY: &[u8] = b"[";
const OBJECT: &[u8] = b"{";
/// serde's structs can be written as the array of their fields.
const STRUCT: &[u8] = b"{[";

/// Methods that want one kind of value, by the bytes that it can begin with.
macro_rules! expecting {
    ($($first:ident { $($method:ident => $expected:literal),* $(,)? })*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            self.visit_if($first, $expected, &[], visitor)
        }
    )*)*};
}

impl<'de> Deserializer<'de> for Node<'de, '_> {
    type Error = Unfit;

    expecting! {
        STRING {
            deserialize_char => "one character",
            deserialize_str => "a JSON string",
            deserialize_string => "a JSON string",
            deserialize_identifier => "a JSON string",
        }
        NUMBER {
            deserialize_i8 => "i8", deserialize_i16 => "i16", deserialize_i32 => "i32", deserialize_i64 => "i64",
            deserialize_u8 => "u8", deserialize_u16 => "u16", deserialize_u32 => "u32", deserialize_u64 => "u64",
            deserialize_f32 => "f32", deserialize_f64 => "f64",
        }
        BOOLEAN { deserialize_bool => "true or false" }
        NULL { deserialize_unit => "a JSON null" }
        ARRAY { deserialize_seq => "a JSON array" }
        OBJECT { deserialize_map => "a JSON object" }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if self.token.is_number() {
            // With its feature `arbitrary_precision` serde_json shows a number as something else to types of its own.
            return self.through_serde_json(|json| json.deserialize_any(Silent(visitor)));
        }
        self.visit(None, &[], visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.token.as_str().parse() {
            Ok(number) => visitor.visit_i128(number).map_err(|unfit| self.locate(unfit, Some("i128"))),
            Err(_) => self.visit_if(NUMBER, "i128", &[], visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.token.as_str().parse() {
            Ok(number) => visitor.visit_u128(number).map_err(|unfit| self.locate(unfit, Some("u128"))),
            Err(_) => self.visit_if(NUMBER, "u128", &[], visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if !self.is_string() {
            return self.visit_if(ARRAY, "a JSON string or array", &[], visitor);
        }
        self.text()?.visit_bytes(visitor).map_err(|unfit| self.locate(unfit, None))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let visited = if self.token.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        visited.map_err(|unfit| self.locate(unfit, None))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        if is_private(name) {
            return self.through_serde_json(|json| json.deserialize_newtype_struct(name, visitor));
        }
        visitor.visit_newtype_struct(self).map_err(|unfit| self.locate(unfit, None))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        self.visit_if(STRUCT, "a JSON object", fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let visited = if self.is_string() {
            visitor.visit_enum(StrDeserializer::new(self.text()?.as_str()))
        } else {
            self.variant(variants).and_then(|variant| visitor.visit_enum(variant))
        };
        visited.map_err(|unfit| self.locate(unfit, None))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_unit()
    }
}

impl<'a> Node<'a, '_> {
    /// Shows the value to a visitor if it is of the kind that is wanted.
    fn visit_if<V: Visitor<'a>>(
        self,
        first_bytes: &[u8],
        expected: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        if self.token.first_byte().is_some_and(|first| first_bytes.contains(&first)) {
            self.visit(Some(expected), known, visitor)
        } else {
            Err(self.locate(Unfit::Kind, Some(expected)))
        }
    }

    /// Shows the value to a visitor as what it is.
    fn visit<V: Visitor<'a>>(
        self,
        expected: Option<&'static str>,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let visited = match self.token.first_byte() {
            Some(b'{') => self.visit_members(known, visitor),
            Some(b'[') => self.visit_elements(visitor),
            Some(b'"') => self.text().and_then(|text| text.visit(visitor)),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'n') => visitor.visit_unit(),
            _ => number::visit(self.token.as_str(), visitor),
        };
        visited.map_err(|unfit| self.locate(unfit, expected))
    }
}
