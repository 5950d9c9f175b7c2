//! Questions about the types of fields.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{GenericParam, Generics, Type};

use crate::ir::Decode;
use crate::tokens::any;

/// The struct of the runtime that knows the constants of a field's type. It compiles for every type: the
/// error for a wrong type comes from `build`.
pub(super) fn probe(decode: &Decode, at: Span) -> TokenStream {
    match decode {
        Decode::FromSecret { .. } => quote_spanned!(at=> __rt::Decoded),
        Decode::Json | Decode::Parse { .. } | Decode::With(_) => quote_spanned!(at=> __rt::Wrapped),
    }
}

pub(super) fn mentions_parameters(ty: &Type, generics: &Generics) -> bool {
    let names: Vec<&Ident> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    !names.is_empty()
        && any(ty.to_token_stream(), &|token| match token {
            TokenTree::Ident(ident) => names.contains(&ident),
            _ => false,
        })
}

pub(super) fn mentions_self(ty: &Type) -> bool {
    any(ty.to_token_stream(), &|token| matches!(token, TokenTree::Ident(ident) if ident == "Self"))
}
