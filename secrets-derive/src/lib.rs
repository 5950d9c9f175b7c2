//! The derive macro of `secrets-runtime`, which re-exports it: depend on that crate, not on this one.

use proc_macro::TokenStream;

#[cfg(test)]
mod any_input;
mod derive;
mod docs;
mod errors;
mod expand;
mod fallback;
mod ir;
mod names;
mod parse;
mod secret_name;
#[cfg(test)]
mod tests;
mod tokens;
mod validate;

#[doc = include_str!("reference.md")]
#[proc_macro_derive(SecretConfig, attributes(secret))]
pub fn derive_secret_config(input: TokenStream) -> TokenStream {
    derive::derive(input.into()).into()
}
