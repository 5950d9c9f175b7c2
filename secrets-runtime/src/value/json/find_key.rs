//! Finds the value under a key in a JSON document, or a key that the caller may have meant.

use super::error::JsonError;
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

/// Follows a path from the root of a document.
pub(crate) fn find_key<'a>(document: &'a str, path: &KeyPath) -> Result<KeyMatch<'a>, JsonError> {
    let mut token = Token::whole(document);
    for segment in path.segments() {
        if token.is_null() {
            return Ok(KeyMatch::Missing { similar: None });
        }
        let members = token.object()?;
        match members.iter().find(|(key, _)| key.as_str() == segment) {
            Some((_, member)) => token = *member,
            None => {
                // Only keys that read as names: any other may be a value in the wrong place.
                let names = members.iter().map(|(key, _)| key.as_str()).filter(|key| is_secret_id(key));
                let similar = nearest(segment, names).map(str::to_owned);
                return Ok(KeyMatch::Missing { similar });
            }
        }
    }
    Ok(KeyMatch::Found(token))
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
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(document in any::<String>(), path in any::<String>()) {
            let _ = find_key(&document, &KeyPath::parse(&path)).map_err(DecodeError::from);
        }
    }
}
