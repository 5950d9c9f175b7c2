//! Finds out what a text looks like: why a value may have been refused, or why one that was taken may be a
//! mistake.

use zeroize::Zeroizing;

use super::json::{Token, is_json, is_structure};
use crate::error::Appearance;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Finds quotes, white space and line breaks around a value that nobody meant to store. A text of several
/// lines may end in a line break, as a key in PEM form does, and JSON may have white space around it.
pub(super) fn surroundings(text: &str) -> Option<Appearance> {
    if text.starts_with(BYTE_ORDER_MARK) {
        return Some(Appearance::ByteOrderMark);
    }
    if is_quoted(text.trim(), ['"', '\'']) {
        return Some(Appearance::Quoted);
    }
    let content = text.trim();
    if content.is_empty() || content.contains('\n') || content.starts_with(['{', '[']) {
        return None;
    }
    match text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        Some(line) if line == content => Some(Appearance::TrailingLineBreak),
        _ if text != content => Some(Appearance::SurroundingWhiteSpace),
        _ => None,
    }
}

/// Returns the look of a text that a decoder refused.
pub(super) fn refused_text(text: &str) -> Option<Appearance> {
    let content = text.trim();
    surroundings(text).or_else(|| {
        Some(match content {
            _ if text != content => Appearance::SurroundingWhiteSpace,
            _ if is_service_link(content) => Appearance::ServiceLink,
            _ if content.contains("://") => Appearance::Url,
            _ if is_number(content) => Appearance::Number,
            _ if content.starts_with('{') && is_json(content) => Appearance::JsonObject,
            _ if content.starts_with('[') && is_json(content) => Appearance::JsonArray,
            _ if content.contains('\n') => Appearance::SeveralLines,
            _ => return None,
        })
    })
}

/// Returns the look of a text that should be JSON, and is not, or is JSON of another kind.
pub(super) fn refused_json(text: &str) -> Option<Appearance> {
    if text.starts_with(BYTE_ORDER_MARK) {
        return Some(Appearance::ByteOrderMark);
    }
    let content = text.trim();
    if is_json(content) {
        return Token::whole(content).holds_structure().then_some(Appearance::JsonInJson);
    }
    Some(match content {
        _ if is_quoted(content, ['\'', '"']) => Appearance::Quoted,
        _ if content.starts_with(['{', '[']) => return refused_structure(content),
        _ if is_json_in_base64(content) => Appearance::Base64,
        _ if is_yaml(content) => Appearance::Yaml,
        _ if is_assignments(content) => Appearance::Assignments,
        _ => Appearance::PlainText,
    })
}

/// Not `inf` and `nan`, which are words.
pub(super) fn is_number(text: &str) -> bool {
    text.ends_with(|last: char| last.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

fn is_quoted(text: &str, quotes: [char; 2]) -> bool {
    let inner = quotes.into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.is_some_and(|inner| !inner.is_empty())
}

fn is_service_link(text: &str) -> bool {
    ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme))
}

/// The one mistake for which a JSON object or array is refused, if it is a frequent one.
fn refused_structure(text: &str) -> Option<Appearance> {
    let mut is_in_string = false;
    let mut is_escaped = false;
    let mut previous = ' ';
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_in_string => is_escaped = true,
            '"' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            '\'' if matches!(previous, '{' | '[' | ',' | ':') => return Some(Appearance::SingleQuotedJson),
            '}' | ']' if previous == ',' => return Some(Appearance::TrailingComma),
            _ => {}
        }
        if !character.is_whitespace() {
            previous = character;
        }
    }
    None
}

/// Whether a text is a JSON object or array in base64. Less would say how a password begins.
fn is_json_in_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len()));
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let Some(value) = value_of_digit(digit) else { return false };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    std::str::from_utf8(&bytes).is_ok_and(is_structure)
}

/// Both alphabets of [RFC 4648](https://www.rfc-editor.org/rfc/rfc4648).
const fn value_of_digit(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// `---`, or a first line that is a key, a colon and white space.
fn is_yaml(text: &str) -> bool {
    let first = text.lines().map(str::trim_end).find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        line == "---"
            || line.split_once(':').is_some_and(|(key, rest)| {
                !key.is_empty()
                    && (rest.is_empty() || rest.starts_with([' ', '\t']))
                    && key
                        .chars()
                        .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.'))
            })
    })
}

fn is_assignments(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).peekable();
    lines.peek().is_some()
        && lines.all(|line| {
            line.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
        })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::value::{FromSecret, RawSecret};

    #[test]
    fn what_is_around_a_value_is_seen_in_any_value() {
        let cases = [
            ("\u{feff}abc", Some(Appearance::ByteOrderMark)),
            ("\"abc\"", Some(Appearance::Quoted)),
            ("'abc'", Some(Appearance::Quoted)),
            ("'abc'\n", Some(Appearance::Quoted)),
            ("abc\n", Some(Appearance::TrailingLineBreak)),
            ("abc\r\n", Some(Appearance::TrailingLineBreak)),
            (" abc", Some(Appearance::SurroundingWhiteSpace)),
            ("abc\t", Some(Appearance::SurroundingWhiteSpace)),
            ("abc\n\n", Some(Appearance::SurroundingWhiteSpace)),
            ("abc", None),
            ("a\"b\"", None),
            ("\"", None),
            ("\"\"", None),
            ("", None),
        ];
        for (text, appearance) in cases {
            assert_eq!(surroundings(text), appearance, "{text:?}");
        }
    }

    #[test]
    fn a_text_of_several_lines_and_json_may_end_in_a_line_break() {
        for text in ["-----BEGIN KEY-----\nabc\n-----END KEY-----\n", "{\"a\":1}\n", "[1]\n", " {\n}\n"] {
            assert_eq!(surroundings(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_refused_text_is_described() {
        let cases = [
            ("tcp://10.0.0.1:5432", Some(Appearance::ServiceLink)),
            ("udp://10.0.0.1:53", Some(Appearance::ServiceLink)),
            ("https://example.com", Some(Appearance::Url)),
            ("1", Some(Appearance::Number)),
            ("-1.5", Some(Appearance::Number)),
            ("nan", None),
            ("infinity", None),
            ("{\"a\":1}", Some(Appearance::JsonObject)),
            ("[1,2]", Some(Appearance::JsonArray)),
            ("{not json", None),
            ("a\nb", Some(Appearance::SeveralLines)),
            ("\"8080\"", Some(Appearance::Quoted)),
            ("8080\n", Some(Appearance::TrailingLineBreak)),
            ("eighty", None),
        ];
        for (text, appearance) in cases {
            assert_eq!(refused_text(text), appearance, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_not_json_is_described() {
        let cases = [
            ("hunter2", Some(Appearance::PlainText)),
            ("\u{feff}{}", Some(Appearance::ByteOrderMark)),
            ("'{\"a\":1}'", Some(Appearance::Quoted)),
            ("{'a': 'b'}", Some(Appearance::SingleQuotedJson)),
            ("{\"a\": 'b'}", Some(Appearance::SingleQuotedJson)),
            ("{\"a\": \"it's\",}", Some(Appearance::TrailingComma)),
            ("[1, 2,\n]", Some(Appearance::TrailingComma)),
            ("{\"a\": }", None),
            (r#""{\"a\":1}""#, Some(Appearance::JsonInJson)),
            (r#""text""#, None),
            ("eyJ1c2VyIjoiYXBwIn0=", Some(Appearance::Base64)),
            ("W3sidXNlciI6ImFwcCJ9XQ", Some(Appearance::Base64)),
            ("eyJ1c2VyIjoiYXBwIn", Some(Appearance::PlainText)),
            ("correcthorsebatterystaple", Some(Appearance::PlainText)),
            ("user: app\npassword: x", Some(Appearance::Yaml)),
            ("---\nuser: app", Some(Appearance::Yaml)),
            ("USER=app\nPASSWORD=x", Some(Appearance::Assignments)),
            ("{\"a\":1}", None),
        ];
        for (text, appearance) in cases {
            assert_eq!(refused_json(text), appearance, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_character_of_a_refused_value_is_in_the_error(
            value in "[XZ~^|@#]{1,40}",
            (before, after) in prop::sample::select(vec![
                ("", ""), ("\"", "\""), ("'", "'"), ("\u{feff}", ""), (" ", ""), ("", "\n"), ("", "\r\n"), ("tcp://", ""),
                ("{\"", "\":1}"), ("[\"", "\",]"), ("{'", "': 1}"), ("key: ", "\nother: 1"), ("KEY=", "\n"), ("", "\nmore"),
            ]),
        ) {
            let text = format!("{before}{value}{after}");
            let raw = RawSecret::from_text(&text);
            let errors = [
                u16::from_secret(&raw).err(),
                bool::from_secret(&raw).err(),
                Duration::from_secret(&raw).err(),
                Vec::<u16>::from_secret(&raw).err(),
                raw.json::<u16>().err(),
            ];
            for error in errors.into_iter().flatten().map(|error| raw.explain(error)) {
                let shown = format!("{error} {error:?} {:?}", error.help());
                prop_assert!(!value.chars().any(|character| shown.contains(character)), "{shown}");
            }
        }

        #[test]
        fn any_text_is_inspected_without_a_panic(text in any::<String>(), quote in "[\"'{\\[]?") {
            for text in [text.clone(), format!("{quote}{text}{quote}"), format!("{text}\n")] {
                let _ = (surroundings(&text), refused_text(&text), refused_json(&text));
            }
        }
    }
}
