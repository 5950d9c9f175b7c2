//! What the impl of a generic struct asks of the field types that its parameters are part of.

use proc_macro2::TokenStream;
use syn::Generics;

use super::mentions_parameters;
use crate::ir::{Config, Decode, DefaultValue, Field, FieldKind};

/// The struct's generics, and what its impl asks of the field types that its parameters are part of.
pub(super) fn with_bounds(config: &Config<'_>) -> Generics {
    let mut generics = config.generics.clone();
    let predicates: Vec<TokenStream> = config
        .fields
        .iter()
        .filter(|field| mentions_parameters(field.ty, config.generics))
        .flat_map(|field| bounds(field))
        .collect();
    if !predicates.is_empty() {
        let clause = generics.make_where_clause();
        for predicate in predicates {
            // What does not parse as a bound is left to the error that the body gives.
            clause.predicates.extend(syn::parse2::<syn::WherePredicate>(predicate));
        }
    }
    generics
}

fn bounds(field: &Field<'_>) -> Vec<TokenStream> {
    let ty = field.ty;
    match &field.kind {
        FieldKind::Skip => vec![quote!(#ty: __rt::Default)],
        FieldKind::Nested(_) => vec![quote!(#ty: __rt::NestedConfig)],
        FieldKind::Value(value) => {
            let mut bounds = Vec::new();
            match &value.decode {
                Decode::FromSecret { .. } => bounds.push(quote!(#ty: __rt::FromSecret)),
                // What these ask for is seldom a bound on the whole type (`Option` is no `FromStr`): the struct says
                // itself what its parameter can do.
                Decode::Json | Decode::Parse { .. } | Decode::With(_) => {}
            }
            if value.decode.separator().is_some() {
                bounds.push(quote!(#ty: __rt::List));
            }
            if value.plain.is_none() {
                bounds.push(quote!(#ty: __rt::SafeToPrint));
            }
            if matches!(value.default, DefaultValue::OfType) {
                bounds.push(quote!(#ty: __rt::DefaultValue));
            }
            bounds
        }
    }
}
