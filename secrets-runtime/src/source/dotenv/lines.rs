//! Splits a `.env` file into logical lines: a quoted value may go over several physical lines.

pub(super) const OPEN_QUOTE: &str = "a quote is opened and never closed";
pub(super) const NOT_UTF8: &str = "not UTF-8";

/// The logical lines of a file.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    /// The number of the physical line read last, counted from 1.
    number: usize,
    /// Whether a quote that goes over several lines must be the first character of the value, and must be
    /// closed.
    is_strict: bool,
}

/// The state of the reader after a character.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Plain,
    WhiteSpace,
    Escape,
    Quoted(char),
    QuotedEscape(char),
}

impl State {
    fn after(self, character: char) -> Self {
        match (self, character) {
            (Self::QuotedEscape(quote), _) => Self::Quoted(quote),
            (Self::Quoted(quote), '\\') => Self::QuotedEscape(quote),
            (Self::Quoted(quote), _) if character == quote => Self::Plain,
            (Self::Quoted(_), _) => self,
            (Self::Plain | Self::WhiteSpace, '\\') => Self::Escape,
            (Self::Plain | Self::WhiteSpace, '"' | '\'') => Self::Quoted(character),
            (Self::Plain, _) if character.is_whitespace() && !matches!(character, '\n' | '\r') => {
                Self::WhiteSpace
            }
            _ => Self::Plain,
        }
    }

    const fn is_open(self) -> bool {
        matches!(self, Self::Quoted(_) | Self::QuotedEscape(_))
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

    /// The next line without its comment, with the number at which it begins. The error is the reason why it
    /// cannot be read.
    pub(super) fn next_line(&mut self) -> Option<(usize, Result<&'a str, &'static str>)> {
        let (file, first) = (self.rest, self.number + 1);
        let mut state = State::Plain;
        let (mut end, mut first_end, mut opened_at) = (0, 0, 0);
        loop {
            let physical = file.get(end..).unwrap_or_default();
            if physical.is_empty() {
                self.rest = &[];
                if self.is_strict {
                    self.resume_after(file, first_end, first);
                }
                return (end > 0).then_some((first, Err(OPEN_QUOTE)));
            }
            let length = physical.iter().position(|byte| *byte == b'\n').map_or(physical.len(), |at| at + 1);
            let (physical, rest) = physical.split_at(length);
            self.number += 1;
            self.rest = rest;
            let Ok(text) = std::str::from_utf8(physical) else { return Some((self.number, Err(NOT_UTF8))) };
            if end == 0 && text.trim_start().starts_with('#') {
                return Some((first, Ok("")));
            }
            // A last line may lack its end.
            for (index, character) in text.char_indices().chain([(text.len(), '\n')]) {
                if state == State::WhiteSpace && character == '#' {
                    return Some((first, line_text(file, end + index)));
                }
                let was_open = state.is_open();
                state = state.after(character);
                if state.is_open() && !was_open {
                    opened_at = end + index;
                }
            }
            end += length;
            if !state.is_open() {
                return Some((first, line_text(file, end)));
            }
            if first_end == 0 {
                first_end = end;
            }
            if self.is_strict && !begins_value(file, opened_at) {
                self.resume_after(file, first_end, first);
                return Some((first, Err(OPEN_QUOTE)));
            }
        }
    }

    /// Continues after the first physical line of the current one.
    fn resume_after(&mut self, file: &'a [u8], first_end: usize, first: usize) {
        self.rest = file.get(first_end..).unwrap_or_default();
        self.number = first;
    }
}

/// Whether only white space is between the first `=` and this index.
fn begins_value(file: &[u8], index: usize) -> bool {
    let before = file.get(..index).unwrap_or_default().trim_ascii_end();
    before.iter().position(|byte| *byte == b'=') == before.len().checked_sub(1)
}

fn line_text(file: &[u8], end: usize) -> Result<&str, &'static str> {
    std::str::from_utf8(file.get(..end).unwrap_or_default()).map_err(|_| NOT_UTF8)
}
