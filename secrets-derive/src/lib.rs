//! The derive macros of `secrets-runtime`, which re-exports them: depend on that crate, not on this one.

use proc_macro::TokenStream;

mod derive;
mod docs;
mod errors;
mod expand;
mod fallback;
mod ir;
mod names;
mod parse;
mod secret_name;
#[cfg(test)]
mod tests;
mod tokens;
mod validate;
mod zeroize;

#[doc = include_str!("reference.md")]
#[proc_macro_derive(SecretConfig, attributes(secret))]
pub fn derive_secret_config(input: TokenStream) -> TokenStream {
    derive::derive(input.into()).into()
}

/// Implements `Zeroize` for a struct or an enum: it wipes every field.
///
/// A field with `#[zeroize(skip)]` is not wiped and needs no `Zeroize`. An enum keeps its variant: only the
/// fields of the variant are wiped. A type parameter that is used in a wiped field must be `Zeroize`.
/// For an associated type such as `T::Key`, write the bound yourself: `where T::Key: Zeroize`.
///
/// ```
/// use secrets_runtime::{Secret, Zeroize};
///
/// #[derive(Zeroize)]
/// struct KeyPair {
///     #[zeroize(skip)]
///     id: u64,
///     key: String,
/// }
///
/// let mut pair = KeyPair { id: 7, key: "hunter2".into() };
/// pair.zeroize();
/// assert_eq!((pair.id, pair.key.as_str()), (7, ""));
/// let secret = Secret::new(KeyPair { id: 7, key: "hunter2".into() });
/// ```
///
/// `#[zeroize(crate = ::path)]` names the runtime crate if it is not `::secrets_runtime`.
#[proc_macro_derive(Zeroize, attributes(zeroize))]
pub fn derive_zeroize(input: TokenStream) -> TokenStream {
    zeroize::derive(input.into()).into()
}
