//! The source for `.env` files. The process environment is never written.

mod assignment;
mod expand;
mod lines;
mod parse;
mod reason;
mod scope;
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
/// The dialect is close to that of [dotenvy](https://docs.rs/dotenvy): `KEY=value`, `export`, quotes,
/// comments. A `$` is literal, and only `${OTHER}` inserts a variable. If a key occurs twice, the last one
/// counts. [The page about the dialect](crate::dotenv) has the grammar, and the differences from dotenvy,
/// python-dotenv and docker compose.
///
/// A line that cannot be read, or may mean two things, fails the load, with the file, its number and the
/// reason, and never its text. A search that finds no file is not an error; a path without a file is one. If
/// a variable of the process hides another value of the file, that is warned of in the log, unless the file
/// is a pipe.
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

    /// Reads keys for a comparison: none if the file cannot be read at once, as a pipe, or at all. Bad lines
    /// are not reported.
    pub(crate) fn fetch_at_once<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let this = self.clone();
            let read = move |is_awaited: IsAwaited<'_>| {
                let path = this.path.clone().or_else(search);
                if path.is_some_and(|path| path.is_file()) { this.read(is_awaited) } else { Ok(None) }
            };
            let found = off_the_runtime(self.file(), read).await.flatten().ok().flatten();
            let value =
                |key: &Key| found.as_ref()?.parsed.values.get(key.name()).map(|assigned| &assigned.value);
            keys.iter().map(|key| value(key).map_or_else(Answer::missing, Answer::found)).collect()
        })
    }

    /// The path, or the name that is searched for.
    fn file(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(".env"))
    }

    fn read(&self, is_awaited: IsAwaited<'_>) -> Result<Option<Found>, SourceError> {
        let Some(path) = self.path.clone().or_else(search) else { return Ok(None) };
        let Content { bytes, metadata } = read_file(&path, MAX_SIZE, is_awaited)
            .map_err(|error| unreadable(&error).in_place(&path.to_string_lossy()))?;
        // A path was chosen by the program. What the search finds was not.
        let is_searched = self.path.is_none();
        let doubt = is_searched.then(|| Doubt::of(&path, &metadata)).flatten();
        Ok(Some(Found { parsed: parse(&bytes, &Env::process()), doubt, path }))
    }
}

/// A file that was read.
struct Found {
    parsed: Parsed,
    doubt: Option<Doubt>,
    path: PathBuf,
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
        Location::of_variables(setting).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let this = self.clone();
            let read = off_the_runtime(self.file(), move |is_awaited| this.read(is_awaited));
            let found = match read.await.flatten() {
                Ok(found) => found,
                Err(problem) => {
                    return keys
                        .iter()
                        .map(|_| Answer::missing_because("not readable"))
                        .collect::<Fetched>()
                        .with_problem(problem);
                }
            };
            let Some(Found { parsed: Parsed { values, bad_lines }, doubt, path }) = found else {
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
            let path = path.to_string_lossy();
            let problems = bad_lines.into_iter().map(|line| SourceError::from(line).in_place(&path));
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
    fn from(BadLine { number, reason }: BadLine) -> Self {
        let error = Self::new(ErrorKind::Configuration).because(reason.describe());
        error.at_line(number).with_help(reason.help())
    }
}
