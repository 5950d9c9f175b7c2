//! The impl that stands beside the errors, so that `AppConfig::load()` still resolves and nothing else turns red.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use crate::errors::Mistakes;
use crate::ir::Config;

/// The mistakes, and an impl with an empty table that builds nothing. They keep it from ever running.
pub(crate) fn beside(mistakes: &Mistakes, config: &Config<'_>) -> TokenStream {
    let mut tokens = mistakes.to_compile_errors();
    stub(config).to_tokens(&mut tokens);
    tokens
}

fn stub(config: &Config<'_>) -> TokenStream {
    let Config { runtime, ident, .. } = config;
    let (impl_generics, type_generics, where_clause) = config.generics.split_for_impl();
    quote_spanned! {Span::mixed_site()=>
        const _: () = {
            use #runtime::__private as __rt;

            #[automatically_derived]
            impl #impl_generics __rt::SecretConfig for #ident #type_generics #where_clause {
                const SPEC: &'static __rt::ConfigSpec = &__rt::CONFIG;

                fn build(_: &mut __rt::Values<'_>) -> __rt::Option<Self> {
                    __rt::None
                }
            }
        };
    }
}
