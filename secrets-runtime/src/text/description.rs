//! The description of a setting in reports and documents.

use std::borrow::Cow;

/// Joins the description of a group and that of a setting in it. Each may be empty.
pub(crate) fn described<'a>(group: &'a str, own: &'a str) -> Cow<'a, str> {
    match (group, own) {
        ("", only) | (only, "") => only.into(),
        (group, own) => format!("{}: {own}", group.trim_end_matches('.')).into(),
    }
}
