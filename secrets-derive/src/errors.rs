//! Collects every mistake of a struct, so that one compile shows them all.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far.
///
/// It has to be read with [`finish`](Self::finish): a sink that is dropped unread would turn a refused struct into an
/// accepted one, which is why that is a bug that debug builds stop at.
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    read: bool,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self { found: Vec::new(), read: false }
    }

    /// Reports a mistake that one token shows.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Reports a mistake that takes all of `tokens` to show: the caret runs from the first to the last of them.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// How many mistakes there are so far: a reader that sees it grow knows that what it read is flawed.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// The mistakes, if there are any.
    pub(crate) fn finish(mut self) -> Result<(), Mistakes> {
        self.read = true;
        let found = std::mem::take(&mut self.found);
        if found.is_empty() { Ok(()) } else { Err(Mistakes(found)) }
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        // A panic that is already on its way says more than this one would.
        debug_assert!(
            self.read || std::thread::panicking(),
            "the mistakes of a struct were collected but not read"
        );
    }
}

/// At least one mistake.
#[derive(Debug)]
pub(crate) struct Mistakes(Vec<syn::Error>);

impl Mistakes {
    /// One `compile_error!` for each mistake.
    pub(crate) fn to_compile_errors(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl From<syn::Error> for Mistakes {
    fn from(error: syn::Error) -> Self {
        Self(vec![error])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_kept_in_order() {
        let mut errors = Errors::new();
        errors.at(Span::call_site(), "first");
        errors.on(quote::quote!(a b), "second");
        assert_eq!(errors.count(), 2);
        let mistakes = errors.finish().unwrap_err();
        assert_eq!(mistakes.messages(), ["first", "second"]);
    }

    #[test]
    fn nothing_found_is_no_mistake() {
        assert!(Errors::new().finish().is_ok());
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "collected but not read")]
    fn an_unread_sink_panics() {
        drop(Errors::new());
    }
}
