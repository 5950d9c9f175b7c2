//! The path of a value within a JSON secret.

use std::fmt;

/// The path from the root of a JSON document to a value. Empty for the document itself.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct KeyPath(pub(super) Vec<String>);

impl KeyPath {
    /// Reads `a.b`, or a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) such as `/a/b`,
    /// in which a dot is an ordinary character.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix('/') {
            Some(pointer) => Self(
                pointer.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect(),
            ),
            None => Self(text.split('.').map(str::to_owned).collect()),
        }
    }

    pub(super) fn joined(&self, other: Self) -> Self {
        Self(self.0.iter().cloned().chain(other.0).collect())
    }

    /// The path without its last segments.
    #[cfg(all(feature = "admin", feature = "dotenv"))]
    pub(crate) fn without_last(&self, count: usize) -> Self {
        Self(self.0.iter().take(self.0.len().saturating_sub(count)).cloned().collect())
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn segments(&self) -> &[String] {
        &self.0
    }

    /// The path as an attribute would write it.
    pub(super) fn to_attribute(&self) -> String {
        let is_plain = |segment: &String| !segment.is_empty() && !segment.contains(['.', '/']);
        if self.0.iter().all(is_plain) {
            return self.0.join(".");
        }
        let escaped = |segment: &String| segment.replace('~', "~0").replace('/', "~1");
        self.0.iter().flat_map(|segment| ["/".to_owned(), escaped(segment)]).collect()
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl fmt::Debug for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
