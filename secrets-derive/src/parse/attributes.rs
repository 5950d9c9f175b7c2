//! The attributes of a struct and of its fields, as typed values that keep the spans of their keys.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Field;

use crate::names::RenameRule;

/// A key and its value.
pub(crate) struct KeyValue<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// A string literal.
#[derive(Clone)]
pub(crate) struct SpannedString {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// The attributes of the struct.
#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) prefix: Option<KeyValue<SpannedString>>,
    pub(crate) env_prefix: Option<KeyValue<SpannedString>>,
    pub(crate) name: Option<KeyValue<SpannedString>>,
    pub(crate) id: Option<KeyValue<SpannedString>>,
    pub(crate) id_env: Option<KeyValue<SpannedString>>,
    pub(crate) rename_all: Option<KeyValue<RenameRule>>,
    pub(crate) sources: Option<KeyValue<Vec<SpannedString>>>,
    /// The path of the runtime crate. Kept even if it was rejected, for the stub.
    pub(crate) runtime: Option<TokenStream>,
}

/// The attributes of a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) name: Option<KeyValue<SpannedString>>,
    pub(crate) id: Option<KeyValue<SpannedString>>,
    pub(crate) id_env: Option<KeyValue<SpannedString>>,
    pub(crate) key: Option<KeyValue<SpannedString>>,
    pub(crate) env: Option<KeyValue<SpannedString>>,
    pub(crate) aliases: Vec<KeyValue<SpannedString>>,
    pub(crate) default: Option<KeyValue<DefaultAttribute>>,
    pub(crate) json: Option<Ident>,
    pub(crate) parse: Option<Ident>,
    pub(crate) with: Option<KeyValue<TokenStream>>,
    pub(crate) separator: Option<KeyValue<SpannedString>>,
    pub(crate) validate: Option<KeyValue<TokenStream>>,
    pub(crate) nested: Option<KeyValue<NestedAttribute>>,
    pub(crate) stage: Option<KeyValue<SpannedString>>,
    pub(crate) version_id: Option<KeyValue<SpannedString>>,
    pub(crate) plain: Option<Ident>,
    pub(crate) allow_empty: Option<Ident>,
    pub(crate) trim: Option<Ident>,
    pub(crate) skip: Option<Ident>,
    /// Every key that was written, in order.
    pub(crate) keys: Vec<Ident>,
    /// Whether an attribute has an error, so that a value may be missing here that is there in the source.
    pub(crate) has_errors: bool,
}

/// `default` or `default = ..`.
pub(crate) enum DefaultAttribute {
    Alone,
    Text(SpannedString),
    Expression(TokenStream),
}

/// `nested` or `nested(..)`.
#[derive(Default)]
pub(crate) struct NestedAttribute {
    pub(crate) prefix: Option<SpannedString>,
    pub(crate) env_prefix: Option<SpannedString>,
    pub(crate) name: Option<KeyValue<SpannedString>>,
    pub(crate) id: Option<KeyValue<SpannedString>>,
    pub(crate) id_env: Option<KeyValue<SpannedString>>,
}

/// All `#[secret(..)]` of one struct and its fields.
pub(crate) struct Attributes<'a> {
    pub(crate) of_struct: StructAttributes,
    pub(crate) fields: Vec<(&'a Field, FieldAttributes)>,
}
