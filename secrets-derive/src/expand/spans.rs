//! Spans of generated tokens, so that errors underline the user's code.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::Type;

/// The span of a field's type, for the code that reads the field: if a call does not fit the field, the
/// field has to change. It is one span for all of that code, since the compiler reports an error once for
/// each span.
pub(super) fn at(ty: &Type) -> Span {
    Span::mixed_site().located_at(ends(&ty.to_token_stream()).0)
}

/// A path or call that contains a type, underlined where the type is: the span of a path reaches from its
/// first to its last token.
pub(super) fn over(ty: &Type, head: TokenStream, tail: TokenStream) -> TokenStream {
    let (first, last) = ends(&ty.to_token_stream());
    let located = |tokens: TokenStream, at: Span| {
        tokens.into_iter().map(move |mut token| {
            token.set_span(Span::mixed_site().located_at(at));
            token
        })
    };
    located(head, first).chain(ty.to_token_stream()).chain(located(tail, last)).collect()
}

pub(super) fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::mixed_site);
    (first, spans.last().unwrap_or(first))
}
