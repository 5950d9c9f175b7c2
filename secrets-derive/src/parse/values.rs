//! Reads the value of one key: a string, a flag, the path of a function, a default, a rename rule.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Lit;

use super::attributes::{DefaultAttribute, KeyValue, SpannedString};
use super::keys::{did_you_mean, example, list_of};
use super::meta_item::MetaValue;
use crate::errors::Errors;
use crate::names::{RENAME_RULES, RenameRule};
use crate::tokens::{single, ungrouped, written};

/// Reads `key = "text"` and checks the text.
pub(super) fn text(
    key: Ident,
    value: MetaValue,
    check: impl Fn(&str) -> Result<(), String>,
    errors: &mut Errors,
) -> Option<KeyValue<SpannedString>> {
    let tokens = match value {
        MetaValue::Tokens(tokens) if !tokens.is_empty() => tokens,
        MetaValue::Flag | MetaValue::Tokens(_) => {
            errors.on(&key, format!("`{key}` needs a value: {}", example(&key)));
            return None;
        }
        MetaValue::List(list) => {
            errors.on(list, format!("`{key}` takes its value after `=`: {}", example(&key)));
            return None;
        }
    };
    let value = match string(tokens.clone()) {
        Ok(value) => value,
        Err(problem) => {
            let example = match single(ungrouped(tokens.clone())) {
                // A single word probably lacks its quotes.
                Some(TokenTree::Ident(word)) => format!("`{key} = \"{word}\"`"),
                _ => example(&key),
            };
            errors.on(tokens, format!("{problem}: {example}"));
            return None;
        }
    };
    if let Err(problem) = check(&value.value) {
        let fix = if value.value.is_empty() {
            format!(": write {}, or leave it out", example(&key))
        } else {
            String::new()
        };
        errors.at(value.span, format!("this `{key}` {problem}{fix}"));
        return None;
    }
    Some(KeyValue { key, value })
}

pub(super) fn not_empty(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

/// Reads a string literal, or returns why the tokens are not one.
pub(super) fn string(tokens: TokenStream) -> Result<SpannedString, &'static str> {
    let tokens = ungrouped(tokens);
    match syn::parse2::<Lit>(tokens.clone()) {
        Ok(Lit::Str(text)) if text.suffix().is_empty() => {
            Ok(SpannedString { value: text.value(), span: text.span() })
        }
        Ok(Lit::Str(_)) => Err("expected a string without a suffix"),
        Ok(Lit::ByteStr(_) | Lit::CStr(_)) => Err("expected a string without a prefix"),
        _ if single(tokens).is_some() => Err("expected a string in quotes"),
        _ => Err("expected one string in quotes, since a derive cannot evaluate an expression"),
    }
}

/// Reads a key without a value.
pub(crate) fn flag(key: Ident, value: &MetaValue, errors: &mut Errors) -> Option<Ident> {
    match value {
        MetaValue::Flag => Some(key),
        MetaValue::Tokens(value) if value.is_empty() => {
            errors.on(&key, format!("`{key}` takes no value: write `{key}` alone"));
            None
        }
        MetaValue::Tokens(value) => {
            let off = ungrouped(value.clone()).to_string() == "false";
            let fix = if off { "leave it out" } else { "write it alone" };
            errors.on(value, format!("`{key}` takes no value: {fix}"));
            None
        }
        MetaValue::List(list) => {
            errors.on(list, format!("`{key}` takes no list: write it alone"));
            None
        }
    }
}

/// Reads `key = path::of::a_function`.
pub(super) fn function(key: Ident, value: MetaValue, errors: &mut Errors) -> Option<KeyValue<TokenStream>> {
    let example = if key == "with" { "`with = parse_level`" } else { "`validate = check_port`" };
    let value = match value {
        MetaValue::Tokens(value) if !value.is_empty() => ungrouped(value),
        MetaValue::Flag | MetaValue::Tokens(_) => {
            errors.on(&key, format!("`{key}` needs the path of a function: {example}"));
            return None;
        }
        MetaValue::List(list) => {
            errors.on(list, format!("`{key}` takes its function after `=`: {example}"));
            return None;
        }
    };
    if syn::parse2::<syn::ExprPath>(value.clone()).is_ok_and(|path| path.attrs.is_empty()) {
        return Some(KeyValue { key, value });
    }
    let quoted = string(value.clone()).ok().and_then(|text| text.value.parse::<TokenStream>().ok());
    let closure = value
        .clone()
        .into_iter()
        .next()
        .is_some_and(|first| matches!(first.to_string().as_str(), "|" | "move"));
    let message = match quoted.filter(|path| syn::parse2::<syn::ExprPath>(path.clone()).is_ok()) {
        Some(path) => format!("write the path without quotes: `{key} = {}`", written(path)),
        None if closure => format!("`{key}` takes the path of a function, not a closure: {example}"),
        None => format!("expected the path of a function: {example}"),
    };
    errors.on(value, message);
    None
}

pub(super) fn default(
    key: Ident,
    value: MetaValue,
    errors: &mut Errors,
) -> Option<KeyValue<DefaultAttribute>> {
    let value = match value {
        MetaValue::Flag => DefaultAttribute::Alone,
        MetaValue::Tokens(value) if value.is_empty() => {
            errors.on(
                &key,
                "`default =` needs an expression: `default = 8080`; alone, `default` is the type's own",
            );
            return None;
        }
        MetaValue::Tokens(value) => match string(value.clone()) {
            Ok(text) => DefaultAttribute::Text(text),
            Err(_) => DefaultAttribute::Expression(value),
        },
        MetaValue::List(list) => {
            errors.on(list, "`default` takes its expression after `=`: `default = 8080`");
            return None;
        }
    };
    Some(KeyValue { key, value })
}

pub(super) fn rename_all(key: Ident, value: MetaValue, errors: &mut Errors) -> Option<KeyValue<RenameRule>> {
    let KeyValue { key, value } = text(key, value, |_| Ok(()), errors)?;
    let Some(rule) = RenameRule::parse(&value.value) else {
        let rules = RENAME_RULES.map(|(name, _)| name);
        let hint = did_you_mean(&value.value, &rules);
        errors.at(value.span, format!("unknown rename rule{hint}\nthe rules are {}", list_of(&rules)));
        return None;
    };
    Some(KeyValue { key, value: rule })
}
