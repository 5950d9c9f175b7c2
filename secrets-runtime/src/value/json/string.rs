//! Reads the content of a JSON string: replaces its escapes.

use serde::de::{self, Visitor};
use zeroize::Zeroizing;

/// The content of a JSON string. If it has escapes, it is a copy, which is wiped.
pub(super) enum JsonString<'a> {
    AsWritten(&'a str),
    Unescaped(Zeroizing<String>),
}

impl<'a> JsonString<'a> {
    /// Reads the text between the quotation marks.
    ///
    /// # Errors
    /// The length of the rest that begins with an invalid escape.
    pub(super) fn of(inside: &'a str) -> Result<Self, usize> {
        if inside.contains('\\') {
            unescape(inside).map(Zeroizing::new).map(Self::Unescaped)
        } else {
            Ok(Self::AsWritten(inside))
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::AsWritten(text) => text,
            Self::Unescaped(text) => text,
        }
    }

    pub(super) fn visit<V: Visitor<'a>, E: de::Error>(self, visitor: V) -> Result<V::Value, E> {
        match self {
            Self::AsWritten(text) => visitor.visit_borrowed_str(text),
            Self::Unescaped(text) => visitor.visit_str(&text),
        }
    }

    pub(super) fn visit_bytes<V: Visitor<'a>, E: de::Error>(self, visitor: V) -> Result<V::Value, E> {
        match self {
            Self::AsWritten(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Self::Unescaped(text) => visitor.visit_bytes(text.as_bytes()),
        }
    }
}

/// Replaces the escapes. The buffer has its exact size, so that growth leaves no copy behind.
pub(super) fn unescape(inside: &str) -> Result<String, usize> {
    let mut size = 0;
    for part in Unescape(inside) {
        size += part?.len_utf8();
    }
    let mut text = String::with_capacity(size);
    text.extend(Unescape(inside).filter_map(Result::ok));
    Ok(text)
}

/// The characters of the text between quotation marks. An invalid escape is the length of the rest that
/// begins with it.
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
