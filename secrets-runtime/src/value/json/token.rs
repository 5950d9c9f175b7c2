//! A JSON value as a part of its document, cut into elements and members without copying any of them.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::error::JsonError;
use super::kind::JsonKind;
use super::string::{JsonString, unescape};
use super::syntax::is_structure;
use crate::error::Position;

/// What JSON takes for [white space](https://www.rfc-editor.org/rfc/rfc8259#section-2).
const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// A part of a JSON document that is one JSON value, or is about to be checked to be one.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    document: &'a str,
    /// Where `text` begins, in bytes of the document.
    pub(super) start: usize,
    text: &'a str,
}

impl<'a> Token<'a> {
    /// The whole of a document.
    pub(crate) const fn whole(document: &'a str) -> Self {
        Self { document, start: 0, text: document }
    }

    /// The part at `range`, or the whole document if it has no such range.
    pub(crate) fn at(document: &'a str, range: Range<usize>) -> Self {
        match document.get(range.clone()) {
            Some(text) => Self { document, start: range.start, text },
            None => Self::whole(document),
        }
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    pub(crate) fn as_str(&self) -> &'a str {
        self.text
    }

    /// Without the white space around it.
    pub(super) fn trimmed(&self) -> Self {
        let inside = self.text.trim_start_matches(WHITE_SPACE);
        let start = self.start + self.text.len() - inside.len();
        Self { start, text: inside.trim_end_matches(WHITE_SPACE), ..*self }
    }

    pub(crate) fn kind(&self) -> JsonKind {
        JsonKind::of(self.text)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.text == "null"
    }

    pub(crate) fn is_structure(&self) -> bool {
        matches!(self.kind(), JsonKind::Array | JsonKind::Object)
    }

    /// Whether it is a JSON string whose content is a JSON object or array.
    pub(crate) fn holds_structure(&self) -> bool {
        if self.kind() != JsonKind::String {
            return false;
        }
        // A copy that wipes itself.
        let content = self.unescaped().ok().flatten().map(Zeroizing::new);
        content.is_some_and(|content| is_structure(&content))
    }

    /// Where its value begins.
    pub(super) fn start_position(&self) -> Position {
        self.position(self.text.len() - self.text.trim_start().len())
    }

    fn position(&self, offset: usize) -> Position {
        self.position_in_document(self.start + offset)
    }

    pub(super) fn position_in_document(&self, offset: usize) -> Position {
        let before = self.document.get(..offset).unwrap_or(self.document);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        Position { line, column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1 }
    }

    /// Where in the document `serde_json` stopped: its line and column count from the token, the column in
    /// bytes.
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

    /// A syntax error of `serde_json`, reduced to its position.
    fn syntax_error(&self, error: &serde_json::Error) -> JsonError {
        JsonError::Syntax(self.position_of(error))
    }

    /// Checks that it is valid JSON without duplicate keys.
    pub(super) fn check(&self) -> Result<(), JsonError> {
        self.check_syntax()?;
        self.check_keys(0)
    }

    fn check_syntax(&self) -> Result<(), JsonError> {
        serde_json::from_str::<IgnoredAny>(self.text).map(drop).map_err(|error| self.syntax_error(&error))
    }

    /// Checks every object, since serde silently keeps the last of two equal keys of a map.
    fn check_keys(&self, depth: usize) -> Result<(), JsonError> {
        // As deep as serde_json reads: https://docs.rs/serde_json/1/src/serde_json/de.rs.html
        // (`remaining_depth`).
        const DEPTH: usize = 127;
        if depth == DEPTH && self.is_structure() {
            return Err(JsonError::TooDeep(self.start_position()));
        }
        let inner = match self.kind() {
            JsonKind::Array => self.array()?,
            JsonKind::Object => self.object()?.into_iter().map(|(_, member)| member).collect(),
            _ => return Ok(()),
        };
        inner.iter().try_for_each(|token| token.check_keys(depth + 1))
    }

    fn wrong_kind(&self, expected: JsonKind) -> JsonError {
        // A syntax error says more than the kind: a number followed by text is not a number.
        match self.check_syntax() {
            Ok(()) => JsonError::Kind { expected, found: self.kind(), position: self.start_position() },
            Err(error) => error,
        }
    }

    fn child(&self, raw: &'a RawValue) -> Self {
        let text = raw.get();
        // A borrowed raw value is a part of the text it was read from: the distance of the two is its
        // offset.
        let offset = (text.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        Self::at(self.document, self.start + offset..self.start + offset + text.len())
    }

    /// The tokens of an array's elements.
    pub(crate) fn array(&self) -> Result<Vec<Self>, JsonError> {
        if self.kind() != JsonKind::Array {
            return Err(self.wrong_kind(JsonKind::Array));
        }
        let elements: Vec<&RawValue> =
            serde_json::from_str(self.text).map_err(|error| self.syntax_error(&error))?;
        Ok(elements.into_iter().map(|element| self.child(element)).collect())
    }

    /// An object's members, each with its key.
    ///
    /// # Errors
    /// If a key is there twice, among others.
    pub(super) fn object(&self) -> Result<Vec<(JsonString<'a>, Self)>, JsonError> {
        if self.kind() != JsonKind::Object {
            return Err(self.wrong_kind(JsonKind::Object));
        }
        let Members(members) = serde_json::from_str(self.text).map_err(|error| self.syntax_error(&error))?;
        let mut named = Vec::with_capacity(members.len());
        for (key, member) in &members {
            let key = self.child(key).content()?.unwrap_or(JsonString::AsWritten(key.get()));
            named.push((key, self.child(member)));
        }
        let mut seen = HashSet::with_capacity(named.len());
        for ((name, _), (key, _)) in named.iter().zip(&members) {
            if !seen.insert(name.as_str()) {
                return Err(JsonError::DuplicateKey(self.child(key).start_position()));
            }
        }
        Ok(named)
    }

    /// The text between the quotation marks of a JSON string, with its escapes.
    pub(super) fn quoted_text(&self) -> Option<&'a str> {
        self.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'))
    }

    /// The content of a JSON string, or `None` if it is another kind of value.
    fn content(&self) -> Result<Option<JsonString<'a>>, JsonError> {
        let Some(inside) = self.quoted_text() else { return Ok(None) };
        JsonString::of(inside).map(Some).map_err(|rest| self.invalid_escape(inside.len() - rest))
    }

    /// A copy of the content of a JSON string, or `None` if it is another kind of value. The caller wipes
    /// it.
    pub(crate) fn unescaped(&self) -> Result<Option<String>, JsonError> {
        let Some(inside) = self.quoted_text() else { return Ok(None) };
        unescape(inside).map(Some).map_err(|rest| self.invalid_escape(inside.len() - rest))
    }

    fn invalid_escape(&self, offset: usize) -> JsonError {
        JsonError::Escape(self.position(offset + 1))
    }
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

    #[test]
    fn strings_are_unescaped_into_their_exact_size() {
        let document = r#""a\"b\\\/\b\f\n\r\tc\u00e9\ud83d\ude00é""#;
        let text = Token::whole(document).unescaped().unwrap().unwrap();
        assert_eq!(text, "a\"b\\/\u{8}\u{c}\n\r\tcé😀é");
        assert_eq!(text.capacity(), text.len());
    }

    #[test]
    fn an_unpaired_surrogate_is_an_error() {
        for document in [r#""\ud83d""#, r#""\ud83dx""#, r#""\ude00""#, r#""\ud83d\u0041""#] {
            let error = Token::whole(document).unescaped().unwrap_err();
            assert_eq!(error, JsonError::Escape(Position { line: 1, column: 2 }), "{document}");
        }
    }

    proptest! {
        #[test]
        fn unescaping_undoes_escaping(text in any::<String>()) {
            let escaped = serde_json::to_string(&text).unwrap();
            let unescaped = Token::whole(&escaped).unescaped().unwrap();
            prop_assert_eq!(unescaped, Some(text));
        }

        #[test]
        fn any_escapes_are_read_as_serde_reads_them(inside in r#"([a-z]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|é)*"#) {
            let document = format!("\"{inside}\"");
            let ours = Token::whole(&document).unescaped().ok().flatten();
            prop_assert_eq!(ours, serde_json::from_str::<String>(&document).ok());
        }
    }
}
