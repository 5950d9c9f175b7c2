//! The derive of `Zeroize`. It is independent of the rest of the crate.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, Index, Meta, Type};

use crate::errors::{CompileErrors, Errors};
use crate::parse::{MetaItem, flag, runtime_path, split, unique};
use crate::tokens::{generated, mentions};

/// The impl of `Zeroize`, or the mistakes.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    expand(input).unwrap_or_else(|errors| errors.to_tokens())
}

/// # Errors
/// If the type is a union, or an attribute is wrong.
fn expand(mut input: DeriveInput) -> Result<TokenStream, CompileErrors> {
    let mut errors = Errors::new();
    let runtime = ZeroizeAttributes::read(&input.attrs, Owner::Type, &mut errors).runtime;
    let runtime = runtime.unwrap_or_else(|| quote!(::secrets_runtime));
    let mut wiped = Vec::new();
    let arms: Vec<TokenStream> = match &input.data {
        Data::Struct(data) => vec![arm(&quote!(Self), &data.fields, &mut wiped, &mut errors)],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                ZeroizeAttributes::read(&variant.attrs, Owner::Variant, &mut errors);
                let name = generated(&variant.ident);
                arm(&quote!(Self::#name), &variant.fields, &mut wiped, &mut errors)
            })
            .collect(),
        Data::Union(data) => {
            let message = "`Zeroize` cannot be derived for a union: its active field is not known";
            errors.at(data.union_token.span, message);
            Vec::new()
        }
    };
    errors.finish()?;
    let bounds: Vec<syn::WherePredicate> = input
        .generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .filter(|parameter| wiped.iter().any(|ty| mentions(ty, &|ident| ident == *parameter)))
        .map(|parameter| syn::parse_quote!(#parameter: __rt::Zeroize))
        .collect();
    if !bounds.is_empty() {
        input.generics.make_where_clause().predicates.extend(bounds);
    }
    let ident = generated(&input.ident);
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
fn arm(path: &TokenStream, fields: &Fields, wiped: &mut Vec<Type>, errors: &mut Errors) -> TokenStream {
    let mut patterns = Vec::new();
    let mut calls = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        if ZeroizeAttributes::read(&field.attrs, Owner::Field, errors).is_skipped {
            continue;
        }
        let member = match &field.ident {
            Some(ident) => generated(ident).to_token_stream(),
            None => Index::from(index).to_token_stream(),
        };
        // An error about the type of the field underlines the type.
        let span = Span::mixed_site().located_at(field.ty.span());
        let local = format_ident!("field_{index}", span = span);
        patterns.push(quote!(#member: ref mut #local,));
        calls.push(quote_spanned!(span=> __rt::Zeroize::zeroize(#local);));
        wiped.push(field.ty.clone());
    }
    quote!(#path { #(#patterns)* .. } => { #(#calls)* })
}

/// What an attribute belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Type,
    Variant,
    Field,
}

/// The `#[zeroize(..)]` of a type, a variant or a field.
#[derive(Default)]
struct ZeroizeAttributes {
    runtime: Option<TokenStream>,
    is_skipped: bool,
}

impl ZeroizeAttributes {
    fn read(attributes: &[Attribute], owner: Owner, errors: &mut Errors) -> Self {
        const KEYS: &str = "a field takes `skip`, and the type `crate = ::path`";
        let mut items = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("zeroize")) {
            match &attribute.meta {
                Meta::List(list) if !list.tokens.is_empty() => {
                    items.extend(split(list.tokens.clone(), errors));
                }
                other => errors.on(other, format!("expected a key in parentheses: {KEYS}")),
            }
        }
        let mut read = Self::default();
        for MetaItem { key, value } in unique(items, errors) {
            if key == "skip" && owner == Owner::Field {
                read.is_skipped = flag(key, &value, errors).is_some();
            } else if key == "crate" && owner == Owner::Type {
                read.runtime = runtime_path(&key, value, errors);
            } else {
                errors.on(&key, format!("unknown key: {KEYS}"));
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(source: &str) -> String {
        expand(syn::parse_str(source).unwrap()).unwrap().to_string()
    }

    fn mistakes(source: &str) -> Vec<String> {
        expand(syn::parse_str(source).unwrap()).unwrap_err().messages()
    }

    #[test]
    fn only_parameters_of_wiped_fields_are_bound() {
        let expanded = expanded("struct S<A: Clone, B> where A: Copy { a: Vec<A>, #[zeroize(skip)] b: B }");
        assert!(expanded.contains("impl < A : Clone , B > __rt :: Zeroize for S < A , B >"), "{expanded}");
        assert!(expanded.contains("where A : Copy , A : __rt :: Zeroize {"), "{expanded}");
    }

    #[test]
    fn unknown_attributes_and_unions_are_errors() {
        for source in [
            "struct S { #[zeroize(drop)] a: u8 }",
            "#[zeroize(skip)] struct S { a: u8 }",
            "enum E { #[zeroize(skip)] A(u8) }",
            "struct S { #[zeroize(crate = ::config)] a: u8 }",
        ] {
            let [mistake] = mistakes(source).try_into().unwrap();
            assert!(mistake.starts_with("unknown key"), "{mistake}");
        }
        assert!(mistakes("union U { a: u8 }")[0].contains("cannot be derived for a union"));
    }

    #[test]
    fn an_attribute_has_each_key_once_and_at_least_one() {
        for attributes in ["#[zeroize(skip, skip)]", "#[zeroize(skip)] #[zeroize(skip)]"] {
            let found = mistakes(&format!("struct S {{ {attributes} a: u8 }}"));
            assert_eq!(found, ["`skip` is given twice; keep one"]);
        }
        let found = mistakes("#[zeroize(crate = ::a, crate = ::b)] struct S { a: u8 }");
        assert_eq!(found, ["`crate` is given twice; keep one"]);
        for attribute in ["#[zeroize]", "#[zeroize()]", "#[zeroize = 1]"] {
            let [mistake] = mistakes(&format!("struct S {{ {attribute} a: u8 }}")).try_into().unwrap();
            assert!(mistake.starts_with("expected a key in parentheses"), "{mistake}");
        }
    }

    #[test]
    fn a_relative_path_of_the_runtime_is_an_error() {
        let [mistake] = mistakes("#[zeroize(crate = config)] struct S { a: u8 }").try_into().unwrap();
        assert!(mistake.starts_with("a relative path means something else in every module"), "{mistake}");
    }

    #[test]
    fn the_runtime_may_be_elsewhere() {
        let expanded = expanded("#[zeroize(crate = crate::config)] struct S { a: u8 }");
        assert!(expanded.contains("use crate :: config :: __private"), "{expanded}");
    }
}
