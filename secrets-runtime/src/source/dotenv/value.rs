//! The grammar of a value: quotes, escapes and `${NAME}`.
//!
//! A value that begins with a quote is made of parts in quotes and without, as in a shell. Any other value is
//! literal up to its white space: quotes within it are part of it. A `$` is literal, unless it begins
//! `${NAME}`.

use std::ops::Range;

use super::reason::Reason;
use super::scope::Scope;

/// How many parts a value may have: the certificates of a machine in one value have 7,000. Each takes much
/// more memory than the text that it comes from.
const MAX_PARTS: usize = 100_000;

/// A part of a value.
pub(super) enum Part<'a> {
    Literal(&'a str),
    /// The name in `${NAME}`, which the scope has.
    Variable(&'a str),
}

/// Splits a value into its parts. The error is the reason why it does not fit the grammar, or may mean two
/// things.
pub(super) fn parts_of<'a>(text: &'a str, scope: &Scope<'_>) -> Result<Vec<Part<'a>>, Reason> {
    let mut parts = Parts { text, scope, finished: Vec::new(), literal: 0..0 };
    let begins_with_quote = text.starts_with(['\'', '"']);
    let mut mode = if begins_with_quote { Mode::Outside } else { Mode::Plain };
    let mut index = 0;
    while let Some(character) = parts.at(index).chars().next() {
        if matches!((mode, character), (Mode::End, '#')) {
            break;
        }
        (mode, index) = parts.read(mode, index, character)?;
        if parts.finished.len() > MAX_PARTS {
            return Err(Reason::TooManyParts);
        }
    }
    if matches!(mode, Mode::DoubleQuoted | Mode::SingleQuoted) {
        return Err(Reason::OpenQuote);
    }
    parts.finish_literal();
    Ok(parts.finished)
}

/// How the next character is read.
#[derive(Clone, Copy)]
enum Mode {
    /// In a value that does not begin with a quote.
    Plain,
    DoubleQuoted,
    SingleQuoted,
    /// Outside of the quotes of a value that begins with one.
    Outside,
    /// After the white space that ends a value.
    End,
}

/// The parts of a value so far. Adjacent characters of the text form one literal.
struct Parts<'a, 's> {
    text: &'a str,
    scope: &'s Scope<'s>,
    finished: Vec<Part<'a>>,
    /// The range of the literal that is not finished.
    literal: Range<usize>,
}

impl<'a> Parts<'a, '_> {
    /// The text from an index on.
    fn at(&self, index: usize) -> &'a str {
        self.text.get(index..).unwrap_or_default()
    }

    /// Reads what begins with a character, and returns the mode and the index of what comes next.
    fn read(&mut self, mode: Mode, index: usize, character: char) -> Result<(Mode, usize), Reason> {
        let next = index + character.len_utf8();
        let mode = match (mode, character) {
            (Mode::Plain | Mode::Outside | Mode::End, _) if character.is_ascii_whitespace() => Mode::End,
            (Mode::End, _) => {
                let is_quoted = self.text.starts_with(['\'', '"']);
                return Err(if is_quoted { Reason::AfterQuote } else { Reason::WhiteSpace });
            }
            (Mode::SingleQuoted, '\'') | (Mode::DoubleQuoted, '"') => Mode::Outside,
            (Mode::Outside, '\'') => Mode::SingleQuoted,
            (Mode::Outside, '"') => Mode::DoubleQuoted,
            (Mode::Plain | Mode::Outside | Mode::DoubleQuoted, '\\') => {
                return self.escape(mode, next).map(|next| (mode, next));
            }
            (Mode::Plain | Mode::Outside | Mode::DoubleQuoted, '$') => {
                return self.dollar(index, next).map(|next| (mode, next));
            }
            _ => {
                self.push(index..next);
                mode
            }
        };
        Ok((mode, next))
    }

    /// Reads the character after a backslash.
    fn escape(&mut self, mode: Mode, index: usize) -> Result<usize, Reason> {
        let character = self.at(index).chars().next();
        match (mode, character) {
            (_, Some('$' | ' ')) | (Mode::Outside | Mode::DoubleQuoted, Some('\\' | '\'' | '"')) => {
                self.push(index..index + 1);
            }
            (Mode::Plain, _) => return Err(Reason::Backslash),
            (_, Some('n')) => {
                self.finish_literal();
                self.finished.push(Part::Literal("\n"));
            }
            (_, Some('t' | 'r')) => return Err(Reason::ControlEscape),
            _ => return Err(Reason::UnknownEscape),
        }
        Ok(index + 1)
    }

    /// Reads a `$`: `${NAME}`, or a literal that cannot be meant as a variable.
    fn dollar(&mut self, index: usize, next: usize) -> Result<usize, Reason> {
        let rest = self.at(next);
        if let Some(braced) = rest.strip_prefix('{') {
            let name = name_at_start(braced, true);
            let after = braced.get(name.len()..).unwrap_or_default();
            if name.is_empty() {
                // It names nothing.
            } else if after.starts_with('}') {
                if self.scope.value(name).is_none() {
                    return Err(self.scope.why_not(name));
                }
                self.finish_literal();
                self.finished.push(Part::Variable(name));
                return Ok(next + name.len() + "{}".len());
            } else if after.starts_with([':', '-', '+', '?']) && after.contains('}') {
                return Err(Reason::Operator);
            } else if self.scope.is_defined(name) {
                return Err(Reason::OpenBrace);
            }
        } else {
            let name = name_at_start(rest, false);
            if !name.is_empty() && self.scope.is_defined(name) {
                return Err(Reason::BareDollar);
            }
        }
        self.push(index..next);
        Ok(next)
    }

    fn push(&mut self, range: Range<usize>) {
        if self.literal.end == range.start {
            self.literal.end = range.end;
        } else {
            self.finish_literal();
            self.literal = range;
        }
    }

    fn finish_literal(&mut self) {
        let literal = std::mem::take(&mut self.literal);
        if !literal.is_empty() {
            self.finished.extend(self.text.get(literal).map(Part::Literal));
        }
    }
}

/// The name of a variable with which a text begins; empty if it does not. Only in braces it has dots, as a
/// key may.
fn name_at_start(text: &str, with_dots: bool) -> &str {
    if !text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return "";
    }
    let is_part = |other: char| other.is_ascii_alphanumeric() || other == '_' || (with_dots && other == '.');
    text.split(|other| !is_part(other)).next().unwrap_or_default()
}
