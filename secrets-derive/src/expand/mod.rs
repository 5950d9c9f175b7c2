//! Turns the IR into tokens, which cannot fail. This is a complete expansion:
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
//!     // One of these for each default that may contain a literal, and for each `plain`.
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
//!             // Every field is read before the first is used, so that one load finds every error.
//!             let field_0 = __rt::Decoded::<Secret<String>>::take(values, __rt::None);
//!             let field_1 = __rt::Decoded::<u16>::take(
//!                 values,
//!                 __rt::Some(|| -> u16 { __rt::literal::<u16, _>(8080) }),
//!             );
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
//! Names: generated locals are hygienic (`Span::mixed_site`), so that the user's expressions cannot see
//! them. Everything else is a path from `__rt`, so that `Option` or `Some` may mean something else in the
//! user's module.
//!
//! Compile time: no `async`, no `.await`, no `?`. Each of them multiplies the drop paths of a function by
//! its fields. More than 16 fields are read by closures of at most 16 each, since the compiler's work for
//! one function grows faster than its length.

use proc_macro2::TokenStream;

use crate::ir::Config;
use crate::tokens::generated;

/// `quote!` with hygienic names.
macro_rules! quote {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned! { ::proc_macro2::Span::mixed_site() => $($tokens)* }
    };
}

mod bounds;
mod build;
mod checks;
mod defaults;
mod spans;
mod table;
mod types;

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
