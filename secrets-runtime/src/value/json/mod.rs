//! JSON without a place for values: a document is cut into raw tokens, each setting decodes its own, and errors say
//! line, column and kind alone.

mod decode;
mod text;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use text::{Text, unescaped};

use crate::error::{DecodeError, Position};
use crate::secret_id::is_secret_id;
use crate::setting::KeyPath;
use crate::suggest::nearest;

/// A stretch of a JSON document that is one JSON value, or is about to be checked to be one.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    document: &'a str,
    start: usize,
    text: &'a str,
}

/// Why a document did not give what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonError {
    Syntax(Position),
    DuplicateKey(Position),
    /// A string with half of a surrogate pair.
    Escape(Position),
    /// Something else than the structure asked for.
    Kind {
        expected: &'static str,
        found: &'static str,
        position: Position,
    },
    TooDeep(Position),
}

const UNPAIRED_SURROGATE: &str = "the JSON string has an unpaired surrogate";

impl From<JsonError> for DecodeError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax(position) => Self::because("not valid JSON").at(position),
            JsonError::DuplicateKey(position) => {
                Self::because("the JSON object has a key twice").at(position)
            }
            JsonError::Escape(position) => Self::because(UNPAIRED_SURROGATE).at(position),
            JsonError::Kind { expected, found, position } => {
                Self::expected(expected).found(found).at(position)
            }
            JsonError::TooDeep(position) => Self::because("the JSON is nested too deeply").at(position),
        }
    }
}

/// What JSON takes for [white space](https://www.rfc-editor.org/rfc/rfc8259#section-2).
const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// What a document has under a path.
pub(crate) enum Lookup<'a> {
    Found(Token<'a>),
    /// Nothing, and perhaps a key that differs by a slip.
    Missing {
        similar: Option<String>,
    },
}

impl<'a> Token<'a> {
    /// The stretch at `range`; the whole document if the range is none of its.
    pub(crate) fn at(document: &'a str, range: Range<usize>) -> Self {
        match document.get(range.clone()) {
            Some(text) => Self { document, start: range.start, text },
            None => Self { document, start: 0, text: document },
        }
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    pub(crate) fn as_str(&self) -> &'a str {
        self.text
    }

    /// Without the white space around it.
    fn trimmed(&self) -> Self {
        let inside = self.text.trim_start_matches(WHITE_SPACE);
        let start = self.start + self.text.len() - inside.len();
        Self { start, text: inside.trim_end_matches(WHITE_SPACE), ..*self }
    }

    fn first_byte(&self) -> Option<u8> {
        self.text.trim_start().bytes().next()
    }

    pub(crate) fn is_null(&self) -> bool {
        self.text == "null"
    }

    pub(crate) fn is_array(&self) -> bool {
        self.first_byte() == Some(b'[')
    }

    fn is_number(&self) -> bool {
        matches!(self.first_byte(), Some(b'-' | b'0'..=b'9'))
    }

    pub(crate) fn is_structure(&self) -> bool {
        matches!(self.first_byte(), Some(b'[' | b'{'))
    }

    /// The kind of value that it starts as, for errors.
    pub(crate) fn kind(&self) -> &'static str {
        match self.first_byte() {
            Some(b'{') => "a JSON object",
            Some(b'[') => "a JSON array",
            Some(b'"') => "a JSON string",
            Some(b't' | b'f') => "a JSON boolean",
            Some(b'n') => "a JSON null",
            Some(b'-' | b'0'..=b'9') => "a JSON number",
            _ => "no JSON",
        }
    }

    /// Where its value begins.
    fn start(&self) -> Position {
        self.position(self.text.len() - self.text.trim_start().len())
    }

    fn position(&self, offset: usize) -> Position {
        self.position_in_document(self.start + offset)
    }

    fn position_in_document(&self, offset: usize) -> Position {
        let before = self.document.get(..offset).unwrap_or(self.document);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        Position { line, column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1 }
    }

    /// Where in the document `serde_json` stopped: its line and column count from the token, the column in bytes.
    fn position_of(&self, error: &serde_json::Error) -> Position {
        let line_start = match error.line() {
            0 | 1 => 0,
            line => self.text.match_indices('\n').nth(line - 2).map_or(0, |(newline, _)| newline + 1),
        };
        let mut offset = (line_start + error.column().saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        self.position(offset)
    }

    /// Keeps of an error of the syntax the place.
    fn error(&self, error: &serde_json::Error) -> JsonError {
        JsonError::Syntax(self.position_of(error))
    }

    /// Decodes it with serde.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        self.refuse_what_is_no_json()?;
        self.refuse_duplicate_keys(0)?;
        decode::decode(*self)
    }

    fn refuse_what_is_no_json(&self) -> Result<(), JsonError> {
        serde_json::from_str::<IgnoredAny>(self.text).map(drop).map_err(|error| self.error(&error))
    }

    /// Walks every object, since serde keeps the last of two equal keys of a map without a word.
    fn refuse_duplicate_keys(&self, depth: usize) -> Result<(), JsonError> {
        // As deep as serde_json reads: https://docs.rs/serde_json/1/src/serde_json/de.rs.html (`remaining_depth`).
        const DEPTH: usize = 127;
        if depth == DEPTH && self.is_structure() {
            return Err(JsonError::TooDeep(self.start()));
        }
        let inner = match self.first_byte() {
            Some(b'[') => self.array()?,
            Some(b'{') => self.object()?.into_iter().map(|(_, member)| member).collect(),
            _ => return Ok(()),
        };
        inner.iter().try_for_each(|token| token.refuse_duplicate_keys(depth + 1))
    }

    fn wrong_kind(&self, expected: &'static str) -> JsonError {
        // Whether it is JSON at all is the better news: a number followed by text is no number.
        match self.refuse_what_is_no_json() {
            Ok(()) => JsonError::Kind { expected, found: self.kind(), position: self.start() },
            Err(error) => error,
        }
    }

    fn child(&self, raw: &'a RawValue) -> Self {
        let text = raw.get();
        // A borrowed raw value is a part of the text it was read from: the distance of the two is its offset.
        let offset = (text.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Self::at(self.document, self.start + offset..self.start + offset + text.len())
    }

    /// The tokens of an array's elements.
    pub(super) fn array(&self) -> Result<Vec<Self>, JsonError> {
        if !self.is_array() {
            return Err(self.wrong_kind("a JSON array"));
        }
        let elements: Vec<&RawValue> = serde_json::from_str(self.text).map_err(|error| self.error(&error))?;
        Ok(elements.into_iter().map(|element| self.child(element)).collect())
    }

    /// An object's members, each with its key. A key that stands twice is an error: which one is meant?
    fn object(&self) -> Result<Vec<(Text<'a>, Self)>, JsonError> {
        if self.first_byte() != Some(b'{') {
            return Err(self.wrong_kind("a JSON object"));
        }
        let Members(members) = serde_json::from_str(self.text).map_err(|error| self.error(&error))?;
        let mut named = Vec::with_capacity(members.len());
        for (key, member) in &members {
            let key = self.child(key).content()?.unwrap_or(Text::AsWritten(key.get()));
            named.push((key, self.child(member)));
        }
        let mut seen = HashSet::with_capacity(named.len());
        for ((name, _), (key, _)) in named.iter().zip(&members) {
            if !seen.insert(name.as_str()) {
                return Err(JsonError::DuplicateKey(self.child(key).start()));
            }
        }
        Ok(named)
    }

    /// What stands between the quotation marks of a JSON string, escapes and all.
    fn inside_of_string(&self) -> Option<&'a str> {
        self.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
    }

    /// The content of a JSON string; none of anything else.
    fn content(&self) -> Result<Option<Text<'a>>, JsonError> {
        let Some(inside) = self.inside_of_string() else { return Ok(None) };
        Text::of(inside).map(Some).map_err(|rest| self.no_escape(inside.len() - rest))
    }

    /// The content of a JSON string as a text of its own.
    pub(crate) fn unescaped(&self) -> Result<Option<String>, JsonError> {
        let Some(inside) = self.inside_of_string() else { return Ok(None) };
        unescaped(inside).map(Some).map_err(|rest| self.no_escape(inside.len() - rest))
    }

    fn no_escape(&self, offset: usize) -> JsonError {
        JsonError::Escape(self.position(offset + 1))
    }
}

/// Walks a document along a path.
pub(crate) fn lookup<'a>(document: &'a str, path: &KeyPath) -> Result<Lookup<'a>, JsonError> {
    let mut token = Token::at(document, 0..document.len());
    for segment in path.segments() {
        if token.is_null() {
            return Ok(Lookup::Missing { similar: None });
        }
        let members = token.object()?;
        match members.iter().find(|(key, _)| key.as_str() == segment) {
            Some((_, member)) => token = *member,
            None => {
                // Only what reads as a name: anything else under a key may be a value in the wrong place.
                let names = members.iter().map(|(key, _)| key.as_str()).filter(|key| is_secret_id(key));
                let similar = nearest(segment, names).map(str::to_owned);
                return Ok(Lookup::Missing { similar });
            }
        }
    }
    Ok(Lookup::Found(token))
}

/// An object's members with their keys, each as it is written.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw;

        impl<'de> Visitor<'de> for Raw {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Raw)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(document: &str, path: &str) -> Result<Option<String>, String> {
        match lookup(document, &KeyPath::parse(path)) {
            Ok(Lookup::Found(token)) => Ok(Some(token.as_str().to_owned())),
            Ok(Lookup::Missing { .. }) => Ok(None),
            Err(error) => Err(DecodeError::from(error).to_string()),
        }
    }

    #[test]
    fn a_key_gives_its_token_letter_for_letter() {
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
    fn what_is_no_object_is_refused_where_keys_are_asked_for() {
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
    fn a_broken_document_is_placed() {
        assert_eq!(found("{\n  \"a\": 1,\n  \"b\" 2}", "a"), Err("not valid JSON (line 3, column 7)".into()));
        assert_eq!(found("{\"a\": \"1", "a"), Err("not valid JSON (line 1, column 8)".into()));
    }

    #[test]
    fn a_key_twice_is_an_error_at_every_depth() {
        let error = found("{\"a\": 1,\n \"a\": 2}", "a").unwrap_err();
        assert_eq!(error, "the JSON object has a key twice (line 2, column 2)");
        let error = found("{\"o\": {\"a\": 1,\n \"\\u0061\": 2}}", "o.a").unwrap_err();
        assert!(error.starts_with("the JSON object has a key twice (line 2"), "{error}");
    }

    #[test]
    fn a_near_key_is_offered() {
        let similar = match lookup(r#"{"pasword": "x"}"#, &KeyPath::parse("password")) {
            Ok(Lookup::Missing { similar }) => similar,
            _ => None,
        };
        assert_eq!(similar.as_deref(), Some("pasword"));
    }

    #[test]
    fn strings_are_unescaped_into_their_exact_size() {
        let document = r#""a\"b\\\/\b\f\n\r\tc\u00e9\ud83d\ude00é""#;
        let text = Token::at(document, 0..document.len()).unescaped().unwrap().unwrap();
        assert_eq!(text, "a\"b\\/\u{8}\u{c}\n\r\tcé😀é");
        assert_eq!(text.capacity(), text.len());
    }

    #[test]
    fn half_a_surrogate_pair_is_an_error() {
        for document in [r#""\ud83d""#, r#""\ud83dx""#, r#""\ude00""#, r#""\ud83d\u0041""#] {
            let error = Token::at(document, 0..document.len()).unescaped().unwrap_err();
            assert_eq!(error, JsonError::Escape(Position { line: 1, column: 2 }), "{document}");
        }
    }

    proptest! {
        #[test]
        fn unescaping_undoes_escaping(text in any::<String>()) {
            let escaped = serde_json::to_string(&text).unwrap();
            let unescaped = Token::at(&escaped, 0..escaped.len()).unescaped().unwrap();
            prop_assert_eq!(unescaped, Some(text));
        }

        #[test]
        fn any_text_is_looked_up_without_a_panic(document in any::<String>(), path in any::<String>()) {
            let _ = lookup(&document, &KeyPath::parse(&path)).map_err(DecodeError::from);
        }

        #[test]
        fn any_escapes_are_read_as_serde_reads_them(inside in r#"([a-z]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|é)*"#) {
            let document = format!("\"{inside}\"");
            let ours = Token::at(&document, 0..document.len()).unescaped().ok().flatten();
            prop_assert_eq!(ours, serde_json::from_str::<String>(&document).ok());
        }
    }
}
