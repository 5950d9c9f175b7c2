//! Turns the table of a config into the settings of one environment: applies prefixes, names and nesting.

use std::collections::{HashMap, HashSet};

use super::naming::{is_set_by_systems, variable_of_last_part};
use super::sources::AllowedSources;
use super::{
    ConfigSpec, FieldSpec, KeyPath, Naming, NestedSpec, SecretLocation, SecretName, Setting, Version, join,
};
use crate::environment::Environment;
use crate::secret_id::SecretId;
use crate::text::description::described;

/// What the fields of a struct inherit: its prefixes, or the JSON document that they are keys of.
#[derive(Debug, Clone)]
struct Scope {
    path: String,
    prefix: String,
    env_prefix: String,
    document: Option<Document>,
    sources: AllowedSources,
    optional: bool,
    /// The doc comments of the nested fields so far.
    group_doc: String,
}

/// Resolves the settings of a config for one environment, nested ones included, in the order in which
/// `build` takes them.
///
/// The nearest prefix wins. The prefix of a `nested` field is added to that of its parent, and the prefix of
/// a struct stands alone. Without either, the name of the nested field is added to the prefix of its parent,
/// and the outermost struct uses the prefix of [`crate::Secrets`]. If the outermost struct is one JSON secret
/// and has no prefix for its variables, the name of the secret is that prefix.
pub(crate) fn resolve(config: &'static ConfigSpec, naming: &Naming) -> Vec<Setting> {
    let environment = &naming.environment;
    let outer = Scope {
        path: String::new(),
        prefix: naming.expanded_prefix(),
        env_prefix: naming.env_prefix.clone(),
        document: None,
        sources: AllowedSources::default(),
        optional: false,
        group_doc: String::new(),
    };
    let mut scope = outer.with_struct(config, environment);
    // The variables of a JSON secret are named after it: `DATABASE_USERNAME`, not `USERNAME`.
    if let Some(name) = config.document
        && config.env_prefix.is_none()
        && let Some(variable) = scope.variable_named_like(name)
    {
        scope.env_prefix = format!("{variable}_");
    }
    let mut settings = Vec::new();
    resolve_config(config, environment, &scope, &mut settings);
    drop_ambiguous(&mut settings);
    keep_files_apart(&mut settings);
    settings
}

/// `X_FILE` does not name the file of `X` if it is a variable of the config itself.
fn keep_files_apart(settings: &mut [Setting]) {
    let names = |setting: &Setting| -> Vec<String> {
        let others = setting.whole_secret_variable().into_iter().chain(setting.id_variable());
        setting.variables().chain(others).map(str::to_owned).collect()
    };
    let all: HashSet<String> = settings.iter().flat_map(names).collect();
    for setting in settings {
        let has_other = |name: &String| all.contains(&format!("{name}_FILE"));
        setting.without_file = names(setting).into_iter().filter(has_other).collect();
    }
}

/// A variable that would hold two different JSON secrets, or a secret and a value, is not read as a secret.
fn drop_ambiguous(settings: &mut [Setting]) {
    let mut of_secrets: HashMap<String, Option<(SecretId, Option<&'static str>)>> = HashMap::new();
    for setting in settings.iter() {
        let Some(variable) = &setting.whole_secret_variable else { continue };
        let secret = (setting.secret.id.clone(), setting.secret.id_variable);
        let known = of_secrets.entry(variable.clone()).or_insert_with(|| Some(secret.clone()));
        if known.as_ref() != Some(&secret) {
            *known = None;
        }
    }
    for variable in settings.iter().flat_map(|setting| &setting.variables) {
        if let Some(known) = of_secrets.get_mut(variable) {
            *known = None;
        }
    }
    for setting in settings {
        let is_ambiguous = |variable: &String| matches!(of_secrets.get(variable), Some(None));
        setting.whole_secret_variable =
            setting.whole_secret_variable.take().filter(|variable| !is_ambiguous(variable));
    }
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
    /// Empty if only the variable of `id_env` says which secret it is.
    id: SecretId,
    id_variable: Option<&'static str>,
    is_absolute: bool,
    base: KeyPath,
    /// The variable that may hold the whole document.
    variable: Option<String>,
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
        if let Some(document) = self.document(config.document, config.id_env, environment) {
            self.document = Some(document);
        }
        if !config.sources.is_empty() {
            self.sources = AllowedSources(config.sources);
        }
        self
    }

    /// The JSON secret that these attributes name, if they name one.
    fn document(
        &self,
        name: Option<SecretName>,
        id_variable: Option<&'static str>,
        environment: &Environment,
    ) -> Option<Document> {
        (name.is_some() || id_variable.is_some()).then(|| Document {
            id: name.map_or(SecretId::new(String::new()), |name| self.secret_id(name, environment)),
            id_variable,
            is_absolute: !matches!(name, Some(SecretName::UnderPrefix(_))),
            base: KeyPath::default(),
            variable: name.and_then(|name| self.variable_of_whole(name)),
        })
    }

    /// The variable that may hold a whole JSON secret.
    fn variable_of_whole(&self, name: SecretName) -> Option<String> {
        let variable = self.variable_named_like(name)?;
        (!self.env_prefix.is_empty() || !is_set_by_systems(&variable)).then_some(variable)
    }

    /// The variable that is named like a secret, behind the prefix of variables unless that ends in the name
    /// already (`DATABASE_`).
    fn variable_named_like(&self, name: SecretName) -> Option<String> {
        let (SecretName::UnderPrefix(name) | SecretName::Absolute(name)) = name;
        let last = variable_of_last_part(name)?;
        Some(match self.env_prefix.strip_suffix('_') {
            Some(prefix) if prefix == last || prefix.ends_with(&format!("_{last}")) => prefix.to_owned(),
            _ => format!("{}{last}", self.env_prefix),
        })
    }

    /// The scope of a nested config: the prefixes of the field replace those of the type.
    fn nested(&self, field: &FieldSpec, nested: &NestedSpec, environment: &Environment) -> Self {
        let path = join(&self.path, ".", field.name);
        let child = nested.config;
        let own_prefix = nested.prefix.map(|prefix| environment.expand(prefix));
        // A struct with a prefix is not part of the parent's document, unless the field has a prefix, too.
        let document = self.document.clone().filter(|_| child.prefix.is_none() || own_prefix.is_some()).map(
            |document| {
                let base = match own_prefix.as_deref().unwrap_or(field.json_key) {
                    "" => document.base,
                    key => document.base.joined(KeyPath::parse(key)),
                };
                Document { base, ..document }
            },
        );
        let named_here = Self {
            prefix: join(&self.prefix, "/", own_prefix.as_deref().unwrap_or_default()),
            env_prefix: format!("{}{}", self.env_prefix, nested.env_prefix.unwrap_or_default()),
            ..self.clone()
        }
        .document(nested.document, nested.id_env, environment);
        let default_prefix = match field.secret_name {
            SecretName::UnderPrefix(name) | SecretName::Absolute(name) => name,
        };
        let prefix = join(&self.prefix, "/", own_prefix.as_deref().unwrap_or(default_prefix));
        let env_prefix = match nested.env_prefix {
            Some(env_prefix) => format!("{}{env_prefix}", self.env_prefix),
            None => format!("{}{}_", self.env_prefix, field.variable),
        };
        let optional = self.optional || field.optional;
        let group_doc = described(&self.group_doc, field.doc).into_owned();
        let inner = Self { path, prefix, env_prefix, document, sources: self.sources, optional, group_doc };
        let child = ConfigSpec {
            prefix: child.prefix.filter(|_| nested.prefix.is_none()),
            env_prefix: child.env_prefix.filter(|_| nested.env_prefix.is_none()),
            ..*child
        };
        let mut inner = inner.with_struct(&child, environment);
        inner.document = named_here.or(inner.document);
        inner
    }

    fn setting(&self, field: &'static FieldSpec, environment: &Environment) -> Setting {
        let version = match (field.version_id, field.stage) {
            (Some(id), _) => Version::Id(id.to_owned()),
            (None, Some("AWSCURRENT") | None) => Version::Current,
            (None, Some(stage)) => Version::Stage(stage.to_owned()),
        };
        let is_used = field.secret
            || field.names_a_secret()
            || field.key.is_some()
            || field.stage.is_some()
            || field.version_id.is_some()
            || self.document.is_some();
        let is_in_document = self.document.is_some() && !field.names_a_secret();
        let Document { id, id_variable, is_absolute, base: key, variable: whole } =
            self.location(field, environment);
        let own = format!("{}{}", self.env_prefix, field.variable);
        let is_reserved = !field.own_variable && self.env_prefix.is_empty() && is_set_by_systems(&own);
        let (reserved_variable, own) = if is_reserved { (Some(own), None) } else { (None, Some(own)) };
        let aliases = field.aliases.iter().map(|alias| format!("{}{alias}", self.env_prefix));
        let variables: Vec<String> = own.into_iter().chain(aliases).collect();
        Setting {
            path: join(&self.path, ".", field.name),
            secret: SecretLocation {
                id,
                id_variable,
                named_by: None,
                version,
                key,
                is_in_document,
                is_used,
                is_absolute,
                is_pending: false,
            },
            whole_secret_variable: whole.filter(|whole| !variables.contains(whole)),
            reserved_variable,
            variables,
            without_file: Vec::new(),
            spec: Some(field),
            sources: self.sources,
            in_optional_config: self.optional,
            is_requested_as_json: false,
            group_doc: self.group_doc.clone(),
        }
    }

    /// The secret that a field is read from, and its key as the base.
    fn location(&self, field: &FieldSpec, environment: &Environment) -> Document {
        let key = field.key.map(KeyPath::parse);
        if let Some(document) = self.document.clone().filter(|_| !field.names_a_secret()) {
            let own = key.unwrap_or_else(|| KeyPath::of_key(field.json_key));
            return Document { base: document.base.joined(own), ..document };
        }
        // Without `name` or `id` beside `id_env`, only the variable says which secret it is.
        let name = (field.id_env.is_none() || field.own_secret).then_some(field.secret_name);
        let whole = name.filter(|_| key.is_some()).and_then(|name| self.variable_of_whole(name));
        Document {
            id: name.map_or(SecretId::new(String::new()), |name| self.secret_id(name, environment)),
            id_variable: field.id_env,
            is_absolute: !matches!(name, Some(SecretName::UnderPrefix(_))),
            base: key.unwrap_or_default(),
            variable: whole,
        }
    }

    fn secret_id(&self, name: SecretName, environment: &Environment) -> SecretId {
        SecretId::new(match name {
            SecretName::UnderPrefix(name) => join(&self.prefix, "/", &environment.expand(name)),
            SecretName::Absolute(id) => environment.expand(id),
        })
    }
}
