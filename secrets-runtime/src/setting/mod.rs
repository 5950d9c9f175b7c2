//! From what a type says (`ConfigSpec`, a table written by the derive) to where its settings are looked for in one
//! environment (`Setting`).

mod key_path;
mod naming;
mod resolve;
pub(crate) mod source_name;
mod spec;
mod version;

use std::fmt;

pub(crate) use key_path::KeyPath;
pub(crate) use naming::{Naming, join, variable_of};
pub(crate) use resolve::resolve;
pub use spec::{CONFIG, ConfigSpec, DefaultSpec, FIELD, FieldSpec, NestedSpec, SecretName};
pub use version::Version;
#[cfg(feature = "aws")]
pub(crate) use version::is_staging_label;
pub(crate) use version::{is_displayable_label, is_version_id};

use crate::secret_id::{SecretId, display_id};

/// One setting with every name that it goes by in one environment: what a [`Source`](crate::source::Source) is asked for.
#[derive(Clone)]
pub struct Setting {
    path: String,
    secret: SecretReference,
    variables: Vec<String>,
    spec: Option<&'static FieldSpec>,
    sources: &'static [&'static str],
    /// Part of a config that may be absent as a whole.
    in_optional: bool,
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
            in_optional: false,
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
    pub fn uses_secret_store(&self) -> bool {
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
                || self.sources.iter().any(|source| !source_name::READ_VARIABLES_ONLY.contains(source)))
    }

    /// Whether any source may be asked that knows variables, or files named after them.
    pub(crate) fn may_read_variables(&self) -> bool {
        source_name::READ_VARIABLES.into_iter().any(|source| self.allows_source(source))
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

    /// The type of the field, as written in the struct; empty for a secret asked for by name alone.
    pub fn type_name(&self) -> &'static str {
        self.spec.map_or("", |spec| spec.type_name)
    }

    /// Whether the type keeps its value secret, as [`Secret`](crate::Secret) does. A secret asked for by name alone is one.
    pub fn is_secret(&self) -> bool {
        self.spec.is_none_or(|spec| spec.secret)
    }

    /// Whether nothing need have it: the type is an `Option`, or the field belongs to a nested config that is one.
    pub fn is_optional(&self) -> bool {
        self.in_optional || self.spec.is_some_and(|spec| spec.optional)
    }

    /// Whether the code holds a value for when nothing has it.
    pub fn has_default(&self) -> bool {
        !matches!(self.default_spec(), DefaultSpec::None)
    }

    /// The value that the code holds for when nothing has it: the text, or the expression as written in the struct. Never
    /// that of a secret, of which nothing is recorded.
    pub fn default(&self) -> Option<&'static str> {
        match self.default_spec() {
            DefaultSpec::Text(text) | DefaultSpec::Expression(text) if !self.is_secret() => Some(text),
            _ => None,
        }
    }

    /// The key within a JSON secret: `a.b`, or a JSON pointer where a part holds a dot or a slash. None when the whole
    /// secret is the value.
    pub fn json_key(&self) -> Option<String> {
        let key = self.key();
        (!key.is_whole()).then(|| key.written())
    }

    pub(crate) fn default_spec(&self) -> DefaultSpec {
        self.spec.map_or(DefaultSpec::None, |spec| spec.default)
    }

    /// Whether an empty text is a value of it.
    pub(crate) fn takes_empty(&self) -> bool {
        self.spec.is_some_and(|spec| spec.allow_empty)
    }

    pub(crate) fn spec(&self) -> Option<&'static FieldSpec> {
        self.spec
    }

    /// The only sources that the struct's `sources(..)` allows; empty if every one is.
    pub(crate) fn allowed_sources(&self) -> &'static [&'static str] {
        self.sources
    }

    /// Whether the struct's `sources(..)` allow a source. `.env` is a file of environment variables: `env` allows it.
    pub(crate) fn allows_source(&self, name: &str) -> bool {
        let allowed = |name| self.sources.contains(&name);
        self.sources.is_empty() || allowed(name) || (name == source_name::DOTENV && allowed(source_name::ENV))
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.variables().map(display_id).collect();
        f.debug_struct("Setting")
            .field("path", &self.path)
            .field("secret", &self.secret)
            .field("variables", &variables)
            .finish_non_exhaustive()
    }
}
