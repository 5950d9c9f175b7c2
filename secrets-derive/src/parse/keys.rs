//! The keys that exist, how each is written, and what to say of one that does not exist.

use proc_macro2::Ident;

use super::entries::Place;
use crate::errors::Errors;
use crate::names::nearest;

pub(crate) const STRUCT_KEYS: [&str; 7] =
    ["prefix", "env_prefix", "name", "id", "rename_all", "sources", "crate"];
pub(crate) const FIELD_KEYS: [&str; 18] = [
    "name",
    "id",
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
const NESTED_KEYS: [&str; 2] = ["prefix", "env_prefix"];

/// How a key that takes a text is written.
pub(crate) fn example(key: &Ident) -> String {
    let value = match key.to_string().as_str() {
        "prefix" => "my-app/{environment}",
        "env_prefix" => "MY_APP_",
        "name" => "database-url",
        "id" => "prod/my-app/database",
        "key" => "password",
        "env" | "alias" => "DATABASE_URL",
        "separator" => ",",
        "stage" => "AWSPREVIOUS",
        "rename_all" => "kebab-case",
        _ => "..",
    };
    format!("`{key} = \"{value}\"`")
}

/// Reports a key that does not exist, or not in this place.
pub(crate) fn unknown_key(key: &Ident, place: Place, errors: &mut Errors) {
    let name = key.to_string();
    let (own, other, owner) = match place {
        Place::Struct => (STRUCT_KEYS.as_slice(), FIELD_KEYS.as_slice(), "the struct"),
        Place::Field => (FIELD_KEYS.as_slice(), STRUCT_KEYS.as_slice(), "a field"),
    };
    if other.contains(&name.as_str()) {
        let message = match (place, name.as_str()) {
            (Place::Struct, _) => {
                format!("`{name}` is a key of a field, not of the struct: write it above the field it is for")
            }
            (Place::Field, "prefix" | "env_prefix") => format!(
                "`{name}` is a key of the struct, not of a field: write it above the struct, or \
                 `nested({name} = \"..\")` on a field that is a config of its own"
            ),
            (Place::Field, _) => {
                format!("`{name}` is a key of the struct, not of a field: write it above the struct")
            }
        };
        errors.on(key, message);
        return;
    }
    let meant = match borrowed(&name, place) {
        Some(advice) => format!("; {advice}"),
        None => meant(&name, own),
    };
    errors.on(key, format!("unknown key `{name}`{meant}\nthe keys of {owner} are {}", listed(own)));
}

/// As [`unknown_key`], inside `nested(..)`.
pub(crate) fn unknown_key_of_nested(key: &Ident, errors: &mut Errors) {
    let meant = meant(&key.to_string(), &NESTED_KEYS);
    errors.on(
        key,
        format!("unknown key `{key}` in `nested(..)`{meant}\nits keys are {}", listed(&NESTED_KEYS)),
    );
}

/// A question about the one that is nearest to what was written, if any is near.
pub(crate) fn meant(written: &str, known: &[&str]) -> String {
    nearest(written, known.iter().copied())
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// Names one after the other.
pub(crate) fn listed(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// What a key of other crates is called here.
fn borrowed(name: &str, place: Place) -> Option<&'static str> {
    Some(match (place, name) {
        (Place::Field, "rename" | "aws" | "secret_name" | "path") => "write `name = \"..\"`",
        (_, "arn" | "secret_id") => "write `id = \"..\"`",
        (Place::Field, "var" | "variable" | "env_var") => "write `env = \"..\"`",
        (Place::Field, "field" | "json_key" | "json_path" | "pointer") => "write `key = \"..\"`",
        (Place::Field, "flatten") => "write `nested(prefix = \"\", env_prefix = \"\")`",
        (Place::Field, "optional" | "required") => {
            "a field of type `Option<..>` is optional, every other is required"
        }
        (Place::Field, "from_str") => "write `parse`",
        (Place::Field, "deserialize_with" | "parse_with" | "value_parser" | "parse_env") => {
            "write `with = path`"
        }
        (Place::Field, "delimiter" | "sep" | "split" | "value_delimiter") => "write `separator = \",\"`",
        (Place::Field, "public" | "not_secret" | "insecure" | "printable") => "write `plain`",
        (Place::Field, "secret" | "sensitive" | "redact" | "redacted") => {
            "a field is secret when its type is `Secret<..>`"
        }
        (Place::Field, "default_value" | "default_value_t") => "write `default = ..`",
        (Place::Field, "version") => "write `stage = \"..\"` or `version_id = \"..\"`",
        (Place::Field, "check" | "garde") => "write `validate = path`",
        (Place::Field, "ignore") => "write `skip`",
        (Place::Struct, "path" | "namespace") => "write `prefix = \"..\"`",
        (Place::Struct, "rename") => "write `rename_all = \"..\"`",
        (Place::Struct, "ttl" | "timeout" | "region" | "environment") => {
            "it is set on the builder of `Secrets`"
        }
        _ => return None,
    })
}
