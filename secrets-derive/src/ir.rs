//! What a config is, with every name decided. A combination of attributes that makes no sense has no place here.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, DeriveInput, Field as SynField, Generics, Meta, Type};

use crate::docs;
use crate::names::{RenameRule, plain_name, variable_of_field, variable_of_secret};
use crate::parse::{Attributes, DefaultAttribute, FieldAttributes, Keyed, Text};

/// A struct that derives `SecretConfig`.
pub(crate) struct Config<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where the runtime crate lives.
    pub(crate) runtime: TokenStream,
    /// What the user told the compiler to let pass, above the struct and its fields.
    pub(crate) allowed: Vec<TokenStream>,
    pub(crate) prefix: Option<String>,
    pub(crate) env_prefix: Option<String>,
    /// The one JSON secret that the fields are keys of.
    pub(crate) document: Option<SecretName>,
    pub(crate) sources: Vec<String>,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) kind: FieldKind,
}

pub(crate) enum FieldKind {
    /// `Default::default()`, and in no table.
    Skip,
    Nested(Nested),
    Value(Box<Value>),
}

/// A field that is a config of its own.
pub(crate) struct Nested {
    pub(crate) doc: String,
    pub(crate) names: Names,
    pub(crate) prefix: Option<String>,
    pub(crate) env_prefix: Option<String>,
}

/// A field that is decoded from one value.
pub(crate) struct Value {
    pub(crate) doc: String,
    pub(crate) names: Names,
    /// `key`, as written.
    pub(crate) key: Option<String>,
    pub(crate) aliases: Vec<Text>,
    pub(crate) version: Version,
    pub(crate) default: DefaultValue,
    pub(crate) decode: Decode,
    pub(crate) validate: Option<TokenStream>,
    /// The `plain` that says so.
    pub(crate) plain: Option<Ident>,
    pub(crate) allow_empty: bool,
    pub(crate) trim: bool,
}

/// What a field is called in each kind of source.
pub(crate) struct Names {
    pub(crate) secret: SecretName,
    /// Whether the field itself says `name` or `id`.
    pub(crate) own_secret: bool,
    pub(crate) json_key: String,
    pub(crate) variable: Text,
}

pub(crate) enum SecretName {
    UnderPrefix(Text),
    Absolute(Text),
}

pub(crate) enum Version {
    Current,
    Stage(String),
    Id(String),
}

pub(crate) enum DefaultValue {
    None,
    /// `default` alone.
    OfType,
    /// A text, decoded as any other value of the field.
    Text(Text),
    Expression(TokenStream),
}

pub(crate) enum Decode {
    /// By the field's type.
    FromSecret {
        separator: Option<String>,
    },
    Json,
    /// With `FromStr`; lists element by element.
    Parse {
        separator: Option<String>,
    },
    With(TokenStream),
}

impl<'a> Config<'a> {
    /// Decides what the attributes say. Of two that exclude each other the more specific one wins; `rules` has refused
    /// them by then.
    pub(crate) fn new(input: &'a DeriveInput, attributes: &Attributes<'a>) -> Self {
        let Attributes { whole: attributes, fields } = attributes;
        let document = secret_name(attributes.id.as_ref(), attributes.name.as_ref());
        let rule = attributes.rename_all.as_ref().map(|rule| rule.value);
        let rename = match &document {
            Some(_) => Rename { names: RenameRule::Kebab, keys: rule },
            None => Rename { names: rule.unwrap_or(RenameRule::Kebab), keys: None },
        };
        let field_attributes = fields.iter().flat_map(|(field, _)| &field.attrs);
        Self {
            ident: &input.ident,
            generics: &input.generics,
            runtime: attributes.runtime.clone().unwrap_or_else(|| quote!(::secrets_runtime)),
            allowed: input.attrs.iter().chain(field_attributes).filter_map(allowed).collect(),
            prefix: attributes.prefix.as_ref().map(value),
            env_prefix: attributes.env_prefix.as_ref().map(value),
            document,
            sources: attributes
                .sources
                .iter()
                .flat_map(|sources| sources.value.iter().map(|source| source.value.clone()))
                .collect(),
            fields: fields
                .iter()
                .filter_map(|(field, attributes)| Field::new(field, attributes, rename))
                .collect(),
        }
    }
}

/// How the names of fields become others.
#[derive(Clone, Copy)]
struct Rename {
    names: RenameRule,
    keys: Option<RenameRule>,
}

impl<'a> Field<'a> {
    /// Nothing for the field of a tuple struct, which `rules` has refused.
    fn new(field: &'a SynField, attributes: &FieldAttributes, rename: Rename) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let names = Names::new(ident, attributes, rename);
        let doc = docs::first_paragraph(&field.attrs);
        let kind = if attributes.skip.is_some() {
            FieldKind::Skip
        } else if let Some(nested) = &attributes.nested {
            FieldKind::Nested(Nested {
                doc,
                names,
                prefix: nested.value.prefix.as_ref().map(|prefix| prefix.value.clone()),
                env_prefix: nested.value.env_prefix.as_ref().map(|prefix| prefix.value.clone()),
            })
        } else {
            FieldKind::Value(Box::new(Value {
                doc,
                names,
                key: attributes.key.as_ref().map(value),
                aliases: attributes.aliases.iter().map(placed).collect(),
                version: match (&attributes.version_id, &attributes.stage) {
                    (Some(id), _) => Version::Id(value(id)),
                    (None, Some(stage)) => Version::Stage(value(stage)),
                    (None, None) => Version::Current,
                },
                default: default(attributes),
                decode: decode(attributes),
                validate: attributes.validate.as_ref().map(|path| path.value.clone()),
                plain: attributes.plain.clone(),
                allow_empty: attributes.allow_empty.is_some(),
                trim: attributes.trim.is_some(),
            }))
        };
        Some(Self { ident, ty: &field.ty, kind })
    }
}

impl Names {
    fn new(ident: &Ident, attributes: &FieldAttributes, rename: Rename) -> Self {
        let field = plain_name(ident);
        let own = secret_name(attributes.id.as_ref(), attributes.name.as_ref());
        let own_secret = own.is_some();
        // A key of a secret, or a secret with nothing but an id, goes by the field's name: `DB_USER` and `DB_PASSWORD`
        // would both be `DB` otherwise.
        let named = attributes.name.as_ref().filter(|_| attributes.key.is_none() && attributes.id.is_none());
        let variable = match (&attributes.env, named) {
            (Some(env), _) => placed(env),
            (None, Some(name)) => {
                Text { value: variable_of_secret(&name.value.value), span: name.value.span }
            }
            (None, None) => Text { value: variable_of_field(&field), span: ident.span() },
        };
        Self {
            secret: own.unwrap_or_else(|| {
                SecretName::UnderPrefix(Text { value: rename.names.apply(&field), span: ident.span() })
            }),
            own_secret,
            json_key: rename.keys.map_or_else(|| field.clone(), |rule| rule.apply(&field)),
            variable,
        }
    }
}

impl SecretName {
    pub(crate) fn text(&self) -> &Text {
        match self {
            Self::UnderPrefix(text) | Self::Absolute(text) => text,
        }
    }
}

impl Decode {
    pub(crate) fn separator(&self) -> Option<&str> {
        match self {
            Self::FromSecret { separator } | Self::Parse { separator } => separator.as_deref(),
            Self::Json | Self::With(_) => None,
        }
    }
}

fn secret_name(id: Option<&Keyed<Text>>, name: Option<&Keyed<Text>>) -> Option<SecretName> {
    id.map(|id| SecretName::Absolute(placed(id)))
        .or_else(|| name.map(|name| SecretName::UnderPrefix(placed(name))))
}

fn default(attributes: &FieldAttributes) -> DefaultValue {
    match attributes.default.as_ref().map(|default| &default.value) {
        None => DefaultValue::None,
        Some(DefaultAttribute::Alone) => DefaultValue::OfType,
        Some(DefaultAttribute::Text(text)) => DefaultValue::Text(copy(text)),
        Some(DefaultAttribute::Expression(tokens)) => DefaultValue::Expression(tokens.clone()),
    }
}

fn decode(attributes: &FieldAttributes) -> Decode {
    let separator = attributes.separator.as_ref().map(value);
    if let Some(with) = &attributes.with {
        Decode::With(with.value.clone())
    } else if attributes.json.is_some() {
        Decode::Json
    } else if attributes.parse.is_some() {
        Decode::Parse { separator }
    } else {
        Decode::FromSecret { separator }
    }
}

fn value(text: &Keyed<Text>) -> String {
    text.value.value.clone()
}

fn placed(text: &Keyed<Text>) -> Text {
    copy(&text.value)
}

fn copy(text: &Text) -> Text {
    Text { value: text.value.clone(), span: text.span }
}

/// `#[allow(..)]` and `#[expect(..)]`, as something to say above the generated code, which repeats the user's types.
/// Only these are passed on: an `allow` of our own would collide with a `forbid` of the user's.
fn allowed(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("allow") || list.path.is_ident("expect") => {
            Some(list.tokens.clone())
        }
        _ => None,
    }
}
