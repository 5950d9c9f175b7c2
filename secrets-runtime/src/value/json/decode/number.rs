//! Numbers, which `serde_json` shows to a visitor as the narrowest of `u64`, `i64` and `f64`.

use serde::de::{IgnoredAny, Visitor};

use super::unfit::Unfit;

/// The bytes that a number can begin with.
pub(super) const FIRST: &[u8] = b"-0123456789";

/// Whether a text is a JSON number and nothing else: no `+5`, no `007`, no white space around it.
pub(super) fn is_number(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| FIRST.contains(&first))
        && text.ends_with(|last: char| last.is_ascii_digit())
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Shows a visitor what is known to be a JSON number.
pub(super) fn visit<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Unfit> {
    if let Ok(number) = text.parse() {
        return visitor.visit_u64(number);
    }
    // As in serde_json, it is no integer: the sign would be lost.
    if text != "-0"
        && let Ok(number) = text.parse()
    {
        return visitor.visit_i64(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => visitor.visit_f64(number),
        _ => Err(Unfit::Value),
    }
}
