//! What takes more than one attribute, or more than one field, to get wrong.

use std::collections::HashSet;

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Data, DeriveInput, Field as SynField, Fields};

use crate::errors::Errors;
use crate::ir::{Config, Field, FieldKind, Names, SecretName, Value, Version};
use crate::names::plain_name;
use crate::parse::{Attributes, FieldAttributes, StructAttributes, Text};
use crate::secret_name;
use crate::tokens::written;

// ---- shape ------------------------------------------------------------------------------------------------------

/// The fields, if this is something that a loader can fill.
pub(crate) fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<&'a SynField> {
    for lifetime in input.generics.lifetimes() {
        errors.on(
            &lifetime.lifetime,
            format!(
                "a config owns what it loads and cannot borrow for `{}`: hold `Secret<String>` or `String`, \
                 not a reference",
                lifetime.lifetime
            ),
        );
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => {
                named.named.iter().inspect(|field| no_default_value(field, errors)).collect()
            }
            Fields::Unit => Vec::new(),
            Fields::Unnamed(unnamed) => {
                errors.on(unnamed, tuple(&input.ident, unnamed.unnamed.len()));
                Vec::new()
            }
        },
        Data::Enum(data) => {
            errors.on(
                data.enum_token,
                format!(
                    "`SecretConfig` fills the fields of a struct, and `{0}` is an enum\n\
                     a field of type `{0}` is read with `#[secret(parse)]` if `{0}` implements `FromStr`, or \
                     with `#[secret(json)]` if it implements `serde::Deserialize`",
                    input.ident
                ),
            );
            Vec::new()
        }
        Data::Union(data) => {
            errors.on(
                data.union_token,
                format!("`SecretConfig` fills the fields of a struct, and `{}` is a union", input.ident),
            );
            Vec::new()
        }
    }
}

fn tuple(ident: &Ident, fields: usize) -> String {
    let newtype = if fields == 1 {
        format!(
            "\nif `{ident}` is the type of a field, it needs no `SecretConfig`: implement `FromStr` for it and write \
             `#[secret(parse)]` on the field"
        )
    } else {
        String::new()
    };
    format!(
        "settings are named after fields: give these names, as in \
         `struct {ident} {{ database_url: Secret<String> }}`{newtype}"
    )
}

/// `a: u8 = 1`, which nightly compilers read: ignoring it would load something else than what is written there.
fn no_default_value(field: &SynField, errors: &mut Errors) {
    if let Some((equals, value)) = &field.default {
        let mut tokens = equals.to_token_stream();
        value.to_tokens(&mut tokens);
        errors.on(
            tokens,
            format!(
                "the default of a setting is written as an attribute: `#[secret(default = {})]`",
                written(value.to_token_stream())
            ),
        );
    }
}

// ---- keys that exclude each other -------------------------------------------------------------------------------

/// Keys of a field that cannot stand together, and why.
const CONFLICTS: [(&str, &str, &str); 8] = [
    ("name", "id", "`name` goes under the prefix and `id` is absolute; keep one"),
    ("json", "parse", "each of them decodes the value; keep one"),
    ("json", "with", "each of them decodes the value; keep one"),
    ("parse", "with", "each of them decodes the value; keep one"),
    ("separator", "json", "a list in JSON has its own separators; keep one"),
    ("separator", "with", "the function of `with` reads the whole text; keep one"),
    ("stage", "version_id", "each of them picks a version; keep one"),
    ("json", "allow_empty", "an empty text is no JSON; leave `allow_empty` out"),
];

pub(crate) fn combinations(attributes: &Attributes<'_>, errors: &mut Errors) {
    struct_keys(&attributes.whole, errors);
    for (_, field) in &attributes.fields {
        field_keys(field, errors);
    }
}

fn struct_keys(attributes: &StructAttributes, errors: &mut Errors) {
    if let (Some(name), Some(id)) = (&attributes.name, &attributes.id) {
        errors.on(
            &id.key,
            format!(
                "`{}` cannot stand beside `{}`: `name` goes under the prefix and `id` is absolute; keep one",
                id.key, name.key
            ),
        );
    }
}

fn field_keys(attributes: &FieldAttributes, errors: &mut Errors) {
    let keys = &attributes.keys;
    // What says where the whole value comes from leaves nothing for the other keys to say.
    let whole = [
        ("skip", "a field that is skipped is `Default::default()`"),
        ("nested", "the fields of a nested config have their own attributes"),
    ];
    for (name, why) in whole {
        if keys.iter().any(|key| key == name) {
            for key in keys.iter().filter(|key| *key != name) {
                let hint = match key.to_string().as_str() {
                    "name" if name == "nested" => ", and its place is `nested(prefix = \"..\")`",
                    "env" if name == "nested" => {
                        ", and its variables start with `nested(env_prefix = \"..\")`"
                    }
                    "default" if name == "nested" => ", and one that may be absent is `Option<..>`",
                    _ => "",
                };
                errors.on(key, format!("`{key}` has no effect beside `{name}`: {why}{hint}"));
            }
            return;
        }
    }
    for (position, later) in keys.iter().enumerate() {
        let earlier = keys.iter().take(position);
        let conflict = earlier.flat_map(|earlier| CONFLICTS.map(|conflict| (earlier, conflict))).find(
            |(earlier, (one, other, _))| {
                (*earlier == one && later == other) || (*earlier == other && later == one)
            },
        );
        if let Some((earlier, (_, _, why))) = conflict {
            errors.on(later, format!("`{later}` cannot stand beside `{earlier}`: {why}"));
        }
    }
}

// ---- names that fields come to share ----------------------------------------------------------------------------

/// Checks the names that were decided. A field with a mistake of its own is left out: the name that was decided for it
/// may not be the one that was meant.
pub(crate) fn names(config: &Config<'_>, attributes: &Attributes<'_>, errors: &mut Errors) {
    let mut taken = Taken::default();
    let sound = config.fields.iter().zip(&attributes.fields).filter(|(_, (_, read))| !read.flawed);
    for (field, _) in sound {
        match &field.kind {
            FieldKind::Skip => {}
            FieldKind::Nested(nested) => {
                derived_names(
                    field,
                    &nested.names,
                    &Derived {
                        secret: (nested.prefix.is_none() && config.document.is_none())
                            .then_some("`nested(prefix = \"..\")`"),
                        variable: nested.env_prefix.is_none().then_some("`nested(env_prefix = \"..\")`"),
                    },
                    errors,
                );
            }
            FieldKind::Value(value) => {
                let sound = derived_names(
                    field,
                    &value.names,
                    &Derived {
                        secret: (!value.names.own_secret && config.document.is_none())
                            .then_some("`name = \"..\"`"),
                        variable: Some("`env = \"..\"`"),
                    },
                    errors,
                );
                if sound {
                    taken.take(config, field, value, errors);
                }
            }
        }
    }
}

/// Which names were made from others, and what to write when one of them cannot be used.
struct Derived {
    secret: Option<&'static str>,
    variable: Option<&'static str>,
}

fn derived_names(field: &Field<'_>, names: &Names, derived: &Derived, errors: &mut Errors) -> bool {
    let secret = names.secret.text();
    if let Some(fix) = derived.secret
        && let Err(problem) = secret_name::secret_name(&secret.value)
    {
        errors.at(
            secret.span,
            format!(
                "the secret of `{}` would be `{}`, which {problem}: write {fix}",
                plain_name(field.ident),
                secret.value
            ),
        );
        return false;
    }
    let variable = &names.variable;
    if let Some(fix) = derived.variable
        && let Err(problem) = secret_name::variable(&variable.value)
    {
        errors.at(
            variable.span,
            format!(
                "the environment variable of `{}` would be `{}`, which {problem}: write {fix}",
                plain_name(field.ident),
                variable.value
            ),
        );
        return false;
    }
    true
}

/// The sources that look for a setting under its variable's name.
const KNOW_VARIABLES: [&str; 4] = ["env", "dotenv", "files", "memory"];

/// What the fields so far read.
#[derive(Default)]
struct Taken<'a> {
    secrets: Vec<(Secret<'a>, &'a Field<'a>)>,
    variables: Vec<(&'a Text, &'a Field<'a>)>,
}

/// One value of the secret store, as far as it can be told apart before the prefix is known.
#[derive(PartialEq)]
struct Secret<'a> {
    name: SecretId<'a>,
    key: Vec<String>,
    stage: Option<&'a str>,
    version_id: Option<&'a str>,
}

#[derive(PartialEq)]
enum SecretId<'a> {
    Document,
    UnderPrefix(&'a str),
    Absolute(&'a str),
}

impl<'a> Taken<'a> {
    fn take(&mut self, config: &Config<'_>, field: &'a Field<'a>, value: &'a Value, errors: &mut Errors) {
        // Two fields that share their secret nearly always share their variable: one mistake, told once.
        let mut told: HashSet<String> = HashSet::new();
        if let Some(secret) = secret(config, value) {
            for (_, other) in self.secrets.iter().filter(|(taken, _)| *taken == secret) {
                told.insert(other.ident.to_string());
                both(field, other, &what(&secret, value), "give one of them its own `name` or `key`", errors);
            }
            self.secrets.push((secret, field));
        }
        // Where no source knows variables, their names clash with nothing.
        let sources = &config.sources;
        if !sources.is_empty() && !sources.iter().any(|source| KNOW_VARIABLES.contains(&source.as_str())) {
            return;
        }
        let mut own: Vec<&Text> = Vec::new();
        for (position, variable) in std::iter::once(&value.names.variable).chain(&value.aliases).enumerate() {
            if let Some(earlier) = own.iter().position(|other| other.value == variable.value) {
                let message = match earlier {
                    0 => format!(
                        "`{}` is the variable that this field reads anyway: leave the alias out",
                        variable.value
                    ),
                    _ => format!("the alias `{}` is given twice; keep one", variable.value),
                };
                errors.at(variable.span, message);
                continue;
            }
            own.push(variable);
            for (_, other) in self.variables.iter().filter(|(taken, _)| taken.value == variable.value) {
                if told.insert(other.ident.to_string()) {
                    let fix =
                        if position == 0 { "give one of them its own `env`" } else { "leave the alias out" };
                    both(
                        field,
                        other,
                        &format!("the environment variable `{}`", variable.value),
                        fix,
                        errors,
                    );
                }
            }
        }
        self.variables.extend(own.into_iter().map(|variable| (variable, field)));
    }
}

/// Reports a clash at both fields: either may be the one to change.
fn both(field: &Field<'_>, other: &Field<'_>, what: &str, fix: &str, errors: &mut Errors) {
    let (first, second) = (plain_name(other.ident), plain_name(field.ident));
    for place in [other, field] {
        errors.on(place.ident, format!("`{first}` and `{second}` both read {what}: {fix}"));
    }
}

/// What a field surely reads from the store. Whether a field with a name of its own making does depends on its type,
/// which a macro cannot see.
fn secret<'a>(config: &Config<'_>, value: &'a Value) -> Option<Secret<'a>> {
    let (stage, version_id) = match &value.version {
        Version::Current => (None, None),
        Version::Stage(stage) => (Some(stage.as_str()), None),
        Version::Id(id) => (None, Some(id.as_str())),
    };
    let in_document = config.document.is_some() && !value.names.own_secret;
    if !in_document && !value.names.own_secret && value.key.is_none() && stage.or(version_id).is_none() {
        return None;
    }
    let name = match &value.names.secret {
        _ if in_document => SecretId::Document,
        SecretName::UnderPrefix(name) => SecretId::UnderPrefix(&name.value),
        SecretName::Absolute(id) => SecretId::Absolute(&id.value),
    };
    let key = match &value.key {
        Some(key) => secret_name::json_key(key).unwrap_or_default(),
        None if in_document => vec![value.names.json_key.clone()],
        None => Vec::new(),
    };
    Some(Secret { name, key, stage, version_id })
}

fn what(secret: &Secret<'_>, value: &Value) -> String {
    let key = match secret.key.as_slice() {
        [] => String::new(),
        key => format!("the key `{}` of ", key.join(".")),
    };
    match secret.name {
        SecretId::Document => format!("{key}the struct's secret"),
        _ => format!("{key}the secret `{}`", value.names.secret.text().value),
    }
}
