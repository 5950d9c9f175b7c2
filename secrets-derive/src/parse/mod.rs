//! Turns the `#[secret(..)]` of a struct into typed attributes. Errors within one attribute are reported
//! here; errors that involve several attributes are reported by `validate`.

mod attributes;
pub(crate) mod keys;
mod meta_item;
mod read;
mod runtime_path;
mod sources;
mod token_reader;
mod values;

pub(crate) use attributes::{
    Attributes, DefaultAttribute, FieldAttributes, KeyValue, SpannedString, StructAttributes,
};
pub(crate) use meta_item::{MetaItem, split, unique};
pub(crate) use runtime_path::runtime_path;
pub(crate) use values::flag;
