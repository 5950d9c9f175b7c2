//! The keys of `#[secret(..)]`, an example of each, and the error for an unknown key.

use proc_macro2::Ident;

use super::meta_item::Level;
use crate::errors::Errors;
use crate::names::nearest;

pub(crate) const STRUCT_KEYS: [&str; 8] =
    ["prefix", "env_prefix", "name", "id", "id_env", "rename_all", "sources", "crate"];
pub(crate) const FIELD_KEYS: [&str; 19] = [
    "name",
    "id",
    "id_env",
    "key",
    "env",
    "alias",
    "default",
    "json",
    "parse",
    "with",
    "separator",
    "validate",
    "nested",
    "stage",
    "version_id",
    "plain",
    "allow_empty",
    "trim",
    "skip",
];
const NESTED_KEYS: [&str; 5] = ["prefix", "env_prefix", "name", "id", "id_env"];

/// An example of a key whose value is a string.
pub(crate) fn example(key: &Ident) -> String {
    let value = match key.to_string().as_str() {
        "prefix" => "my-app/{environment}",
        "env_prefix" => "MY_APP_",
        "name" => "database-url",
        "id" => "prod/my-app/database",
        "id_env" => "DATABASE_SECRET_ARN",
        "key" => "password",
        "env" | "alias" => "DATABASE_URL",
        "separator" => ",",
        "stage" => "AWSPREVIOUS",
        "rename_all" => "kebab-case",
        _ => "..",
    };
    format!("`{key} = \"{value}\"`")
}

/// Reports a key that does not exist, or not at this level.
pub(crate) fn unknown_key(key: &Ident, level: Level, errors: &mut Errors) {
    let name = key.to_string();
    let (own, other, owner) = match level {
        Level::Struct => (STRUCT_KEYS.as_slice(), FIELD_KEYS.as_slice(), "the struct"),
        Level::Field => (FIELD_KEYS.as_slice(), STRUCT_KEYS.as_slice(), "a field"),
    };
    if other.contains(&name.as_str()) {
        let message = match (level, name.as_str()) {
            (Level::Struct, _) => {
                format!("`{name}` is a key of a field, not of the struct: write it above the field it is for")
            }
            (Level::Field, "prefix" | "env_prefix") => format!(
                "`{name}` is a key of the struct, not of a field: write it above the struct, or \
                 `nested({name} = \"..\")` on a field that is a config of its own"
            ),
            (Level::Field, _) => {
                format!("`{name}` is a key of the struct, not of a field: write it above the struct")
            }
        };
        errors.on(key, message);
        return;
    }
    let hint = match equivalent_key(&name, level) {
        Some(advice) => format!("; {advice}"),
        None => did_you_mean(&name, own),
    };
    errors.on(key, format!("unknown key `{name}`{hint}\nthe keys of {owner} are {}", list_of(own)));
}

/// As [`unknown_key`], inside `nested(..)`.
pub(crate) fn unknown_key_of_nested(key: &Ident, errors: &mut Errors) {
    let hint = did_you_mean(&key.to_string(), &NESTED_KEYS);
    errors.on(
        key,
        format!("unknown key `{key}` in `nested(..)`{hint}\nits keys are {}", list_of(&NESTED_KEYS)),
    );
}

/// A question about the known name that is nearest to the written one, or nothing.
pub(crate) fn did_you_mean(written: &str, known: &[&str]) -> String {
    nearest(written, known.iter().copied())
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// The names in backticks, separated by commas.
pub(crate) fn list_of(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The key or form here that stands for a key of other crates.
fn equivalent_key(name: &str, level: Level) -> Option<&'static str> {
    Some(match (level, name) {
        (Level::Field, "rename" | "aws" | "secret_name" | "path") => "write `name = \"..\"`",
        (_, "arn" | "secret_id") => "write `id = \"..\"`",
        (_, "arn_env" | "id_var" | "env_id") => "write `id_env = \"..\"`",
        (Level::Field, "var" | "variable" | "env_var") => "write `env = \"..\"`",
        (Level::Field, "field" | "json_key" | "json_path" | "pointer") => "write `key = \"..\"`",
        (Level::Field, "flatten") => "write `nested(prefix = \"\", env_prefix = \"\")`",
        (Level::Field, "optional" | "required") => {
            "a field of type `Option<..>` is optional, every other is required"
        }
        (Level::Field, "from_str") => "write `parse`",
        (Level::Field, "deserialize_with" | "parse_with" | "value_parser" | "parse_env") => {
            "write `with = path`"
        }
        (Level::Field, "delimiter" | "sep" | "split" | "value_delimiter") => "write `separator = \",\"`",
        (Level::Field, "public" | "not_secret" | "insecure" | "printable") => "write `plain`",
        (Level::Field, "secret" | "sensitive" | "redact" | "redacted") => {
            "a field is secret when its type is `Secret<..>`"
        }
        (Level::Field, "default_value" | "default_value_t") => "write `default = ..`",
        (Level::Field, "version") => "write `stage = \"..\"` or `version_id = \"..\"`",
        (Level::Field, "check" | "garde" | "validation") => "write `validate = path`",
        (Level::Field, "ignore") => "write `skip`",
        (Level::Struct, "path" | "namespace") => "write `prefix = \"..\"`",
        (Level::Struct, "rename") => "write `rename_all = \"..\"`",
        (Level::Struct, "ttl" | "timeout" | "region" | "environment") => {
            "it is set on the builder of `Secrets`"
        }
        _ => return None,
    })
}
