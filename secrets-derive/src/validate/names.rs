//! Checks the names that were made for the fields: each must be valid, and two fields must not read the same
//! value.

use std::collections::HashSet;

use crate::errors::Errors;
use crate::ir::{Config, Field, FieldKind, Names, SecretName, Value, Version};
use crate::names::plain_name;
use crate::parse::{Attributes, SpannedString};
use crate::secret_name;

/// Checks the names of all fields. A field whose attributes have errors is left out, since its names may be
/// wrong.
pub(crate) fn names(config: &Config<'_>, attributes: &Attributes<'_>, errors: &mut Errors) {
    let mut used = UsedNames::default();
    let checked =
        config.fields.iter().zip(&attributes.fields).filter(|(_, (_, attributes))| !attributes.has_errors);
    for (field, _) in checked {
        match &field.kind {
            FieldKind::Skip => {}
            FieldKind::Nested(nested) => {
                derived_names(
                    field,
                    &nested.names,
                    &Derived {
                        secret: (nested.prefix.is_none() && !config.document.is_one())
                            .then_some("`nested(prefix = \"..\")`"),
                        variable: nested.env_prefix.is_none().then_some("`nested(env_prefix = \"..\")`"),
                    },
                    errors,
                );
            }
            FieldKind::Value(value) => {
                let is_valid = derived_names(
                    field,
                    &value.names,
                    &Derived {
                        secret: (!value.names.name_a_secret() && !config.document.is_one())
                            .then_some("`name = \"..\"`"),
                        variable: Some("`env = \"..\"`"),
                    },
                    errors,
                );
                if is_valid {
                    used.add(config, field, value, errors);
                }
            }
        }
    }
    used.check_id_variables(config, errors);
}

/// The names that are derived from others, each with the attribute that replaces it.
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

/// The sources that know a setting by the name of its variable.
const VARIABLE_SOURCES: [&str; 4] = ["env", "dotenv", "files", "memory"];

/// The secrets and variables that the fields so far read.
#[derive(Default)]
struct UsedNames<'a> {
    secrets: Vec<(StoredValue<'a>, &'a Field<'a>)>,
    variables: Vec<(&'a SpannedString, &'a Field<'a>)>,
}

/// One value in a secret store, without the prefix, which is not known here.
#[derive(PartialEq)]
struct StoredValue<'a> {
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
    /// The variable of `id_env` holds its id.
    InVariable(&'a str),
}

impl<'a> UsedNames<'a> {
    fn add(&mut self, config: &Config<'_>, field: &'a Field<'a>, value: &'a Value, errors: &mut Errors) {
        // Two fields with the same secret usually have the same variable, too. That is one error.
        let mut reported: HashSet<String> = HashSet::new();
        if let Some(secret) = stored_value(config, value) {
            for (_, other) in self.secrets.iter().filter(|(used, _)| *used == secret) {
                reported.insert(other.ident.to_string());
                shared_name(
                    field,
                    other,
                    &describe(&secret, value),
                    "give one of them its own `name` or `key`",
                    errors,
                );
            }
            self.secrets.push((secret, field));
        }
        // If no source knows variables, their names cannot collide.
        let sources = &config.sources;
        if !sources.is_empty() && !sources.iter().any(|source| VARIABLE_SOURCES.contains(&source.as_str())) {
            return;
        }
        let mut own: Vec<&SpannedString> = Vec::new();
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
            for (_, other) in self.variables.iter().filter(|(used, _)| used.value == variable.value) {
                if reported.insert(other.ident.to_string()) {
                    let fix =
                        if position == 0 { "give one of them its own `env`" } else { "leave the alias out" };
                    shared_name(
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

impl UsedNames<'_> {
    /// Refuses a field that reads a variable of `id_env`: the value would be taken for the name of a secret.
    fn check_id_variables(&self, config: &Config<'_>, errors: &mut Errors) {
        // The name of the struct's secret is the prefix then, unless a field around it has another one.
        if config.env_prefix.is_none() && config.document.name.is_some() {
            return;
        }
        let prefix = config.env_prefix.as_deref().unwrap_or_default();
        let of_fields = config.fields.iter().filter_map(|field| {
            let variable = match &field.kind {
                FieldKind::Skip => None,
                FieldKind::Nested(nested) => nested.document.id_env.as_ref(),
                FieldKind::Value(value) => value.names.id_env.as_ref(),
            };
            Some((variable?, format!("`{}`", plain_name(field.ident))))
        });
        let of_struct = config.document.id_env.as_ref().map(|variable| (variable, "the struct".to_owned()));
        let id_variables: Vec<(&String, String)> = of_struct.into_iter().chain(of_fields).collect();
        for (variable, field) in &self.variables {
            let name = format!("{prefix}{}", variable.value);
            if let Some((_, owner)) = id_variables.iter().find(|(id_env, _)| **id_env == name) {
                let reader = plain_name(field.ident);
                errors.on(
                    field.ident,
                    format!(
                        "`{reader}` reads the environment variable `{name}`, which is the `id_env` of {owner}: \
                         give one of them another variable"
                    ),
                );
            }
        }
    }
}

/// Reports a name that two fields share, at the later one: it is one mistake.
fn shared_name(field: &Field<'_>, other: &Field<'_>, what: &str, fix: &str, errors: &mut Errors) {
    let (first, second) = (plain_name(other.ident), plain_name(field.ident));
    errors.on(field.ident, format!("`{first}` and `{second}` both read {what}: {fix}"));
}

/// The value that a field certainly reads from a store. A field without `name`, `id`, `key` or a version may
/// read one, too: that depends on its type, which a macro cannot see.
fn stored_value<'a>(config: &Config<'_>, value: &'a Value) -> Option<StoredValue<'a>> {
    let (stage, version_id) = match &value.version {
        Version::Current => (None, None),
        Version::Stage(stage) => (Some(stage.as_str()), None),
        Version::Id(id) => (None, Some(id.as_str())),
    };
    let names_a_secret = value.names.name_a_secret();
    let in_document = config.document.is_one() && !names_a_secret;
    if !in_document && !names_a_secret && value.key.is_none() && stage.or(version_id).is_none() {
        return None;
    }
    let name = match (&value.names.secret, &value.names.id_env) {
        _ if in_document => SecretId::Document,
        (_, Some(variable)) => SecretId::InVariable(variable),
        (SecretName::UnderPrefix(name), None) => SecretId::UnderPrefix(&name.value),
        (SecretName::Absolute(id), None) => SecretId::Absolute(&id.value),
    };
    let key = match &value.key {
        Some(key) => secret_name::json_key(key).unwrap_or_default(),
        None if in_document => vec![value.names.json_key.clone()],
        None => Vec::new(),
    };
    Some(StoredValue { name, key, stage, version_id })
}

fn describe(secret: &StoredValue<'_>, value: &Value) -> String {
    let key = match secret.key.as_slice() {
        [] => String::new(),
        key => format!("the key `{}` of ", key.join(".")),
    };
    match secret.name {
        SecretId::Document => format!("{key}the struct's secret"),
        SecretId::InVariable(variable) => format!("{key}the secret whose id is in `{variable}`"),
        _ => format!("{key}the secret `{}`", value.names.secret.text().value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The runtime has the same test.
    #[test]
    fn the_same_sources_know_variables_in_both_crates() {
        for (name, knows_variables) in include!("../../../tests/shared/sources.rs") {
            assert_eq!(VARIABLE_SOURCES.contains(&name), knows_variables, "{name}");
        }
    }
}
