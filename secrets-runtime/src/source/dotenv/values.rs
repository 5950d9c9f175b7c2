//! The variables that a `.env` file assigns.

use std::borrow::Borrow;
use std::collections::HashMap;

use zeroize::Zeroize as _;

use crate::secret::Secret;

pub(crate) type Values = HashMap<Name, Assigned>;

#[derive(Clone)]
pub(crate) struct Assigned {
    pub(crate) value: Secret<String>,
    /// The line at which the assignment begins.
    #[cfg(feature = "admin")]
    pub(crate) line: usize,
}

/// A variable's name as the file has it. It may be part of a value, such as a line of a key that was pasted
/// without quotes, so it is wiped like a value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(pub(super) String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
