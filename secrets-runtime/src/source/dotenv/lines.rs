//! Splits a `.env` file into logical lines: a value in quotes may go over several physical lines.

use super::assignment::value_of;
use super::reason::Reason;

/// The logical lines of a file.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the physical line read last, counted from 1.
    number: usize,
    /// Whether a quote that is never closed costs its own line only, and not the rest of the file.
    is_strict: bool,
}

/// The state of the reader after a character of a value that begins with a quote.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Outside,
    Escape,
    SingleQuoted,
    DoubleQuoted,
    QuotedEscape,
}

impl State {
    const fn after(self, character: char) -> Self {
        match (self, character) {
            (Self::Outside, '\\') => Self::Escape,
            (Self::DoubleQuoted, '\\') => Self::QuotedEscape,
            (Self::Outside, '\'') => Self::SingleQuoted,
            (Self::Outside, '"') | (Self::QuotedEscape, _) => Self::DoubleQuoted,
            (Self::SingleQuoted, '\'') | (Self::DoubleQuoted, '"') | (Self::Escape, _) => Self::Outside,
            _ => self,
        }
    }

    const fn is_open(self) -> bool {
        matches!(self, Self::SingleQuoted | Self::DoubleQuoted | Self::QuotedEscape)
    }
}

impl<'a> Lines<'a> {
    pub(super) const fn new(file: &'a [u8], is_strict: bool) -> Self {
        Self { rest: file, number: 0, is_strict }
    }

    /// The bytes that have not been read.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next line, with the number at which it begins. The error is the reason why it cannot be read.
    pub(super) fn next_line(&mut self) -> Option<(usize, Result<&'a str, Reason>)> {
        let file = self.rest;
        let text = self.next_physical_line()?;
        let number = self.number;
        let Ok(text) = text else { return Some((number, Err(Reason::NotUtf8))) };
        let quoted = value_of(text).filter(|value| value.starts_with(['\'', '"']));
        let Some(mut part) = quoted else { return Some((number, Ok(text))) };
        let (mut end, mut state) = (text.len(), State::Outside);
        loop {
            for character in part.chars() {
                if state == State::Outside && character.is_ascii_whitespace() {
                    break;
                }
                state = state.after(character);
            }
            if !state.is_open() {
                let text = std::str::from_utf8(file.get(..end).unwrap_or_default());
                return Some((number, text.map_err(|_| Reason::NotUtf8)));
            }
            part = match self.next_physical_line() {
                Some(Ok(next)) => next,
                Some(Err(_)) => return Some((self.number, Err(Reason::NotUtf8))),
                None => {
                    if self.is_strict {
                        self.rest = file.get(text.len()..).unwrap_or_default();
                        self.number = number;
                    }
                    return Some((number, Err(Reason::OpenQuote)));
                }
            };
            end += part.len();
        }
    }

    /// The next physical line, with its line break.
    fn next_physical_line(&mut self) -> Option<Result<&'a str, std::str::Utf8Error>> {
        if self.rest.is_empty() {
            return None;
        }
        let length = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.number += 1;
        Some(std::str::from_utf8(line))
    }
}
