//! The attributes of a field that change how its text is read: `separator`, `trim`, `allow_empty` and `json`.

use crate::setting::Setting;

/// The attributes of a field that change how its text is read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) separator: Option<&'static str>,
    pub(crate) trim: bool,
    pub(crate) allow_empty: bool,
    /// Whether the text is JSON, so that quotes around it are those of a JSON string.
    pub(crate) json: bool,
}

impl Options {
    pub(crate) fn of(setting: &Setting) -> Self {
        let json = setting.is_json();
        setting.spec().map_or(Self { json, ..Self::default() }, |spec| Self {
            separator: spec.separator,
            trim: spec.trim,
            allow_empty: spec.allow_empty,
            json,
        })
    }

    /// The text without its surrounding white space, if the field has `trim`.
    pub(super) fn apply<'t>(&self, text: &'t str) -> &'t str {
        if self.trim { text.trim() } else { text }
    }
}
