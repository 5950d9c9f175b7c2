//! From the model to tokens, which cannot fail. This is one whole expansion:
//!
//! ```text
//! #[derive(SecretConfig)]
//! #[secret(prefix = "shop/{environment}")]
//! struct AppConfig {
//!     /// Postgres connection string.
//!     database_url: Secret<String>,
//!     #[secret(default = 8080, validate = check_port)]
//!     port: u16,
//!     #[secret(json)]
//!     stripe: Secret<StripeKeys>,
//!     #[secret(nested)]
//!     smtp: SmtpConfig,
//!     #[secret(skip)]
//!     started: Option<Instant>,
//! }
//!
//! // becomes
//!
//! const _: () = {
//!     use ::secrets_runtime::__private::{self as __rt, fallback::*};
//!
//!     // One of these for each default that may hold a literal, and for each `plain`.
//!     const _: () = __rt::assert!(!__rt::Decoded::<u16>::SECRET, "the default of `port` is a literal ..");
//!
//!     #[automatically_derived]
//!     impl __rt::SecretConfig for AppConfig {
//!         const SPEC: &'static __rt::ConfigSpec = &__rt::ConfigSpec {
//!             name: "AppConfig",
//!             prefix: __rt::Some("shop/{environment}"),
//!             fields: &[
//!                 __rt::FieldSpec {
//!                     name: "database_url",
//!                     doc: "Postgres connection string.",
//!                     type_name: "Secret<String>",
//!                     secret: __rt::Decoded::<Secret<String>>::SECRET,
//!                     optional: __rt::Decoded::<Secret<String>>::OPTIONAL,
//!                     secret_name: __rt::SecretName::UnderPrefix("database-url"),
//!                     json_key: "database_url",
//!                     variable: "DATABASE_URL",
//!                     ..__rt::FIELD
//!                 },
//!                 // one for every field that is not skipped
//!             ],
//!             ..__rt::CONFIG
//!         };
//!
//!         fn build(values: &mut __rt::Values<'_>) -> __rt::Option<Self> {
//!             // Every field is read before any is looked at, so that one load finds all that is wrong.
//!             let field_0 = __rt::take::<Secret<String>>(values, __rt::None);
//!             let field_1 = __rt::take::<u16>(values, __rt::Some(|| -> u16 { 8080 }));
//!             let field_1 = __rt::validate::<u16, _>(values, field_1, check_port);
//!             __rt::assert_safe_to_print::<Secret<StripeKeys>>();
//!             let field_2 = __rt::take_with::<Secret<StripeKeys>>(
//!                 values,
//!                 __rt::None,
//!                 __rt::json::<Secret<StripeKeys>>,
//!                 __rt::Wrapped::<Secret<StripeKeys>>::absent,
//!             );
//!             let field_3 = __rt::nested::<SmtpConfig>(values);
//!             match (field_0, field_1, field_2, field_3) {
//!                 (__rt::Some(field_0), __rt::Some(field_1), __rt::Some(field_2), __rt::Some(field_3)) => {
//!                     __rt::Some(Self {
//!                         database_url: field_0,
//!                         port: field_1,
//!                         stripe: field_2,
//!                         smtp: field_3,
//!                         started: <Option<Instant> as __rt::Default>::default(),
//!                     })
//!                 }
//!                 _ => __rt::None,
//!             }
//!         }
//!     }
//! };
//! ```
//!
//! Names: generated locals are hygienic (`Span::mixed_site`), so that an expression of the user's cannot see them;
//! everything else is a path from `__rt`, so that it does not matter what `Option` or `Some` mean where the struct is.
//!
//! Compile time: no `async`, no `.await`, no `?`. Each of them multiplies the drop paths of a function by its fields.
//! More than [`CHUNK`] fields are read by closures of that many each, since what the compiler does for one function
//! grows faster than its length.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote_spanned};
use syn::{GenericParam, Generics, Type};

use crate::model::{
    Config, Decode, DefaultValue, Field, FieldKind, Names, Nested, SecretName, Value, Version,
};
use crate::names::plain_name;
use crate::tokens::{any, holds_literal, written};

/// How many fields one function reads.
const CHUNK: usize = 16;

/// `quote!` with the hygiene that generated code wants.
macro_rules! quote {
    ($($tokens:tt)*) => {
        quote_spanned! { Span::mixed_site() => $($tokens)* }
    };
}

pub(crate) fn config(config: &Config<'_>) -> TokenStream {
    let runtime = &config.runtime;
    let ident = generated(config.ident);
    let allowed = &config.allowed;
    let complex_defaults = complex_defaults(config);
    let const_checks: TokenStream =
        checks(config).filter(|check| !check.in_build).map(|check| const_check(&check)).collect();
    let generics = with_bounds(config);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, type_generics, _) = config.generics.split_for_impl();
    let spec = config_spec(config);
    let build = build(config);
    quote! {
        #(#[allow(#allowed)])*
        const _: () = {
            use #runtime::__private::{self as __rt, fallback::*};
            #complex_defaults
            #const_checks

            #[automatically_derived]
            impl #impl_generics __rt::SecretConfig for #ident #type_generics #where_clause {
                const SPEC: &'static __rt::ConfigSpec = &#spec;
                #build
            }
        };
    }
}

/// A name of the user's in a place that the macro made up: errors point at the name, and lints that look at who wrote
/// the code (`deprecated`, say) let it pass.
fn generated(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::mixed_site().located_at(ident.span()));
    ident
}

// ---- the table --------------------------------------------------------------------------------------------------

fn config_spec(config: &Config<'_>) -> TokenStream {
    let name = plain_name(config.ident);
    let prefix = text_member("prefix", config.prefix.as_deref());
    let env_prefix = text_member("env_prefix", config.env_prefix.as_deref());
    let document = config.document.as_ref().map(|document| {
        let document = secret_name(document);
        quote!(document: __rt::Some(#document),)
    });
    let sources = (!config.sources.is_empty()).then(|| {
        let sources = &config.sources;
        quote!(sources: &[#(#sources),*],)
    });
    let fields = config.fields.iter().filter_map(field_spec);
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

fn field_spec(field: &Field<'_>) -> Option<TokenStream> {
    let (doc, names, rest) = match &field.kind {
        FieldKind::Skip => return None,
        FieldKind::Nested(nested) => (&nested.doc, &nested.names, nested_members(field.ty, nested)),
        FieldKind::Value(value) => (&value.doc, &value.names, value_members(field.ty, value)),
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
    let json_key = &names.json_key;
    let variable = &names.variable.value;
    quote!(secret_name: #secret, #own_secret json_key: #json_key, variable: #variable,)
}

fn nested_members(ty: &Type, nested: &Nested) -> TokenStream {
    let at = at(ty);
    let optional = quote_spanned!(at=> __rt::NestedOf::<#ty>::OPTIONAL);
    let config = quote_spanned!(at=> __rt::NestedOf::<#ty>::SPEC);
    let prefix = optional_text(nested.prefix.as_deref());
    let env_prefix = optional_text(nested.env_prefix.as_deref());
    quote! {
        optional: #optional,
        nested: __rt::Some(__rt::NestedSpec {
            config: #config,
            prefix: #prefix,
            env_prefix: #env_prefix,
        }),
    }
}

fn value_members(ty: &Type, value: &Value) -> TokenStream {
    let at = at(ty);
    let probe = probe(&value.decode, at);
    let secret = quote_spanned!(at=> #probe::<#ty>::SECRET);
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
            let expression = written(expression.clone());
            Some(quote!(__rt::DefaultSpec::Expression(#expression)))
        }
    };
    let default = default.map(|default| quote!(default: #default,));
    let separator = text_member("separator", value.decode.separator());
    let plain = flag_member("plain", value.plain.is_some());
    let allow_empty = flag_member("allow_empty", value.allow_empty);
    let trim = flag_member("trim", value.trim);
    quote! {
        secret: #secret,
        optional: #optional,
        #key #aliases #version #default #separator #plain #allow_empty #trim
    }
}

/// Answers questions about a type without failing to compile when it is the wrong one: the error about that comes
/// from `build`, once.
fn probe(decode: &Decode, at: Span) -> TokenStream {
    match decode {
        Decode::FromSecret { .. } => quote_spanned!(at=> __rt::Decoded),
        Decode::Json | Decode::Parse { .. } | Decode::With(_) => quote_spanned!(at=> __rt::Wrapped),
    }
}

/// Where a field's type is, for the code that reads it: where a call does not fit its field, the field is what has to
/// change. In one place for all of it, since the compiler tells a mistake once for each.
fn at(ty: &Type) -> Span {
    Span::mixed_site().located_at(ends(&ty.to_token_stream()).0)
}

fn secret_name(name: &SecretName) -> TokenStream {
    let text = &name.text().value;
    match name {
        SecretName::UnderPrefix(_) => quote!(__rt::SecretName::UnderPrefix(#text)),
        SecretName::Absolute(_) => quote!(__rt::SecretName::Absolute(#text)),
    }
}

/// A member of a table that is an `Option`, left to the table's default if there is nothing to say.
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

// ---- build ------------------------------------------------------------------------------------------------------

fn build(config: &Config<'_>) -> TokenStream {
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
    // The values are not looked at when there is nothing to read.
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
    /// Its place among all fields.
    index: usize,
    name: Ident,
    statements: TokenStream,
}

/// Reads every field, then gives `whole` if all of them were there.
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
    // Chunks of chunks of ..: each level is a function of at most `CHUNK` parts.
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
        // A text is in the table, and decoded as any other text of the field.
        DefaultValue::None | DefaultValue::Text(_) => quote_spanned!(at=> __rt::None),
        DefaultValue::OfType => quote_spanned!(at=> __rt::Some(__rt::default_value::<#ty>)),
        DefaultValue::Expression(expression) => {
            let expression = default_expression(expression);
            quote_spanned!(at=> __rt::Some(|| -> #ty { #expression }))
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
            quote_spanned!(at=> let #local = __rt::take_plain::<#ty>(#values, #default);)
        }
        Decode::FromSecret { .. } => quote_spanned!(at=> let #local = __rt::take::<#ty>(#values, #default);),
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

// ---- default expressions ----------------------------------------------------------------------------------------

/// The name of the macro that [`complex_defaults`] defines.
fn expression_macro() -> Ident {
    Ident::new("__expression", Span::mixed_site())
}

/// Whether these tokens are an expression beyond doubt. Blocks, closures and `match` are more than the parser knows
/// that comes with a derive; tokens that are no expression at all look the same to it.
fn is_simple(expression: &TokenStream) -> bool {
    syn::parse2::<syn::Expr>(expression.clone()).is_ok()
}

fn default_expression(expression: &TokenStream) -> TokenStream {
    if is_simple(expression) {
        return expression.clone();
    }
    let name = expression_macro();
    quote!(#name!(#expression))
}

/// A macro that gives back its expression. What is no expression fails inside its call, with the compiler's own
/// message, and leaves the rest of the generated code whole.
fn complex_defaults(config: &Config<'_>) -> TokenStream {
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

// ---- checks that need the type ----------------------------------------------------------------------------------

/// Something that must not be said of a field whose type is a secret.
struct Check {
    /// What must not be, as a constant expression.
    fault: TokenStream,
    /// What to underline.
    place: TokenStream,
    message: String,
    /// A type that mentions the struct's parameters can only be asked inside the impl.
    in_build: bool,
}

fn checks(config: &Config<'_>) -> impl Iterator<Item = Check> {
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

fn const_check(check: &Check) -> TokenStream {
    let assertion = assertion(check);
    quote!(const _: () = #assertion;)
}

fn inline_check(check: &Check) -> TokenStream {
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

/// A path or call about a type, underlined where the type is: the compiler takes a path's span from its first to its
/// last token, whatever lies between.
fn over(ty: &Type, head: TokenStream, tail: TokenStream) -> TokenStream {
    let (first, last) = ends(&ty.to_token_stream());
    let located = |tokens: TokenStream, at: Span| {
        tokens.into_iter().map(move |mut token| {
            token.set_span(Span::mixed_site().located_at(at));
            token
        })
    };
    located(head, first).chain(ty.to_token_stream()).chain(located(tail, last)).collect()
}

fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::mixed_site);
    (first, spans.last().unwrap_or(first))
}

// ---- generics ---------------------------------------------------------------------------------------------------

/// The struct's generics, and what its impl asks of the field types that its parameters are part of.
fn with_bounds(config: &Config<'_>) -> Generics {
    let mut generics = config.generics.clone();
    let predicates: Vec<TokenStream> = config
        .fields
        .iter()
        .filter(|field| mentions_parameters(field.ty, config.generics))
        .flat_map(|field| bounds(field))
        .collect();
    if !predicates.is_empty() {
        let clause = generics.make_where_clause();
        for predicate in predicates {
            // What does not parse as a bound is left to the error that the body gives.
            clause.predicates.extend(syn::parse2::<syn::WherePredicate>(predicate));
        }
    }
    generics
}

fn bounds(field: &Field<'_>) -> Vec<TokenStream> {
    let ty = field.ty;
    match &field.kind {
        FieldKind::Skip => vec![quote!(#ty: __rt::Default)],
        FieldKind::Nested(_) => vec![quote!(#ty: __rt::NestedConfig)],
        FieldKind::Value(value) => {
            let mut bounds = Vec::new();
            match &value.decode {
                Decode::FromSecret { .. } => bounds.push(quote!(#ty: __rt::FromSecret)),
                // What these ask for is seldom a bound on the whole type (`Option` is no `FromStr`): the struct says
                // itself what its parameter can do.
                Decode::Json | Decode::Parse { .. } | Decode::With(_) => {}
            }
            if value.decode.separator().is_some() {
                bounds.push(quote!(#ty: __rt::List));
            }
            if value.plain.is_none() {
                bounds.push(quote!(#ty: __rt::SafeToPrint));
            }
            if matches!(value.default, DefaultValue::OfType) {
                bounds.push(quote!(#ty: __rt::DefaultValue));
            }
            bounds
        }
    }
}

fn mentions_parameters(ty: &Type, generics: &Generics) -> bool {
    let names: Vec<&Ident> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    !names.is_empty()
        && any(ty.to_token_stream(), &|token| match token {
            TokenTree::Ident(ident) => names.contains(&ident),
            _ => false,
        })
}

fn mentions_self(ty: &Type) -> bool {
    any(ty.to_token_stream(), &|token| matches!(token, TokenTree::Ident(ident) if ident == "Self"))
}
