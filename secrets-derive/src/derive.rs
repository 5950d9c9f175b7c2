//! Turns the tokens of a struct into its impl of `SecretConfig`, or into errors.

use proc_macro2::TokenStream;

use crate::errors::Errors;
use crate::ir::Config;
use crate::parse::Attributes;
use crate::{expand, fallback, validate};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input = match syn::parse2(input) {
        Ok(input) => input,
        // Without the name of the type there is no stub.
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let fields = validate::fields(&input, &mut errors);
    let attributes = Attributes::read(&input, fields, &mut errors);
    validate::conflicts(&attributes, &mut errors);
    let config = Config::new(&input, &attributes);
    validate::names(&config, &attributes, &mut errors);
    match errors.finish() {
        Ok(()) => expand::config(&config),
        Err(errors) => fallback::errors_and_stub(&errors, &config),
    }
}
