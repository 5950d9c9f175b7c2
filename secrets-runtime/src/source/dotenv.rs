//! `.env` files, read into a private map: the process environment is never written.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::io::{ErrorKind as IoErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::{Zeroize, Zeroizing};

use super::{Answer, BoxFuture, Fetched, Key, Location, Missing, Source, off_the_runtime};
use crate::environment::nearest;
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::setting::Setting;

/// A `.env` file: that of the working folder or the nearest folder above it, or one by path.
///
/// The dialect is that of [`dotenvy`]: `KEY=value`, `export`, quotes, comments, `${OTHER}`. Where a key stands twice the
/// last one counts. A line that cannot be read fails the load, named by its number and never by its text. A file that
/// the search does not find is no error; a path that names no file is.
///
/// ```no_run
/// use secrets_runtime::{DotEnv, Secrets};
///
/// let secrets = Secrets::builder().dotenv(DotEnv::at("config/development.env")).build()?;
/// # Ok::<(), secrets_runtime::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct DotEnv {
    path: Option<PathBuf>,
}

impl DotEnv {
    /// The `.env` of the working folder, or of the nearest folder above that has one.
    pub const fn search() -> Self {
        Self { path: None }
    }

    /// The file at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()) }
    }

    fn read(&self) -> Result<Option<Parsed>, SourceError> {
        let path = match &self.path {
            Some(path) => path.clone(),
            None => match search() {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        read(&path).map(Some)
    }
}

impl fmt::Debug for DotEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => f.debug_tuple("DotEnv").field(path).finish(),
            None => f.write_str("DotEnv(search)"),
        }
    }
}

impl Source for DotEnv {
    fn name(&self) -> &'static str {
        "dotenv"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        setting.variables().map(Location::value).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let this = self.clone();
            let stopped = SourceError::new(ErrorKind::Unavailable).because("the runtime is shutting down");
            let parsed = match off_the_runtime(move || this.read()).await.unwrap_or(Err(stopped)) {
                Ok(parsed) => parsed,
                Err(problem) => {
                    return keys
                        .iter()
                        .map(|_| Answer::missing_because("not readable"))
                        .collect::<Fetched>()
                        .with_problem(problem);
                }
            };
            let Some(Parsed { values, problems }) = parsed else {
                return keys.iter().map(|_| Answer::missing_because("no .env file")).collect();
            };
            let answer = |key: &Key| match values.get(key.name()) {
                Some(value) => Answer::found(value),
                None => Answer::Missing(Missing {
                    answer: "not in .env",
                    similar: nearest(key.name(), values.keys().map(String::as_str)).map(str::to_owned),
                }),
            };
            problems.into_iter().fold(keys.iter().map(answer).collect(), Fetched::with_problem)
        })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("add it to .env as {}=..", key.name()))
    }
}

/// Upwards from the working folder, as dotenvy searches.
fn search() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(".env")).find(|path| path.is_file())
}

struct Parsed {
    values: HashMap<String, Secret<String>>,
    problems: Vec<SourceError>,
}

fn read(path: &Path) -> Result<Parsed, SourceError> {
    let unreadable = |reason| SourceError::new(ErrorKind::Configuration).because(reason);
    let mut file = Zeroizing::new(std::fs::read(path).map_err(|error| {
        unreadable(match error.kind() {
            IoErrorKind::NotFound => "no such file",
            IoErrorKind::PermissionDenied => "the file may not be read",
            IoErrorKind::IsADirectory => "a folder, not a file",
            _ => "the file cannot be read",
        })
    })?);
    // dotenvy takes a last line that ends in white space for an unfinished one.
    if file.last().is_some_and(|&last| last != b'\n') {
        let mut whole = Zeroizing::new(Vec::with_capacity(file.len() + 1));
        whole.extend_from_slice(&file);
        whole.push(b'\n');
        file = whole;
    }
    Ok(parse(&file))
}

fn parse(file: &[u8]) -> Parsed {
    const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
    let lines_read = Cell::new(0);
    let rest = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let mut parsed = Parsed { values: HashMap::new(), problems: Vec::new() };
    for item in dotenvy::from_read_iter(Lines { rest, read: &lines_read }) {
        match item {
            Ok((key, value)) => {
                parsed.values.insert(key, Secret::from(value));
            }
            Err(error) => parsed.problems.push(bad_line(error, lines_read.get())),
        }
    }
    parsed
}

/// Keeps of dotenvy's error, which quotes the line, the line's number.
fn bad_line(error: dotenvy::Error, lines_read: usize) -> SourceError {
    let (length, reason) = match error {
        dotenvy::Error::LineParse(mut text, _) => {
            let lines = text.lines().count().max(1);
            text.zeroize();
            let reason =
                if lines > 1 { "a quote is opened and never closed" } else { "not of the form KEY=value" };
            (lines, reason)
        }
        _ => (1, "not UTF-8"),
    };
    SourceError::new(ErrorKind::Configuration)
        .because(reason)
        .at_line((lines_read + 1).saturating_sub(length).max(1))
        .with_help("quote values that hold spaces, quotes or `#`: KEY='the value'")
}

/// A reader that hands out one line at a time and counts them, since dotenvy does not say which line is bad.
struct Lines<'a> {
    rest: &'a [u8],
    read: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let line_end =
            self.rest.iter().position(|&byte| byte == b'\n').map_or(self.rest.len(), |newline| newline + 1);
        let mut line = self.rest.get(..line_end.min(buffer.len())).unwrap_or_default();
        let size = Read::read(&mut line, buffer)?;
        let (handed_out, rest) = self.rest.split_at(size);
        self.rest = rest;
        if handed_out.ends_with(b"\n") {
            self.read.set(self.read.get() + 1);
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(parsed: &'a Parsed, key: &str) -> Option<&'a str> {
        parsed.values.get(key).map(|value| value.expose_secret().as_str())
    }

    fn problems(file: &str) -> Vec<String> {
        parse(file.as_bytes()).problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_usual_dialect_is_read() {
        let parsed = parse(
            b"\xEF\xBB\xBFA=1\n# comment\n\nexport B='two words'\nC=\"line\\nbreak\" # why\nD=${A}x\nE=\nA=last\nF=\"a\nb\"\n",
        );
        assert_eq!(parsed.problems, []);
        let expected =
            [("A", "last"), ("B", "two words"), ("C", "line\nbreak"), ("D", "1x"), ("E", ""), ("F", "a\nb")];
        for (key, expected) in expected {
            assert_eq!(value(&parsed, key), Some(expected), "{key}");
        }
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_the_rest_is_read() {
        let file = "A=1\n\n# two\nthis is no line\nB=2\nC D=3\n";
        assert_eq!(
            problems(file),
            ["line 4: not of the form KEY=value", "line 6: not of the form KEY=value"]
        );
        assert_eq!(value(&parse(file.as_bytes()), "B"), Some("2"));
    }

    #[test]
    fn an_open_quote_is_named_by_the_line_that_opens_it() {
        assert_eq!(problems("A=1\nB=\"open\nC=3\nD=4\n"), ["line 2: a quote is opened and never closed"]);
    }

    #[test]
    fn a_long_line_counts_once() {
        let file = format!("A={}\nbad line\n", "x".repeat(20_000));
        assert_eq!(problems(&file), ["line 2: not of the form KEY=value"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_a_bad_line() {
        let parsed = parse(b"A=1\nB=\xFF\nC=3\n");
        assert_eq!(
            parsed.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["line 2: not UTF-8"]
        );
        assert_eq!(value(&parsed, "C"), Some("3"));
    }
}
