//! Any document, key and text: the one text is replaced, and nothing else.

use std::fmt::Write as _;

use secrets_runtime::{Secret, SecretValue};
use serde_json::Value;

use crate::values::{ESCAPED, LETTERS, ODD, assert_alike, filled_text};

/// Divides the input into its parts.
const DIVIDER: char = '\u{1f}';

/// Reads and replaces. What is said of a value is nothing; what was replaced is read again, and all else is what it was.
pub fn text_at(input: &[u8]) {
    let Some(inputs) = filled_text(input, &[LETTERS, ODD, ESCAPED]) else { return };
    assert_alike(&inputs, |input| {
        let (key, text, document) = parts(input);
        let mut said = String::new();
        for value in [SecretValue::Json(Secret::from(document)), SecretValue::Text(Secret::from(document))] {
            said += &value.text_at(key).err().map(|error| format!("{error}{error:?}")).unwrap_or_default();
            let replaced = value.with_text_at(key, &Secret::from(text));
            said += &replaced.err().map(|error| format!("{error}{error:?}")).unwrap_or_default();
            let _ = write!(said, "{value:?}");
        }
        said
    });
    let (key, text, document) = parts(&inputs[0]);
    replaces_one_text_alone(key, text, document);
}

/// The key, the new text and the document.
fn parts(input: &str) -> (&str, &str, &str) {
    let (key, rest) = input.split_once(DIVIDER).unwrap_or(("a", input));
    let (text, document) = rest.split_once(DIVIDER).unwrap_or(("b", rest));
    (key, text, document)
}

fn replaces_one_text_alone(key: &str, text: &str, document: &str) {
    let old = SecretValue::Json(Secret::from(document));
    let Ok(new) = old.with_text_at(key, &Secret::from(text)) else { return };
    match new.text_at(key) {
        Ok(read) => assert_eq!(read.expose_secret(), text),
        Err(_) => assert_eq!(text.trim(), "[REDACTED]"),
    }
    let new = new.as_text().unwrap().expose_secret();
    // The old text again gives the old document, but for how that text was escaped.
    let json = |document: &str| serde_json::from_str::<Value>(document).ok();
    let (Some(mut before), Some(after)) = (json(document), json(new)) else { return };
    *before.pointer_mut(&pointer(key)).unwrap() = Value::from(text);
    assert_eq!(before, after);
}

/// The key as a JSON pointer.
fn pointer(key: &str) -> String {
    if key.starts_with('/') {
        return key.to_owned();
    }
    key.split('.').fold(String::new(), |pointer, segment| {
        pointer + "/" + &segment.replace('~', "~0").replace('/', "~1")
    })
}
