//! Splits the content of `#[secret(..)]` at its commas into items, each a key with its value or list.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Attribute, Meta};

use super::token_reader::{TokenReader, is_comma};
use crate::errors::Errors;

/// One item of an attribute.
pub(crate) struct MetaItem {
    pub(crate) key: Ident,
    pub(crate) value: MetaValue,
}

/// The form in which a key is written.
pub(crate) enum MetaValue {
    /// `json`
    Flag,
    /// `name = "jwt"`. No tokens if nothing follows the `=`.
    Tokens(TokenStream),
    /// `sources(aws, env)`
    List(Group),
}

/// The item that an attribute belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Struct,
    Field,
}

/// The items of all `#[secret(..)]` of a struct or a field, without duplicate keys.
pub(crate) fn items_of(attributes: &[Attribute], level: Level, errors: &mut Errors) -> Vec<MetaItem> {
    let mut items = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("secret")) {
        match &attribute.meta {
            Meta::List(list) => items.extend(split(list.tokens.clone(), errors)),
            Meta::Path(path) => errors.on(
                path,
                match level {
                    Level::Struct => {
                        "`#[secret]` alone has no effect: write `#[secret(prefix = \"..\")]`, say, or \
                                      leave it out"
                    }
                    Level::Field => {
                        "`#[secret]` alone has no effect: a field is secret when its type is \
                                     `Secret<..>`"
                    }
                },
            ),
            Meta::NameValue(pair) => errors.on(
                pair,
                match level {
                    Level::Struct => "expected keys in parentheses: `#[secret(prefix = \"..\")]`",
                    Level::Field => "expected keys in parentheses: `#[secret(name = \"..\")]`",
                },
            ),
        }
    }
    unique(items, errors)
}

/// The items of a list such as that of `nested(..)`, without duplicate keys.
pub(crate) fn items_in(list: &Group, errors: &mut Errors) -> Vec<MetaItem> {
    let items = split(list.stream(), errors);
    unique(items, errors)
}

/// Splits the content of an attribute such as `#[secret(..)]`. After an error it continues at the next
/// comma.
pub(crate) fn split(tokens: TokenStream, errors: &mut Errors) -> Vec<MetaItem> {
    let mut reader = TokenReader::new(tokens);
    let mut items = Vec::new();
    while let Some(token) = reader.next() {
        let key = match token {
            TokenTree::Ident(key) => key,
            // `#[secret($meta)]` in a `macro_rules!` leaves a group around the tokens of `$meta`.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                reader.put_back(group.stream());
                continue;
            }
            other => {
                errors.on(&other, not_a_key(&other));
                reader.skip_to_comma();
                continue;
            }
        };
        let value = match reader.next() {
            None => MetaValue::Flag,
            Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => MetaValue::Flag,
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => MetaValue::Tokens(reader.value()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                if let Some(after) = reader.next().filter(|after| !is_comma(after)) {
                    errors.on(&after, format!("expected `,` after `{key}(..)`"));
                    reader.skip_to_comma();
                }
                MetaValue::List(group)
            }
            Some(TokenTree::Ident(next)) => {
                errors.on(&next, format!("expected `,` between `{key}` and `{next}`"));
                reader.put_back(TokenTree::Ident(next).into());
                MetaValue::Flag
            }
            Some(other) => {
                let expected = if other.to_string() == ":" { "`=`" } else { "`=`, `(` or `,`" };
                errors.on(&other, format!("expected {expected} after `{key}`"));
                reader.skip_to_comma();
                continue;
            }
        };
        items.push(MetaItem { key, value });
    }
    items
}

fn not_a_key(found: &TokenTree) -> &'static str {
    match found {
        TokenTree::Literal(_) => "expected a key before the value, as in `name = \"..\"`",
        TokenTree::Punct(punct) if punct.as_char() == ',' => "expected a key before `,`",
        _ => "expected a key, as in `name = \"..\"`",
    }
}

/// Rejects the second of two equal keys. Only `alias` may be repeated.
pub(crate) fn unique(items: Vec<MetaItem>, errors: &mut Errors) -> Vec<MetaItem> {
    let mut kept: Vec<MetaItem> = Vec::with_capacity(items.len());
    for item in items {
        if item.key != "alias" && kept.iter().any(|other| other.key == item.key) {
            errors.on(&item.key, format!("`{}` is given twice; keep one", item.key));
        } else {
            kept.push(item);
        }
    }
    kept
}
