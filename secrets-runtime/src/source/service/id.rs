//! Checks the id of a secret before it is sent.

use crate::error::{ErrorKind, SourceError};
use crate::secret_id::is_secret_id;

const INVALID_ID: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("not a valid secret name or ARN")
    .with_help("a name has letters, digits and /_+=.@-, up to 512");

/// Returns the id.
///
/// # Errors
/// If the text is not a secret's id. It may be a value that was pasted in the wrong place, and AWS logs ids.
pub(in crate::source) fn checked_id(id: &str) -> Result<&str, SourceError> {
    if is_secret_id(id) { Ok(id) } else { Err(INVALID_ID) }
}
