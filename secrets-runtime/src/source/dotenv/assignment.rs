//! The grammar of one logical line: `KEY=value`, with or without `export`.

use super::reason::Reason;

/// A line that can be read.
pub(super) enum Line<'a> {
    /// An empty line or a comment.
    Blank,
    Assignment {
        key: &'a str,
        /// The text after the `=` and its white space, with a comment behind it.
        value: &'a str,
    },
}

/// Reads a line up to its value.
pub(super) fn parse_line(line: &str) -> Result<Line<'_>, Reason> {
    let line = line.trim_matches(is_white);
    if line.is_empty() || line.starts_with('#') {
        return Ok(Line::Blank);
    }
    match assigned_key(line) {
        Some((key, rest)) if rest.starts_with('=') => {
            Ok(Line::Assignment { key, value: value_of(line).unwrap_or_default() })
        }
        _ => Err(refused(line)),
    }
}

/// The text after the `=` of a line and its white space; empty if that is a comment. `None` if the line
/// assigns nothing.
pub(super) fn value_of(line: &str) -> Option<&str> {
    let (_, rest) = assigned_key(line.trim_start_matches(is_white))?;
    let rest = rest.strip_prefix('=')?;
    let value = rest.trim_start_matches(is_white);
    // A `#` that touches the `=` is part of the value.
    let is_comment = value.starts_with('#') && value.len() < rest.len();
    Some(if is_comment { "" } else { value })
}

/// The key that the first line of a file assigns to, whether or not its value can be read.
pub(super) fn key_of_first_line(file: &[u8]) -> Option<&str> {
    let line = file.split(|byte| *byte == b'\n').next()?;
    let (key, rest) = assigned_key(line.utf8_chunks().next()?.valid().trim_start_matches(is_white))?;
    rest.starts_with('=').then_some(key)
}

/// Not the white space of other scripts: it may be part of a value.
const fn is_white(character: char) -> bool {
    character.is_ascii_whitespace()
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
    Some((key, rest.trim_start_matches(is_white)))
}

/// Why a line is not an assignment.
fn refused(line: &str) -> Reason {
    let is_blank = |rest: &str| rest.is_empty() || rest.trim_start_matches(is_white).starts_with('#');
    if line.strip_prefix('[').and_then(|line| line.split_once(']')).is_some_and(|(_, rest)| is_blank(rest)) {
        return Reason::Section;
    }
    let is_yaml = |rest: &str| rest.is_empty() || rest.starts_with(is_white);
    if split_key(line).and_then(|(_, rest)| rest.strip_prefix(':')).is_some_and(is_yaml) {
        return Reason::Colon;
    }
    let name = line.split_once('=').map(|(name, _)| name.trim_end_matches(is_white));
    let name = name.map(|name| name.strip_prefix("export ").unwrap_or(name).trim_start_matches(is_white));
    match name {
        Some(name) if !name.is_empty() && !name.contains(is_white) => Reason::Name,
        _ => Reason::NotAssignment,
    }
}
