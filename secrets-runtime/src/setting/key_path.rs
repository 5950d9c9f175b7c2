//! The path of a value within a JSON secret.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The path from the root of a JSON document to a value. Empty for the document itself.
#[derive(Clone, Default)]
pub(crate) struct KeyPath {
    segments: Vec<String>,
    /// Whether it was written as a JSON pointer: then a segment may be the index of an array's element, and
    /// segments are never the parts of one key with dots.
    is_pointer: bool,
}

impl KeyPath {
    /// Reads `a.b`, or a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)) such as `/a/b`,
    /// in which a dot is an ordinary character.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix('/') {
            Some(pointer) => Self {
                segments: pointer
                    .split('/')
                    .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
                    .collect(),
                is_pointer: true,
            },
            None => Self { segments: text.split('.').map(str::to_owned).collect(), is_pointer: false },
        }
    }

    /// The path of one key, whatever is in its name.
    pub(super) fn of_key(key: &str) -> Self {
        Self { segments: vec![key.to_owned()], is_pointer: false }
    }

    pub(super) fn joined(&self, other: Self) -> Self {
        Self {
            segments: self.segments.iter().cloned().chain(other.segments).collect(),
            is_pointer: self.is_pointer || other.is_pointer,
        }
    }

    /// The path without its last segments.
    #[cfg(all(feature = "admin", feature = "dotenv"))]
    pub(crate) fn without_last(&self, count: usize) -> Self {
        let kept = self.segments.len().saturating_sub(count);
        Self { segments: self.segments.iter().take(kept).cloned().collect(), is_pointer: self.is_pointer }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.segments.is_empty()
    }

    pub(crate) fn segments(&self) -> &[String] {
        &self.segments
    }

    pub(crate) const fn is_pointer(&self) -> bool {
        self.is_pointer
    }

    /// The path as an attribute would write it.
    pub(super) fn to_attribute(&self) -> String {
        let is_index = |segment: &String| segment.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = |segment: &String| {
            let is_element = self.is_pointer && is_index(segment);
            !segment.is_empty() && !segment.contains(['.', '/']) && !is_element
        };
        if self.segments.iter().all(is_plain) {
            return self.segments.join(".");
        }
        let escaped = |segment: &String| segment.replace('~', "~0").replace('/', "~1");
        self.segments.iter().flat_map(|segment| ["/".to_owned(), escaped(segment)]).collect()
    }
}

/// Two spellings of one path are equal.
impl PartialEq for KeyPath {
    fn eq(&self, other: &Self) -> bool {
        self.segments == other.segments
    }
}

impl Eq for KeyPath {}

impl Hash for KeyPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.segments.hash(state);
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

impl fmt::Debug for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
