//! Checks that depend on the type of a field, which only the compiler knows: constant assertions.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};

use super::spans::{at, ends};
use super::types::{is_secret, mentions_parameters, mentions_self, prints_secret};
use crate::ir::{Config, DefaultValue, FieldKind};
use crate::names::plain_name;
use crate::tokens::holds_literal;

/// An attribute that a field with a secret type must not have.
pub(super) struct Check {
    /// A constant expression that is true if the attribute is wrong.
    is_wrong: TokenStream,
    /// The tokens to underline.
    underlined: TokenStream,
    message: String,
    /// Whether the check is inside the impl, since the type mentions the parameters of the struct.
    pub(super) in_build: bool,
}

pub(super) fn checks(config: &Config<'_>) -> impl Iterator<Item = Check> {
    config.fields.iter().flat_map(|field| {
        let FieldKind::Value(value) = &field.kind else { return Vec::new() };
        let name = plain_name(field.ident);
        let in_build = mentions_parameters(field.ty, config.generics) || mentions_self(field.ty);
        let check = |is_wrong, underlined, message| Check { is_wrong, underlined, message, in_build };
        let ty = field.ty;
        let secret = is_secret(ty, config.generics, at(ty));
        let prints_secret = prints_secret(ty, at(ty));
        let plain = value.plain.as_ref().map(|plain| {
            let masked = check(
                // A map of secrets may have `plain` for its keys.
                quote!((#secret && __rt::Printable::<#ty>::PRINTABLE)),
                plain.to_token_stream(),
                format!("`{name}` has a secret type, which `plain` contradicts: remove `plain`"),
            );
            let declared = check(
                prints_secret,
                plain.to_token_stream(),
                format!(
                    "the type of `{name}` declares itself secret (`FromSecret::SECRET`), which `plain` \
                     contradicts: remove `plain`, and implement `SafeToPrint` for the type if its text is masked"
                ),
            );
            [masked, declared]
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
        plain.into_iter().flatten().chain(default).collect::<Vec<_>>()
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
    // The message is a format string.
    let message = check.message.replace('{', "{{").replace('}', "}}");
    let is_wrong = &check.is_wrong;
    let arguments = quote!(!#is_wrong, #message);
    // A call is underlined from the first token of its path to its closing parenthesis.
    let (first, last) = ends(&check.underlined);
    let first = Span::mixed_site().located_at(first);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(Span::mixed_site().located_at(last));
    quote_spanned!(first=> __rt::assert!#arguments)
}
