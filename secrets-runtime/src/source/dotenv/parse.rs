//! Reads a `.env` file in place: each value is copied once, into a buffer of its exact size.
//!
//! This crate does not use [dotenvy](https://docs.rs/dotenvy), which leaves copies of every value in its
//! buffers. `docs/dotenv.md` has the dialect, and how it differs from that of dotenvy.

use std::collections::HashSet;

use super::assignment::{Line, key_of_first_line, parse_line};
use super::expand::expand;
use super::lines::Lines;
use super::reason::Reason;
use super::scope::Scope;
use super::value::parts_of;
use super::values::{Assigned, Name, Values};
use crate::secret::Secret;
use crate::source::Env;

/// The assignments of a file, and its lines that cannot be read.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) values: Values,
    pub(crate) bad_lines: Vec<BadLine>,
}

/// A line that cannot be read, with the number at which it begins.
#[derive(Debug, PartialEq)]
pub(crate) struct BadLine {
    pub(crate) number: usize,
    pub(crate) reason: Reason,
}

/// How many bytes a file may have: more than any `.env` file. A path given by mistake may name a device that
/// never ends.
pub(super) const MAX_SIZE: usize = 16 * 1024 * 1024;

/// How many bytes all values of a file may have, with what they insert. Without insertions they fit.
pub(super) const MAX_VALUES: usize = MAX_SIZE;

/// How many bad lines are named. A file with more is not a `.env` file, and each line is kept as an error.
pub(super) const MAX_BAD_LINES: usize = 100;

/// Reads a file. `${OTHER}` is one of these variables, or else an assignment above.
pub(super) fn parse(file: &[u8], variables: &Env) -> Parsed {
    read(file, Some(variables))
}

/// Reads a file without other variables, and more strictly, since a migration would store what is misread:
/// `${OTHER}` must be assigned above.
#[cfg(feature = "admin")]
pub(super) fn parse_alone(file: &[u8]) -> Parsed {
    read(file, None)
}

fn read(file: &[u8], variables: Option<&Env>) -> Parsed {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut parsed = Parsed::default();
    if is_utf16(file) {
        parsed.bad_lines.push(BadLine { number: 1, reason: Reason::Utf16 });
        return parsed;
    }
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let (is_strict, mut budget) = (variables.is_none(), MAX_VALUES);
    let names = names_in(file, is_strict);
    let mut lines = Lines::new(file, is_strict);
    loop {
        let start = lines.rest();
        let Some((number, line)) = lines.next_line() else { return parsed };
        if parsed.bad_lines.len() >= MAX_BAD_LINES {
            parsed.bad_lines.push(BadLine { number, reason: Reason::RestNotRead });
            return parsed;
        }
        let reason = match line.and_then(parse_line) {
            Ok(Line::Blank) => continue,
            Ok(Line::Assignment { key, value }) => {
                let scope = Scope { variables, above: &parsed.values, names: &names };
                match read_value(value, &scope, &mut budget) {
                    Ok(value) => {
                        let assigned = Assigned {
                            value,
                            #[cfg(feature = "admin")]
                            line: number,
                        };
                        parsed.values.insert(Name(key.to_owned()), assigned);
                        continue;
                    }
                    Err(reason) => reason,
                }
            }
            Err(reason) => reason,
        };
        if is_strict && let Some(key) = key_of_first_line(start) {
            // The last assignment counts, even if it cannot be read: an earlier value is not the one that
            // was meant.
            parsed.values.remove(key);
        }
        parsed.bad_lines.push(BadLine { number, reason });
    }
}

fn read_value(value: &str, scope: &Scope<'_>, budget: &mut usize) -> Result<Secret<String>, Reason> {
    let parts = parts_of(value, scope)?;
    expand(&parts, scope, budget).ok_or(Reason::TooLarge)
}

/// All names that a file assigns to; empty if nothing in it can refer to them.
fn names_in(file: &[u8], is_strict: bool) -> HashSet<&str> {
    let mut names = HashSet::new();
    if !file.contains(&b'$') {
        return names;
    }
    let (mut lines, mut bad_lines) = (Lines::new(file, is_strict), 0);
    // An open quote is looked for up to the end of the file.
    while bad_lines <= MAX_BAD_LINES
        && let Some((_, line)) = lines.next_line()
    {
        match line.and_then(parse_line) {
            Ok(Line::Assignment { key, .. }) => drop(names.insert(key)),
            Ok(Line::Blank) => {}
            Err(_) => bad_lines += 1,
        }
    }
    names
}

/// Whether a file has the byte order mark of UTF-16, or begins with a character of two bytes of which one is
/// zero.
fn is_utf16(file: &[u8]) -> bool {
    matches!(file, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=0xff, ..] | [1..=0xff, 0, ..])
}
