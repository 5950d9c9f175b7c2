//! The [`Deserializer`] of an object's key: a string, which may hold a number or a boolean.

use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Visitor};

use super::number;
use super::visit_error::VisitError;
use crate::value::json::string::JsonString;

pub(super) struct Key<'a>(pub(super) JsonString<'a>);

impl<'a> Key<'a> {
    /// The key if it is a number in quotation marks, which like any number has no escapes.
    fn number(&self) -> Result<&'a str, VisitError> {
        match self.0 {
            JsonString::AsWritten(text) if number::is_number(text) => Ok(text),
            _ => Err(VisitError::Custom),
        }
    }
}

macro_rules! numbers {
    ($($method:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
            number::visit(self.number()?, visitor)
        }
    )*};
}

macro_rules! wide_numbers {
    ($($method:ident => $visit:ident),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
            visitor.$visit(self.number()?.parse().map_err(|_| VisitError::Custom)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = VisitError;

    numbers! {
        deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64,
        deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64,
        deserialize_f32, deserialize_f64,
    }

    wide_numbers!(deserialize_i128 => visit_i128, deserialize_u128 => visit_u128);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        match self.0 {
            JsonString::AsWritten("true") => visitor.visit_bool(true),
            JsonString::AsWritten("false") => visitor.visit_bool(false),
            _ => Err(VisitError::Custom),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        self.0.visit(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        self.0.visit_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        self.0.visit_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, VisitError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, VisitError> {
        visitor.visit_enum(StrDeserializer::new(self.0.as_str()))
    }

    serde::forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
