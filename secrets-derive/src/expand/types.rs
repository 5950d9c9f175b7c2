//! Questions about the types of fields.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{
    ConstParam, GenericArgument, GenericParam, Generics, Ident, Path, PathArguments, Type, TypeParam,
    TypePath,
};

use crate::ir::Decode;
use crate::tokens::mentions;

/// The struct of the runtime that knows whether a field's type is optional under its decoder. It compiles
/// for every type: the error for a wrong type comes from `build`.
pub(super) fn probe(decode: &Decode, at: Span) -> TokenStream {
    match decode {
        Decode::FromSecret { .. } => quote_spanned!(at=> __rt::Decoded),
        Decode::Json | Decode::Parse { .. } | Decode::With(_) => quote_spanned!(at=> __rt::Wrapped),
    }
}

/// Whether the type, or a type that it is made of, keeps its value secret: a constant expression, the same
/// for every decoder. A decoder says how a value is read, not what it is.
pub(super) fn is_secret(ty: &Type, generics: &Generics, at: Span) -> TokenStream {
    let parts = parts(ty);
    let named = names_in_capitals(ty).into_iter().filter_map(|name| named_is_secret(name, generics, at));
    quote_spanned! {at=>
        (#(__rt::Decoded::<#parts>::SECRET || __rt::Wrapped::<#parts>::SECRET)||* #(|| #named)*)
    }
}

/// The same for a name that may be a type or a constant. The import takes a type of that name; without one,
/// `not_a_type` supplies a type that is not a secret.
fn named_is_secret(name: &Ident, generics: &Generics, at: Span) -> Option<TokenStream> {
    if generics.const_params().any(|parameter| parameter.ident == *name) {
        return None;
    }
    if generics.type_params().any(|parameter| parameter.ident == *name) {
        return Some(quote_spanned!(at=> __rt::Decoded::<#name>::SECRET || __rt::Wrapped::<#name>::SECRET));
    }
    Some(quote_spanned! {at=> {
        #[allow(unused_imports)]
        use __rt::not_a_type::*;
        #[allow(unused_imports)]
        use #name as __Named;
        __rt::Decoded::<__Named>::SECRET || __rt::Wrapped::<__Named>::SECRET
    }})
}

/// Whether the type, or a type that it is made of, declares itself secret and does not mask its text: a
/// constant expression. A list only passes on what its elements declare.
pub(super) fn prints_secret(ty: &Type, at: Span) -> TokenStream {
    let tests = parts_outside_of(ty, is_masking).into_iter().map(|part| {
        let inner = inner(part);
        quote_spanned! {at=>
            __rt::Decoded::<#part>::SECRET && !__rt::Printable::<#part>::PRINTABLE
                #(&& !__rt::Decoded::<#inner>::SECRET)*
        }
    });
    quote_spanned!(at=> (#(#tests)||*))
}

/// Whether it is a wrapper of this library, which masks what is inside.
fn is_masking(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Secret" || segment.ident == "Redacted")
}

/// The type and all types that it is made of, as far as they are written.
fn parts(ty: &Type) -> Vec<&Type> {
    parts_outside_of(ty, |_| false)
}

/// The same without the parts of some types.
fn parts_outside_of(ty: &Type, is_closed: fn(&Type) -> bool) -> Vec<&Type> {
    let mut parts = vec![ty];
    let mut next = 0;
    while let Some(part) = parts.get(next).copied() {
        if !is_closed(part) {
            parts.extend(inner(part));
        }
        next += 1;
    }
    parts
}

/// The types that a type is directly made of.
fn inner(ty: &Type) -> Vec<&Type> {
    match ty {
        Type::Array(array) => vec![&*array.elem],
        Type::Group(group) => vec![&*group.elem],
        Type::Paren(paren) => vec![&*paren.elem],
        Type::Reference(reference) => vec![&*reference.elem],
        Type::Slice(slice) => vec![&*slice.elem],
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        Type::Path(path) => arguments(&path.path),
        _ => Vec::new(),
    }
}

/// The containers of the standard library that a field may have, and the wrappers of this library. All their
/// arguments are types.
const CONTAINERS: [&str; 15] = [
    "Arc",
    "BTreeMap",
    "BTreeSet",
    "Box",
    "Cow",
    "HashMap",
    "HashSet",
    "LinkedList",
    "Mutex",
    "Option",
    "Rc",
    "Redacted",
    "Secret",
    "Vec",
    "VecDeque",
];

fn arguments(path: &Path) -> Vec<&Type> {
    let mut types = Vec::new();
    for segment in &path.segments {
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else { continue };
        let takes_types = CONTAINERS.iter().any(|container| segment.ident == container);
        types.extend(arguments.args.iter().filter_map(|argument| match argument {
            GenericArgument::Type(ty) if takes_types || name_in_capitals(ty).is_none() => Some(ty),
            _ => None,
        }));
    }
    types
}

/// The arguments of which the syntax does not tell whether they are types.
fn names_in_capitals(ty: &Type) -> Vec<&Ident> {
    let paths = parts(ty).into_iter().filter_map(|part| match part {
        Type::Path(path) => Some(&path.path),
        _ => None,
    });
    let segments = paths.flat_map(|path| &path.segments);
    let segments = segments.filter(|segment| !CONTAINERS.iter().any(|container| segment.ident == container));
    let arguments = segments.flat_map(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        _ => Vec::new(),
    });
    arguments
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => name_in_capitals(ty),
            _ => None,
        })
        .collect()
}

/// A name in capitals: `N` in `Buffer<N>` has the syntax of a type. A longer path is a type.
fn name_in_capitals(ty: &Type) -> Option<&Ident> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
    path.get_ident().filter(|name| !name.to_string().contains(char::is_lowercase))
}

pub(super) fn mentions_parameters(ty: &Type, generics: &Generics) -> bool {
    generics.params.iter().any(|parameter| match parameter {
        GenericParam::Type(TypeParam { ident: name, .. })
        | GenericParam::Const(ConstParam { ident: name, .. }) => mentions(ty, &|ident| ident == name),
        GenericParam::Lifetime(_) => false,
    })
}

pub(super) fn mentions_self(ty: &Type) -> bool {
    mentions(ty, &|ident| ident == "Self")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::written;
    use quote::ToTokens as _;

    fn parts_of(ty: &str) -> Vec<String> {
        let ty: Type = syn::parse_str(ty).unwrap();
        parts(&ty).into_iter().map(|part| written(part.to_token_stream())).collect()
    }

    #[test]
    fn a_type_is_made_of_its_arguments_and_elements() {
        assert_eq!(parts_of("Key"), ["Key"]);
        assert_eq!(
            parts_of("Option<Vec<(Key, [u8; 4])>>"),
            ["Option<Vec<(Key, [u8; 4])>>", "Vec<(Key, [u8; 4])>", "(Key, [u8; 4])", "Key", "[u8; 4]", "u8"]
        );
        assert_eq!(
            parts_of("std::collections::HashMap<String, &'static Box<[Key]>>"),
            [
                "std::collections::HashMap<String, &'static Box<[Key]>>",
                "String",
                "&'static Box<[Key]>",
                "Box<[Key]>",
                "[Key]",
                "Key"
            ]
        );
        assert_eq!(parts_of("Box<dyn Fn(Key) -> Key>"), ["Box<dyn Fn(Key) -> Key>", "dyn Fn(Key) -> Key"]);
    }

    #[test]
    fn a_constant_is_not_taken_for_a_type() {
        assert_eq!(parts_of("Buffer<Key, N>"), ["Buffer<Key, N>", "Key"]);
        assert_eq!(parts_of("Buffer<{ limits::MAX_LENGTH }, 4>"), ["Buffer<{ limits::MAX_LENGTH }, 4>"]);
        assert_eq!(parts_of("Vec<JWT>"), ["Vec<JWT>", "JWT"]);
        assert_eq!(parts_of("Envelope<tokens::JWT>"), ["Envelope<tokens::JWT>", "tokens::JWT"]);
        assert_eq!(parts_of("Envelope<JWT<Claims>>"), ["Envelope<JWT<Claims>>", "JWT<Claims>", "Claims"]);
    }

    #[test]
    fn a_name_in_capitals_may_be_a_type_or_a_constant() {
        for (ty, names) in [
            ("Envelope<JWT>", &["JWT"][..]),
            ("Option<Vec<Envelope<JWT, Key, N>>>", &["JWT", "N"]),
            ("Vec<JWT>", &[]),
            ("Envelope<tokens::JWT>", &[]),
            ("Envelope<<T as Token>::JWT>", &[]),
        ] {
            let ty: Type = syn::parse_str(ty).unwrap();
            let found: Vec<_> = names_in_capitals(&ty).into_iter().map(Ident::to_string).collect();
            assert_eq!(found, names);
        }
    }
}
