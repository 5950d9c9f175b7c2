//! Questions about the types of fields.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{ConstParam, GenericParam, Generics, Type, TypeParam};

use crate::ir::Decode;
use crate::tokens::mentions;

/// The struct of the runtime that knows the constants of a field's type. It compiles for every type: the
/// error for a wrong type comes from `build`.
pub(super) fn probe(decode: &Decode, at: Span) -> TokenStream {
    match decode {
        Decode::FromSecret { .. } => quote_spanned!(at=> __rt::Decoded),
        Decode::Json | Decode::Parse { .. } | Decode::With(_) => quote_spanned!(at=> __rt::Wrapped),
    }
}

pub(super) fn mentions_parameters(ty: &Type, generics: &Generics) -> bool {
    generics.params.iter().any(|parameter| match parameter {
        GenericParam::Type(TypeParam { ident: name, .. })
        | GenericParam::Const(ConstParam { ident: name, .. }) => mentions(ty, &|ident| ident == name),
        GenericParam::Lifetime(_) => false,
    })
}

pub(super) fn mentions_self(ty: &Type) -> bool {
    mentions(ty, &|ident| ident == "Self")
}
