//! The bounds of the impl of a generic struct: on the field types that mention its parameters.

use proc_macro2::TokenStream;
use syn::Generics;

use super::types::mentions_parameters;
use crate::ir::{Config, Decode, DefaultValue, Field, FieldKind};

/// The generics of the struct, with bounds on the field types that mention its parameters.
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
            // A bound that does not parse is left out: the body causes an error about the type.
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
                // These rarely need a bound on the whole type (`Option` does not implement `FromStr`): the
                // struct has its own bounds for them.
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
