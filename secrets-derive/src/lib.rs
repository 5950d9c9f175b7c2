//! The derive macro of `secrets-runtime`, which re-exports it: depend on that crate, not on this one.

use proc_macro::TokenStream;

mod attributes;
mod derive;
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
    derive::derive(input.into()).into()
}
