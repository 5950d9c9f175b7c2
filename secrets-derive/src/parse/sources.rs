//! Reads the `sources(..)` key.

use proc_macro2::{Ident, TokenTree};

use super::attributes::{KeyValue, SpannedString};
use super::keys::{did_you_mean, list_of};
use super::meta_item::MetaValue;
use super::token_reader::{TokenReader, is_comma};
use super::values::string;
use crate::errors::Errors;

/// The sources of the runtime. Any other is written in quotes, so that a typo in one of these is an error.
const SOURCES: [&str; 6] = ["aws", "agent", "env", "dotenv", "files", "memory"];

/// Reads `sources(aws, env)`.
pub(super) fn sources(
    key: Ident,
    value: MetaValue,
    errors: &mut Errors,
) -> Option<KeyValue<Vec<SpannedString>>> {
    let list = match value {
        MetaValue::List(list) => list,
        MetaValue::Flag | MetaValue::Tokens(_) => {
            errors.on(&key, "`sources` takes a list: `sources(aws, env)`");
            return None;
        }
    };
    let mut sources: Vec<SpannedString> = Vec::new();
    let mut reader = TokenReader::new(list.stream());
    while let Some(token) = reader.next() {
        let after = reader.next();
        let source = source(&token);
        if let Some(after) = after.filter(|after| !is_comma(after)) {
            errors.on(after, "expected `,` between sources: `sources(aws, env)`");
            reader.skip_to_comma();
            continue;
        }
        match source {
            Err(message) => errors.on(token, message),
            Ok(source) if sources.iter().any(|other| other.value == source.value) => {
                errors.at(source.span, format!("the source `{}` is given twice; keep one", source.value));
            }
            Ok(source) => sources.push(source),
        }
    }
    if list.stream().is_empty() {
        errors.on(&list, "without a source no setting can be loaded: `sources(aws, env)`");
        return None;
    }
    Some(KeyValue { key, value: sources })
}

/// Reads the name of a source: an identifier for one of the runtime's own, a string for any other.
fn source(token: &TokenTree) -> Result<SpannedString, String> {
    if let TokenTree::Ident(ident) = token {
        let name = ident.to_string();
        if SOURCES.contains(&name.as_str()) {
            return Ok(SpannedString { value: name, span: ident.span() });
        }
        let hint = did_you_mean(&name, &SOURCES);
        return Err(format!(
            "unknown source `{name}`{hint}\nthe sources are {}; one of your own goes in quotes: \
             `sources(\"{name}\")`",
            list_of(&SOURCES)
        ));
    }
    match string(token.clone().into()) {
        Ok(text) if text.value.is_empty() => Err("the name of a source must not be empty".to_owned()),
        Ok(text) => Ok(text),
        Err(_) => Err("expected the name of a source: `sources(aws, env)`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runtime has the same test.
    #[test]
    fn the_sources_are_those_of_the_runtime() {
        assert_eq!(SOURCES, include!("../../../tests/shared/sources.rs").map(|(name, _)| name));
    }
}
