//! Writes JSON for reports, policies and templates, with members in the given order. For JSON that holds
//! secrets, see `value/edit.rs`.

use std::borrow::Cow;

/// A JSON value to write.
#[derive(Debug, Clone)]
pub(crate) enum Json<'a> {
    Null,
    Boolean(bool),
    Number(u32),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
    /// A value that is used in several places.
    Shared(&'a Json<'a>),
}

impl<'a> Json<'a> {
    pub(crate) fn object<const N: usize>(members: [(&'a str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    pub(crate) fn list(items: impl IntoIterator<Item = impl Into<Self>>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// The text of a file: indented, with a line break at the end.
    pub(crate) fn to_file(&self) -> String {
        let mut text = String::with_capacity(4096);
        self.write(&mut text, Some(0));
        text.push('\n');
        text
    }

    /// The text without white space.
    pub(crate) fn to_compact(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, None);
        text
    }

    /// Writes the same text as `serde_json`, faster. `depth` is the indentation, or `None` for one line.
    fn write(&self, text: &mut String, depth: Option<usize>) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Boolean(true) => text.push_str("true"),
            Self::Boolean(false) => text.push_str("false"),
            Self::Number(number) => text.push_str(&number.to_string()),
            Self::Text(string) => push_string(text, string),
            Self::Shared(json) => json.write(text, depth),
            Self::List(items) => {
                let write = |item: &Self, text: &mut String, depth| item.write(text, depth);
                push_parts(text, ('[', ']'), items, depth, write);
            }
            Self::Object(members) => {
                let write =
                    |(name, value): &(Cow<'_, str>, Self), text: &mut String, depth: Option<usize>| {
                        push_string(text, name);
                        text.push_str(if depth.is_some() { ": " } else { ":" });
                        value.write(text, depth);
                    };
                push_parts(text, ('{', '}'), members, depth, write);
            }
        }
    }
}

fn push_parts<T>(
    text: &mut String,
    (open, close): (char, char),
    parts: &[T],
    depth: Option<usize>,
    write: impl Fn(&T, &mut String, Option<usize>),
) {
    text.push(open);
    let inner = depth.map(|depth| depth + 1);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        push_line_break(text, inner);
        write(part, text, inner);
    }
    if !parts.is_empty() {
        push_line_break(text, depth);
    }
    text.push(close);
}

fn push_line_break(text: &mut String, depth: Option<usize>) {
    if let Some(depth) = depth {
        text.push('\n');
        for _ in 0..depth {
            text.push_str("  ");
        }
    }
}

fn push_string(text: &mut String, string: &str) {
    // Reads all bytes without an early exit, so that the compiler can vectorize the loop.
    let is_escaped = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
    if string.bytes().fold(false, |any, byte| any | is_escaped(byte)) {
        // Writing text cannot fail.
        text.push_str(&serde_json::to_string(string).unwrap_or_default());
    } else {
        text.push('"');
        text.push_str(string);
        text.push('"');
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<u32> for Json<'_> {
    fn from(value: u32) -> Self {
        Self::Number(value)
    }
}

impl<'a, T: Into<Json<'a>>> From<Option<T>> for Json<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_equals_that_of_serde_json() {
        let shared = Json::object([("b", 4_294_967_295_u32.into())]);
        let json = Json::object([
            ("text", "é \" \\ \n \u{1} \u{7f} ${a}".into()),
            ("a \"name\"", Json::Null),
            ("list", Json::List(vec![true.into(), false.into(), Json::Shared(&shared)])),
            ("empty", Json::List(vec![Json::Object(Vec::new()), Json::list([""; 0])])),
        ]);
        let (file, compact) = (json.to_file(), json.to_compact());
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(&compact).unwrap();
        assert_eq!(raw.get(), compact);
        let value: serde_json::Value = serde_json::from_str(&file).unwrap();
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(&compact).unwrap());
        assert_eq!(value["text"], "é \" \\ \n \u{1} \u{7f} ${a}");
        // `serde_json` sorts the members.
        let sorted = Json::object([("a", Json::list([1_u32, 2])), ("b", Json::Shared(&shared))]);
        let value: serde_json::Value = serde_json::from_str(&sorted.to_file()).unwrap();
        assert_eq!(sorted.to_file(), serde_json::to_string_pretty(&value).unwrap() + "\n");
        assert_eq!(sorted.to_compact(), value.to_string());
    }
}
