//! Default expressions, which may use syntax that the derive's parser does not know.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Lit;

use crate::ir::{Config, DefaultValue, FieldKind};
use crate::tokens::ungrouped;

/// The name of the macro that [`complex_defaults`] defines.
fn expression_macro() -> Ident {
    Ident::new("__expression", Span::mixed_site())
}

/// Whether the tokens are certainly an expression. The parser that syn has for derives knows neither blocks
/// nor closures nor `match`, so it cannot tell them from invalid tokens.
fn is_simple(expression: &TokenStream) -> bool {
    syn::parse2::<syn::Expr>(expression.clone()).is_ok()
}

/// Whether it is one number, boolean or character, which has no type but its own.
pub(super) fn is_scalar_literal(expression: &TokenStream) -> bool {
    matches!(
        syn::parse2::<Lit>(ungrouped(expression.clone())),
        Ok(Lit::Int(_) | Lit::Float(_) | Lit::Bool(_) | Lit::Char(_) | Lit::Byte(_))
    )
}

pub(super) fn default_expression(expression: &TokenStream) -> TokenStream {
    if is_simple(expression) {
        return expression.clone();
    }
    let name = expression_macro();
    quote!(#name!(#expression))
}

/// A macro that returns its expression. Invalid tokens fail inside its call, with the compiler's own
/// message, and do not break the rest of the generated code.
pub(super) fn complex_defaults(config: &Config<'_>) -> TokenStream {
    let complex = config.fields.iter().any(|field| match &field.kind {
        FieldKind::Value(value) => {
            matches!(&value.default, DefaultValue::Expression(expression) if !is_simple(expression))
        }
        FieldKind::Skip | FieldKind::Nested(_) => false,
    });
    if !complex {
        return TokenStream::new();
    }
    let name = expression_macro();
    quote!(macro_rules! #name { ($expression:expr) => { $expression }; })
}
