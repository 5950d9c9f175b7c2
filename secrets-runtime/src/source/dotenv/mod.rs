//! The source for `.env` files. The process environment is never written.

mod assignment;
mod expand;
mod lines;
mod parse;
#[cfg(test)]
mod tests;
mod trust;
mod value;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

#[cfg(feature = "admin")]
use super::read::read_to_end;
use super::read::{Content, IsAwaited, io_reason, off_the_runtime, read_file};
use super::{Answer, BoxFuture, Env, Fetched, Key, Location, Missing, Source};
use crate::error::{ErrorKind, SourceError};
use crate::setting::{Setting, source_name};
pub(crate) use parse::Parsed;
use parse::{BadLine, MAX_SIZE, parse};
use trust::Doubt;
use values::Name;
#[cfg(feature = "admin")]
pub(crate) use values::Values;

/// A `.env` file: the nearest one at or above the working folder, or one by path.
///
/// The dialect is that of [dotenvy](https://docs.rs/dotenvy): `KEY=value`, `export`, quotes, comments,
/// `${OTHER}`. If a key occurs twice, the last one counts. A line that cannot be read fails the load, with
/// its number and never its text. A search that finds no file is not an error; a path without a file is one.
///
/// The file, and all its values with the variables inserted, may have 16 MiB each. The file may be a pipe,
/// which may take 25 seconds. On Unix, a file that the search found is warned of in the log if another user
/// than this one or root owns it, or if every user may write it.
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

    /// Reads a file without the variables of the process: `${OTHER}` must be assigned above, or the line is
    /// bad. A quote that is never closed costs its own line and not the rest of the file.
    ///
    /// # Errors
    /// If the reader fails, or has more than [`MAX_SIZE`] bytes.
    #[cfg(feature = "admin")]
    pub(crate) fn parse_alone(reader: impl std::io::Read) -> Result<Parsed, SourceError> {
        let file = read_to_end(reader, 8 * 1024, MAX_SIZE).map_err(|error| unreadable(&error))?;
        Ok(parse::parse_alone(&file))
    }

    /// The same for the file at a path.
    ///
    /// # Errors
    /// As for [`parse_alone`](Self::parse_alone).
    #[cfg(feature = "admin")]
    pub(crate) fn read_alone(path: &Path) -> Result<Parsed, SourceError> {
        let content = read_file(path, MAX_SIZE, &|| true).map_err(|error| unreadable(&error))?;
        Ok(parse::parse_alone(&content.bytes))
    }

    fn read(&self, is_awaited: IsAwaited<'_>) -> Result<Option<Found>, SourceError> {
        let Some(path) = self.path.clone().or_else(search) else { return Ok(None) };
        let Content { bytes, metadata } =
            read_file(&path, MAX_SIZE, is_awaited).map_err(|error| unreadable(&error))?;
        // A path was chosen by the program. What the search finds was not.
        let is_searched = self.path.is_none();
        let doubt = is_searched.then(|| Doubt::of(&path, &metadata)).flatten();
        Ok(Some(Found { parsed: parse(&bytes, &Env::process()), doubt }))
    }
}

/// A file that was read.
struct Found {
    parsed: Parsed,
    doubt: Option<Doubt>,
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
        source_name::DOTENV
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        setting.variables().map(Location::value).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let this = self.clone();
            let path = self.path.as_deref().unwrap_or(Path::new(".env"));
            let found = match off_the_runtime(path, move |is_awaited| this.read(is_awaited)).await.flatten() {
                Ok(found) => found,
                Err(problem) => {
                    return keys
                        .iter()
                        .map(|_| Answer::missing_because("not readable"))
                        .collect::<Fetched>()
                        .with_problem(problem);
                }
            };
            let Some(Found { parsed: Parsed { values, bad_lines }, doubt }) = found else {
                return keys.iter().map(|_| Answer::missing_because("no .env file")).collect();
            };
            // Here, since the thread that reads has no subscriber of its own.
            doubt.into_iter().for_each(Doubt::warn);
            let answer = |key: &Key| match values.get(key.name()) {
                Some(assigned) => Answer::found(&assigned.value),
                None => {
                    Missing::new("not in .env").similar_in(key.name(), values.keys().map(Name::as_str)).into()
                }
            };
            let problems = bad_lines.into_iter().map(SourceError::from);
            problems.fold(keys.iter().map(answer).collect(), Fetched::with_problem)
        })
    }

    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        (kind == ErrorKind::Missing).then(|| format!("add it to .env as {}=..", key.name()))
    }
}

/// Searches upwards from the working folder, as dotenvy does.
fn search() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(".env")).find(|path| path.is_file())
}

fn unreadable(error: &std::io::Error) -> SourceError {
    SourceError::new(ErrorKind::Configuration).because(io_reason(error, "larger than 16 MiB"))
}

impl From<BadLine> for SourceError {
    fn from(line: BadLine) -> Self {
        let help = match line.reason {
            parse::NOT_ABOVE => {
                "move the variable above it; where the `$` is part of the value, KEY='the value'"
            }
            parse::TOO_LARGE => "where the `$` is part of the value, KEY='the value'",
            parse::REST_NOT_READ => "is it a .env file? If so, correct the lines above",
            _ => "quote values that hold spaces, quotes or `#`: KEY='the value'",
        };
        Self::new(ErrorKind::Configuration).because(line.reason).at_line(line.number).with_help(help)
    }
}
