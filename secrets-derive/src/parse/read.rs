//! Reads the attributes of a struct and of its fields. Errors within one attribute are reported here; errors
//! that involve several attributes are reported by `validate`.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Attribute, DeriveInput, Field};

use super::attributes::{Attributes, FieldAttributes, KeyValue, NestedAttribute, StructAttributes};
use super::keys::{unknown_key, unknown_key_of_nested};
use super::meta_item::{Level, MetaItem, MetaValue, items_in, items_of};
use super::runtime_path::runtime_path;
use super::sources::sources;
use super::values::{default, flag, function, not_empty, rename_all, text};
use crate::errors::Errors;
use crate::secret_name;

impl<'a> Attributes<'a> {
    pub(crate) fn read(input: &DeriveInput, fields: Vec<&'a Field>, errors: &mut Errors) -> Self {
        let of_struct = read_struct(&input.attrs, errors);
        let fields = fields.into_iter().map(|field| (field, read_field(&field.attrs, errors))).collect();
        Self { of_struct, fields }
    }
}

fn read_struct(attributes: &[Attribute], errors: &mut Errors) -> StructAttributes {
    let mut read = StructAttributes::default();
    for MetaItem { key, value } in items_of(attributes, Level::Struct, errors) {
        match key.to_string().as_str() {
            "prefix" => read.prefix = text(key, value, secret_name::name_part, errors),
            "env_prefix" => read.env_prefix = text(key, value, secret_name::variable_prefix, errors),
            "name" => read.name = text(key, value, secret_name::secret_name, errors),
            "id" => read.id = text(key, value, secret_name::secret_id, errors),
            "id_env" => read.id_env = text(key, value, secret_name::variable, errors),
            "rename_all" => read.rename_all = rename_all(key, value, errors),
            "sources" => read.sources = sources(key, value, errors),
            "crate" => read.runtime = runtime_path(&key, value, errors),
            _ => unknown_key(&key, Level::Struct, errors),
        }
    }
    read
}

fn read_field(attributes: &[Attribute], errors: &mut Errors) -> FieldAttributes {
    let before = errors.count();
    let mut read = FieldAttributes::default();
    for MetaItem { key, value } in items_of(attributes, Level::Field, errors) {
        read.keys.push(key.clone());
        match key.to_string().as_str() {
            "name" => read.name = text(key, value, secret_name::secret_name, errors),
            "id" => read.id = text(key, value, secret_name::secret_id, errors),
            "id_env" => read.id_env = text(key, value, secret_name::variable, errors),
            "key" => read.key = text(key, value, |key| secret_name::json_key(key).map(drop), errors),
            "env" => read.env = text(key, value, secret_name::variable, errors),
            "alias" => read.aliases.extend(text(key, value, secret_name::variable, errors)),
            "default" => read.default = default(key, value, errors),
            "json" => read.json = flag(key, &value, errors),
            "parse" => read.parse = flag(key, &value, errors),
            "with" => read.with = function(key, value, errors),
            "separator" => read.separator = text(key, value, not_empty, errors),
            "validate" => read.validate = function(key, value, errors),
            "nested" => read.nested = nested(key, value, errors),
            "stage" => read.stage = text(key, value, secret_name::stage, errors),
            "version_id" => read.version_id = text(key, value, secret_name::version_id, errors),
            "plain" => read.plain = flag(key, &value, errors),
            "allow_empty" => read.allow_empty = flag(key, &value, errors),
            "trim" => read.trim = flag(key, &value, errors),
            "skip" => read.skip = flag(key, &value, errors),
            _ => unknown_key(&key, Level::Field, errors),
        }
    }
    read.has_errors = errors.count() > before;
    read
}

fn nested(key: Ident, value: MetaValue, errors: &mut Errors) -> Option<KeyValue<NestedAttribute>> {
    let mut nested = NestedAttribute::default();
    match value {
        MetaValue::Flag => {}
        MetaValue::Tokens(tokens) => {
            let target = if tokens.is_empty() { key.to_token_stream() } else { tokens };
            errors.on(target, "`nested` takes no value: write it alone, or `nested(prefix = \"..\")`");
            return None;
        }
        MetaValue::List(list) => {
            for MetaItem { key, value } in items_in(&list, errors) {
                match key.to_string().as_str() {
                    "prefix" => {
                        nested.prefix =
                            text(key, value, secret_name::name_part, errors).map(|text| text.value);
                    }
                    "env_prefix" => {
                        nested.env_prefix =
                            text(key, value, secret_name::variable_prefix, errors).map(|text| text.value);
                    }
                    "name" => nested.name = text(key, value, secret_name::secret_name, errors),
                    "id" => nested.id = text(key, value, secret_name::secret_id, errors),
                    "id_env" => nested.id_env = text(key, value, secret_name::variable, errors),
                    _ => unknown_key_of_nested(&key, errors),
                }
            }
        }
    }
    Some(KeyValue { key, value: nested })
}
