//! Checks that the type is a struct with named fields that own their values.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Data, DeriveInput, Field, Fields};

use crate::errors::Errors;
use crate::tokens::written;

/// Returns the fields of the struct. For anything but a struct with named fields it reports an error and
/// returns none.
pub(crate) fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<&'a Field> {
    for lifetime in input.generics.lifetimes() {
        errors.on(
            &lifetime.lifetime,
            format!(
                "a config owns what it loads and cannot borrow for `{}`: hold `Secret<String>` or `String`, \
                 not a reference",
                lifetime.lifetime
            ),
        );
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => {
                named.named.iter().inspect(|field| no_default_value(field, errors)).collect()
            }
            Fields::Unit => Vec::new(),
            Fields::Unnamed(unnamed) => {
                errors.on(unnamed, tuple(&input.ident, unnamed.unnamed.len()));
                Vec::new()
            }
        },
        Data::Enum(data) => {
            errors.on(
                data.enum_token,
                format!(
                    "`SecretConfig` fills the fields of a struct, but `{0}` is an enum\n\
                     a field of type `{0}` is read with `#[secret(parse)]` if `{0}` implements `FromStr`, or \
                     with `#[secret(json)]` if it implements `serde::Deserialize`",
                    input.ident
                ),
            );
            Vec::new()
        }
        Data::Union(data) => {
            errors.on(
                data.union_token,
                format!("`SecretConfig` fills the fields of a struct, but `{}` is a union", input.ident),
            );
            Vec::new()
        }
    }
}

fn tuple(ident: &Ident, fields: usize) -> String {
    let newtype = if fields == 1 {
        format!(
            "\nif `{ident}` is the type of a field, it needs no `SecretConfig`: implement `FromStr` for it and write \
             `#[secret(parse)]` on the field"
        )
    } else {
        String::new()
    };
    format!(
        "`SecretConfig` needs named fields, as in \
         `struct {ident} {{ database_url: Secret<String> }}`{newtype}"
    )
}

/// Rejects `a: u8 = 1`, which nightly compilers accept: the derive would ignore the value.
fn no_default_value(field: &Field, errors: &mut Errors) {
    if let Some((equals, value)) = &field.default {
        let mut tokens = equals.to_token_stream();
        value.to_tokens(&mut tokens);
        errors.on(
            tokens,
            format!(
                "the default of a setting is written as an attribute: `#[secret(default = {})]`",
                written(value.to_token_stream())
            ),
        );
    }
}
