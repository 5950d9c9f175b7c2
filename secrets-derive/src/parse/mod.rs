//! `#[secret(..)]` as it was written, turned into typed attributes that keep the span of their key.
//!
//! What one attribute can get wrong by itself is reported here; what takes two of them is in `rules`.

mod entries;
pub(crate) mod keys;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, DeriveInput, Field, Lit};

use crate::errors::Errors;
use crate::names::{RENAME_RULES, RenameRule};
use crate::secret_name;
use crate::tokens::{single, ungrouped, written};
use entries::{Entry, Form, Place, Reader, entries_in, entries_of, is_comma};
use keys::{example, listed, meant, unknown_key, unknown_key_of_nested};

/// The sources that come with the runtime. Others are named in quotes, so that a slip in one of these is seen.
const SOURCES: [&str; 5] = ["aws", "env", "dotenv", "files", "memory"];

/// A key and what was written for it.
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// A text in quotes.
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// What stands above the struct.
#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) prefix: Option<Keyed<Text>>,
    pub(crate) env_prefix: Option<Keyed<Text>>,
    pub(crate) name: Option<Keyed<Text>>,
    pub(crate) id: Option<Keyed<Text>>,
    pub(crate) rename_all: Option<Keyed<RenameRule>>,
    pub(crate) sources: Option<Keyed<Vec<Text>>>,
    /// Where the runtime crate lives. Kept even when it was refused: the stub goes where the user meant it to.
    pub(crate) runtime: Option<TokenStream>,
}

/// What stands above a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) name: Option<Keyed<Text>>,
    pub(crate) id: Option<Keyed<Text>>,
    pub(crate) key: Option<Keyed<Text>>,
    pub(crate) env: Option<Keyed<Text>>,
    pub(crate) aliases: Vec<Keyed<Text>>,
    pub(crate) default: Option<Keyed<DefaultAttribute>>,
    pub(crate) json: Option<Ident>,
    pub(crate) parse: Option<Ident>,
    pub(crate) with: Option<Keyed<TokenStream>>,
    pub(crate) separator: Option<Keyed<Text>>,
    pub(crate) validate: Option<Keyed<TokenStream>>,
    pub(crate) nested: Option<Keyed<NestedAttribute>>,
    pub(crate) stage: Option<Keyed<Text>>,
    pub(crate) version_id: Option<Keyed<Text>>,
    pub(crate) plain: Option<Ident>,
    pub(crate) allow_empty: Option<Ident>,
    pub(crate) trim: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    /// Every key that was written, in that order.
    pub(crate) keys: Vec<Ident>,
    /// A mistake was found: what is left out of this struct may be there in the source.
    pub(crate) flawed: bool,
}

/// `default` or `default = ..`.
pub(crate) enum DefaultAttribute {
    Alone,
    Text(Text),
    Expression(TokenStream),
}

/// `nested` or `nested(..)`.
#[derive(Default)]
pub(crate) struct NestedAttribute {
    pub(crate) prefix: Option<Text>,
    pub(crate) env_prefix: Option<Text>,
}

/// Everything that `#[secret(..)]` says in one struct.
pub(crate) struct Attributes<'a> {
    pub(crate) whole: StructAttributes,
    pub(crate) fields: Vec<(&'a Field, FieldAttributes)>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn read(input: &DeriveInput, fields: Vec<&'a Field>, errors: &mut Errors) -> Self {
        let whole = of_struct(&input.attrs, errors);
        let fields = fields.into_iter().map(|field| (field, of_field(&field.attrs, errors))).collect();
        Self { whole, fields }
    }
}

fn of_struct(attributes: &[Attribute], errors: &mut Errors) -> StructAttributes {
    let mut read = StructAttributes::default();
    for Entry { key, form } in entries_of(attributes, Place::Struct, errors) {
        match key.to_string().as_str() {
            "prefix" => read.prefix = text(key, form, secret_name::name_part, errors),
            "env_prefix" => read.env_prefix = text(key, form, secret_name::variable_prefix, errors),
            "name" => read.name = text(key, form, secret_name::secret_name, errors),
            "id" => read.id = text(key, form, secret_name::secret_id, errors),
            "rename_all" => read.rename_all = rename_all(key, form, errors),
            "sources" => read.sources = sources(key, form, errors),
            "crate" => read.runtime = runtime(&key, form, errors),
            _ => unknown_key(&key, Place::Struct, errors),
        }
    }
    read
}

fn of_field(attributes: &[Attribute], errors: &mut Errors) -> FieldAttributes {
    let before = errors.count();
    let mut read = FieldAttributes::default();
    for Entry { key, form } in entries_of(attributes, Place::Field, errors) {
        read.keys.push(key.clone());
        match key.to_string().as_str() {
            "name" => read.name = text(key, form, secret_name::secret_name, errors),
            "id" => read.id = text(key, form, secret_name::secret_id, errors),
            "key" => read.key = text(key, form, |key| secret_name::json_key(key).map(drop), errors),
            "env" => read.env = text(key, form, secret_name::variable, errors),
            "alias" => read.aliases.extend(text(key, form, secret_name::variable, errors)),
            "default" => read.default = default(key, form, errors),
            "json" => read.json = flag(key, &form, errors),
            "parse" => read.parse = flag(key, &form, errors),
            "with" => read.with = function(key, form, errors),
            "separator" => read.separator = text(key, form, not_empty, errors),
            "validate" => read.validate = function(key, form, errors),
            "nested" => read.nested = nested(key, form, errors),
            "stage" => read.stage = text(key, form, secret_name::stage, errors),
            "version_id" => read.version_id = text(key, form, secret_name::version_id, errors),
            "plain" => read.plain = flag(key, &form, errors),
            "allow_empty" => read.allow_empty = flag(key, &form, errors),
            "trim" => read.trim = flag(key, &form, errors),
            "skip" => read.skip = flag(key, &form, errors),
            _ => unknown_key(&key, Place::Field, errors),
        }
    }
    read.flawed = errors.count() > before;
    read
}

/// `key = "text"`, where the text passes `check`.
fn text(
    key: Ident,
    form: Form,
    check: impl Fn(&str) -> Result<(), String>,
    errors: &mut Errors,
) -> Option<Keyed<Text>> {
    let tokens = match form {
        Form::Value(tokens) if !tokens.is_empty() => tokens,
        Form::Alone | Form::Value(_) => {
            errors.on(&key, format!("`{key}` needs a value: {}", example(&key)));
            return None;
        }
        Form::List(list) => {
            errors.on(list, format!("`{key}` takes its value after `=`: {}", example(&key)));
            return None;
        }
    };
    let value = match string(tokens.clone()) {
        Ok(value) => value,
        Err(problem) => {
            let example = match single(ungrouped(tokens.clone())) {
                // What was written is what is missing its quotes.
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
    Some(Keyed { key, value })
}

fn not_empty(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(()) }
}

/// A text in quotes, or why it is none.
fn string(tokens: TokenStream) -> Result<Text, &'static str> {
    let tokens = ungrouped(tokens);
    match syn::parse2::<Lit>(tokens.clone()) {
        Ok(Lit::Str(text)) if text.suffix().is_empty() => Ok(Text { value: text.value(), span: text.span() }),
        Ok(Lit::Str(_)) => Err("expected a text without a suffix"),
        Ok(Lit::ByteStr(_) | Lit::CStr(_)) => Err("expected a text without a letter before its quotes"),
        _ if single(tokens).is_some() => Err("expected a text in quotes"),
        _ => Err("expected one text in quotes, which is all that a derive can read"),
    }
}

/// A key that says everything by being there.
fn flag(key: Ident, form: &Form, errors: &mut Errors) -> Option<Ident> {
    match form {
        Form::Alone => Some(key),
        Form::Value(value) if value.is_empty() => {
            errors.on(&key, format!("`{key}` takes no value: write `{key}` alone"));
            None
        }
        Form::Value(value) => {
            let off = ungrouped(value.clone()).to_string() == "false";
            let fix = if off { "leave it out" } else { "write it alone" };
            errors.on(value, format!("`{key}` takes no value: {fix}"));
            None
        }
        Form::List(list) => {
            errors.on(list, format!("`{key}` takes no list: write it alone"));
            None
        }
    }
}

/// `key = path::of::a_function`
fn function(key: Ident, form: Form, errors: &mut Errors) -> Option<Keyed<TokenStream>> {
    let example = if key == "with" { "`with = parse_level`" } else { "`validate = check_port`" };
    let value = match form {
        Form::Value(value) if !value.is_empty() => ungrouped(value),
        Form::Alone | Form::Value(_) => {
            errors.on(&key, format!("`{key}` needs the path of a function: {example}"));
            return None;
        }
        Form::List(list) => {
            errors.on(list, format!("`{key}` takes its function after `=`: {example}"));
            return None;
        }
    };
    if syn::parse2::<syn::ExprPath>(value.clone()).is_ok_and(|path| path.attrs.is_empty()) {
        return Some(Keyed { key, value });
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

fn default(key: Ident, form: Form, errors: &mut Errors) -> Option<Keyed<DefaultAttribute>> {
    let value = match form {
        Form::Alone => DefaultAttribute::Alone,
        Form::Value(value) if value.is_empty() => {
            errors.on(
                &key,
                "`default =` needs an expression: `default = 8080`; alone, `default` is the type's own",
            );
            return None;
        }
        Form::Value(value) => match string(value.clone()) {
            Ok(text) => DefaultAttribute::Text(text),
            Err(_) => DefaultAttribute::Expression(value),
        },
        Form::List(list) => {
            errors.on(list, "`default` takes its expression after `=`: `default = 8080`");
            return None;
        }
    };
    Some(Keyed { key, value })
}

fn nested(key: Ident, form: Form, errors: &mut Errors) -> Option<Keyed<NestedAttribute>> {
    let mut value = NestedAttribute::default();
    match form {
        Form::Alone => {}
        Form::Value(tokens) => {
            let place = if tokens.is_empty() { key.to_token_stream() } else { tokens };
            errors.on(place, "`nested` takes no value: write it alone, or `nested(prefix = \"..\")`");
            return None;
        }
        Form::List(list) => {
            for Entry { key, form } in entries_in(&list, errors) {
                match key.to_string().as_str() {
                    "prefix" => {
                        value.prefix = text(key, form, secret_name::name_part, errors).map(|text| text.value);
                    }
                    "env_prefix" => {
                        value.env_prefix =
                            text(key, form, secret_name::variable_prefix, errors).map(|text| text.value);
                    }
                    _ => unknown_key_of_nested(&key, errors),
                }
            }
        }
    }
    Some(Keyed { key, value })
}

fn rename_all(key: Ident, form: Form, errors: &mut Errors) -> Option<Keyed<RenameRule>> {
    let Keyed { key, value } = text(key, form, |_| Ok(()), errors)?;
    let Some(rule) = RenameRule::parse(&value.value) else {
        let rules = RENAME_RULES.map(|(name, _)| name);
        let meant = meant(&value.value, &rules);
        errors.at(value.span, format!("unknown way to rename{meant}\nthe ways are {}", listed(&rules)));
        return None;
    };
    Some(Keyed { key, value: rule })
}

fn sources(key: Ident, form: Form, errors: &mut Errors) -> Option<Keyed<Vec<Text>>> {
    let list = match form {
        Form::List(list) => list,
        Form::Alone | Form::Value(_) => {
            errors.on(&key, "`sources` takes a list: `sources(aws, env)`");
            return None;
        }
    };
    let mut value: Vec<Text> = Vec::new();
    let mut reader = Reader::new(list.stream());
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
            Ok(source) if value.iter().any(|other| other.value == source.value) => {
                errors.at(source.span, format!("the source `{}` is given twice; keep one", source.value));
            }
            Ok(source) => value.push(source),
        }
    }
    if list.stream().is_empty() {
        errors.on(&list, "no source at all could fill this struct: `sources(aws, env)`");
        return None;
    }
    Some(Keyed { key, value })
}

/// A source by its name: one of the runtime's own as an identifier, any other in quotes.
fn source(token: &TokenTree) -> Result<Text, String> {
    if let TokenTree::Ident(ident) = token {
        let name = ident.to_string();
        if SOURCES.contains(&name.as_str()) {
            return Ok(Text { value: name, span: ident.span() });
        }
        let meant = meant(&name, &SOURCES);
        return Err(format!(
            "unknown source `{name}`{meant}\nthe sources are {}; one of your own goes in quotes: \
             `sources(\"{name}\")`",
            listed(&SOURCES)
        ));
    }
    match string(token.clone().into()) {
        Ok(text) if text.value.is_empty() => Err("the name of a source is not empty".to_owned()),
        Ok(text) => Ok(text),
        Err(_) => Err("expected the name of a source: `sources(aws, env)`".to_owned()),
    }
}

/// `crate = ::path`. The path that was written comes back even when it is refused.
fn runtime(key: &Ident, form: Form, errors: &mut Errors) -> Option<TokenStream> {
    const EXAMPLE: &str =
        "`crate = ::secrets_runtime`, or a module that re-exports it: `crate = crate::config`";
    let value = match form {
        Form::Value(value) if !value.is_empty() => ungrouped(value),
        Form::Alone | Form::Value(_) => {
            errors.on(key, format!("`crate` needs the path of the runtime: {EXAMPLE}"));
            return None;
        }
        Form::List(list) => {
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
    // `$crate` is what a `macro_rules!` writes to name its own crate.
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
