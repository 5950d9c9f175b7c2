//! From the model to tokens, which cannot fail. This is one whole expansion:
//!
//! ```text
//! #[derive(SecretConfig)]
//! #[secret(prefix = "shop/{environment}")]
//! struct AppConfig {
//!     /// Postgres connection string.
//!     database_url: Secret<String>,
//!     #[secret(default = 8080, validate = check_port)]
//!     port: u16,
//!     #[secret(json)]
//!     stripe: Secret<StripeKeys>,
//!     #[secret(nested)]
//!     smtp: SmtpConfig,
//!     #[secret(skip)]
//!     started: Option<Instant>,
//! }
//!
//! // becomes
//!
//! const _: () = {
//!     use ::secrets_runtime::__private::{self as __rt, fallback::*};
//!
//!     // One of these for each default that may hold a literal, and for each `plain`.
//!     const _: () = __rt::assert!(!__rt::Decoded::<u16>::SECRET, "the default of `port` is a literal ..");
//!
//!     #[automatically_derived]
//!     impl __rt::SecretConfig for AppConfig {
//!         const SPEC: &'static __rt::ConfigSpec = &__rt::ConfigSpec {
//!             name: "AppConfig",
//!             prefix: __rt::Some("shop/{environment}"),
//!             fields: &[
//!                 __rt::FieldSpec {
//!                     name: "database_url",
//!                     doc: "Postgres connection string.",
//!                     type_name: "Secret<String>",
//!                     secret: __rt::Decoded::<Secret<String>>::SECRET,
//!                     optional: __rt::Decoded::<Secret<String>>::OPTIONAL,
//!                     secret_name: __rt::SecretName::UnderPrefix("database-url"),
//!                     json_key: "database_url",
//!                     variable: "DATABASE_URL",
//!                     ..__rt::FIELD
//!                 },
//!                 // one for every field that is not skipped
//!             ],
//!             ..__rt::CONFIG
//!         };
//!
//!         fn build(values: &mut __rt::Values<'_>) -> __rt::Option<Self> {
//!             // Every field is read before any is looked at, so that one load finds all that is wrong.
//!             let field_0 = __rt::take::<Secret<String>>(values, __rt::None);
//!             let field_1 = __rt::take::<u16>(values, __rt::Some(|| -> u16 { 8080 }));
//!             let field_1 = __rt::validate::<u16, _>(values, field_1, check_port);
//!             __rt::assert_safe_to_print::<Secret<StripeKeys>>();
//!             let field_2 = __rt::take_with::<Secret<StripeKeys>>(
//!                 values,
//!                 __rt::None,
//!                 __rt::json::<Secret<StripeKeys>>,
//!                 __rt::Wrapped::<Secret<StripeKeys>>::absent,
//!             );
//!             let field_3 = __rt::nested::<SmtpConfig>(values);
//!             match (field_0, field_1, field_2, field_3) {
//!                 (__rt::Some(field_0), __rt::Some(field_1), __rt::Some(field_2), __rt::Some(field_3)) => {
//!                     __rt::Some(Self {
//!                         database_url: field_0,
//!                         port: field_1,
//!                         stripe: field_2,
//!                         smtp: field_3,
//!                         started: <Option<Instant> as __rt::Default>::default(),
//!                     })
//!                 }
//!                 _ => __rt::None,
//!             }
//!         }
//!     }
//! };
//! ```
//!
//! Names: generated locals are hygienic (`Span::mixed_site`), so that an expression of the user's cannot see them;
//! everything else is a path from `__rt`, so that it does not matter what `Option` or `Some` mean where the struct is.
//!
//! Compile time: no `async`, no `.await`, no `?`. Each of them multiplies the drop paths of a function by its fields.
//! More than a handful of fields are read by closures of some each, since what the compiler does for one function
//! grows faster than its length.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{GenericParam, Generics, Type};

use crate::ir::{Config, Decode};
use crate::tokens::any;

/// `quote!` with the hygiene that generated code wants.
macro_rules! quote {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned! { ::proc_macro2::Span::mixed_site() => $($tokens)* }
    };
}

mod bounds;
mod build;
mod checks;
mod defaults;
mod table;

pub(crate) fn config(config: &Config<'_>) -> TokenStream {
    let runtime = &config.runtime;
    let ident = generated(config.ident);
    let allowed = &config.allowed;
    let complex_defaults = defaults::complex_defaults(config);
    let const_checks: TokenStream = checks::checks(config)
        .filter(|check| !check.in_build)
        .map(|check| checks::const_check(&check))
        .collect();
    let generics = bounds::with_bounds(config);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = config.generics.split_for_impl();
    let spec = table::config_spec(config);
    let build = build::build(config);
    quote! {
        #(#[allow(#allowed)])*
        const _: () = {
            use #runtime::__private::{self as __rt, fallback::*};
            #complex_defaults
            #const_checks

            #[automatically_derived]
            impl #impl_generics __rt::SecretConfig for #ident #type_generics #where_clause {
                const SPEC: &'static __rt::ConfigSpec = &#spec;
                #build
            }
        };
    }
}

/// A name of the user's in a place that the macro made up: errors point at the name, and lints that look at who wrote
/// the code (`deprecated`, say) let it pass.
fn generated(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::mixed_site().located_at(ident.span()));
    ident
}

/// Answers questions about a type without failing to compile when it is the wrong one: the error about that comes
/// from `build`, once.
fn probe(decode: &Decode, at: Span) -> TokenStream {
    match decode {
        Decode::FromSecret { .. } => quote_spanned!(at=> __rt::Decoded),
        Decode::Json | Decode::Parse { .. } | Decode::With(_) => quote_spanned!(at=> __rt::Wrapped),
    }
}

/// Where a field's type is, for the code that reads it: where a call does not fit its field, the field is what has to
/// change. In one place for all of it, since the compiler tells a mistake once for each.
fn at(ty: &Type) -> Span {
    Span::mixed_site().located_at(ends(&ty.to_token_stream()).0)
}

/// A path or call about a type, underlined where the type is: the compiler takes a path's span from its first to its
/// last token, whatever lies between.
fn over(ty: &Type, head: TokenStream, tail: TokenStream) -> TokenStream {
    let (first, last) = ends(&ty.to_token_stream());
    let located = |tokens: TokenStream, at: Span| {
        tokens.into_iter().map(move |mut token| {
            token.set_span(Span::mixed_site().located_at(at));
            token
        })
    };
    located(head, first).chain(ty.to_token_stream()).chain(located(tail, last)).collect()
}

fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::mixed_site);
    (first, spans.last().unwrap_or(first))
}

fn mentions_parameters(ty: &Type, generics: &Generics) -> bool {
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

fn mentions_self(ty: &Type) -> bool {
    any(ty.to_token_stream(), &|token| matches!(token, TokenTree::Ident(ident) if ident == "Self"))
}
