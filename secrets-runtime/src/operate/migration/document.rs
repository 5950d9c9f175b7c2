//! A JSON secret, changed in place: what the config does not know of stays letter for letter.

use crate::error::DecodeError;
use crate::operate::admin::value::json as quoted;
use crate::secret::Secret;
use crate::setting::KeyPath;
use crate::value::json::{KeyMatch, Token, find_key};

const NO_OBJECT: &str = "the secret holds no JSON object where the config looks for a key";

/// A document without members.
pub(super) fn empty() -> Secret<String> {
    Secret::from("{}")
}

/// The document with a text under a key. Each copy on the way is wiped.
///
/// # Errors
/// If the document is no JSON, or the way to the key leads through something else than objects.
pub(super) fn with_text(
    document: &Secret<String>,
    key: &KeyPath,
    value: &Secret<String>,
) -> Result<Secret<String>, DecodeError> {
    let text = document.expose_secret();
    let mut member = quoted(value.expose_secret())?;
    if let KeyMatch::Found(token) = find_key(text, key)? {
        return Ok(replaced(text, token, &member));
    }
    // The object that is nearest to the key takes what is missing on the way.
    for (short, name) in key.segments().iter().rev().enumerate() {
        let around = find_key(text, &key.without_last(short + 1))?;
        if let KeyMatch::Found(token) = around {
            return if token.is_null() {
                Ok(replaced(text, token, &wrapped(name, &member)?))
            } else {
                with_member(text, token, name, &member)
            };
        }
        member = wrapped(name, &member)?;
    }
    Err(DecodeError::because(NO_OBJECT))
}

fn replaced(text: &str, token: Token<'_>, by: &Secret<String>) -> Secret<String> {
    let range = token.range();
    let (before, after) = (text.get(..range.start), text.get(range.end..));
    [before.unwrap_or_default(), by.expose_secret(), after.unwrap_or_default()].concat().into()
}

/// `{"name":member}`.
fn wrapped(name: &str, member: &Secret<String>) -> Result<Secret<String>, DecodeError> {
    let name = quoted(name)?;
    Ok(["{", name.expose_secret(), ":", member.expose_secret(), "}"].concat().into())
}

/// Puts a member behind the last of an object.
fn with_member(
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
    let name = quoted(name)?;
    let comma = if is_empty { "" } else { "," };
    Ok([before.trim_end(), comma, name.expose_secret(), ":", member.expose_secret(), after].concat().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(document: &str, key: &str, value: &str) -> Result<String, String> {
        with_text(&Secret::from(document), &KeyPath::parse(key), &Secret::from(value))
            .map(|document| document.expose_secret().clone())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_that_is_there_gets_another_value_and_the_rest_stays_letter_for_letter() {
        let document = "{ \"a\" : 1.0,\n  \"b\": {\"c\":\"x\"} }";
        assert_eq!(set(document, "a", "2").unwrap(), "{ \"a\" : \"2\",\n  \"b\": {\"c\":\"x\"} }");
        assert_eq!(
            set(document, "b.c", "a\"b\n").unwrap(),
            "{ \"a\" : 1.0,\n  \"b\": {\"c\":\"a\\\"b\\n\"} }"
        );
    }

    #[test]
    fn a_key_that_is_not_there_is_added_behind_the_last() {
        assert_eq!(set("{}", "a", "1").unwrap(), r#"{"a":"1"}"#);
        assert_eq!(set(r#"{"a":"1"}"#, "b", "2").unwrap(), r#"{"a":"1","b":"2"}"#);
        assert_eq!(set("{}", "a.b.c", "1").unwrap(), r#"{"a":{"b":{"c":"1"}}}"#);
        assert_eq!(set(r#"{"a":{"b":{}}}"#, "a.b.c", "1").unwrap(), r#"{"a":{"b":{"c":"1"}}}"#);
        assert_eq!(set(r#"{"a":{"b":1}}"#, "a.c", "1").unwrap(), r#"{"a":{"b":1,"c":"1"}}"#);
        assert_eq!(set(r#"{"a":null}"#, "a.b", "1").unwrap(), r#"{"a":{"b":"1"}}"#);
        assert_eq!(set(" { \"a\": 1 \n} \n", "/b.c", "1").unwrap(), " { \"a\": 1,\"b.c\":\"1\"} \n");
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for document in ["", "hunter2", "[]", "\"hunter2\"", r#"{"a":"hunter2"}"#, r#"{"a":1,"a":2}"#] {
            let error = set(document, "a.b", "1").unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_value_is_read_back_under_any_keys(
            keys in prop::collection::vec("[a-c.~/é\"\\\\]{1,3}", 1..4),
            value in "\\PC{0,8}|[\"\\\\\n\u{0}]{0,4}",
        ) {
            let escaped = keys.iter().map(|key| key.replace('~', "~0").replace('/', "~1"));
            let pointer = escaped.fold(String::new(), |pointer, key| pointer + "/" + &key);
            let document = set(r#"{"other":[1]}"#, &pointer, &value).unwrap();
            let read: serde_json::Value = serde_json::from_str(&document).unwrap();
            prop_assert_eq!(read.pointer(&pointer).unwrap(), &value);
            prop_assert_eq!(&read["other"], &serde_json::json!([1]));
        }
    }
}
