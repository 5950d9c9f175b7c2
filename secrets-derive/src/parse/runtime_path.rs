//! Reads the `crate` key: the path of the runtime crate.

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::meta_item::MetaValue;
use super::values::string;
use crate::errors::Errors;
use crate::tokens::{ungrouped, written};

/// Reads `crate = ::path`. A relative path is an error, but it is returned for the stub.
pub(crate) fn runtime_path(key: &Ident, value: MetaValue, errors: &mut Errors) -> Option<TokenStream> {
    const EXAMPLE: &str =
        "`crate = ::secrets_runtime`, or a module that re-exports it: `crate = crate::config`";
    let value = match value {
        MetaValue::Tokens(value) if !value.is_empty() => ungrouped(value),
        MetaValue::Flag | MetaValue::Tokens(_) => {
            errors.on(key, format!("`crate` needs the path of the runtime: {EXAMPLE}"));
            return None;
        }
        MetaValue::List(list) => {
            errors.on(list, format!("`crate` takes its path after `=`: {EXAMPLE}"));
            return None;
        }
    };
    let Some(segments) = path_segments(&value) else {
        let quoted = string(value.clone()).ok().and_then(|text| text.value.parse::<TokenStream>().ok());
        let message = match quoted.filter(|path| path_segments(path).is_some()) {
            Some(path) => format!("write the path without quotes: `crate = {}`", written(path)),
            None => format!("expected a path: {EXAMPLE}"),
        };
        errors.on(value, message);
        return None;
    };
    // `$crate` comes from a `macro_rules!` that names its own crate.
    let first = segments.first().map(String::as_str).unwrap_or_default();
    if !matches!(first, "" | "crate" | "$crate") {
        let path = segments.iter().filter(|segment| !matches!(segment.as_str(), "self" | "super"));
        let path = path.map(String::as_str).collect::<Vec<_>>().join("::");
        let message = match first {
            "self" | "super" => format!(
                "`{first}` changes its meaning inside the generated code: write the path from the root, \
                 `crate::..::{path}`"
            ),
            _ => format!(
                "a relative path means something else in every module: write `::{path}` for a crate or \
                 `crate::{path}` for a module"
            ),
        };
        errors.on(&value, message);
    }
    Some(value)
}

/// The segments of a path without arguments; the first is empty if it starts with `::`.
fn path_segments(path: &TokenStream) -> Option<Vec<String>> {
    let mut segments = Vec::new();
    let mut colons = 0;
    let mut after_segment = false;
    for token in path.clone() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' && colons < 2 => colons += 1,
            TokenTree::Ident(ident) if (after_segment && colons == 2) || segments.is_empty() => {
                match colons {
                    0 => {}
                    2 if after_segment => {}
                    2 => segments.push(String::new()),
                    _ => return None,
                }
                segments.push(ident.to_string());
                after_segment = true;
                colons = 0;
            }
            _ => return None,
        }
    }
    (after_segment && colons == 0).then_some(segments)
}
