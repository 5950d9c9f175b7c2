//! What a config type says of itself: the tables that the derive writes.

/// What one config type says of itself. Written by `#[derive(SecretConfig)]`, read by the loader.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ConfigSpec {
    pub name: &'static str,
    pub prefix: Option<&'static str>,
    pub env_prefix: Option<&'static str>,
    /// The one JSON secret whose keys the fields are.
    pub document: Option<SecretName>,
    /// The only sources allowed; empty allows every one.
    pub sources: &'static [&'static str],
    pub fields: &'static [FieldSpec],
}

impl ConfigSpec {
    /// The number of settings, those of nested configs included.
    pub(crate) fn setting_count(&self) -> usize {
        self.fields.iter().map(|field| field.nested.map_or(1, |nested| nested.config.setting_count())).sum()
    }
}

/// A secret's name as written in an attribute.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum SecretName {
    UnderPrefix(&'static str),
    /// A full name or an ARN.
    Absolute(&'static str),
}

/// What one field says of itself.
#[doc(hidden)]
#[allow(clippy::struct_excessive_bools, reason = "a table of independent facts, written by the derive alone")]
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    pub name: &'static str,
    pub doc: &'static str,
    pub type_name: &'static str,
    pub secret: bool,
    pub optional: bool,
    pub secret_name: SecretName,
    /// The field itself says `name` or `id`.
    pub own_secret: bool,
    pub key: Option<&'static str>,
    /// The key where the whole struct is one JSON secret and the field says no `key`.
    pub json_key: &'static str,
    pub variable: &'static str,
    pub aliases: &'static [&'static str],
    pub stage: Option<&'static str>,
    pub version_id: Option<&'static str>,
    pub default: DefaultSpec,
    pub separator: Option<&'static str>,
    pub plain: bool,
    pub allow_empty: bool,
    pub trim: bool,
    pub nested: Option<NestedSpec>,
}

/// What a field takes when nothing has it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum DefaultSpec {
    None,
    /// A string literal, decoded as if the environment had held it.
    Text(&'static str),
    /// An expression as written, for reports; its code is in `build`.
    Expression(&'static str),
    /// An expression that gives a secret, of which nothing is told.
    Secret,
}

impl DefaultSpec {
    /// An expression as written, unless it gives a secret.
    #[must_use]
    pub const fn expression(written: &'static str, secret: bool) -> Self {
        if secret { Self::Secret } else { Self::Expression(written) }
    }
}

/// A field that is another config.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct NestedSpec {
    pub config: &'static ConfigSpec,
    pub prefix: Option<&'static str>,
    pub env_prefix: Option<&'static str>,
}

/// What the derive starts from, so that it writes only what a type says.
#[doc(hidden)]
pub const CONFIG: ConfigSpec =
    ConfigSpec { name: "", prefix: None, env_prefix: None, document: None, sources: &[], fields: &[] };

/// What the derive starts from, so that it writes only what a field says.
#[doc(hidden)]
pub const FIELD: FieldSpec = FieldSpec {
    name: "",
    doc: "",
    type_name: "",
    secret: false,
    optional: false,
    secret_name: SecretName::UnderPrefix(""),
    own_secret: false,
    key: None,
    json_key: "",
    variable: "",
    aliases: &[],
    stage: None,
    version_id: None,
    default: DefaultSpec::None,
    separator: None,
    plain: false,
    allow_empty: false,
    trim: false,
    nested: None,
};
