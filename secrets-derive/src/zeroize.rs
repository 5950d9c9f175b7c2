//! The derive of `Zeroize`. It is independent of the rest of the crate.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, Index, Path, Type};

use crate::tokens;

/// The impl of `Zeroize`.
///
/// # Errors
/// If the type is a union, or an attribute is not known.
pub(crate) fn derive(input: TokenStream) -> syn::Result<TokenStream> {
    let mut input: DeriveInput = syn::parse2(input)?;
    let runtime = Attributes::read(&input.attrs, Level::Type)?.runtime;
    let runtime = runtime.map_or_else(|| quote!(::secrets_runtime), Path::into_token_stream);
    let mut wiped = Vec::new();
    let arms = match &input.data {
        Data::Struct(data) => vec![arm(&quote!(Self), &data.fields, &mut wiped)?],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                Attributes::read(&variant.attrs, Level::Variant)?;
                let name = &variant.ident;
                arm(&quote!(Self::#name), &variant.fields, &mut wiped)
            })
            .collect::<syn::Result<_>>()?,
        Data::Union(data) => {
            let message = "`Zeroize` cannot be derived for a union: its active field is not known";
            return Err(syn::Error::new(data.union_token.span, message));
        }
    };
    let bounds: Vec<TokenStream> = input
        .generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .filter(|parameter| wiped.iter().any(|ty| mentions(ty, parameter)))
        .map(|parameter| quote!(#parameter: __rt::Zeroize))
        .collect();
    if !bounds.is_empty() {
        let clause = input.generics.make_where_clause();
        for bound in bounds {
            clause.predicates.push(syn::parse2(bound)?);
        }
    }
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote_spanned! {Span::mixed_site()=>
        const _: () = {
            use #runtime::__private as __rt;

            #[automatically_derived]
            impl #impl_generics __rt::Zeroize for #ident #type_generics #where_clause {
                fn zeroize(&mut self) {
                    match *self {
                        #(#arms)*
                    }
                }
            }
        };
    })
}

/// The arm of a `match` that wipes the fields of a struct or of a variant. Their types are added to `wiped`.
fn arm(path: &TokenStream, fields: &Fields, wiped: &mut Vec<Type>) -> syn::Result<TokenStream> {
    let mut patterns = Vec::new();
    let mut calls = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if Attributes::read(&field.attrs, Level::Field)?.is_skipped {
            continue;
        }
        let member = match &field.ident {
            Some(ident) => ident.to_token_stream(),
            None => Index::from(index).to_token_stream(),
        };
        // An error about the type of the field underlines the type.
        let span = Span::mixed_site().located_at(field.ty.span());
        let local = format_ident!("field_{index}", span = span);
        patterns.push(quote!(#member: ref mut #local,));
        calls.push(quote_spanned!(span=> __rt::Zeroize::zeroize(#local);));
        wiped.push(field.ty.clone());
    }
    Ok(quote!(#path { #(#patterns)* .. } => { #(#calls)* }))
}

fn mentions(ty: &Type, parameter: &syn::Ident) -> bool {
    tokens::any(ty.to_token_stream(), &|token| matches!(token, TokenTree::Ident(ident) if ident == parameter))
}

/// What an attribute belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Type,
    Variant,
    Field,
}

/// The `#[zeroize(..)]` of a type, a variant or a field.
#[derive(Default)]
struct Attributes {
    runtime: Option<Path>,
    is_skipped: bool,
}

impl Attributes {
    fn read(attributes: &[Attribute], level: Level) -> syn::Result<Self> {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("zeroize")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("skip") && level == Level::Field {
                    read.is_skipped = true;
                    Ok(())
                } else if meta.path.is_ident("crate") && level == Level::Type {
                    read.runtime = Some(meta.value()?.call(Path::parse_mod_style)?);
                    Ok(())
                } else {
                    Err(meta.error("unknown key: a field takes `skip`, and the type `crate = ::path`"))
                }
            })?;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(source: &str) -> String {
        match derive(source.parse().unwrap()) {
            Ok(tokens) => tokens.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_parameters_of_wiped_fields_are_bound() {
        let expanded = expand("struct S<A: Clone, B> where A: Copy { a: Vec<A>, #[zeroize(skip)] b: B }");
        assert!(expanded.contains("impl < A : Clone , B > __rt :: Zeroize for S < A , B >"), "{expanded}");
        assert!(expanded.contains("where A : Copy , A : __rt :: Zeroize {"), "{expanded}");
    }

    #[test]
    fn unknown_attributes_and_unions_are_errors() {
        assert!(expand("struct S { #[zeroize(drop)] a: u8 }").starts_with("unknown key"));
        assert!(expand("#[zeroize(skip)] struct S { a: u8 }").starts_with("unknown key"));
        assert!(expand("enum E { #[zeroize(skip)] A(u8) }").starts_with("unknown key"));
        assert!(expand("union U { a: u8 }").contains("cannot be derived for a union"));
    }

    #[test]
    fn the_runtime_may_be_elsewhere() {
        let expanded = expand("#[zeroize(crate = crate::config)] struct S { a: u8 }");
        assert!(expanded.contains("use crate :: config :: __private"), "{expanded}");
    }
}
