//! Shows JSON numbers to serde's visitors as `serde_json` does: as the narrowest of `u64`, `i64` and `f64`.
//! Used for values and for keys that are numbers; fields outside of JSON are parsed in `value/scalar`.

use serde::de::{IgnoredAny, Visitor};

use super::visit_error::VisitError;

/// Whether a text is a JSON number and nothing else: no `+5`, no `007`, no white space around it.
pub(super) fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Shows a JSON number to a visitor.
pub(super) fn visit<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, VisitError> {
    if let Ok(number) = text.parse() {
        return visitor.visit_u64(number);
    }
    // As in serde_json, `-0` is not an integer: it would lose its sign.
    if text != "-0"
        && let Ok(number) = text.parse()
    {
        return visitor.visit_i64(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => visitor.visit_f64(number),
        _ => Err(VisitError::InvalidValue),
    }
}
