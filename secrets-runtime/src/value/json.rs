//! JSON without a place for values: a document is cut into raw tokens, each setting decodes its own, and errors say
//! line, column and kind alone.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{DecodeError, Position};
use crate::environment::{is_secret_id, nearest};
use crate::setting::KeyPath;

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
    /// Valid JSON that the type does not accept. The decoder's message is dropped: it quotes the value.
    Type(Position),
}

const UNFIT: &str = "the JSON does not fit the type";

impl From<JsonError> for DecodeError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Syntax(position) => Self::because("not valid JSON").at(position),
            JsonError::DuplicateKey(position) => {
                Self::because("the JSON object has a key twice").at(position)
            }
            JsonError::Escape(position) => {
                Self::because("the JSON string has an unpaired surrogate").at(position)
            }
            JsonError::Kind { expected, found, position } => {
                Self::expected(expected).found(found).at(position)
            }
            JsonError::Type(position) => Self::because(UNFIT).at(position),
        }
    }
}

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

    fn first_byte(&self) -> Option<u8> {
        self.text.trim_start().bytes().next()
    }

    pub(crate) fn is_null(&self) -> bool {
        self.text == "null"
    }

    pub(crate) fn is_array(&self) -> bool {
        self.first_byte() == Some(b'[')
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

    fn position(&self, offset: usize) -> Position {
        let before = self.document.get(..self.start + offset).unwrap_or(self.document);
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

    /// Keeps of a decoder's error the category and the place.
    fn error(&self, error: &serde_json::Error) -> JsonError {
        let position = self.position_of(error);
        match error.classify() {
            Category::Data => JsonError::Type(position),
            Category::Syntax | Category::Eof | Category::Io => JsonError::Syntax(position),
        }
    }

    /// Decodes it with serde.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        self.refuse_duplicate_keys(0)?;
        serde_json::from_str(self.text).map_err(|error| self.unfit(&error))
    }

    /// Why the decoder gave up.
    fn unfit(&self, error: &serde_json::Error) -> DecodeError {
        // A wrapper such as `Secret` drops its inner error, and with it the place and whether it is JSON at all.
        match (error.line(), serde_json::from_str::<IgnoredAny>(self.text)) {
            (0, Ok(_)) => DecodeError::because(UNFIT),
            (0, Err(syntax)) => self.error(&syntax).into(),
            _ => self.error(error).into(),
        }
    }

    /// Walks every object, since serde keeps the last of two equal keys of a map without a word.
    fn refuse_duplicate_keys(&self, depth: usize) -> Result<(), JsonError> {
        // As deep as serde_json reads.
        const DEPTH: usize = 128;
        if depth > DEPTH {
            return Err(JsonError::Type(self.position(0)));
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
        match serde_json::from_str::<IgnoredAny>(self.text) {
            Ok(_) => {
                let start = self.text.len() - self.text.trim_start().len();
                JsonError::Kind { expected, found: self.kind(), position: self.position(start) }
            }
            Err(error) => self.error(&error),
        }
    }

    fn child(&self, raw: &'a RawValue) -> Self {
        let text = raw.get();
        // A borrowed raw value is a part of the text it was read from: the distance of the two is its offset.
        let offset = (text.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Self::at(self.document, self.start + offset..self.start + offset + text.len())
    }

    /// The tokens of an array's elements.
    pub(crate) fn array(&self) -> Result<Vec<Self>, JsonError> {
        if !self.is_array() {
            return Err(self.wrong_kind("a JSON array"));
        }
        let Elements(elements) = serde_json::from_str(self.text).map_err(|error| self.error(&error))?;
        Ok(elements.into_iter().map(|element| self.child(element)).collect())
    }

    /// The tokens of an object's members. A key that stands twice is an error: which one is meant?
    pub(crate) fn object(&self) -> Result<Vec<(Cow<'a, str>, Self)>, JsonError> {
        if self.first_byte() != Some(b'{') {
            return Err(self.wrong_kind("a JSON object"));
        }
        let Members(members) = serde_json::from_str(self.text).map_err(|error| match self.error(&error) {
            // The visitor's only error of its own.
            JsonError::Type(position) => JsonError::DuplicateKey(position),
            other => other,
        })?;
        Ok(members.into_iter().map(|(key, member)| (key, self.child(member))).collect())
    }

    /// The content of a JSON string, in a buffer of its exact size so that nothing is left behind by growth.
    pub(crate) fn unescaped(&self) -> Result<Option<String>, JsonError> {
        let Some(inner) = self.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
            return Ok(None);
        };
        let error = |offset: usize| JsonError::Escape(self.position(offset + 1));
        let mut size = 0;
        for part in Unescape(inner) {
            size += part.map_err(|rest| error(inner.len() - rest))?.len_utf8();
        }
        let mut text = String::with_capacity(size);
        text.extend(Unescape(inner).filter_map(Result::ok));
        Ok(Some(text))
    }
}

/// The characters of a JSON string's inside, or the length of the rest at which an escape makes no sense.
struct Unescape<'a>(&'a str);

impl Iterator for Unescape<'_> {
    type Item = Result<char, usize>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.len();
        let mut chars = self.0.chars();
        let character = match chars.next()? {
            '\\' => match chars.next() {
                Some('n') => Some('\n'),
                Some('t') => Some('\t'),
                Some('r') => Some('\r'),
                Some('b') => Some('\u{8}'),
                Some('f') => Some('\u{c}'),
                Some(literal @ ('"' | '\\' | '/')) => Some(literal),
                Some('u') => unicode_escape(&mut chars),
                _ => None,
            },
            plain => Some(plain),
        };
        self.0 = if character.is_some() { chars.as_str() } else { "" };
        Some(character.ok_or(rest))
    }
}

fn unicode_escape(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let high = code_unit(chars)?;
    if !(0xD800..0xDC00).contains(&high) {
        return char::from_u32(high);
    }
    if chars.next() != Some('\\') || chars.next() != Some('u') {
        return None;
    }
    let low = code_unit(chars)?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + ((high - 0xD800) << 10) + low)
}

fn code_unit(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit * 16 + chars.next()?.to_digit(16)?))
}

/// Walks a document along a path.
pub(crate) fn lookup<'a>(document: &'a str, path: &KeyPath) -> Result<Lookup<'a>, JsonError> {
    let mut token = Token::at(document, 0..document.len());
    for segment in path.segments() {
        if token.is_null() {
            return Ok(Lookup::Missing { similar: None });
        }
        let members = token.object()?;
        match members.iter().find(|(key, _)| key == segment) {
            Some((_, member)) => token = *member,
            None => {
                // Only what reads as a name: anything else under a key may be a value in the wrong place.
                let names = members.iter().map(|(key, _)| key.as_ref()).filter(|key| is_secret_id(key));
                let similar = nearest(segment, names).map(str::to_owned);
                return Ok(Lookup::Missing { similar });
            }
        }
    }
    Ok(Lookup::Found(token))
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys<'a>(std::marker::PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Keys<'a> {
            type Value = Members<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                let mut seen = std::collections::HashSet::new();
                while let Some(Key(key)) = map.next_key()? {
                    if !seen.insert(key.clone()) {
                        return Err(A::Error::custom("duplicate key"));
                    }
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Keys(std::marker::PhantomData))
    }
}

/// A key, borrowed where it has no escapes: `Cow` by itself never borrows in serde.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<'a>(std::marker::PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Text<'a> {
            type Value = Key<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text(std::marker::PhantomData))
    }
}

struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw<'a>(std::marker::PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Raw<'a> {
            type Value = Elements<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }

        deserializer.deserialize_seq(Raw(std::marker::PhantomData))
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
        assert_eq!(error, "the JSON object has a key twice (line 2, column 4)");
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
