//! The file that is migrated.

use std::fmt;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Problem, SourceError};
use crate::source::{DotEnv, DotEnvValues, ParsedDotEnv};

/// A `.env` file on its way into Secrets Manager; see [`Migration`](crate::migration::Migration).
///
/// A line that cannot be read is reported in the plan by its number, and hinders no other. Such is one that refers to a variable that
/// is not above it, and one that opens a quote and does not close it, unless the quote begins the value and is closed on a later line.
#[derive(Clone)]
pub struct EnvFile {
    pub(super) values: DotEnvValues,
    pub(super) bad_lines: Vec<SourceError>,
}

impl EnvFile {
    /// The file at a path.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if it cannot be read, or is larger than 16 MiB.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        // A value may have been pasted in the path's place, so that it is not repeated.
        DotEnv::read_alone(path.as_ref()).map(Self::of).map_err(|error| unread("the file", error))
    }

    /// What a reader gives. No copy is left behind here; a reader that has a buffer of its own, as
    /// [`std::io::stdin`] does, may keep one.
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
        Problem::new(place, error.with_help("name the file that the variables are in, such as .env"));
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
