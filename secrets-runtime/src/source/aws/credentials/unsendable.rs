//! [`Unsendable`]: why credentials were refused before they were used.

use std::fmt;

/// Credentials with a character that no HTTP header can hold.
#[derive(Debug)]
pub(in super::super) struct Unsendable;

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the credentials hold a character that no HTTP header can hold")
    }
}

impl std::error::Error for Unsendable {}
