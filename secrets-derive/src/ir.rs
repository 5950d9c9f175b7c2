//! The intermediate representation (IR) of a config: every name is decided, and attributes that exclude each
//! other cannot be represented together.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, DeriveInput, Field as SynField, Generics, Meta, Type};

use crate::docs;
use crate::names::{RenameRule, plain_name, variable_of_field, variable_of_secret};
use crate::parse::{Attributes, DefaultAttribute, FieldAttributes, KeyValue, SpannedString};

/// A struct that derives `SecretConfig`.
pub(crate) struct Config<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// The path of the runtime crate.
    pub(crate) runtime: TokenStream,
    /// The lints that the user allows for the struct and its fields.
    pub(crate) allowed: Vec<TokenStream>,
    pub(crate) prefix: Option<String>,
    pub(crate) env_prefix: Option<String>,
    /// The one JSON secret that the fields are keys of.
    pub(crate) document: Document,
    pub(crate) sources: Vec<String>,
    pub(crate) fields: Vec<Field<'a>>,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) kind: FieldKind,
}

pub(crate) enum FieldKind {
    /// `Default::default()`, without an entry in the table.
    Skip,
    Nested(Box<Nested>),
    Value(Box<Value>),
}

/// A field that is a config of its own.
pub(crate) struct Nested {
    pub(crate) doc: String,
    pub(crate) names: Names,
    pub(crate) prefix: Option<String>,
    pub(crate) env_prefix: Option<String>,
    pub(crate) document: Document,
}

/// Which JSON secret a config is, if it is one.
pub(crate) struct Document {
    pub(crate) name: Option<SecretName>,
    /// The variable that holds its name or ARN.
    pub(crate) id_env: Option<String>,
}

impl Document {
    fn new(
        id: Option<&KeyValue<SpannedString>>,
        name: Option<&KeyValue<SpannedString>>,
        id_env: Option<&KeyValue<SpannedString>>,
    ) -> Self {
        Self { name: secret_name(id, name), id_env: id_env.map(string) }
    }

    pub(crate) const fn is_one(&self) -> bool {
        self.name.is_some() || self.id_env.is_some()
    }
}

/// A field that is decoded from one value.
pub(crate) struct Value {
    pub(crate) doc: String,
    pub(crate) names: Names,
    /// `key`, as written.
    pub(crate) key: Option<String>,
    pub(crate) aliases: Vec<SpannedString>,
    pub(crate) version: Version,
    pub(crate) default: DefaultValue,
    pub(crate) decode: Decode,
    pub(crate) validate: Option<TokenStream>,
    /// The key `plain`, if it is there.
    pub(crate) plain: Option<Ident>,
    pub(crate) allow_empty: bool,
    pub(crate) trim: bool,
}

/// The names of a field in each kind of source.
pub(crate) struct Names {
    pub(crate) secret: SecretName,
    /// Whether the field itself has `name` or `id`.
    pub(crate) own_secret: bool,
    /// The variable that holds the name or ARN of the secret.
    pub(crate) id_env: Option<String>,
    pub(crate) json_key: String,
    pub(crate) variable: SpannedString,
    /// Whether the variable was written, as `env`.
    pub(crate) own_variable: bool,
}

pub(crate) enum SecretName {
    UnderPrefix(SpannedString),
    Absolute(SpannedString),
}

pub(crate) enum Version {
    Current,
    Stage(String),
    Id(String),
}

pub(crate) enum DefaultValue {
    None,
    /// `default` without a value.
    OfType,
    /// A string, which is decoded as any other value of the field.
    Text(SpannedString),
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
    /// Builds the IR from the attributes. If two of them exclude each other, the more specific one wins:
    /// `validate` has reported the error by then.
    pub(crate) fn new(input: &'a DeriveInput, attributes: &Attributes<'a>) -> Self {
        let Attributes { of_struct: attributes, fields } = attributes;
        let document =
            Document::new(attributes.id.as_ref(), attributes.name.as_ref(), attributes.id_env.as_ref());
        let rule = attributes.rename_all.as_ref().map(|rule| rule.value);
        let rename = if document.is_one() {
            Rename { names: RenameRule::Kebab, keys: rule }
        } else {
            Rename { names: rule.unwrap_or(RenameRule::Kebab), keys: None }
        };
        let field_attributes = fields.iter().flat_map(|(field, _)| &field.attrs);
        Self {
            ident: &input.ident,
            generics: &input.generics,
            runtime: attributes.runtime.clone().unwrap_or_else(|| quote!(::secrets_runtime)),
            allowed: input.attrs.iter().chain(field_attributes).filter_map(allowed).collect(),
            prefix: attributes.prefix.as_ref().map(string),
            env_prefix: attributes.env_prefix.as_ref().map(string),
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

/// How the names of fields are converted.
#[derive(Clone, Copy)]
struct Rename {
    names: RenameRule,
    keys: Option<RenameRule>,
}

impl<'a> Field<'a> {
    /// `None` for a field of a tuple struct, which `validate` has rejected.
    fn new(field: &'a SynField, attributes: &FieldAttributes, rename: Rename) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let names = Names::new(ident, attributes, rename);
        let doc = docs::first_paragraph(&field.attrs);
        let kind = if attributes.skip.is_some() {
            FieldKind::Skip
        } else if let Some(nested) = &attributes.nested {
            FieldKind::Nested(Box::new(Nested {
                doc,
                names,
                prefix: nested.value.prefix.as_ref().map(|prefix| prefix.value.clone()),
                env_prefix: nested.value.env_prefix.as_ref().map(|prefix| prefix.value.clone()),
                document: Document::new(
                    nested.value.id.as_ref(),
                    nested.value.name.as_ref(),
                    nested.value.id_env.as_ref(),
                ),
            }))
        } else {
            FieldKind::Value(Box::new(Value {
                doc,
                names,
                key: attributes.key.as_ref().map(string),
                aliases: attributes.aliases.iter().map(|alias| alias.value.clone()).collect(),
                version: match (&attributes.version_id, &attributes.stage) {
                    (Some(id), _) => Version::Id(string(id)),
                    (None, Some(stage)) => Version::Stage(string(stage)),
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
        // The variable of a key, or of a secret with an id, is made from the field's name: `DB_USER` and
        // `DB_PASSWORD` would both be `DB` otherwise.
        let named = attributes.name.as_ref().filter(|_| attributes.key.is_none() && attributes.id.is_none());
        let variable = match (&attributes.env, named) {
            (Some(env), _) => env.value.clone(),
            (None, Some(name)) => {
                SpannedString { value: variable_of_secret(&name.value.value), span: name.value.span }
            }
            (None, None) => SpannedString { value: variable_of_field(&field), span: ident.span() },
        };
        Self {
            secret: own.unwrap_or_else(|| {
                SecretName::UnderPrefix(SpannedString {
                    value: rename.names.apply(&field),
                    span: ident.span(),
                })
            }),
            own_secret,
            id_env: attributes.id_env.as_ref().map(string),
            own_variable: attributes.env.is_some(),
            json_key: rename.keys.map_or_else(|| field.clone(), |rule| rule.apply(&field)),
            variable,
        }
    }
}

impl Names {
    /// Whether the field itself says which secret it is.
    pub(crate) const fn name_a_secret(&self) -> bool {
        self.own_secret || self.id_env.is_some()
    }
}

impl SecretName {
    pub(crate) fn text(&self) -> &SpannedString {
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

fn secret_name(
    id: Option<&KeyValue<SpannedString>>,
    name: Option<&KeyValue<SpannedString>>,
) -> Option<SecretName> {
    id.map(|id| SecretName::Absolute(id.value.clone()))
        .or_else(|| name.map(|name| SecretName::UnderPrefix(name.value.clone())))
}

fn default(attributes: &FieldAttributes) -> DefaultValue {
    match attributes.default.as_ref().map(|default| &default.value) {
        None => DefaultValue::None,
        Some(DefaultAttribute::Alone) => DefaultValue::OfType,
        Some(DefaultAttribute::Text(text)) => DefaultValue::Text(text.clone()),
        Some(DefaultAttribute::Expression(tokens)) => DefaultValue::Expression(tokens.clone()),
    }
}

fn decode(attributes: &FieldAttributes) -> Decode {
    let separator = attributes.separator.as_ref().map(string);
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

fn string(text: &KeyValue<SpannedString>) -> String {
    text.value.value.clone()
}

/// `#[allow(..)]` and `#[expect(..)]`, as something to say above the generated code, which repeats the
/// user's types. Only these are passed on: an `allow` of our own would collide with a `forbid` of the
/// user's.
fn allowed(attribute: &Attribute) -> Option<TokenStream> {
    match &attribute.meta {
        Meta::List(list) if list.path.is_ident("allow") || list.path.is_ident("expect") => {
            Some(list.tokens.clone())
        }
        _ => None,
    }
}
