//! The tables that the derive writes for a config type: its prefixes and its fields, with all of their
//! attributes.

/// The table of one config type. `#[derive(SecretConfig)]` writes it, and the loader reads it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ConfigSpec {
    pub name: &'static str,
    pub prefix: Option<&'static str>,
    pub env_prefix: Option<&'static str>,
    /// The one JSON secret whose keys the fields are.
    pub document: Option<SecretName>,
    /// The variable that holds the name or ARN of that secret.
    pub id_env: Option<&'static str>,
    /// The only sources allowed; empty allows every one.
    pub sources: &'static [&'static str],
    pub fields: &'static [FieldSpec],
}

/// The name of a secret as written in an attribute.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum SecretName {
    UnderPrefix(&'static str),
    /// A full name or an ARN.
    Absolute(&'static str),
}

/// The attributes of one field.
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
    /// Whether the field itself has `name` or `id`.
    pub own_secret: bool,
    /// The variable that holds the name or ARN of the secret.
    pub id_env: Option<&'static str>,
    pub key: Option<&'static str>,
    /// The key if the whole struct is one JSON secret and the field has no `key`.
    pub json_key: &'static str,
    pub variable: &'static str,
    /// Whether the variable was written, as `env`.
    pub own_variable: bool,
    pub aliases: &'static [&'static str],
    pub stage: Option<&'static str>,
    pub version_id: Option<&'static str>,
    pub default: DefaultSpec,
    pub separator: Option<&'static str>,
    pub plain: bool,
    pub allow_empty: bool,
    pub trim: bool,
    pub decoder: Decoder,
    pub nested: Option<NestedSpec>,
}

/// What decodes the text of a field.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoder {
    Type,
    /// serde, with `json`.
    Json,
    /// A function, with `parse` or `with`.
    Own,
}

/// The default of a field.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum DefaultSpec {
    None,
    /// A string literal, which is decoded as the value of a variable would be.
    Text(&'static str),
    /// The text of an expression, for reports. Its code is in `build`.
    Expression(&'static str),
    /// An expression that returns a secret. Its text is not recorded.
    Secret,
}

impl ConfigSpec {
    /// How many settings the config has, including those of nested configs.
    pub(crate) fn setting_count(&self) -> usize {
        self.fields.iter().map(FieldSpec::setting_count).sum()
    }
}

impl FieldSpec {
    /// Whether the field itself says which secret it is.
    pub(crate) const fn names_a_secret(&self) -> bool {
        self.own_secret || self.id_env.is_some()
    }

    /// How many settings the field stands for: those of its nested config, or one.
    pub(crate) fn setting_count(&self) -> usize {
        self.nested.map_or(1, |nested| nested.config.setting_count())
    }
}

impl DefaultSpec {
    /// Records the text of an expression, unless it returns a secret.
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
    /// The JSON secret that the config is here, instead of the one that its type says.
    pub document: Option<SecretName>,
    /// The variable that holds the name or ARN of that secret.
    pub id_env: Option<&'static str>,
}

impl NestedSpec {
    /// A nested config without attributes, from which the derive starts.
    #[must_use]
    pub const fn new(config: &'static ConfigSpec) -> Self {
        Self { config, prefix: None, env_prefix: None, document: None, id_env: None }
    }
}

/// A table without attributes, from which the derive starts.
#[doc(hidden)]
pub const CONFIG: ConfigSpec = ConfigSpec {
    name: "",
    prefix: None,
    env_prefix: None,
    document: None,
    id_env: None,
    sources: &[],
    fields: &[],
};

/// A field without attributes, from which the derive starts.
#[doc(hidden)]
pub const FIELD: FieldSpec = FieldSpec {
    name: "",
    doc: "",
    type_name: "",
    secret: false,
    optional: false,
    secret_name: SecretName::UnderPrefix(""),
    own_secret: false,
    id_env: None,
    key: None,
    json_key: "",
    variable: "",
    own_variable: false,
    aliases: &[],
    stage: None,
    version_id: None,
    default: DefaultSpec::None,
    separator: None,
    plain: false,
    allow_empty: false,
    trim: false,
    decoder: Decoder::Type,
    nested: None,
};
