//! Default expressions, which may be more Rust than syn's small parser reads.

use proc_macro2::{Ident, Span, TokenStream};

use crate::ir::{Config, DefaultValue, FieldKind};

/// The name of the macro that [`complex_defaults`] defines.
fn expression_macro() -> Ident {
    Ident::new("__expression", Span::mixed_site())
}

/// Whether these tokens are an expression beyond doubt. Blocks, closures and `match` are more than the parser knows
/// that comes with a derive; tokens that are no expression at all look the same to it.
fn is_simple(expression: &TokenStream) -> bool {
    syn::parse2::<syn::Expr>(expression.clone()).is_ok()
}

pub(super) fn default_expression(expression: &TokenStream) -> TokenStream {
    if is_simple(expression) {
        return expression.clone();
    }
    let name = expression_macro();
    quote!(#name!(#expression))
}

/// A macro that gives back its expression. What is no expression fails inside its call, with the compiler's own
/// message, and leaves the rest of the generated code whole.
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
