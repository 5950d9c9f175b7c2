//! The dialect of `.env` files, read in place: a value is copied once, into a buffer of its exact size.
//!
//! It is that of [dotenvy](https://docs.rs/dotenvy), oddities included, which this crate does not use because it leaves
//! copies of every value behind: in its reader's buffer, in the line, in the growing value and among the values for `${..}`.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::ops::Range;

use zeroize::Zeroize as _;

use crate::secret::Secret;
use crate::source::Env;

/// What a file says, and what of it cannot be read.
#[derive(Default)]
pub(crate) struct Parsed {
    pub(crate) values: Values,
    pub(crate) bad_lines: Vec<BadLine>,
}

pub(crate) type Values = HashMap<Name, Assigned>;

#[derive(Clone)]
pub(crate) struct Assigned {
    pub(crate) value: Secret<String>,
    /// At which the assignment begins.
    #[cfg(feature = "admin")]
    pub(crate) line: usize,
}

/// What a file has for a variable's name. It may be part of a value, such as a line of a key that was pasted without quotes,
/// and is wiped as one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A line that cannot be read, by the number of its first line in the file.
#[derive(Debug, PartialEq)]
pub(crate) struct BadLine {
    pub(crate) number: usize,
    pub(crate) reason: &'static str,
}

const NO_ASSIGNMENT: &str = "not of the form KEY=value";
const OPEN_QUOTE: &str = "a quote is opened and never closed";
const NO_TEXT: &str = "not UTF-8";
pub(super) const NOT_ABOVE: &str = "refers to a variable that is not above it";

/// Reads a file. `${OTHER}` is a variable of the process, or else what stands above.
pub(super) fn parse(file: &[u8], variables: &Env) -> Parsed {
    read(file, Some(variables))
}

/// Reads a file by itself, and more strictly, since what is misread here is not missed at once: `${OTHER}` has to stand above, and a
/// quote goes over several lines only if the value begins with it.
#[cfg(feature = "admin")]
pub(super) fn parse_alone(file: &[u8]) -> Parsed {
    read(file, None)
}

fn read(file: &[u8], variables: Option<&Env>) -> Parsed {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut parsed = Parsed::default();
    let rest = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let is_strict = variables.is_none();
    let mut lines = Lines { rest, number: 0, is_strict };
    loop {
        let start = lines.rest;
        let Some((number, line)) = lines.next_line() else { return parsed };
        let assigned = line.and_then(|line| assignment(line).ok_or(NO_ASSIGNMENT));
        match assigned {
            Ok(Assignment::None) => {}
            Ok(Assignment::Of { key, value }) => {
                if is_strict && refers_elsewhere(&value, &parsed.values) {
                    // The last one counts, even if it is none.
                    parsed.values.remove(key);
                    parsed.bad_lines.push(BadLine { number, reason: NOT_ABOVE });
                    continue;
                }
                let value = join(&value, variables, &parsed.values);
                let assigned = Assigned {
                    value,
                    #[cfg(feature = "admin")]
                    line: number,
                };
                parsed.values.insert(Name(key.to_owned()), assigned);
            }
            Err(reason) => {
                if is_strict && let Some(key) = key_at(start) {
                    // As above: what stands above it is not what was meant.
                    parsed.values.remove(key);
                }
                parsed.bad_lines.push(BadLine { number, reason });
            }
        }
    }
}

/// The key that a file's next line assigns to, whatever comes after it.
fn key_at(file: &[u8]) -> Option<&str> {
    let line = file.split(|byte| *byte == b'\n').next()?;
    let (key, rest) = assigned_key(line.utf8_chunks().next()?.valid().trim_start())?;
    rest.starts_with('=').then_some(key)
}

/// A file's lines. What is in quotes may go over several.
struct Lines<'a> {
    rest: &'a [u8],
    /// Of the line read last, counted from 1.
    number: usize,
    /// Whether a quote that is open at the end of its line has to be the value's first character, and closed somewhere.
    is_strict: bool,
}

/// Where in a line the reader is.
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
    /// The next line without its comment and line end, with the number at which it begins.
    fn next_line(&mut self) -> Option<(usize, Result<&'a str, &'static str>)> {
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
            let Ok(text) = std::str::from_utf8(physical) else { return Some((self.number, Err(NO_TEXT))) };
            if end == 0 && text.trim_start().starts_with('#') {
                return Some((first, Ok("")));
            }
            // A last line may lack its end.
            for (index, character) in text.char_indices().chain([(text.len(), '\n')]) {
                if state == State::WhiteSpace && character == '#' {
                    return Some((first, text_of(file, end + index)));
                }
                let was_open = state.is_open();
                state = state.after(character);
                if state.is_open() && !was_open {
                    opened_at = end + index;
                }
            }
            end += length;
            if !state.is_open() {
                return Some((first, text_of(file, end)));
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

    /// Takes back all but the first physical line.
    fn resume_after(&mut self, file: &'a [u8], first_end: usize, first: usize) {
        self.rest = file.get(first_end..).unwrap_or_default();
        self.number = first;
    }
}

/// Whether there is nothing but white space between the first `=` and this place.
fn begins_value(file: &[u8], place: usize) -> bool {
    let before = file.get(..place).unwrap_or_default().trim_ascii_end();
    before.iter().position(|byte| *byte == b'=') == before.len().checked_sub(1)
}

fn text_of(file: &[u8], end: usize) -> Result<&str, &'static str> {
    std::str::from_utf8(file.get(..end).unwrap_or_default()).map_err(|_| NO_TEXT)
}

enum Assignment<'a> {
    /// An empty line or a comment.
    None,
    Of {
        key: &'a str,
        value: Vec<Part<'a>>,
    },
}

/// A stretch of a value.
enum Part<'a> {
    Literal(&'a str),
    /// The name in `$name` or `${name}`.
    Variable(&'a str),
}

/// None if the line is none that can be read.
fn assignment(line: &str) -> Option<Assignment<'_>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Some(Assignment::None);
    }
    let (key, rest) = assigned_key(line)?;
    let value = rest.strip_prefix('=')?.trim_start();
    let value = if value.starts_with('#') { Vec::new() } else { value_of(value)? };
    Some(Assignment::Of { key, value })
}

/// The key of a line, with `export` before it or without, and what comes after it.
fn assigned_key(line: &str) -> Option<(&str, &str)> {
    match key(line)? {
        ("export", rest) if !rest.starts_with('=') => key(rest),
        assigned => Some(assigned),
    }
}

/// A key, and what comes after it and white space.
fn key(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return None;
    }
    let end = text.find(|other: char| !(other.is_ascii_alphanumeric() || matches!(other, '_' | '.')));
    let (key, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    Some((key, rest.trim_start()))
}

/// How a value is written, up to a character.
#[derive(Clone, Copy)]
enum Mode {
    Plain,
    Weak,
    Strong,
    /// After a `$` at this place, within double quotes or not.
    Name {
        start: usize,
        braces: bool,
        quoted: bool,
    },
    Escape {
        quoted: bool,
    },
    /// After white space that ends a value without quotes.
    End,
}

const fn unquoted_or_weak(quoted: bool) -> Mode {
    if quoted { Mode::Weak } else { Mode::Plain }
}

/// The parts of a value. None if it is not written as one.
fn value_of(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Parts { text, ended: Vec::new(), literal: 0..0 };
    let mut mode = Mode::Plain;
    for (index, character) in text.char_indices() {
        let this = index..index + character.len_utf8();
        mode = match (mode, character) {
            (Mode::Plain | Mode::End, ' ' | '\t') => Mode::End,
            (Mode::End, '#') => break,
            (Mode::Escape { quoted }, '\\' | '\'' | '"' | '$' | ' ') => {
                parts.push(this);
                unquoted_or_weak(quoted)
            }
            (Mode::Escape { quoted }, 'n') => {
                parts.end_literal();
                parts.ended.push(Part::Literal("\n"));
                unquoted_or_weak(quoted)
            }
            (Mode::End | Mode::Escape { .. }, _) => return None,
            (Mode::Strong, '\'') | (Mode::Weak, '"') => Mode::Plain,
            (Mode::Strong, _) => {
                parts.push(this);
                Mode::Strong
            }
            (Mode::Name { .. }, _) if character.is_alphanumeric() => mode,
            (Mode::Name { start, braces: false, quoted }, '{') if start == index => {
                Mode::Name { start: this.end, braces: true, quoted }
            }
            (Mode::Name { start, braces: true, quoted }, '}') => {
                parts.push_variable(start..index);
                unquoted_or_weak(quoted)
            }
            (Mode::Name { braces: true, .. }, _) => mode,
            (Mode::Name { start, braces: false, quoted }, _) => {
                parts.push_variable(start..index);
                if character == '$' {
                    Mode::Name { start: this.end, braces: false, quoted }
                } else {
                    // As it is, be it a quote.
                    parts.push(this);
                    unquoted_or_weak(quoted)
                }
            }
            (Mode::Plain, '$') => Mode::Name { start: this.end, braces: false, quoted: false },
            (Mode::Weak, '$') => Mode::Name { start: this.end, braces: false, quoted: true },
            (Mode::Plain, '\\') => Mode::Escape { quoted: false },
            (Mode::Weak, '\\') => Mode::Escape { quoted: true },
            (Mode::Plain, '\'') => Mode::Strong,
            (Mode::Plain, '"') => Mode::Weak,
            (Mode::Plain | Mode::Weak, _) => {
                parts.push(this);
                mode
            }
        };
    }
    match mode {
        Mode::Strong | Mode::Weak | Mode::Escape { quoted: true } => return None,
        Mode::Name { braces, quoted, .. } if braces || quoted => return None,
        Mode::Name { start, .. } => parts.push_variable(start..text.len()),
        Mode::Plain | Mode::Escape { quoted: false } | Mode::End => {}
    }
    parts.end_literal();
    Some(parts.ended)
}

/// The parts of a value so far. Neighbours in the text are one part.
struct Parts<'a> {
    text: &'a str,
    ended: Vec<Part<'a>>,
    literal: Range<usize>,
}

impl Parts<'_> {
    fn push(&mut self, range: Range<usize>) {
        if self.literal.end == range.start {
            self.literal.end = range.end;
        } else {
            self.end_literal();
            self.literal = range;
        }
    }

    fn end_literal(&mut self) {
        let literal = std::mem::take(&mut self.literal);
        self.ended.extend(self.text.get(literal).map(Part::Literal));
    }

    fn push_variable(&mut self, range: Range<usize>) {
        self.end_literal();
        self.ended.extend(self.text.get(range).map(Part::Variable));
    }
}

/// Whether a variable is read that does not stand above.
fn refers_elsewhere(parts: &[Part<'_>], above: &Values) -> bool {
    parts.iter().any(|part| matches!(part, Part::Variable(name) if !above.contains_key(*name)))
}

/// The value that the parts are, in a buffer of its exact size.
fn join(parts: &[Part<'_>], variables: Option<&Env>, above: &Values) -> Secret<String> {
    let of_process = |name: &str| variables?.get(name).ok().flatten();
    let variable = |name: &str| of_process(name).or_else(|| Some(above.get(name)?.value.clone()));
    let texts: Vec<Joined<'_>> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Literal(text) => Some(Joined::Literal(text)),
            Part::Variable(name) => variable(name).map(Joined::Variable),
        })
        .collect();
    let mut value = String::with_capacity(texts.iter().map(|text| text.as_str().len()).sum());
    for text in &texts {
        value.push_str(text.as_str());
    }
    Secret::from(value)
}

enum Joined<'a> {
    Literal(&'a str),
    Variable(Secret<String>),
}

impl Joined<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Variable(value) => value.expose_secret(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a file gives, its values by key and the numbers of its bad lines.
    type Read = (Vec<(String, String)>, usize);

    fn sorted(values: &Values) -> Vec<(String, String)> {
        let text = |assigned: &Assigned| assigned.value.expose_secret().clone();
        let values = values.iter().map(|(key, assigned)| (key.as_str().to_owned(), text(assigned)));
        let mut values: Vec<_> = values.collect();
        values.sort();
        values
    }

    fn ours(file: &[u8]) -> Read {
        let Parsed { values, bad_lines, .. } = parse(file, &Env::process());
        (sorted(&values), bad_lines.len())
    }

    fn dotenvys(file: &[u8]) -> Read {
        let (mut values, mut bad_lines) = (HashMap::new(), 0);
        // It takes a last line that ends in white space for an unfinished one.
        let ended = [file, if file.ends_with(b"\n") { b"" } else { b"\n" }].concat();
        let rest = ended.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&ended);
        for item in dotenvy::from_read_iter(rest) {
            match item {
                Ok((key, value)) => drop(values.insert(key, value)),
                Err(_) => bad_lines += 1,
            }
        }
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort();
        (values, bad_lines)
    }

    #[track_caller]
    fn same(file: impl AsRef<[u8]>) {
        let file = file.as_ref();
        assert_eq!(ours(file), dotenvys(file), "{}", String::from_utf8_lossy(file));
    }

    fn bad_lines(file: &[u8]) -> Vec<(usize, &'static str)> {
        let bad_lines = parse(file, &Env::from_iter([("", ""); 0])).bad_lines;
        bad_lines.into_iter().map(|line| (line.number, line.reason)).collect()
    }

    #[test]
    fn every_form_is_read_as_dotenvy_reads_it() {
        for file in [
            "",
            "\n\n",
            "A=1",
            "A=1\r\nB=2\r\n",
            "  A = 1  \n",
            "A=\nB= \nC=#\nD= # why\nE=a#b\nF=a #b",
            "export A=1\nexport=2\nexport  B =3\nexported=4\nexport\n",
            "A='one # \\n $B'\nB=\"two # \\n\\\"\\$x\"\nC=a\\ b\\\\\\'\nD=a\\q\n",
            "A=1\nB=$A\nC=${A}x\nD=\"${A}\"\nE='${A}'\nF=$A$A\nG=${A\nH=$A_B\nI=$\nJ=${}\nK=$${A}\nL=$A{\n",
            "A=1\nB=\"$A\"\nC=\"$A \"\nD=$A'x'\nE=\"a${NOBODY}b\"\nF=\\$A\nG=$A\\x\nH=${A B}\nI=$A",
            "A='two\nlines'\nB=\"two # \nlines\" # why\nC=3\n",
            "A=\"open\nB=2\n",
            "A='a\\'\nB=2'\n",
            "A='a'\"b\"c\nB='a' 'b'\nC='a'\t#b\nD='a'b #\n",
            "1A=1\n_A.b=2\nA-B=3\nA B=4\n=5\nA\n",
            "A=a\\\nB=b \\\n",
            "# A='1\nB=2\n",
            "A=1 'x\n# y'\nB=2\n",
            "\u{feff}A=1\n",
            "A=\u{a0}x\nB=é\u{2003}y\n\u{2003}C=1\nD=1\u{2003}# no\n",
            "A=1\nA=2\nB=$A\n",
            "A=\nB=x${A}y\n",
        ] {
            same(file);
            same(file.replace('\n', "\r\n"));
        }
        same(b"A=1\nB=\xff\nC=\"x\n\xff\nD=4\n\"\n");
    }

    #[test]
    fn a_variable_of_the_process_comes_before_what_stands_above() {
        let variables = Env::from_iter([("A", "theirs")]);
        let parsed = parse(b"A=ours\nB=$A\nC=${A}\n", &variables);
        let value =
            |key: &str| parsed.values.get(key).map(|assigned| assigned.value.expose_secret().as_str());
        assert_eq!((value("A"), value("B"), value("C")), (Some("ours"), Some("theirs"), Some("theirs")));
    }

    #[test]
    fn a_bad_line_is_named_by_the_number_at_which_it_begins() {
        assert_eq!(
            bad_lines(b"A=1\n\n# two\nno line\nB=2\nC D=3\n"),
            [(4, NO_ASSIGNMENT), (6, NO_ASSIGNMENT)]
        );
        assert_eq!(bad_lines(b"A=1\nB=\"open\nC=3\nD=4\n"), [(2, OPEN_QUOTE)]);
        assert_eq!(bad_lines(b"A=1\nB='open"), [(2, OPEN_QUOTE)]);
        assert_eq!(bad_lines(b"A='1\n2\\q' x y\nno line"), [(1, NO_ASSIGNMENT), (3, NO_ASSIGNMENT)]);
        assert_eq!(bad_lines(b"A=1\nB=\xff\nC=3\n"), [(2, NO_TEXT)]);
        let long = format!("A={}\nno line\n", "x".repeat(20_000));
        assert_eq!(bad_lines(long.as_bytes()), [(2, NO_ASSIGNMENT)]);
    }

    /// The values by key, and the bad lines with their reasons.
    #[cfg(feature = "admin")]
    type ReadAlone = (Vec<(String, String)>, Vec<(usize, &'static str)>);

    #[cfg(feature = "admin")]
    fn alone(file: &str) -> ReadAlone {
        let Parsed { values, bad_lines, .. } = parse_alone(file.as_bytes());
        (sorted(&values), bad_lines.into_iter().map(|line| (line.number, line.reason)).collect())
    }

    #[test]
    #[cfg(feature = "admin")]
    fn a_file_by_itself_has_no_variable_that_is_not_above() {
        let (values, bad_lines) =
            alone("A=1\nB=${A}x\nC=p${NOBODY}\nD=pa$$\nE='${NOBODY}'\nF=${C}\nA=$G\nG=2\n");
        assert_eq!(bad_lines, [3, 4, 6, 7].map(|number| (number, NOT_ABOVE)));
        let expected = [("B", "1x"), ("E", "${NOBODY}"), ("G", "2")];
        assert_eq!(values, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    #[cfg(feature = "admin")]
    fn an_open_quote_swallows_no_line_of_a_file_by_itself() {
        for (file, bad, left) in [
            ("A=\"open\nB=2\nC='x'\n", vec![1], vec![("B", "2"), ("C", "x")]),
            ("A=it's\nB=don't\nC=3\n", vec![1, 2], vec![("C", "3")]),
            ("A=1 'x\nB=2 # y'\n", vec![1], vec![("B", "2")]),
            ("A='two\nlines'\nB= \"a=\nb\"\n", vec![], vec![("A", "two\nlines"), ("B", "a=\nb")]),
            ("A='open", vec![1], vec![]),
        ] {
            let (values, bad_lines) = alone(file);
            assert_eq!(
                bad_lines,
                bad.iter().map(|number| (*number, OPEN_QUOTE)).collect::<Vec<_>>(),
                "{file}"
            );
            let left: Vec<_> =
                left.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(values, left, "{file}");
        }
    }

    /// The earlier value would be migrated in place of the one that was meant.
    #[test]
    #[cfg(feature = "admin")]
    fn a_bad_line_of_a_file_by_itself_leaves_nothing_of_its_variable() {
        for file in [
            "A=old\nA=new value\n",
            "A=old\nA=\"new\n",
            "A=old\n export A = new's\n",
            "A=old\nA=\"new\nB=${A}\n",
            "A=old\nA=new value\nB=x${A}\n",
        ] {
            let (values, bad_lines) = alone(file);
            assert!(
                values.is_empty() && bad_lines.first().is_some_and(|bad| bad.0 == 2),
                "{file}: {values:?}"
            );
        }
        let (values, _) = alone("A=1\nA is what it is called\nB=2\nB?=3\n");
        assert_eq!(values.len(), 2, "a line that assigns nothing");
    }

    #[test]
    fn a_value_has_the_room_that_it_needs() {
        let parsed = parse(b"A=abc\nB=\"x\\n${A}y\\\"\"\n", &Env::from_iter([("", ""); 0]));
        for value in parsed.values.values().map(|assigned| &assigned.value) {
            assert_eq!(value.expose_secret().capacity(), value.expose_secret().len());
        }
        assert_eq!(parsed.values["B"].value.expose_secret(), "x\nabcy\"");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn any_file_is_read_as_dotenvy_reads_it(file in "([AB]|export|[ \t]|=|\n|\r|#|'|\"|\\\\|\\$|\\{|\\}|[a-z]|_|é|\u{2003}){0,40}") {
            same(file);
        }

        #[test]
        fn any_assignments_are_read_as_dotenvy_reads_them(values in prop::collection::vec("( |=|\n|#|'|\"|\\\\|n|\\$|\\$A|\\{|\\}|\\$\\{B\\}|[a-z]|é){0,12}", 1..6)) {
            let lines = values.iter().zip(["A", "B", "C", "D", "E", "F"]);
            same(lines.map(|(value, key)| format!("{key}={value}\n")).collect::<Vec<_>>().concat());
        }

        #[test]
        fn any_bytes_are_read_as_dotenvy_reads_them(file in prop::collection::vec(any::<u8>(), 0..64)) {
            same(file);
        }
    }
}
