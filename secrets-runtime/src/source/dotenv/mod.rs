//! `.env` files, read into a private map: the process environment is never written.

mod parse;

use std::fmt;
use std::fs::File;
use std::io::ErrorKind as IoErrorKind;
use std::path::{Path, PathBuf};

use super::read::read_to_end;
use super::{Answer, BoxFuture, Env, Fetched, Key, Location, Missing, Source, off_the_runtime};
use crate::error::{ErrorKind, SourceError};
use crate::setting::Setting;
use crate::suggest::nearest;
pub(crate) use parse::Parsed;
#[cfg(feature = "admin")]
pub(crate) use parse::Values;
use parse::{BadLine, Name, parse};

/// A `.env` file: that of the working folder or the nearest folder above it, or one by path.
///
/// The dialect is that of [dotenvy](https://docs.rs/dotenvy): `KEY=value`, `export`, quotes, comments, `${OTHER}`. Where
/// a key stands twice the last one counts. A line that cannot be read fails the load, named by its number and never by its
/// text. A file that the search does not find is no error; a path that names no file is.
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

    /// Reads what a reader gives, by itself: `${OTHER}` is what stands above, and no variable of the process; where nothing
    /// does, it is a bad line. A quote that is never closed costs its own line and not the rest of the file.
    ///
    /// # Errors
    /// If it cannot be read, or is larger than any `.env`.
    #[cfg(feature = "admin")]
    pub(crate) fn parse_alone(reader: impl std::io::Read) -> Result<Parsed, SourceError> {
        let file = read_to_end(reader, 8 * 1024, MAX_SIZE).map_err(|error| unreadable(&error))?;
        Ok(parse::parse_alone(&file))
    }

    /// The same of a file.
    ///
    /// # Errors
    /// As [`parse_alone`](Self::parse_alone).
    #[cfg(feature = "admin")]
    pub(crate) fn read_alone(path: &Path) -> Result<Parsed, SourceError> {
        Self::parse_alone(File::open(path).map_err(|error| unreadable(&error))?)
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
            let Some(Parsed { values, bad_lines, .. }) = parsed else {
                return keys.iter().map(|_| Answer::missing_because("no .env file")).collect();
            };
            let answer = |key: &Key| match values.get(key.name()) {
                Some(assigned) => Answer::found(&assigned.value),
                None => Answer::Missing(Missing {
                    answer: "not in .env",
                    similar: nearest(key.name(), values.keys().map(Name::as_str)).map(str::to_owned),
                }),
            };
            let problems = bad_lines.into_iter().map(SourceError::from);
            problems.fold(keys.iter().map(answer).collect(), Fetched::with_problem)
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

/// Larger than any `.env`: a mistaken path may name a device that never ends.
const MAX_SIZE: usize = 16 * 1024 * 1024;

fn read(path: &Path) -> Result<Parsed, SourceError> {
    let file = File::open(path).and_then(|file| {
        let size = file.metadata()?.len();
        read_to_end(file, usize::try_from(size).unwrap_or(MAX_SIZE), MAX_SIZE)
    });
    Ok(parse(&file.map_err(|error| unreadable(&error))?, &Env::process()))
}

fn unreadable(error: &std::io::Error) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(match error.kind() {
        IoErrorKind::NotFound => "no such file",
        IoErrorKind::PermissionDenied => "the file may not be read",
        IoErrorKind::IsADirectory => "a folder, not a file",
        IoErrorKind::FileTooLarge => "larger than 16 MiB",
        _ => "the file cannot be read",
    })
}

impl From<BadLine> for SourceError {
    fn from(line: BadLine) -> Self {
        let help = if line.reason == parse::NOT_ABOVE {
            "move the variable above it; where the `$` is part of the value, KEY='the value'"
        } else {
            "quote values that hold spaces, quotes or `#`: KEY='the value'"
        };
        Self::new(ErrorKind::Configuration).because(line.reason).at_line(line.number).with_help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(parsed: &'a Parsed, key: &str) -> Option<&'a str> {
        parsed.values.get(key).map(|assigned| assigned.value.expose_secret().as_str())
    }

    #[test]
    fn the_usual_dialect_is_read() {
        let parsed = parse(
            b"\xEF\xBB\xBFA=1\n# comment\n\nexport B='two words'\nC=\"line\\nbreak\" # why\nD=${A}x\nE=\nA=last\nF=\"a\nb\"\n",
            &Env::from_iter([("", ""); 0]),
        );
        assert_eq!(parsed.bad_lines, []);
        let expected =
            [("A", "last"), ("B", "two words"), ("C", "line\nbreak"), ("D", "1x"), ("E", ""), ("F", "a\nb")];
        for (key, expected) in expected {
            assert_eq!(value(&parsed, key), Some(expected), "{key}");
        }
    }

    #[test]
    fn a_bad_line_is_named_and_the_rest_is_read() {
        let parsed = parse(b"A=1\nthis is no line\nB=2\n", &Env::process());
        let problems = parsed.bad_lines.into_iter().map(|line| SourceError::from(line).to_string());
        assert_eq!(problems.collect::<Vec<_>>(), ["line 2: not of the form KEY=value"]);
        assert_eq!(parsed.values["B"].value.expose_secret(), "2");
    }
}
