//! Whether a text is JSON. Nothing of it is kept.

use serde::de::IgnoredAny;

pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether a text is a JSON object.
pub(crate) fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{') && is_json(text)
}

/// Whether a text is a JSON object or array.
pub(crate) fn is_structure(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && is_json(text)
}
