//! Reads a `.env` file in place: each value is copied once, into a buffer of its exact size.
//!
//! The dialect is that of [dotenvy](https://docs.rs/dotenvy), oddities included. This crate does not use
//! dotenvy, which leaves copies of every value in its buffers.

use super::assignment::{Line, key_of_first_line, parse_line};
use super::expand::{expand, refers_elsewhere};
use super::lines::Lines;
use super::value::MAX_PARTS;
use super::values::{Assigned, Name, Values};
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
    pub(crate) reason: &'static str,
}

pub(super) const NO_ASSIGNMENT: &str = "not of the form KEY=value";
pub(super) const NOT_ABOVE: &str = "refers to a variable that is not above it";
pub(super) const TOO_LARGE: &str =
    "too large with the variables inserted: all values may have 16 MiB together";
pub(super) const TOO_MANY_PARTS: &str = "more than 50,000 escapes and variables in one value";
pub(super) const REST_NOT_READ: &str =
    "not read, like the rest of the file: too many lines above cannot be read";

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
/// `${OTHER}` must be assigned above, and a value over several lines must begin with its quote.
#[cfg(feature = "admin")]
pub(super) fn parse_alone(file: &[u8]) -> Parsed {
    read(file, None)
}

fn read(file: &[u8], variables: Option<&Env>) -> Parsed {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut parsed = Parsed::default();
    let (is_strict, mut budget) = (variables.is_none(), MAX_VALUES);
    let mut lines = Lines::new(file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file), is_strict);
    loop {
        let start = lines.rest();
        let Some((number, line)) = lines.next_line() else { return parsed };
        if parsed.bad_lines.len() >= MAX_BAD_LINES {
            parsed.bad_lines.push(BadLine { number, reason: REST_NOT_READ });
            return parsed;
        }
        let reason = match line.and_then(|line| parse_line(line).ok_or(NO_ASSIGNMENT)) {
            Ok(Line::Blank) => continue,
            Ok(Line::Assignment { value, .. }) if value.len() > MAX_PARTS => TOO_MANY_PARTS,
            Ok(Line::Assignment { value, .. }) if is_strict && refers_elsewhere(&value, &parsed.values) => {
                NOT_ABOVE
            }
            Ok(Line::Assignment { key, value }) => {
                match expand(&value, variables, &parsed.values, &mut budget) {
                    Some(value) => {
                        let assigned = Assigned {
                            value,
                            #[cfg(feature = "admin")]
                            line: number,
                        };
                        parsed.values.insert(Name(key.to_owned()), assigned);
                        continue;
                    }
                    None => TOO_LARGE,
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
