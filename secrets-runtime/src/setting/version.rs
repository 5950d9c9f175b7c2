//! The version of a secret that a setting asks for.

use std::fmt;

use crate::secret_id::display_id;

/// The version of a secret to read.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Version {
    /// The version that carries the staging label `AWSCURRENT`.
    #[default]
    Current,
    /// The version that carries this staging label, such as `AWSPREVIOUS`.
    Stage(String),
    /// The version with this id.
    Id(String),
}

/// Shows a label or an id only if it can be one: a value that was pasted there by mistake stays hidden.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("Current"),
            Self::Stage(stage) => f.debug_tuple("Stage").field(&display_id(stage)).finish(),
            Self::Id(id) => f.debug_tuple("Id").field(&display_id(id)).finish(),
        }
    }
}
