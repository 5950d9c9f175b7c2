//! From what a type says (`ConfigSpec`, a table written by the derive) to where its settings are looked for in one
//! environment (`Setting`).

use std::fmt;

use crate::environment::{Environment, SecretId, shown_id};

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
    /// An expression's tokens, for reports; its code is in `build`.
    Expression(&'static str),
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

/// Which version of a secret is asked for.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Version {
    /// The version that carries the staging label `AWSCURRENT`.
    #[default]
    Current,
    /// The version that carries this staging label, such as `AWSPREVIOUS`.
    Stage(String),
    /// The version with this id.
    Id(String),
}

/// Shows a label or an id only if it can be one, as everywhere: what was pasted there by mistake stays hidden.
impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("Current"),
            Self::Stage(stage) => f.debug_tuple("Stage").field(&shown_id(stage)).finish(),
            Self::Id(id) => f.debug_tuple("Id").field(&shown_id(id)).finish(),
        }
    }
}

/// One setting with every name that it goes by in one environment: what a [`Source`](crate::Source) is asked for.
#[derive(Debug, Clone)]
pub struct Setting {
    path: String,
    secret: SecretReference,
    variables: Vec<String>,
    spec: Option<&'static FieldSpec>,
    sources: &'static [&'static str],
}

/// A secret, the version wanted and the key within it.
#[derive(Debug, Clone)]
struct SecretReference {
    id: SecretId,
    version: Version,
    key: KeyPath,
    asked: bool,
    /// Named in full, by `id`: shared on purpose, and out of a prefix's reach.
    absolute: bool,
    /// Asked for on behalf of the current version, of stores alone.
    pending: bool,
}

impl Setting {
    /// A secret asked for by name alone, without a struct.
    pub(crate) fn of_secret(path: &str, id: SecretId, version: Version, variable: Option<String>) -> Self {
        Self {
            path: path.to_owned(),
            secret: SecretReference {
                id,
                version,
                key: KeyPath::default(),
                asked: true,
                absolute: true,
                pending: false,
            },
            variables: variable.into_iter().collect(),
            spec: None,
            sources: &[],
        }
    }

    /// The field's path in the struct, such as `smtp.password`, or the name given to [`Secrets::get`](crate::Secrets::get).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The full secret id (a name with its prefix, or an ARN), whether or not a store is asked for it.
    pub fn secret_id(&self) -> &str {
        self.secret.id.as_str()
    }

    /// The same setting in the version that is pending, if it would be asked for in the current one. Only stores know of
    /// versions: what else has a value has another one.
    pub(crate) fn pending(mut self) -> Self {
        if self.secret.asked && self.secret.version == Version::Current {
            self.secret.version = Version::Stage("AWSPENDING".to_owned());
            self.secret.pending = true;
        }
        self
    }

    /// Whether the version that is pending stands in for the current one.
    pub(crate) const fn is_pending(&self) -> bool {
        self.secret.pending
    }

    /// The version wanted.
    pub fn version(&self) -> &Version {
        &self.secret.version
    }

    /// Whether a secret store is asked at all: for secrets, and for what names a secret, a key or a version.
    pub fn is_asked_of_stores(&self) -> bool {
        self.secret.asked
    }

    /// Whether the secret is named in full, by an `id` of the field or of its struct.
    pub(crate) fn is_absolute(&self) -> bool {
        self.secret.absolute
    }

    /// Whether any source may be asked that knows secrets by their ids.
    pub(crate) fn may_ask_stores(&self) -> bool {
        self.secret.asked
            && (self.sources.is_empty()
                || self.sources.iter().any(|source| !["env", "dotenv"].contains(source)))
    }

    /// Whether any source may be asked that knows variables, or files named after them.
    pub(crate) fn may_read_variables(&self) -> bool {
        ["env", "files", "memory", "dotenv"].into_iter().any(|source| self.allows_source(source))
    }

    /// The key within a JSON secret, empty when the whole secret is the value.
    pub(crate) fn key(&self) -> &KeyPath {
        &self.secret.key
    }

    /// The environment variables that hold it: its own, then its aliases.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// The doc comment of the field, its first paragraph; empty if there is none.
    pub fn doc(&self) -> &'static str {
        self.spec.map_or("", |spec| spec.doc)
    }

    pub(crate) fn spec(&self) -> Option<&'static FieldSpec> {
        self.spec
    }

    /// Whether the struct's `sources(..)` allow a source. `.env` is a file of environment variables: `env` allows it.
    pub(crate) fn allows_source(&self, name: &str) -> bool {
        let allowed = |name| self.sources.contains(&name);
        self.sources.is_empty() || allowed(name) || (name == "dotenv" && allowed("env"))
    }
}

/// The way from a JSON document's root to a value: empty for the document itself.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct KeyPath(Vec<String>);

impl KeyPath {
    /// Reads `a.b` or a JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)), `/a/b`, in which dots mean
    /// themselves.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix('/') {
            Some(pointer) => Self(
                pointer.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect(),
            ),
            None => Self(text.split('.').map(str::to_owned).collect()),
        }
    }

    fn joined(&self, other: Self) -> Self {
        Self(self.0.iter().cloned().chain(other.0).collect())
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn segments(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl fmt::Debug for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The names that surround a struct's fields: its prefixes, or the JSON document that they are keys of.
#[derive(Debug, Clone)]
struct Scope {
    path: String,
    prefix: String,
    env_prefix: String,
    document: Option<Document>,
    sources: &'static [&'static str],
}

/// Resolves a config's settings for one environment, nested ones included, in the order in which `build` takes them.
///
/// The nearest prefix wins: a nesting field's own is put under its parent's; a struct's own stands by itself; without
/// either, a nested field's name is put under its parent's, and the outermost struct takes that of [`crate::Secrets`].
pub(crate) fn resolve(
    config: &'static ConfigSpec,
    environment: &Environment,
    prefix: &str,
    env_prefix: &str,
) -> Vec<Setting> {
    let outer = Scope {
        path: String::new(),
        prefix: environment.expand(prefix),
        env_prefix: env_prefix.to_owned(),
        document: None,
        sources: &[],
    };
    let mut settings = Vec::new();
    resolve_config(config, environment, &outer.entered_by(config, environment), &mut settings);
    settings
}

fn resolve_config(
    config: &'static ConfigSpec,
    environment: &Environment,
    scope: &Scope,
    settings: &mut Vec<Setting>,
) {
    for field in config.fields {
        match &field.nested {
            Some(nested) => {
                let inner = scope.nested(field, nested, environment);
                resolve_config(nested.config, environment, &inner, settings);
            }
            None => settings.push(scope.setting(field, environment)),
        }
    }
}

/// The JSON secret that a struct's fields are keys of, and where in it they are.
#[derive(Debug, Clone)]
struct Document {
    id: SecretId,
    absolute: bool,
    base: KeyPath,
}

impl Scope {
    /// The scope with what the struct itself says.
    fn entered_by(mut self, config: &ConfigSpec, environment: &Environment) -> Self {
        if let Some(prefix) = config.prefix {
            self.prefix = environment.expand(prefix);
            self.document = None;
        }
        if let Some(env_prefix) = config.env_prefix {
            env_prefix.clone_into(&mut self.env_prefix);
        }
        if let Some(document) = config.document {
            let absolute = matches!(document, SecretName::Absolute(_));
            let id = self.secret_id(document, environment);
            self.document = Some(Document { id, absolute, base: KeyPath::default() });
        }
        if !config.sources.is_empty() {
            self.sources = config.sources;
        }
        self
    }

    /// The scope of a nested config: what its field says of prefixes replaces what its type says.
    fn nested(&self, field: &FieldSpec, nested: &NestedSpec, environment: &Environment) -> Self {
        let path = join(&self.path, ".", field.name);
        let child = nested.config;
        let said = nested.prefix.map(|prefix| environment.expand(prefix));
        // A struct with a prefix of its own stands by itself, unless its field says where it goes.
        let document = self.document.clone().filter(|_| child.prefix.is_none() || said.is_some()).map(
            |Document { id, absolute, base }| {
                let base = match said.as_deref().unwrap_or(field.json_key) {
                    "" => base,
                    key => base.joined(KeyPath::parse(key)),
                };
                Document { id, absolute, base }
            },
        );
        let default_prefix = match field.secret_name {
            SecretName::UnderPrefix(name) | SecretName::Absolute(name) => name,
        };
        let prefix = join(&self.prefix, "/", said.as_deref().unwrap_or(default_prefix));
        let env_prefix = match nested.env_prefix {
            Some(env_prefix) => format!("{}{env_prefix}", self.env_prefix),
            None => format!("{}{}_", self.env_prefix, field.variable),
        };
        let inner = Self { path, prefix, env_prefix, document, sources: self.sources };
        let child = ConfigSpec {
            prefix: child.prefix.filter(|_| nested.prefix.is_none()),
            env_prefix: child.env_prefix.filter(|_| nested.env_prefix.is_none()),
            ..*child
        };
        inner.entered_by(&child, environment)
    }

    fn setting(&self, field: &'static FieldSpec, environment: &Environment) -> Setting {
        let key = field.key.map(KeyPath::parse);
        let version = match (field.version_id, field.stage) {
            (Some(id), _) => Version::Id(id.to_owned()),
            (None, Some("AWSCURRENT") | None) => Version::Current,
            (None, Some(stage)) => Version::Stage(stage.to_owned()),
        };
        let asked = field.secret
            || field.own_secret
            || key.is_some()
            || field.stage.is_some()
            || field.version_id.is_some()
            || self.document.is_some();
        let (id, absolute, key) = match &self.document {
            Some(Document { id, absolute, base }) if !field.own_secret => {
                let own = key.unwrap_or_else(|| KeyPath(vec![field.json_key.to_owned()]));
                (id.clone(), *absolute, base.joined(own))
            }
            _ => {
                let absolute = matches!(field.secret_name, SecretName::Absolute(_));
                (self.secret_id(field.secret_name, environment), absolute, key.unwrap_or_default())
            }
        };
        let variables = std::iter::once(&field.variable)
            .chain(field.aliases)
            .map(|variable| format!("{}{variable}", self.env_prefix))
            .collect();
        Setting {
            path: join(&self.path, ".", field.name),
            secret: SecretReference { id, version, key, asked, absolute, pending: false },
            variables,
            spec: Some(field),
            sources: self.sources,
        }
    }

    fn secret_id(&self, name: SecretName, environment: &Environment) -> SecretId {
        SecretId::new(match name {
            SecretName::UnderPrefix(name) => join(&self.prefix, "/", &environment.expand(name)),
            SecretName::Absolute(id) => environment.expand(id),
        })
    }
}

/// Joins two parts with a separator between them, unless one is empty or the separator is there.
pub(crate) fn join(left: &str, separator: &str, right: &str) -> String {
    if left.is_empty() || right.is_empty() || left.ends_with(separator) {
        format!("{left}{right}")
    } else {
        format!("{left}{separator}{right}")
    }
}
