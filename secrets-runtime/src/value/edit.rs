//! Writes and edits JSON that holds secrets, in buffers that are wiped. Everything that is not edited stays
//! byte for byte.

use std::io::{self, Write};
#[cfg(any(feature = "dotenv", feature = "rotation"))]
use std::ops::Range;

use serde::Serialize;
use zeroize::Zeroizing;

#[cfg(feature = "dotenv")]
use super::json::{KeyMatch, Token, find_key};
use crate::contain::contain;
use crate::error::DecodeError;
use crate::secret::Secret;
#[cfg(feature = "dotenv")]
use crate::setting::KeyPath;

#[cfg(feature = "dotenv")]
const NO_OBJECT: &str = "the secret holds no JSON object where the config looks for a key";

/// Writes a value as JSON.
///
/// # Errors
/// If serde cannot serialize it, or its type panics. Its own message may quote the value and is dropped.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Secret<String>, DecodeError> {
    const NOT_WRITTEN: DecodeError = DecodeError::because("the value cannot be written as JSON");
    let mut buffer = Buffer::default();
    let written = contain(|| serde_json::to_writer(&mut buffer, value).map_err(|_| NOT_WRITTEN));
    written.unwrap_or(Err(NOT_WRITTEN))?;
    String::from_utf8(std::mem::take(&mut *buffer.0)).map(Secret::from).map_err(|error| {
        drop(Secret::from(error.into_bytes()));
        NOT_WRITTEN
    })
}

/// Replaces the part of a document in `range`; `None` if the document has no such part.
#[cfg(any(feature = "dotenv", feature = "rotation"))]
pub(crate) fn replace(document: &str, range: Range<usize>, by: &Secret<String>) -> Option<Secret<String>> {
    let (before, after) = (document.get(..range.start)?, document.get(range.end..)?);
    Some([before, by.expose_secret(), after].concat().into())
}

/// Sets a string under a key, and adds the objects that are missing on the way to it.
///
/// # Errors
/// If the document is not valid JSON, or the way to the key leads through something other than objects.
#[cfg(feature = "dotenv")]
pub(crate) fn set(
    document: &Secret<String>,
    key: &KeyPath,
    value: &Secret<String>,
) -> Result<Secret<String>, DecodeError> {
    let text = document.expose_secret();
    let mut member = to_json(value.expose_secret())?;
    if let KeyMatch::Found(token) = find_key(text, key)? {
        return replace(text, token.range(), &member).ok_or(DecodeError::because(NO_OBJECT));
    }
    // The innermost object that exists gets what is missing inside it.
    for (short, name) in key.segments().iter().rev().enumerate() {
        let around = find_key(text, &key.without_last(short + 1))?;
        if let KeyMatch::Found(token) = around {
            return if token.is_null() {
                replace(text, token.range(), &object_of(name, &member)?)
                    .ok_or(DecodeError::because(NO_OBJECT))
            } else {
                add_member(text, token, name, &member)
            };
        }
        member = object_of(name, &member)?;
    }
    Err(DecodeError::because(NO_OBJECT))
}

/// `{"name":member}`.
#[cfg(feature = "dotenv")]
fn object_of(name: &str, member: &Secret<String>) -> Result<Secret<String>, DecodeError> {
    let name = to_json(name)?;
    Ok(["{", name.expose_secret(), ":", member.expose_secret(), "}"].concat().into())
}

/// Adds a member at the end of an object.
#[cfg(feature = "dotenv")]
fn add_member(
    text: &str,
    object: Token<'_>,
    name: &str,
    member: &Secret<String>,
) -> Result<Secret<String>, DecodeError> {
    let inside = object.as_str().trim().strip_prefix('{').and_then(|inside| inside.strip_suffix('}'));
    let inside = inside.ok_or(DecodeError::because(NO_OBJECT))?;
    let is_empty = inside.trim().is_empty();
    let range = object.range();
    let end = text.get(range.clone()).and_then(|object| object.rfind('}')).unwrap_or_default() + range.start;
    let (before, after) = text.split_at_checked(end).ok_or(DecodeError::because(NO_OBJECT))?;
    let name = to_json(name)?;
    let comma = if is_empty { "" } else { "," };
    Ok([before.trim_end(), comma, name.expose_secret(), ":", member.expose_secret(), after].concat().into())
}

#[derive(Default)]
struct Buffer(Zeroizing<Vec<u8>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(self.0.capacity() * 2).max(256)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, feature = "dotenv"))]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn edited(document: &str, key: &str, value: &str) -> Result<String, String> {
        super::set(&Secret::from(document), &KeyPath::parse(key), &Secret::from(value))
            .map(|document| document.expose_secret().clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_existing_key_gets_another_value_and_everything_else_stays() {
        let document = "{ \"a\" : 1.0,\n  \"b\": {\"c\":\"x\"} }";
        assert_eq!(edited(document, "a", "2").unwrap(), "{ \"a\" : \"2\",\n  \"b\": {\"c\":\"x\"} }");
        assert_eq!(
            edited(document, "b.c", "a\"b\n").unwrap(),
            "{ \"a\" : 1.0,\n  \"b\": {\"c\":\"a\\\"b\\n\"} }"
        );
    }

    #[test]
    fn a_missing_key_is_added_after_the_last() {
        assert_eq!(edited("{}", "a", "1").unwrap(), r#"{"a":"1"}"#);
        assert_eq!(edited(r#"{"a":"1"}"#, "b", "2").unwrap(), r#"{"a":"1","b":"2"}"#);
        assert_eq!(edited("{}", "a.b.c", "1").unwrap(), r#"{"a":{"b":{"c":"1"}}}"#);
        assert_eq!(edited(r#"{"a":{"b":{}}}"#, "a.b.c", "1").unwrap(), r#"{"a":{"b":{"c":"1"}}}"#);
        assert_eq!(edited(r#"{"a":{"b":1}}"#, "a.c", "1").unwrap(), r#"{"a":{"b":1,"c":"1"}}"#);
        assert_eq!(edited(r#"{"a":null}"#, "a.b", "1").unwrap(), r#"{"a":{"b":"1"}}"#);
        assert_eq!(edited(" { \"a\": 1 \n} \n", "/b.c", "1").unwrap(), " { \"a\": 1,\"b.c\":\"1\"} \n");
    }

    #[test]
    fn only_objects_are_edited() {
        for document in ["", "hunter2", "[]", "\"hunter2\"", r#"{"a":"hunter2"}"#, r#"{"a":1,"a":2}"#] {
            let error = edited(document, "a.b", "1").unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn json_of_any_length_equals_the_output_of_serde_json() {
        for length in [0, 1, 255, 256, 257, 5000] {
            let map = BTreeMap::from([("key", "é\"".repeat(length)), ("other", "o".to_owned())]);
            assert_eq!(to_json(&map).unwrap().expose_secret(), &serde_json::to_string(&map).unwrap());
        }
    }

    #[test]
    fn a_value_that_cannot_be_json_is_not_quoted() {
        let map = BTreeMap::from([(vec!["hunter2"], 1)]);
        assert_eq!(to_json(&map).unwrap_err().to_string(), "the value cannot be written as JSON");
    }

    proptest! {
        #[test]
        fn any_value_is_read_back_under_any_keys(
            keys in prop::collection::vec("[a-c.~/é\"\\\\]{1,3}", 1..4),
            value in "\\PC{0,8}|[\"\\\\\n\u{0}]{0,4}",
        ) {
            let escaped = keys.iter().map(|key| key.replace('~', "~0").replace('/', "~1"));
            let pointer = escaped.fold(String::new(), |pointer, key| pointer + "/" + &key);
            let document = edited(r#"{"other":[1]}"#, &pointer, &value).unwrap();
            let read: serde_json::Value = serde_json::from_str(&document).unwrap();
            prop_assert_eq!(read.pointer(&pointer).unwrap(), &value);
            prop_assert_eq!(&read["other"], &serde_json::json!([1]));
        }
    }
}
