//! Reads files that hold secrets, without leaving copies in freed memory and without blocking the runtime.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{self, SourceError};

/// Reads the file at a path.
///
/// # Errors
/// As [`read_to_end`], and [`ErrorKind::IsADirectory`] for a folder.
pub(super) fn read_file(path: &Path, max: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    read_to_end(file, usize::try_from(metadata.len()).unwrap_or(max), max)
}

/// Why a file cannot be read. `too_large` names the limit.
pub(super) fn io_reason(error: &io::Error, too_large: &'static str) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "no such file",
        ErrorKind::PermissionDenied => "the file may not be read",
        ErrorKind::IsADirectory => "a folder, not a file",
        ErrorKind::FileTooLarge => too_large,
        _ => "the file cannot be read",
    }
}

/// Reads to the end. `expected` is a guess, since a pipe does not tell its size: a buffer that was too small
/// is wiped.
///
/// # Errors
/// If reading fails, and [`ErrorKind::FileTooLarge`] if there are more than `max` bytes.
pub(super) fn read_to_end(
    mut reader: impl Read,
    expected: usize,
    max: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    // One byte more, to see the end without another buffer.
    let mut bytes = Zeroizing::new(vec![0; expected.min(max) + 1]);
    let mut length = 0;
    loop {
        if length == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len().saturating_mul(2).max(8 * 1024)]);
            larger.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
            bytes = larger;
        }
        match reader.read(bytes.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length > max {
            return Err(ErrorKind::FileTooLarge.into());
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Runs a function that reads files on a thread where it may block: a slow disk, or a pipe without a writer,
/// must not stop the runtime.
///
/// # Errors
/// If the runtime is shutting down.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    read: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SourceError> {
    // Another executor has no threads for it, and `spawn_blocking` would panic.
    if tokio::runtime::Handle::try_current().is_err() {
        return Ok(read());
    }
    tokio::task::spawn_blocking(read).await.map_err(|_| STOPPED)
}

const STOPPED: SourceError =
    SourceError::new(error::ErrorKind::Unavailable).because("the runtime is shutting down");

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives little at a time, with interruptions.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let few = buffer.len().min(1000);
            self.0.read(&mut buffer[..few])
        }
    }

    #[test]
    fn everything_is_read_whatever_size_was_expected() {
        let content: Vec<u8> = (0..50_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for expected in [0, 1, 49_999, 50_000, 50_001, 1_000_000] {
            let read = read_to_end(Slow(&content, false), expected, 60_000).unwrap();
            assert_eq!(*read, content, "{expected}");
        }
        assert!(read_to_end(io::empty(), 0, 10).unwrap().is_empty());
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        for expected in [0, 10, 100] {
            assert_eq!(read_to_end(Slow(&[0; 10], false), expected, 10).unwrap().len(), 10);
            let error = read_to_end(Slow(&[0; 11], false), expected, 10).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        }
    }
}
