//! What a config type asks for: the derive writes a table (`ConfigSpec`), and `resolve` turns it into the
//! settings of one environment, each with the names under which sources know it. Nothing here asks a source.

mod key_path;
mod naming;
mod reference;
mod resolve;
mod sources;
mod spec;
mod version;

use std::borrow::Cow;
use std::fmt;

pub(crate) use key_path::KeyPath;
use naming::is_set_by_systems;
pub(crate) use naming::{Naming, join, variable_of_secret};
use reference::SecretReference;
pub(crate) use resolve::resolve;
use sources::AllowedSources;
pub(crate) use sources::source_name;
pub use spec::{CONFIG, ConfigSpec, Decoder, DefaultSpec, FIELD, FieldSpec, NestedSpec, SecretName};
pub use version::Version;
#[cfg(any(feature = "aws", feature = "agent"))]
pub(crate) use version::is_staging_label;
pub(crate) use version::{is_displayable_label, is_version_id};

use crate::secret_id::{SecretId, display_id, shown_id};
use crate::text::description::described;

/// One setting with all of its names in one environment: what a [`Source`](crate::source::Source) is asked
/// for.
#[derive(Clone)]
pub struct Setting {
    path: String,
    secret: SecretLocation,
    variables: Vec<String>,
    /// The variable that would be its own, if shells and systems did not set it by themselves.
    reserved_variable: Option<String>,
    /// The variable that may hold the whole JSON secret.
    whole_secret_variable: Option<String>,
    /// The variables that no file stands in for, since their `_FILE` is a variable of the config.
    without_file: Vec<String>,
    spec: Option<&'static FieldSpec>,
    sources: AllowedSources,
    /// Whether it belongs to a nested config that may be absent as a whole.
    in_optional_config: bool,
    /// Whether a secret that is requested by name is decoded as JSON.
    is_requested_as_json: bool,
    /// The doc comments of the nested fields that it is in.
    group_doc: String,
}

/// Where a secret store has the value of a setting: the secret, its version and the key within it.
#[allow(clippy::struct_excessive_bools, reason = "independent facts about one secret")]
#[derive(Clone)]
struct SecretLocation {
    /// Empty if only the variable of `id_env` says it, and that is not read yet.
    id: SecretId,
    /// The variable of `id_env`, which is not read yet.
    id_variable: Option<&'static str>,
    /// The variable of `id_env` that the id was read from.
    named_by: Option<&'static str>,
    version: Version,
    key: KeyPath,
    /// Whether the whole struct is one JSON secret, and the setting a key of it.
    is_in_document: bool,
    /// Whether stores are asked for it. If not, only its variables are read.
    is_used: bool,
    /// Whether it is named in full, by `id`, so that no prefix applies.
    is_absolute: bool,
    /// Whether the pending version stands in for the current one.
    is_pending: bool,
}

impl Setting {
    /// The setting of a secret that is requested by name, without a struct.
    pub(crate) fn of_secret(path: &str, id: SecretId, version: Version, variable: Option<String>) -> Self {
        let (reserved, own): (Vec<_>, _) = variable.into_iter().partition(|own| is_set_by_systems(own));
        Self {
            path: path.to_owned(),
            secret: SecretLocation {
                id,
                id_variable: None,
                named_by: None,
                version,
                key: KeyPath::default(),
                is_in_document: false,
                is_used: true,
                is_absolute: true,
                is_pending: false,
            },
            variables: own,
            reserved_variable: reserved.into_iter().next(),
            whole_secret_variable: None,
            without_file: Vec::new(),
            spec: None,
            sources: AllowedSources::default(),
            in_optional_config: false,
            is_requested_as_json: false,
            group_doc: String::new(),
        }
    }

    /// The same setting, decoded as JSON or not.
    pub(crate) fn requested_as_json(self, is_json: bool) -> Self {
        Self { is_requested_as_json: is_json, ..self }
    }

    /// Whether serde decodes it from JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.is_requested_as_json || self.spec.is_some_and(|spec| spec.decoder == Decoder::Json)
    }

    /// The variable of `id_env`, as a setting that only a variable can hold.
    pub(crate) fn id_setting(&self) -> Option<Self> {
        let name = self.id_variable()?;
        let mut setting = Self::of_secret(name, SecretId::new(String::new()), Version::Current, None);
        setting.variables.push(name.to_owned());
        setting.secret.is_used = false;
        setting.without_file.clone_from(&self.without_file);
        Some(setting)
    }

    /// Returns the path of the field in the struct, such as `smtp.password`, or the name given to
    /// [`Secrets::get`](crate::Secrets::get).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the full id of the secret (a name with its prefix, or an ARN), whether or not stores are
    /// asked for it. Empty if only the variable of `id_env` says which secret it is, and that is not set.
    pub fn secret_id(&self) -> &str {
        self.secret.id.as_str()
    }

    /// Returns the variable of `id_env`, which holds the name or the ARN of the secret; `None` for a setting
    /// without `id_env`, and as soon as the variable has been read.
    pub const fn id_variable(&self) -> Option<&'static str> {
        self.secret.id_variable
    }

    /// Returns the variable of `id_env` that has named the secret.
    pub(crate) const fn named_by(&self) -> Option<&'static str> {
        self.secret.named_by
    }

    /// Returns the id of the secret as reports show it.
    pub(crate) fn shown_id(&self) -> Cow<'_, str> {
        shown_id(self.secret_id(), self.named_by())
    }

    /// Whether it is known which secret it is.
    pub(crate) fn is_identified(&self) -> bool {
        !self.secret.id.as_str().is_empty()
    }

    /// Takes the secret that the variable of `id_env` names: a name, an ARN, or ECS's form, which adds a key
    /// and a version. Fails with the reason if the text is malformed or contradicts the code.
    pub(crate) fn identify(&mut self, text: &str) -> Result<(), &'static str> {
        let SecretReference { id, key, stage, version_id } = SecretReference::parse(text)?;
        let secret = &mut self.secret;
        if let Some(key) = key {
            let key = [KeyPath::of_key(key), KeyPath::parse(key)];
            match &key {
                _ if secret.is_in_document => {
                    return Err("it ends in a JSON key, but each field of the struct is a key of the secret");
                }
                [literal, _] if secret.key.is_whole() => secret.key = literal.clone(),
                keys if keys.contains(&secret.key) => {}
                _ => return Err("it ends in another JSON key than the `key` in the code"),
            }
        }
        let version = match (stage, version_id) {
            (None, None) => None,
            (Some("AWSCURRENT"), _) => Some(Version::Current),
            (Some(stage), _) => Some(Version::Stage(stage.to_owned())),
            (None, Some(id)) => Some(Version::Id(id.to_owned())),
        };
        if let Some(version) = version {
            if ![&Version::Current, &version].contains(&&secret.version) && !secret.is_pending {
                return Err("it names another version than the `stage` or `version_id` in the code");
            }
            secret.is_pending = false;
            secret.version = version;
        }
        secret.id = SecretId::new(id.to_owned());
        secret.named_by = secret.id_variable.take();
        secret.is_absolute = true;
        Ok(())
    }

    /// Forgets which secret it is, since the variable of `id_env` cannot be used: the `name` beside it is for
    /// programs without the variable.
    pub(crate) fn forget_secret(&mut self) {
        self.secret.id = SecretId::new(String::new());
    }

    /// Asks for the pending version where the current one would be asked for. Only secret stores have
    /// versions.
    pub(crate) fn pending(mut self) -> Self {
        if self.secret.is_used && self.secret.version == Version::Current {
            self.secret.version = Version::Stage("AWSPENDING".to_owned());
            self.secret.is_pending = true;
        }
        self
    }

    /// Whether the pending version stands in for the current one.
    pub(crate) const fn is_pending(&self) -> bool {
        self.secret.is_pending
    }

    /// Returns the version of the secret.
    pub fn version(&self) -> &Version {
        &self.secret.version
    }

    /// Whether secret stores are asked for it. They are for fields whose type is a secret, and for fields
    /// that name a secret, a key or a version.
    #[doc(alias = "is_asked_of_stores")]
    pub fn uses_secret_store(&self) -> bool {
        self.secret.is_used
    }

    /// Whether the secret is named in full, by an `id` of the field or of its struct.
    pub(crate) fn is_absolute(&self) -> bool {
        self.secret.is_absolute
    }

    /// Whether a source may be asked that knows secrets by their ids.
    pub(crate) fn may_ask_stores(&self) -> bool {
        self.secret.is_used && self.sources.allow_a_secret_store()
    }

    /// Whether a source may be asked that knows variables, or files named after them.
    pub(crate) fn may_read_variables(&self) -> bool {
        self.sources.allow_variables()
    }

    /// The key within a JSON secret, empty when the whole secret is the value.
    pub(crate) fn key(&self) -> &KeyPath {
        &self.secret.key
    }

    /// Returns the environment variables that may hold it: its own, then its aliases.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(String::as_str)
    }

    /// Returns the variable that may hold the whole JSON secret of which the setting is a key: `DATABASE`
    /// for the secret `database`. It is read after the setting's own variables.
    pub fn whole_secret_variable(&self) -> Option<&str> {
        self.whole_secret_variable.as_deref()
    }

    /// Whether the variable `NAME_FILE` may name a file with the value of a variable of the setting.
    pub(crate) fn may_be_in_file(&self, variable: &str) -> bool {
        !self.without_file.iter().any(|without| without == variable)
    }

    /// The variable that would be its own and is not read, since shells and systems set it by themselves.
    pub(crate) fn reserved_variable(&self) -> Option<&str> {
        self.reserved_variable.as_deref()
    }

    /// Whether its type decodes it, so that a JSON object is not its value if the setting is a key of one.
    pub(crate) fn is_decoded_by_type(&self) -> bool {
        self.spec.is_none_or(|spec| spec.decoder == Decoder::Type)
    }

    /// Returns the first paragraph of the field's doc comment; empty if there is none.
    pub fn doc(&self) -> &'static str {
        self.spec.map_or("", |spec| spec.doc)
    }

    /// Returns the first paragraph of the doc comment of the `nested` field that the setting belongs to,
    /// after those of the fields around it; empty if there is none.
    pub fn group_doc(&self) -> &str {
        &self.group_doc
    }

    /// Returns [`group_doc`](Self::group_doc) and [`doc`](Self::doc) in one text: `The backup relay: Signs
    /// in there.`
    pub fn description(&self) -> Cow<'_, str> {
        described(&self.group_doc, self.doc())
    }

    /// Returns the type of the field, as written in the struct; empty for a secret that is requested by
    /// name.
    pub fn type_name(&self) -> &'static str {
        self.spec.map_or("", |spec| spec.type_name)
    }

    /// Whether the type keeps its value secret, as [`Secret`](crate::Secret) does. True for a secret that is
    /// requested by name.
    pub fn is_secret(&self) -> bool {
        self.spec.is_none_or(|spec| spec.secret)
    }

    /// Whether it may be missing: the type is an `Option`, or the field belongs to a nested config that is
    /// one.
    pub fn is_optional(&self) -> bool {
        self.in_optional_config || self.spec.is_some_and(|spec| spec.optional)
    }

    /// Whether the struct has a default for it.
    pub fn has_default(&self) -> bool {
        !matches!(self.default_spec(), DefaultSpec::None)
    }

    /// Returns the default: the text, or the expression as written in the struct. The default of a secret is
    /// not recorded.
    pub fn default(&self) -> Option<&'static str> {
        match self.default_spec() {
            DefaultSpec::Text(text) | DefaultSpec::Expression(text) if !self.is_secret() => Some(text),
            _ => None,
        }
    }

    /// Returns the key within a JSON secret: `a.b`, or a JSON pointer if a part contains a dot or a slash.
    /// `None` if the whole secret is the value.
    pub fn json_key(&self) -> Option<String> {
        let key = self.key();
        (!key.is_whole()).then(|| key.to_attribute())
    }

    pub(crate) fn default_spec(&self) -> DefaultSpec {
        self.spec.map_or(DefaultSpec::None, |spec| spec.default)
    }

    /// Whether an empty text is a value.
    pub(crate) fn allows_empty(&self) -> bool {
        self.spec.is_some_and(|spec| spec.allow_empty)
    }

    pub(crate) fn spec(&self) -> Option<&'static FieldSpec> {
        self.spec
    }

    /// The names of the only sources that may be asked for it; empty if every source may be.
    pub(crate) fn allowed_sources(&self) -> &'static [&'static str] {
        self.sources.names()
    }

    /// Whether a source may be asked for it.
    pub(crate) fn allows_source(&self, name: &str) -> bool {
        self.sources.allows(name)
    }
}

impl fmt::Debug for SecretLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretLocation")
            .field("id", &shown_id(self.id.as_str(), self.named_by))
            .field("id_variable", &self.id_variable)
            .field("version", &self.version)
            .field("key", &self.key)
            .finish_non_exhaustive()
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
