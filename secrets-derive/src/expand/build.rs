//! The function that reads the fields of a config.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::Type;

use super::checks::{checks, inline_check};
use super::defaults::{default_expression, is_scalar_literal};
use super::spans::{at, ends, over};
use crate::ir::{Config, Decode, DefaultValue, FieldKind, Value};
use crate::tokens::generated;

/// How many fields one function reads.
const CHUNK: usize = 16;

pub(super) fn build(config: &Config<'_>) -> TokenStream {
    let values = Ident::new("values", Span::mixed_site());
    let checks: TokenStream =
        checks(config).filter(|check| check.in_build).map(|check| inline_check(&check)).collect();
    let read: Vec<Local> = config
        .fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| {
            let ty = field.ty;
            let at = at(ty);
            let local = Ident::new(&format!("field_{index}"), at);
            let statements = match &field.kind {
                FieldKind::Skip => return None,
                FieldKind::Nested(_) => quote_spanned!(at=> let #local = __rt::nested::<#ty>(#values);),
                FieldKind::Value(value) => read_value(ty, value, &local, &values),
            };
            Some(Local { index, name: local, statements })
        })
        .collect();
    let members = config.fields.iter().enumerate().map(|(index, field)| {
        let name = generated(field.ident);
        let value = match read.iter().find(|local| local.index == index) {
            Some(Local { name, .. }) => name.to_token_stream(),
            None => {
                let ty = field.ty;
                over(ty, quote!(<), quote!(as __rt::Default>::default()))
            }
        };
        quote!(#name: #value)
    });
    let whole = quote!(__rt::Some(Self { #(#members),* }));
    let body = if read.is_empty() { whole } else { all_or_nothing(&read, &values, &whole) };
    // Without fields the parameter is not used.
    let parameter = if read.is_empty() { quote!(_) } else { quote!(#values) };
    quote! {
        fn build(#parameter: &mut __rt::Values<'_>) -> __rt::Option<Self> {
            #checks
            #body
        }
    }
}

/// A field that is read into a local variable.
struct Local {
    /// Its index among all fields.
    index: usize,
    name: Ident,
    statements: TokenStream,
}

/// Reads every field, then returns `whole` if none of them failed.
fn all_or_nothing(read: &[Local], values: &Ident, whole: &TokenStream) -> TokenStream {
    if read.len() <= CHUNK {
        let statements = read.iter().map(|local| &local.statements);
        let locals = read.iter().map(|local| &local.name);
        let patterns = read.iter().map(|local| {
            let name = &local.name;
            quote_spanned!(name.span()=> __rt::Some(#name))
        });
        return quote! {
            #(#statements)*
            match (#(#locals,)*) {
                (#(#patterns,)*) => #whole,
                _ => __rt::None,
            }
        };
    }
    // Chunks of chunks: each level is a closure with at most `CHUNK` parts.
    let size = read.len().div_ceil(CHUNK).max(CHUNK);
    let chunks: Vec<(Ident, TokenStream, TokenStream)> = read
        .chunks(size)
        .enumerate()
        .map(|(index, chunk)| {
            let name = Ident::new(&format!("chunk_{index}"), Span::mixed_site());
            let locals = chunk.iter().map(|local| &local.name);
            let pattern = quote!((#(#locals,)*));
            let body = all_or_nothing(chunk, values, &quote!(__rt::Some(#pattern)));
            (
                name.clone(),
                pattern,
                quote!(let #name = (|#values: &mut __rt::Values<'_>| { #body })(#values);),
            )
        })
        .collect();
    let names = chunks.iter().map(|(name, ..)| name);
    let patterns = chunks.iter().map(|(_, pattern, _)| pattern);
    let statements = chunks.iter().map(|(.., statement)| statement);
    quote! {
        #(#statements)*
        match (#(#names,)*) {
            (#(__rt::Some(#patterns),)*) => #whole,
            _ => __rt::None,
        }
    }
}

fn read_value(ty: &Type, value: &Value, local: &Ident, values: &Ident) -> TokenStream {
    let at = local.span();
    let default = match &value.default {
        // A string is in the table, and decoded as any other value of the field.
        DefaultValue::None | DefaultValue::Text(_) => quote_spanned!(at=> __rt::None),
        DefaultValue::OfType => quote_spanned!(at=> __rt::Some(__rt::default_value::<#ty>)),
        DefaultValue::Expression(expression) => {
            let default = default_expression(expression);
            let default = if is_scalar_literal(expression) {
                let at = Span::mixed_site().located_at(ends(expression).0);
                quote_spanned!(at=> __rt::literal::<#ty, _>(#default))
            } else {
                default
            };
            quote_spanned!(at=> __rt::Some(|| -> #ty { #default }))
        }
    };
    let list = value.decode.separator().map(|_| quote_spanned!(at=> __rt::assert_list::<#ty>();));
    let take_with = |decode: TokenStream| {
        let safe = value.plain.is_none().then(|| quote_spanned!(at=> __rt::assert_safe_to_print::<#ty>();));
        let absent = quote_spanned!(at=> __rt::Wrapped::<#ty>::absent);
        quote_spanned!(at=> #safe let #local = __rt::take_with::<#ty>(#values, #default, #decode, #absent);)
    };
    let read = match &value.decode {
        Decode::FromSecret { .. } if value.plain.is_some() => {
            quote_spanned!(at=> let #local = __rt::take::<#ty>(#values, #default);)
        }
        Decode::FromSecret { .. } => {
            let take = over(ty, quote!(__rt::Decoded::<), quote!(>::take));
            quote_spanned!(at=> let #local = #take(#values, #default);)
        }
        Decode::Json => take_with(quote_spanned!(at=> __rt::json::<#ty>)),
        Decode::Parse { .. } => take_with(over(ty, quote!(__rt::Parsed::<), quote!(>::parse))),
        Decode::With(path) => take_with(quote_spanned!(at=> |raw| __rt::with(raw, #path))),
    };
    let validate = value
        .validate
        .as_ref()
        .map(|path| quote_spanned!(at=> let #local = __rt::validate::<#ty, _>(#values, #local, #path);));
    quote_spanned!(at=> #list #read #validate)
}
