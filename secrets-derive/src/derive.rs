//! The whole way from a struct's tokens to its impl, or to what is wrong with it.

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::ir::Config;
use crate::parse::Attributes;
use crate::{expand, fallback, validate};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        // Nothing is known about the type, not even its name.
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let fields = validate::fields(&input, &mut errors);
    let attributes = Attributes::read(&input, fields, &mut errors);
    validate::combinations(&attributes, &mut errors);
    let config = Config::new(&input, &attributes);
    validate::names(&config, &attributes, &mut errors);
    match errors.finish() {
        Ok(()) => expand::config(&config),
        Err(mistakes) => fallback::beside(&mistakes, &config),
    }
}
