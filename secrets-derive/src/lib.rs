//! The derive macro of `secrets-runtime`, which re-exports it: depend on that crate, not on this one.

use proc_macro::TokenStream;

mod attributes;
mod docs;
mod entries;
mod errors;
mod expand;
mod fallback;
mod grammar;
mod keys;
mod model;
mod names;
mod rules;
#[cfg(test)]
mod tests;
mod tokens;

#[doc = include_str!("reference.md")]
#[proc_macro_derive(SecretConfig, attributes(secret))]
pub fn derive_secret_config(input: TokenStream) -> TokenStream {
    derive(input.into()).into()
}

fn derive(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        // Nothing is known about the type, not even its name.
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = errors::Errors::new();
    let fields = rules::fields(&input, &mut errors);
    let attributes = attributes::Attributes::read(&input, fields, &mut errors);
    rules::combinations(&attributes, &mut errors);
    let config = model::Config::new(&input, &attributes);
    rules::names(&config, &attributes, &mut errors);
    match errors.finish() {
        Ok(()) => expand::config(&config),
        Err(mistakes) => fallback::beside(&mistakes, &config),
    }
}
