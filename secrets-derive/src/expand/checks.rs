//! Checks that need the type, which only the compiler knows: constants that do not evaluate.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use super::{at, ends, mentions_parameters, mentions_self, probe};
use crate::ir::{Config, DefaultValue, FieldKind};
use crate::names::plain_name;
use crate::tokens::holds_literal;

/// Something that must not be said of a field whose type is a secret.
pub(super) struct Check {
    /// What must not be, as a constant expression.
    fault: TokenStream,
    /// What to underline.
    place: TokenStream,
    message: String,
    /// A type that mentions the struct's parameters can only be asked inside the impl.
    pub(super) in_build: bool,
}

pub(super) fn checks(config: &Config<'_>) -> impl Iterator<Item = Check> {
    config.fields.iter().flat_map(|field| {
        let FieldKind::Value(value) = &field.kind else { return Vec::new() };
        let name = plain_name(field.ident);
        let in_build = mentions_parameters(field.ty, config.generics) || mentions_self(field.ty);
        let check = |fault, place, message| Check { fault, place, message, in_build };
        let ty = field.ty;
        let probe = probe(&value.decode, at(ty));
        let secret = quote!(#probe::<#ty>::SECRET);
        let plain = value.plain.as_ref().map(|plain| {
            check(
                // A map of secrets has keys, which `plain` may speak of.
                quote!((#secret && __rt::Printable::<#ty>::PRINTABLE)),
                plain.to_token_stream(),
                format!(
                    "`{name}` is a secret by its type, and `plain` says that it is none: leave `plain` out"
                ),
            )
        });
        let literal = match &value.default {
            DefaultValue::Text(text) => {
                let mut literal = proc_macro2::Literal::string("");
                literal.set_span(text.span);
                Some(literal.to_token_stream())
            }
            DefaultValue::Expression(expression) => {
                holds_literal(expression.clone()).then(|| expression.clone())
            }
            DefaultValue::None | DefaultValue::OfType => None,
        };
        let default = literal.map(|place| {
            check(
                secret.clone(),
                place,
                format!(
                    "the default of `{name}` would put a secret into the program, where everyone who has the \
                     binary can read it: leave `default` out (a secret that may be absent is an `Option`)"
                ),
            )
        });
        plain.into_iter().chain(default).collect::<Vec<_>>()
    })
}

pub(super) fn const_check(check: &Check) -> TokenStream {
    let assertion = assertion(check);
    quote!(const _: () = #assertion;)
}

pub(super) fn inline_check(check: &Check) -> TokenStream {
    let assertion = assertion(check);
    quote!(const { #assertion };)
}

fn assertion(check: &Check) -> TokenStream {
    // The text is a format string.
    let message = check.message.replace('{', "{{").replace('}', "}}");
    let fault = &check.fault;
    let arguments = quote!(!#fault, #message);
    // A call is underlined from the first token of its path to its closing parenthesis.
    let (first, last) = ends(&check.place);
    let first = Span::mixed_site().located_at(first);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(Span::mixed_site().located_at(last));
    quote_spanned!(first=> __rt::assert!#arguments)
}
