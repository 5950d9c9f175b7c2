//! Finds the value under a key in a JSON document, or a key that the caller may have meant.

use super::error::JsonError;
use super::kind::JsonKind;
use super::token::Token;
use crate::secret_id::is_secret_id;
use crate::setting::KeyPath;
use crate::suggest::nearest;

/// What a document has under a key.
pub(crate) enum KeyMatch<'a> {
    Found(Token<'a>),
    Missing {
        /// A key of the document that differs from the missing one by a typo.
        similar: Option<String>,
    },
}

/// Follows a path from the root of a document. A key that is written with dots may be one key of the
/// document: that is taken first, then the path. A JSON pointer passes through arrays, too.
pub(crate) fn find_key<'a>(document: &'a str, path: &KeyPath) -> Result<KeyMatch<'a>, JsonError> {
    const NOT_THERE: KeyMatch<'static> = KeyMatch::Missing { similar: None };
    let mut token = Token::whole(document);
    let mut rest = path.segments();
    while let [segment, deeper @ ..] = rest {
        if token.is_null() {
            return Ok(NOT_THERE);
        }
        if path.is_pointer() && token.kind() == JsonKind::Array {
            let elements = token.array()?;
            let Some(element) = index(segment).and_then(|index| elements.get(index)) else {
                return Ok(NOT_THERE);
            };
            (token, rest) = (*element, deeper);
            continue;
        }
        if token.holds_structure() {
            return Err(JsonError::EncodedTwice(token.start_position()));
        }
        let members = token.object()?;
        let member =
            |name: &str| members.iter().find(|(key, _)| key.as_str() == name).map(|(_, member)| *member);
        if !path.is_pointer()
            && !deeper.is_empty()
            && let Some(literal) = member(&rest.join("."))
        {
            return Ok(KeyMatch::Found(literal));
        }
        let Some(member) = member(segment) else {
            // Only keys that read as names: any other may be a value in the wrong place.
            let names = members.iter().map(|(key, _)| key.as_str()).filter(|key| is_secret_id(key));
            let similar = nearest(segment, names).map(str::to_owned);
            return Ok(KeyMatch::Missing { similar });
        };
        (token, rest) = (member, deeper);
    }
    Ok(KeyMatch::Found(token))
}

/// The index of an array's element as [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901#section-4) writes it: no sign
/// and no leading zero.
fn index(segment: &str) -> Option<usize> {
    let is_index = segment == "0" || !segment.starts_with(['0', '+']);
    is_index.then(|| segment.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::DecodeError;

    fn found(document: &str, path: &str) -> Result<Option<String>, String> {
        match find_key(document, &KeyPath::parse(path)) {
            Ok(KeyMatch::Found(token)) => Ok(Some(token.as_str().to_owned())),
            Ok(KeyMatch::Missing { .. }) => Ok(None),
            Err(error) => Err(DecodeError::from(error).to_string()),
        }
    }

    #[test]
    fn a_key_gives_its_token_exactly_as_written() {
        let document = r#"{ "port": 5432, "pin": 12345678901234567890, "on": true, "host": "a\nb", "deep": {"a.b": [1]} }"#;
        assert_eq!(found(document, "port"), Ok(Some("5432".into())));
        assert_eq!(found(document, "pin"), Ok(Some("12345678901234567890".into())));
        assert_eq!(found(document, "on"), Ok(Some("true".into())));
        assert_eq!(found(document, "host"), Ok(Some(r#""a\nb""#.into())));
        assert_eq!(found(document, "/deep/a.b"), Ok(Some("[1]".into())));
        assert_eq!(found(document, "deep.a"), Ok(None));
        assert_eq!(found(document, "absent"), Ok(None));
    }

    #[test]
    fn a_key_with_dots_is_taken_literally_first_and_then_as_a_path() {
        let both = r#"{ "api.key": 1, "api": {"key": 2, "a.b": 3} }"#;
        assert_eq!(found(both, "api.key"), Ok(Some("1".into())));
        assert_eq!(found(both, "/api/key"), Ok(Some("2".into())));
        assert_eq!(found(both, "api.a.b"), Ok(Some("3".into())));
        assert_eq!(found(r#"{ "api": {"key": 2} }"#, "api.key"), Ok(Some("2".into())));
        assert_eq!(found(r#"{ "api.key": null }"#, "api.key"), Ok(Some("null".into())));
    }

    #[test]
    fn a_pointer_passes_through_arrays() {
        let document = r#"{ "hosts": [{"name": "a"}, {"name": "b", "ports": [1, 2]}] }"#;
        assert_eq!(found(document, "/hosts/0/name"), Ok(Some(r#""a""#.into())));
        assert_eq!(found(document, "/hosts/1/ports/1"), Ok(Some("2".into())));
        for absent in ["/hosts/2/name", "/hosts/-/name", "/hosts/00/name", "/hosts/+1/name", "/hosts/a"] {
            assert_eq!(found(document, absent), Ok(None), "{absent}");
        }
        let error = found(document, "hosts.0.name").unwrap_err();
        assert_eq!(error, "expected a JSON object, found a JSON array (line 1, column 12)");
    }

    #[test]
    fn a_key_is_looked_for_in_objects_only() {
        assert_eq!(
            found("[1]", "a"),
            Err("expected a JSON object, found a JSON array (line 1, column 1)".into())
        );
        assert_eq!(
            found("{\n \"a\": 7}", "a.b"),
            Err("expected a JSON object, found a JSON number (line 2, column 7)".into())
        );
        assert_eq!(found("hunter2", "a"), Err("not valid JSON (line 1, column 1)".into()));
        assert_eq!(found("", "a"), Err("not valid JSON (line 1, column 1)".into()));
    }

    #[test]
    fn a_syntax_error_has_its_position() {
        assert_eq!(found("{\n  \"a\": 1,\n  \"b\" 2}", "a"), Err("not valid JSON (line 3, column 7)".into()));
        assert_eq!(found("{\"a\": \"1", "a"), Err("not valid JSON (line 1, column 8)".into()));
    }

    #[test]
    fn a_duplicate_key_is_an_error_at_every_depth() {
        let error = found("{\"a\": 1,\n \"a\": 2}", "a").unwrap_err();
        assert_eq!(error, "the JSON object has a key twice (line 2, column 2)");
        let error = found("{\"o\": {\"a\": 1,\n \"\\u0061\": 2}}", "o.a").unwrap_err();
        assert!(error.starts_with("the JSON object has a key twice (line 2"), "{error}");
    }

    #[test]
    fn a_similar_key_is_suggested() {
        let similar = match find_key(r#"{"pasword": "x"}"#, &KeyPath::parse("password")) {
            Ok(KeyMatch::Missing { similar }) => similar,
            _ => None,
        };
        assert_eq!(similar.as_deref(), Some("pasword"));
        for (written, key) in
            [("PASSWORD", "password"), ("Database-Url", "database-url"), ("api_KEY", "API_key")]
        {
            let document = format!("{{\"{written}\": 1}}");
            let Ok(KeyMatch::Missing { similar }) = find_key(&document, &KeyPath::parse(key)) else {
                panic!("{key} is there")
            };
            assert_eq!(similar.as_deref(), Some(written));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(document in any::<String>(), path in any::<String>()) {
            let _ = find_key(&document, &KeyPath::parse(&path)).map_err(DecodeError::from);
        }
    }
}
