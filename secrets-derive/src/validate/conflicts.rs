//! Checks that a struct or a field has no keys that exclude each other.

use proc_macro2::Ident;

use crate::errors::Errors;
use crate::parse::{Attributes, FieldAttributes, KeyValue, SpannedString, StructAttributes};

/// Pairs of keys that a field cannot have together, and why.
const CONFLICTS: [(&str, &str, &str); 8] = [
    ("name", "id", "`name` goes under the prefix and `id` is absolute; keep one"),
    ("json", "parse", "both decode the value; keep one"),
    ("json", "with", "both decode the value; keep one"),
    ("parse", "with", "both decode the value; keep one"),
    ("separator", "json", "a list in JSON has its own separators; keep one"),
    ("separator", "with", "the function of `with` reads the whole text; keep one"),
    ("stage", "version_id", "both choose a version; keep one"),
    ("json", "allow_empty", "an empty text is not JSON; leave `allow_empty` out"),
];

pub(crate) fn conflicts(attributes: &Attributes<'_>, errors: &mut Errors) {
    struct_keys(&attributes.of_struct, errors);
    for (_, field) in &attributes.fields {
        field_keys(field, errors);
    }
}

fn struct_keys(attributes: &StructAttributes, errors: &mut Errors) {
    name_or_id(attributes.name.as_ref(), attributes.id.as_ref(), errors);
}

fn name_or_id(
    name: Option<&KeyValue<SpannedString>>,
    id: Option<&KeyValue<SpannedString>>,
    errors: &mut Errors,
) {
    if let (Some(name), Some(id)) = (name, id) {
        pairs([&name.key, &id.key], errors);
    }
}

fn field_keys(attributes: &FieldAttributes, errors: &mut Errors) {
    let keys = &attributes.keys;
    if let Some(nested) = &attributes.nested {
        name_or_id(nested.value.name.as_ref(), nested.value.id.as_ref(), errors);
    }
    // `skip` and `nested` exclude every other key.
    let exclusive = [
        ("skip", "a field that is skipped is `Default::default()`"),
        ("nested", "the fields of a nested config have their own attributes"),
    ];
    for (name, why) in exclusive {
        if keys.iter().any(|key| key == name) {
            for key in keys.iter().filter(|key| *key != name) {
                let hint = match key.to_string().as_str() {
                    "name" if name == "nested" => {
                        ", and the JSON secret that it is has `nested(name = \"..\")`"
                    }
                    "id" if name == "nested" => ", and the JSON secret that it is has `nested(id = \"..\")`",
                    "id_env" if name == "nested" => {
                        ", and the JSON secret that it is has `nested(id_env = \"..\")`"
                    }
                    "env" if name == "nested" => {
                        ", and its variables start with `nested(env_prefix = \"..\")`"
                    }
                    "default" if name == "nested" => ", and one that may be absent is `Option<..>`",
                    _ => "",
                };
                errors.on(key, format!("`{key}` has no effect with `{name}`: {why}{hint}"));
            }
            return;
        }
    }
    pairs(keys, errors);
}

/// Reports the later key of each pair that excludes each other.
fn pairs<'a>(keys: impl IntoIterator<Item = &'a Ident>, errors: &mut Errors) {
    let keys: Vec<&Ident> = keys.into_iter().collect();
    for (position, later) in keys.iter().enumerate() {
        let earlier = keys.iter().take(position);
        let conflict = earlier.flat_map(|earlier| CONFLICTS.map(|conflict| (earlier, conflict))).find(
            |(earlier, (one, other, _))| {
                (**earlier == one && *later == other) || (**earlier == other && *later == one)
            },
        );
        if let Some((earlier, (_, _, why))) = conflict {
            errors.on(later, format!("`{later}` cannot be combined with `{earlier}`: {why}"));
        }
    }
}
