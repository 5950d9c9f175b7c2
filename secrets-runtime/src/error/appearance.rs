//! The look of a value, in words that show nothing of it: for the report of a refused value, and for a
//! warning about one that is taken.

/// The look of a text that is stored as a value.
///
/// It has no place for the text; `value/inspect` finds it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appearance {
    ByteOrderMark,
    Quoted,
    TrailingLineBreak,
    SurroundingWhiteSpace,
    /// A URL as Kubernetes sets for each service of a namespace.
    ServiceLink,
    Url,
    Number,
    JsonObject,
    JsonArray,
    /// The JSON secret where the value of one of its keys belongs.
    WholeSecret,
    /// A JSON string whose content is a JSON object or array.
    JsonInJson,
    SingleQuotedJson,
    TrailingComma,
    Base64,
    Yaml,
    Assignments,
    SeveralLines,
    PlainText,
    /// The value of a variable, while `.env` has another one.
    #[cfg_attr(not(feature = "dotenv"), allow(dead_code, reason = "made where `.env` is read"))]
    HidesDotEnv,
}

impl Appearance {
    /// Returns what was found, as in `expected u16, found a value in quotes`.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "a value that starts with a byte order mark",
            Self::Quoted => "a value in quotes",
            Self::TrailingLineBreak => "a value that ends in a line break",
            Self::SurroundingWhiteSpace => "a value with white space around it",
            Self::ServiceLink => "a URL, as Kubernetes sets for a service of that name",
            Self::Url => "a URL",
            Self::Number => "a number",
            Self::JsonObject => "a JSON object",
            Self::JsonArray => "a JSON array",
            Self::WholeSecret => "a whole JSON secret",
            Self::JsonInJson => "a JSON string that holds JSON: it was encoded twice",
            Self::SingleQuotedJson => "single quotes",
            Self::TrailingComma => "a comma after the last element",
            Self::Base64 => "JSON in base64",
            Self::Yaml => "what looks like YAML",
            Self::Assignments => "lines of the form NAME=value",
            Self::SeveralLines => "several lines",
            Self::PlainText => "plain text",
            Self::HidesDotEnv => "another value in .env, which the variable hides",
        }
    }

    /// Whether a position in the text means something to its reader. In other texts it would only tell
    /// their length.
    pub(super) const fn has_positions(self) -> bool {
        matches!(self, Self::SingleQuotedJson | Self::TrailingComma)
    }

    /// Whether the value was written without knowing that it is JSON, so that its form is worth showing.
    pub(super) const fn is_another_format(self) -> bool {
        matches!(self, Self::PlainText | Self::Yaml | Self::Assignments)
    }

    /// Returns the next step.
    pub(crate) const fn help(self) -> Option<&'static str> {
        match self {
            Self::ByteOrderMark => {
                Some("store the value without the byte order mark (save its file as UTF-8 without BOM)")
            }
            Self::Quoted => Some("store the value without the quotes: they are removed in `.env` only"),
            Self::TrailingLineBreak => Some(
                "store the value without the line break (`printf %s` writes none, `echo` does), or add `trim` to the field's attribute",
            ),
            Self::SurroundingWhiteSpace => {
                Some("store the value without the white space, or add `trim` to the field's attribute")
            }
            Self::ServiceLink => Some(
                "set `enableServiceLinks: false` in the pod's specification, or give the field another variable with `env = \"..\"`",
            ),
            Self::WholeSecret => Some(
                "in an ECS task definition, end `valueFrom` in `:KEY::`, with the name of the key; a whole JSON secret belongs in the variable that is named like the secret",
            ),
            Self::JsonInJson => Some("store the JSON itself, not as a JSON string"),
            Self::SingleQuotedJson => Some("write the JSON with double quotes"),
            Self::TrailingComma => Some("remove the comma: JSON has none after the last element"),
            Self::Base64 => Some("store the JSON itself, not its base64"),
            Self::PlainText => Some("store the value as JSON"),
            Self::Yaml | Self::Assignments => Some("store the values as a JSON object"),
            Self::HidesDotEnv => Some("unset the variable, or remove the line from .env"),
            Self::Url | Self::Number | Self::JsonObject | Self::JsonArray | Self::SeveralLines => None,
        }
    }
}
