//! The table of the settings of a config.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::{Generics, Type};

use super::spans::at;
use super::types::{is_secret, probe};
use crate::ir::{
    Config, Decode, DefaultValue, Document, Field, FieldKind, Names, Nested, SecretName, Value, Version,
};
use crate::names::plain_name;
use crate::tokens::{holds_literal, written};

pub(super) fn config_spec(config: &Config<'_>) -> TokenStream {
    let name = plain_name(config.ident);
    let prefix = text_member("prefix", config.prefix.as_deref());
    let env_prefix = text_member("env_prefix", config.env_prefix.as_deref());
    let document = document_members(&config.document);
    let sources = (!config.sources.is_empty()).then(|| {
        let sources = &config.sources;
        quote!(sources: &[#(#sources),*],)
    });
    let fields = config.fields.iter().filter_map(|field| field_spec(field, config.generics));
    quote! {
        __rt::ConfigSpec {
            name: #name,
            #prefix
            #env_prefix
            #document
            #sources
            fields: &[#(#fields),*],
            ..__rt::CONFIG
        }
    }
}

/// Which JSON secret a config is.
fn document_members(document: &Document) -> TokenStream {
    let name = document.name.as_ref().map(|name| {
        let name = secret_name(name);
        quote!(document: __rt::Some(#name),)
    });
    let id_env = text_member("id_env", document.id_env.as_deref());
    quote!(#name #id_env)
}

fn field_spec(field: &Field<'_>, generics: &Generics) -> Option<TokenStream> {
    let (doc, names, rest) = match &field.kind {
        FieldKind::Skip => return None,
        FieldKind::Nested(nested) => (&nested.doc, &nested.names, nested_members(field.ty, nested)),
        FieldKind::Value(value) => (&value.doc, &value.names, value_members(field.ty, value, generics)),
    };
    let name = plain_name(field.ident);
    let doc = (!doc.is_empty()).then(|| quote!(doc: #doc,));
    let type_name = written(field.ty.to_token_stream());
    let names = names_members(names);
    Some(quote! {
        __rt::FieldSpec { name: #name, #doc type_name: #type_name, #names #rest ..__rt::FIELD }
    })
}

fn names_members(names: &Names) -> TokenStream {
    let secret = secret_name(&names.secret);
    let own_secret = flag_member("own_secret", names.own_secret);
    let own_variable = flag_member("own_variable", names.own_variable);
    let id_env = text_member("id_env", names.id_env.as_deref());
    let json_key = &names.json_key;
    let variable = &names.variable.value;
    quote!(secret_name: #secret, #own_secret #id_env json_key: #json_key, variable: #variable, #own_variable)
}

fn nested_members(ty: &Type, nested: &Nested) -> TokenStream {
    let at = at(ty);
    let optional = quote_spanned!(at=> __rt::NestedOf::<#ty>::OPTIONAL);
    let config = quote_spanned!(at=> __rt::NestedOf::<#ty>::SPEC);
    let prefix = optional_text(nested.prefix.as_deref());
    let env_prefix = optional_text(nested.env_prefix.as_deref());
    let document = document_members(&nested.document);
    quote! {
        optional: #optional,
        nested: __rt::Some(__rt::NestedSpec {
            prefix: #prefix,
            env_prefix: #env_prefix,
            #document
            ..__rt::NestedSpec::new(#config)
        }),
    }
}

fn value_members(ty: &Type, value: &Value, generics: &Generics) -> TokenStream {
    let at = at(ty);
    let probe = probe(&value.decode, at);
    let secret = is_secret(ty, generics, at);
    let optional = quote_spanned!(at=> #probe::<#ty>::OPTIONAL);
    let key = text_member("key", value.key.as_deref());
    let aliases = (!value.aliases.is_empty()).then(|| {
        let aliases = value.aliases.iter().map(|alias| &alias.value);
        quote!(aliases: &[#(#aliases),*],)
    });
    let version = match &value.version {
        Version::Current => TokenStream::new(),
        Version::Stage(stage) => text_member("stage", Some(stage)),
        Version::Id(id) => text_member("version_id", Some(id)),
    };
    let default = match &value.default {
        DefaultValue::None => None,
        DefaultValue::OfType => Some(quote!(__rt::DefaultSpec::Expression("Default::default()"))),
        DefaultValue::Text(text) => {
            let text = &text.value;
            Some(quote!(__rt::DefaultSpec::Text(#text)))
        }
        DefaultValue::Expression(expression) => {
            let text = written(expression.clone());
            // The checks reject a literal for a secret. Any other expression may return one.
            Some(if holds_literal(expression.clone()) {
                quote!(__rt::DefaultSpec::Expression(#text))
            } else {
                quote!(__rt::DefaultSpec::expression(#text, #secret))
            })
        }
    };
    let default = default.map(|default| quote!(default: #default,));
    let separator = text_member("separator", value.decode.separator());
    let plain = flag_member("plain", value.plain.is_some());
    let allow_empty = flag_member("allow_empty", value.allow_empty);
    let trim = flag_member("trim", value.trim);
    let decoder = match value.decode {
        Decode::FromSecret { .. } => None,
        Decode::Json => Some(quote!(decoder: __rt::Decoder::Json,)),
        Decode::Parse { .. } | Decode::With(_) => Some(quote!(decoder: __rt::Decoder::Own,)),
    };
    quote! {
        secret: #secret,
        optional: #optional,
        #key #aliases #version #default #separator #plain #allow_empty #trim #decoder
    }
}

fn secret_name(name: &SecretName) -> TokenStream {
    let text = &name.text().value;
    match name {
        SecretName::UnderPrefix(_) => quote!(__rt::SecretName::UnderPrefix(#text)),
        SecretName::Absolute(_) => quote!(__rt::SecretName::Absolute(#text)),
    }
}

/// A member of the table that is an `Option`. It is left out if there is no value.
fn text_member(name: &str, value: Option<&str>) -> TokenStream {
    let name = format_ident!("{name}");
    value.map(|value| quote!(#name: __rt::Some(#value),)).unwrap_or_default()
}

fn flag_member(name: &str, value: bool) -> TokenStream {
    let name = format_ident!("{name}");
    if value { quote!(#name: true,) } else { TokenStream::new() }
}

fn optional_text(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(__rt::Some(#text)),
        None => quote!(__rt::None),
    }
}
