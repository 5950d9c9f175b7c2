//! Turns the table of a config into the settings of one environment: applies prefixes, names and nesting.

use super::sources::AllowedSources;
use super::{
    ConfigSpec, FieldSpec, KeyPath, Naming, NestedSpec, SecretLocation, SecretName, Setting, Version, join,
};
use crate::environment::Environment;
use crate::secret_id::SecretId;

/// What the fields of a struct inherit: its prefixes, or the JSON document that they are keys of.
#[derive(Debug, Clone)]
struct Scope {
    path: String,
    prefix: String,
    env_prefix: String,
    document: Option<Document>,
    sources: AllowedSources,
    optional: bool,
}

/// Resolves the settings of a config for one environment, nested ones included, in the order in which
/// `build` takes them.
///
/// The nearest prefix wins. The prefix of a `nested` field is added to that of its parent, and the prefix of
/// a struct stands alone. Without either, the name of the nested field is added to the prefix of its parent,
/// and the outermost struct uses the prefix of [`crate::Secrets`].
pub(crate) fn resolve(config: &'static ConfigSpec, naming: &Naming) -> Vec<Setting> {
    let environment = &naming.environment;
    let outer = Scope {
        path: String::new(),
        prefix: naming.expanded_prefix(),
        env_prefix: naming.env_prefix.clone(),
        document: None,
        sources: AllowedSources::default(),
        optional: false,
    };
    let mut settings = Vec::new();
    resolve_config(config, environment, &outer.with_struct(config, environment), &mut settings);
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

/// The JSON secret that the fields of a struct are keys of, and where in it they are.
#[derive(Debug, Clone)]
struct Document {
    id: SecretId,
    is_absolute: bool,
    base: KeyPath,
}

impl Scope {
    /// The scope with the attributes of the struct itself.
    fn with_struct(mut self, config: &ConfigSpec, environment: &Environment) -> Self {
        if let Some(prefix) = config.prefix {
            self.prefix = environment.expand(prefix);
            self.document = None;
        }
        if let Some(env_prefix) = config.env_prefix {
            env_prefix.clone_into(&mut self.env_prefix);
        }
        if let Some(document) = config.document {
            let is_absolute = matches!(document, SecretName::Absolute(_));
            let id = self.secret_id(document, environment);
            self.document = Some(Document { id, is_absolute, base: KeyPath::default() });
        }
        if !config.sources.is_empty() {
            self.sources = AllowedSources(config.sources);
        }
        self
    }

    /// The scope of a nested config: the prefixes of the field replace those of the type.
    fn nested(&self, field: &FieldSpec, nested: &NestedSpec, environment: &Environment) -> Self {
        let path = join(&self.path, ".", field.name);
        let child = nested.config;
        let own_prefix = nested.prefix.map(|prefix| environment.expand(prefix));
        // A struct with a prefix is not part of the parent's document, unless the field has a prefix, too.
        let document = self.document.clone().filter(|_| child.prefix.is_none() || own_prefix.is_some()).map(
            |Document { id, is_absolute, base }| {
                let base = match own_prefix.as_deref().unwrap_or(field.json_key) {
                    "" => base,
                    key => base.joined(KeyPath::parse(key)),
                };
                Document { id, is_absolute, base }
            },
        );
        let default_prefix = match field.secret_name {
            SecretName::UnderPrefix(name) | SecretName::Absolute(name) => name,
        };
        let prefix = join(&self.prefix, "/", own_prefix.as_deref().unwrap_or(default_prefix));
        let env_prefix = match nested.env_prefix {
            Some(env_prefix) => format!("{}{env_prefix}", self.env_prefix),
            None => format!("{}{}_", self.env_prefix, field.variable),
        };
        let optional = self.optional || field.optional;
        let inner = Self { path, prefix, env_prefix, document, sources: self.sources, optional };
        let child = ConfigSpec {
            prefix: child.prefix.filter(|_| nested.prefix.is_none()),
            env_prefix: child.env_prefix.filter(|_| nested.env_prefix.is_none()),
            ..*child
        };
        inner.with_struct(&child, environment)
    }

    fn setting(&self, field: &'static FieldSpec, environment: &Environment) -> Setting {
        let key = field.key.map(KeyPath::parse);
        let version = match (field.version_id, field.stage) {
            (Some(id), _) => Version::Id(id.to_owned()),
            (None, Some("AWSCURRENT") | None) => Version::Current,
            (None, Some(stage)) => Version::Stage(stage.to_owned()),
        };
        let is_used = field.secret
            || field.own_secret
            || key.is_some()
            || field.stage.is_some()
            || field.version_id.is_some()
            || self.document.is_some();
        let (id, is_absolute, key) = match &self.document {
            Some(Document { id, is_absolute, base }) if !field.own_secret => {
                let own = key.unwrap_or_else(|| KeyPath::of_key(field.json_key));
                (id.clone(), *is_absolute, base.joined(own))
            }
            _ => {
                let is_absolute = matches!(field.secret_name, SecretName::Absolute(_));
                (self.secret_id(field.secret_name, environment), is_absolute, key.unwrap_or_default())
            }
        };
        let variables = std::iter::once(&field.variable)
            .chain(field.aliases)
            .map(|variable| format!("{}{variable}", self.env_prefix))
            .collect();
        Setting {
            path: join(&self.path, ".", field.name),
            secret: SecretLocation { id, version, key, is_used, is_absolute, is_pending: false },
            variables,
            spec: Some(field),
            sources: self.sources,
            in_optional_config: self.optional,
            is_requested_as_json: false,
        }
    }

    fn secret_id(&self, name: SecretName, environment: &Environment) -> SecretId {
        SecretId::new(match name {
            SecretName::UnderPrefix(name) => join(&self.prefix, "/", &environment.expand(name)),
            SecretName::Absolute(id) => environment.expand(id),
        })
    }
}
