//! The version of a secret that a setting asks for, and the grammar of version ids and staging labels.

use std::fmt;

use crate::secret_id::{display_id, is_secret_name};

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

/// Shows a label or an id only if it fits the grammar of secret ids: any other text may be a value pasted by
/// mistake.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("Current"),
            Self::Stage(stage) => f.debug_tuple("Stage").field(&display_id(stage)).finish(),
            Self::Id(id) => f.debug_tuple("Id").field(&display_id(id)).finish(),
        }
    }
}

/// Whether a text can be a version id: AWS generates UUIDs, and accepts a caller's own token of letters,
/// digits and hyphens.
pub(crate) fn is_version_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether AWS can have a staging label of this text. AWS limits its length only; a label with white space
/// or control characters could not be shown.
#[cfg(any(feature = "aws", feature = "agent"))]
pub(crate) fn is_staging_label(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a report may show a staging label. Unlike [`is_staging_label`] it allows only the characters of
/// secret names, since any source may have written the label, and it may be a value.
pub(crate) fn is_displayable_label(text: &str) -> bool {
    text.len() <= 256 && is_secret_name(text)
}
