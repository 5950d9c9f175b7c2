//! Collects every error of a struct, so that one compilation shows all of them.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The errors found so far.
///
/// A caller must call [`finish`](Self::finish): a collector that is dropped unread would turn a rejected
/// struct into an accepted one. Debug builds panic then.
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    is_finished: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: Vec::new(), is_finished: false }
    }

    /// Reports an error at one token.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Reports an error at several tokens, which are underlined from the first to the last.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// How many errors there are so far. If it grows while an attribute is read, the attribute has an error.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Returns the errors, if there are any.
    pub(crate) fn finish(mut self) -> Result<(), CompileErrors> {
        self.is_finished = true;
        let found = std::mem::take(&mut self.found);
        if found.is_empty() { Ok(()) } else { Err(CompileErrors(found)) }
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A second panic would hide the first.
        debug_assert!(
            self.is_finished || std::thread::panicking(),
            "the errors of a struct were collected but not read"
        );
    }
}

/// At least one error.
#[derive(Debug)]
pub(crate) struct CompileErrors(Vec<syn::Error>);

impl CompileErrors {
    /// One `compile_error!` for each error.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_kept_in_order() {
        let mut errors = Errors::new();
        errors.at(Span::call_site(), "first");
        errors.on(quote::quote!(a b), "second");
        assert_eq!(errors.count(), 2);
        let errors = errors.finish().unwrap_err();
        assert_eq!(errors.messages(), ["first", "second"]);
    }

    #[test]
    fn a_collector_without_errors_is_ok() {
        assert!(Errors::new().finish().is_ok());
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "collected but not read")]
    fn an_unread_collector_panics() {
        drop(Errors::new());
    }
}
