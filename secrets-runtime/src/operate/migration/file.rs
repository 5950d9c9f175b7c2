//! The `.env` file that is migrated: reads it, and reports bad lines without their text.

use std::fmt;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Problem, SourceError};
use crate::source::{DotEnv, DotEnvValues, ParsedDotEnv};

/// A `.env` file for a [`Migration`](crate::migration::Migration).
///
/// The plan reports each line that cannot be read by its number, and uses the other lines. A line cannot be
/// read if it refers to a variable that is not set above it, or if it opens a quote and does not close it. A
/// quote that begins a value may be closed on a later line.
#[derive(Clone)]
pub struct EnvFile {
    pub(super) values: DotEnvValues,
    pub(super) bad_lines: Vec<SourceError>,
}

impl EnvFile {
    /// Reads the file at a path.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if it cannot be read, or is larger than
    /// 16 MiB.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let unread = |error: SourceError| unread("the file", error.in_place(&path.to_string_lossy()));
        DotEnv::read_alone(path).map(Self::of).map_err(unread)
    }

    /// Reads the file from a reader. It leaves no unwiped copy. A reader with a buffer of its own, such as
    /// [`std::io::stdin`], may keep one.
    ///
    /// ```
    /// use secrets_runtime::migration::EnvFile;
    ///
    /// let file = EnvFile::from_reader("A=1\nno assignment\n".as_bytes())?;
    /// assert_eq!(format!("{file:?}"), "EnvFile(1 variable, 1 bad line)");
    /// # Ok::<(), secrets_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_reader(reader: impl Read) -> Result<Self, Error> {
        DotEnv::parse_alone(reader).map(Self::of).map_err(|error| unread("the input", error))
    }

    fn of(parsed: ParsedDotEnv) -> Self {
        let bad_lines = parsed.bad_lines.into_iter().map(SourceError::from).collect();
        Self { values: parsed.values, bad_lines }
    }
}

fn unread(place: &str, error: SourceError) -> Error {
    let problem =
        Problem::new(place, error.with_help("pass the path of the file with the variables, such as .env"));
    Error::new("the .env file".to_owned(), String::new(), 0, vec![problem], Vec::new())
        .saying("could not be read")
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (variables, lines) =
            (counted(self.values.len(), "variable"), counted(self.bad_lines.len(), "bad line"));
        write!(f, "EnvFile({variables}, {lines})")
    }
}
