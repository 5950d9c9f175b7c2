//! The code for a struct with errors: the errors and a stub of the impl. With the stub, `AppConfig::load()`
//! still resolves, so that the compiler reports nothing else.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use crate::errors::CompileErrors;
use crate::ir::Config;

/// The errors, and an impl with an empty table, which never runs since the errors stop the compilation.
pub(crate) fn errors_and_stub(errors: &CompileErrors, config: &Config<'_>) -> TokenStream {
    let mut tokens = errors.to_tokens();
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
