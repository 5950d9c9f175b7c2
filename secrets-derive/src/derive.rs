//! The whole way from a struct's tokens to its impl, or to what is wrong with it.

use proc_macro2::TokenStream;

use crate::attributes::Attributes;
use crate::errors::Errors;
use crate::model::Config;
use crate::{expand, fallback, rules};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        // Nothing is known about the type, not even its name.
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let fields = rules::fields(&input, &mut errors);
    let attributes = Attributes::read(&input, fields, &mut errors);
    rules::combinations(&attributes, &mut errors);
    let config = Config::new(&input, &attributes);
    rules::names(&config, &attributes, &mut errors);
    match errors.finish() {
        Ok(()) => expand::config(&config),
        Err(mistakes) => fallback::beside(&mistakes, &config),
    }
}
