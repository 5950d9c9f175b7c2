//! The grammar of a value: quotes, escapes and references to variables.

use std::ops::Range;

/// How many parts a value may have: the certificates of a machine in one value have 7,000. Each takes much more
/// memory than the text that it comes from.
pub(super) const MAX_PARTS: usize = 100_000;

/// A part of a value.
pub(super) enum Part<'a> {
    Literal(&'a str),
    /// The name in `$name` or `${name}`.
    Variable(&'a str),
}

/// Splits a value into its parts; `None` if it does not fit the grammar. More than [`MAX_PARTS`] are not all of
/// the value.
pub(super) fn parts_of(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Parts { text, finished: Vec::new(), literal: 0..0 };
    let mut mode = Mode::Unquoted;
    for (index, character) in text.char_indices() {
        if matches!((mode, character), (Mode::End, '#')) {
            break;
        }
        mode = parts.read(mode, index, character)?;
        if parts.finished.len() > MAX_PARTS {
            return Some(parts.finished);
        }
    }
    match mode {
        Mode::DoubleQuoted | Mode::SingleQuoted | Mode::Escape { quoted: true } => return None,
        Mode::Name { braces, quoted, .. } if braces || quoted => return None,
        Mode::Name { start, .. } => parts.push_variable(start..text.len()),
        Mode::Unquoted | Mode::Escape { quoted: false } | Mode::End => {}
    }
    parts.finish_literal();
    Some(parts.finished)
}

/// How the next character is read. `quoted` means within double quotes.
#[derive(Clone, Copy)]
enum Mode {
    Unquoted,
    DoubleQuoted,
    SingleQuoted,
    /// In the name of a variable, which starts at an index.
    Name {
        start: usize,
        braces: bool,
        quoted: bool,
    },
    /// After a backslash.
    Escape {
        quoted: bool,
    },
    /// After white space that ends an unquoted value.
    End,
}

impl Mode {
    const fn of(quoted: bool) -> Self {
        if quoted { Self::DoubleQuoted } else { Self::Unquoted }
    }
}

/// The parts of a value so far. Adjacent characters of the text form one literal.
struct Parts<'a> {
    text: &'a str,
    finished: Vec<Part<'a>>,
    /// The range of the literal that is not finished.
    literal: Range<usize>,
}

impl Parts<'_> {
    /// Reads one character, and returns the mode of the next one.
    fn read(&mut self, mode: Mode, index: usize, character: char) -> Option<Mode> {
        let this = index..index + character.len_utf8();
        Some(match (mode, character) {
            (Mode::Unquoted | Mode::End, ' ' | '\t') => Mode::End,
            (Mode::Escape { quoted }, '\\' | '\'' | '"' | '$' | ' ') => {
                self.push(this);
                Mode::of(quoted)
            }
            (Mode::Escape { quoted }, 'n') => {
                self.finish_literal();
                self.finished.push(Part::Literal("\n"));
                Mode::of(quoted)
            }
            (Mode::End | Mode::Escape { .. }, _) => return None,
            (Mode::SingleQuoted, '\'') | (Mode::DoubleQuoted, '"') => Mode::Unquoted,
            (Mode::Name { .. }, _) if character.is_alphanumeric() => mode,
            (Mode::Name { start, braces: false, quoted }, '{') if start == index => {
                Mode::Name { start: this.end, braces: true, quoted }
            }
            (Mode::Name { start, braces: true, quoted }, '}') => {
                self.push_variable(start..index);
                Mode::of(quoted)
            }
            (Mode::Name { braces: true, .. }, _) => mode,
            (Mode::Name { start, braces: false, quoted }, '$') => {
                self.push_variable(start..index);
                Mode::Name { start: this.end, braces: false, quoted }
            }
            (Mode::Name { start, braces: false, quoted }, _) => {
                self.push_variable(start..index);
                // The character is a literal, even if it is a quote.
                self.push(this);
                Mode::of(quoted)
            }
            (Mode::Unquoted, '$') => Mode::Name { start: this.end, braces: false, quoted: false },
            (Mode::DoubleQuoted, '$') => Mode::Name { start: this.end, braces: false, quoted: true },
            (Mode::Unquoted, '\\') => Mode::Escape { quoted: false },
            (Mode::DoubleQuoted, '\\') => Mode::Escape { quoted: true },
            (Mode::Unquoted, '\'') => Mode::SingleQuoted,
            (Mode::Unquoted, '"') => Mode::DoubleQuoted,
            (Mode::Unquoted | Mode::DoubleQuoted | Mode::SingleQuoted, _) => {
                self.push(this);
                mode
            }
        })
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
        let literal = self.text.get(std::mem::take(&mut self.literal)).filter(|literal| !literal.is_empty());
        self.finished.extend(literal.map(Part::Literal));
    }

    fn push_variable(&mut self, range: Range<usize>) {
        self.finish_literal();
        self.finished.extend(self.text.get(range).map(Part::Variable));
    }
}
