//! A JSON token as serde's deserializer, whose error has no place for a value: it keeps where the fault is, the kind of thing
//! that is there, and names that the program's types have. No text is copied on the way but into the type itself,
//! and by serde's own buffers for types that are untagged, internally tagged or flattened.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use super::super::Step;
use super::{DecodeError, JsonError, Text, Token};
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

const UNFIT: &str = "the JSON does not fit the type";

/// Decodes a token that is known to be JSON and to have no key twice.
pub(super) fn decode<T: DeserializeOwned>(token: Token<'_>) -> Result<T, DecodeError> {
    let innermost = RefCell::new(None);
    let node = Node { token: token.trimmed(), path: Path::Whole, innermost: &innermost };
    node.decode(PhantomData::<T>).map_err(|unfit| match unfit {
        Unfit::Located(error) => *error,
        // Whatever comes out of a node is located.
        _ => DecodeError::because(UNFIT),
    })
}

/// A value of the document and where it is.
#[derive(Clone, Copy)]
struct Node<'a, 'p> {
    token: Token<'a>,
    path: Path<'p>,
    /// The fault that was met first, and deepest. A wrapper such as [`Secret`](crate::Secret) puts an error of its own in the
    /// place of what its inner type says, since it cannot know that this one is harmless.
    innermost: &'p RefCell<Option<DecodeError>>,
}

#[derive(Clone, Copy)]
enum Path<'p> {
    Whole,
    Below(&'p Path<'p>, Step),
}

impl Path<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut path = self;
        while let Path::Below(above, step) = path {
            steps.push(*step);
            path = above;
        }
        steps.reverse();
        steps
    }
}

/// Why a visitor did not take a value, with what of its words is `'static`.
#[derive(Debug)]
enum Unfit {
    /// Another kind of thing than it wants.
    Kind,
    /// The kind that it wants, and not one of those values.
    Value,
    /// Too few or too many elements.
    Length,
    MissingField(&'static str),
    FieldTwice(&'static str),
    UnknownField(&'static [&'static str]),
    UnknownVariant(&'static [&'static str]),
    /// A message in words of the type's own, which may quote the value: it is not kept.
    Other,
    Located(Box<DecodeError>),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Located(error) => fmt::Display::fmt(error, f),
            _ => f.write_str(UNFIT),
        }
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Kind
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Value
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::Length
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownVariant(expected)
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownField(expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingField(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::FieldTwice(field)
    }
}

impl From<JsonError> for Unfit {
    fn from(error: JsonError) -> Self {
        Self::Located(Box::new(error.into()))
    }
}

impl<'a> Node<'a, '_> {
    fn decode<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Unfit> {
        match seed.deserialize(self) {
            Ok(value) => {
                // What failed below was not needed.
                self.innermost.replace(None);
                Ok(value)
            }
            Err(unfit) => Err(self.locate(unfit, None)),
        }
    }

    fn below<'p>(&'p self, step: Step, token: Token<'a>) -> Node<'a, 'p> {
        Node { token, path: Path::Below(&self.path, step), innermost: self.innermost }
    }

    /// Says where the fault is and what is there. `expected` is the kind of value that the type has asked for.
    fn locate(&self, unfit: Unfit, expected: Option<&'static str>) -> Unfit {
        let error = match unfit {
            Unfit::Located(_) => return unfit,
            Unfit::Other => match self.innermost.take() {
                Some(error) => error,
                None => self.error(DecodeError::because(UNFIT)),
            },
            Unfit::Kind | Unfit::Value | Unfit::Length => self.error(self.other_than(&unfit, expected)),
            Unfit::MissingField(name) => self.error_in(name, DecodeError::because("missing")),
            Unfit::FieldTwice(name) => {
                self.error_in(name, DecodeError::because("there twice, once under another name"))
            }
            Unfit::UnknownField(known) => {
                self.error(DecodeError::because("a key that the type does not have").one_of(known))
            }
            Unfit::UnknownVariant(known) => self.error(DecodeError::expected("").one_of(known)),
        };
        self.innermost.replace(Some(error.clone()));
        Unfit::Located(Box::new(error))
    }

    fn other_than(&self, unfit: &Unfit, expected: Option<&'static str>) -> DecodeError {
        let kind = self.token.kind();
        match (expected, unfit) {
            // What is wrong is something inside, of which serde has made a copy to look at it twice.
            (Some(expected), Unfit::Kind) if expected == kind => DecodeError::because(UNFIT),
            (None, Unfit::Kind) if self.token.is_structure() => DecodeError::because(UNFIT),
            (Some(expected), Unfit::Kind) if !(self.token.is_number() && is_number(expected)) => {
                DecodeError::expected(expected).found(kind)
            }
            (Some(expected), Unfit::Length) => {
                DecodeError::expected(expected).found("another number of elements")
            }
            (Some(expected), _) if self.token.is_number() => {
                DecodeError::expected(expected).found("a JSON number that is none")
            }
            (Some(expected), _) => DecodeError::expected(expected),
            (None, _) => DecodeError::because(UNFIT).found(kind),
        }
    }

    fn error(&self, error: DecodeError) -> DecodeError {
        error.under(self.path.steps()).at(self.token.start())
    }

    fn error_in(&self, field: &'static str, error: DecodeError) -> DecodeError {
        let path = Path::Below(&self.path, Step::Field(field));
        error.under(path.steps()).at(self.token.start())
    }

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
            Some(b'{') => self.visit_object(known, visitor),
            Some(b'[') => self.visit_array(visitor),
            Some(b'"') => self.visit_string(visitor),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'n') => visitor.visit_unit(),
            _ => self.visit_number(visitor),
        };
        visited.map_err(|unfit| self.locate(unfit, expected))
    }

    fn visit_object<V: Visitor<'a>>(
        self,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        let rest = self.token.object()?.into_iter();
        let mut members = Members { node: self, known, rest, next: None };
        let value = visitor.visit_map(&mut members)?;
        if members.rest.next().is_some() { Err(Unfit::Length) } else { Ok(value) }
    }

    fn visit_array<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let rest = self.token.array()?.into_iter();
        let mut elements = Elements { node: self, rest, number: 0 };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.rest.next().is_some() { Err(Unfit::Length) } else { Ok(value) }
    }

    fn visit_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.text()? {
            Text::AsWritten(text) => visitor.visit_borrowed_str(text),
            Text::Unescaped(text) => visitor.visit_str(&text),
        }
    }

    fn visit_number<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let text = self.token.as_str();
        if let Ok(number) = text.parse() {
            return visitor.visit_u64(number);
        }
        // As in serde_json, it is no integer: the sign would be lost.
        if text != "-0"
            && let Ok(number) = text.parse()
        {
            return visitor.visit_i64(number);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => visitor.visit_f64(number),
            _ => Err(Unfit::Value),
        }
    }

    /// The content of a string.
    fn text(&self) -> Result<Text<'a>, Unfit> {
        self.token.content()?.ok_or(Unfit::Kind)
    }

    fn is_string(&self) -> bool {
        self.token.first_byte() == Some(b'"')
    }
}

/// Whether the type that is asked for is one of numbers: `u16`, `f64`.
fn is_number(expected: &str) -> bool {
    expected.ends_with(|last: char| last.is_ascii_digit())
}

/// Methods that want one kind of value, by the bytes that it can begin with.
macro_rules! expecting {
    ($($first:ident { $($method:ident => $expected:literal),* $(,)? })*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            self.visit_if($first, $expected, &[], visitor)
        }
    )*)*};
}

const STRING: &[u8] = b"\"";
const NUMBER: &[u8] = b"-0123456789";
const BOOLEAN: &[u8] = b"tf";
const NULL: &[u8] = b"n";
const ARRAY: &[u8] = b"[";
const OBJECT: &[u8] = b"{";

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
        let visited = match self.text()? {
            Text::AsWritten(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Text::Unescaped(text) => visitor.visit_bytes(text.as_bytes()),
        };
        visited.map_err(|unfit| self.locate(unfit, None))
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
        // How `RawValue` asks for its own text.
        if name.starts_with("$serde_json::") {
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
        self.visit_if(b"{[", "a JSON object", fields, visitor)
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
    /// For what is private between `serde_json` and its own types. Its error is dropped.
    fn through_serde_json<T>(
        self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'a>>) -> serde_json::Result<T>,
    ) -> Result<T, Unfit> {
        let mut json = serde_json::Deserializer::from_str(self.token.as_str());
        read(&mut json).map_err(|_| self.locate(Unfit::Kind, None))
    }

    /// An object's one member as a variant and its content.
    fn variant(&self, variants: &'static [&'static str]) -> Result<Variant<'a, '_>, Unfit> {
        let expected = "a variant's name, or an object with that one key";
        let error = DecodeError::expected(expected).found(self.token.kind());
        if self.token.first_byte() != Some(b'{') {
            return Err(Unfit::Located(Box::new(self.error(error))));
        }
        let mut members = self.token.object()?.into_iter();
        match (members.next(), members.next()) {
            (Some((name, token)), None) => {
                let content = self.below(step(variants, name.as_str()), token);
                Ok(Variant { name, content })
            }
            _ => Err(Unfit::Located(Box::new(self.error(DecodeError::expected(expected))))),
        }
    }
}

/// Shows a number to a visitor whose error would otherwise be written down, number and all.
struct Silent<V>(V);

macro_rules! silent_numbers {
    ($($visit:ident($number:ty)),* $(,)?) => {$(
        fn $visit<E: de::Error>(self, number: $number) -> Result<V::Value, E> {
            self.0.$visit(number).map_err(|_: Unfit| E::custom(UNFIT))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Silent<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something else")
    }

    silent_numbers! { visit_u64(u64), visit_i64(i64), visit_f64(f64) }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}

/// The step to a member: by name only if the name is the type's own.
fn step(known: &'static [&'static str], key: &str) -> Step {
    known.iter().find(|name| **name == key).map_or(Step::Member, |name| Step::Field(name))
}

struct Elements<'a, 'p> {
    node: Node<'a, 'p>,
    rest: std::vec::IntoIter<Token<'a>>,
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
    rest: std::vec::IntoIter<(Text<'a>, Token<'a>)>,
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

struct Variant<'a, 'p> {
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
        self.visit_if(b"{[", "a JSON object", fields, visitor)
    }
}

/// A member's key: a text, or a number or a truth value in quotation marks.
struct Key<'a>(Text<'a>);

macro_rules! parsed_keys {
    ($($method:ident $visit:ident),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            visitor.$visit(self.0.as_str().parse().map_err(|_| Unfit::Other)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Unfit;

    parsed_keys! {
        deserialize_bool visit_bool,
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32,
        deserialize_i64 visit_i64, deserialize_i128 visit_i128,
        deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32,
        deserialize_u64 visit_u64, deserialize_u128 visit_u128,
        deserialize_f32 visit_f32, deserialize_f64 visit_f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Text::AsWritten(text) => visitor.visit_borrowed_str(text),
            Text::Unescaped(text) => visitor.visit_str(&text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_enum(StrDeserializer::new(self.0.as_str()))
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
