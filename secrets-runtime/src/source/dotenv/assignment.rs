//! The grammar of one logical line: `KEY=value`, with or without `export`.

use super::value::{Part, parts_of};

/// A line that can be read.
pub(super) enum Line<'a> {
    /// An empty line or a comment.
    Blank,
    Assignment {
        key: &'a str,
        value: Vec<Part<'a>>,
    },
}

/// Reads a line; `None` if it does not fit the grammar.
pub(super) fn parse_line(line: &str) -> Option<Line<'_>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Some(Line::Blank);
    }
    let (key, rest) = assigned_key(line)?;
    let value = rest.strip_prefix('=')?.trim_start();
    let value = if value.starts_with('#') { Vec::new() } else { parts_of(value)? };
    Some(Line::Assignment { key, value })
}

/// The key that the first line of a file assigns to, whether or not its value can be read.
pub(super) fn key_of_first_line(file: &[u8]) -> Option<&str> {
    let line = file.split(|byte| *byte == b'\n').next()?;
    let (key, rest) = assigned_key(line.utf8_chunks().next()?.valid().trim_start())?;
    rest.starts_with('=').then_some(key)
}

/// The key of a line, and the text after the key. An `export` before the key is skipped.
fn assigned_key(line: &str) -> Option<(&str, &str)> {
    match split_key(line)? {
        ("export", rest) if !rest.starts_with('=') => split_key(rest),
        assigned => Some(assigned),
    }
}

/// Splits a text after a key and white space.
fn split_key(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return None;
    }
    let end = text.find(|other: char| !(other.is_ascii_alphanumeric() || matches!(other, '_' | '.')));
    let (key, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    Some((key, rest.trim_start()))
}
