//! Reads one file that holds one secret, as Docker and Kubernetes mount it.

use std::io::ErrorKind as IoErrorKind;
use std::path::Path;

use super::read::{IsAwaited, io_reason, read_file};
use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::value::Payload;

/// Larger than any secret: Secrets Manager's own limit is 64 KiB, a Kubernetes secret's 1 MiB.
const MAX_SIZE: usize = 1024 * 1024;

/// Reads the file at a path; `None` if there is none. Symbolic links are followed: Kubernetes swaps them
/// when it replaces the content.
///
/// # Errors
/// If there is a file, and it cannot be read.
pub(super) fn read_secret_file(
    path: &Path,
    is_awaited: IsAwaited<'_>,
) -> Result<Option<Payload>, SourceError> {
    match read_file(path, MAX_SIZE, is_awaited) {
        Ok(mut content) => Ok(Some(Payload::File(Secret::from(std::mem::take(&mut *content.bytes))))),
        Err(error) => {
            let kind = match error.kind() {
                IoErrorKind::NotFound => return Ok(None),
                IoErrorKind::PermissionDenied => ErrorKind::AccessDenied,
                IoErrorKind::IsADirectory | IoErrorKind::FileTooLarge => ErrorKind::Configuration,
                _ => ErrorKind::Unavailable,
            };
            Err(SourceError::new(kind).because(io_reason(&error, "larger than 1 MiB")))
        }
    }
}
