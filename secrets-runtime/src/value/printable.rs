//! The types that may be printed, so that the derived `Debug` of a config shows no secret.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8, NonZeroU16,
    NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::Duration;

use crate::secret::{Redacted, Secret};

/// A type whose text shows no secret, so that a field needs no `plain`.
///
/// Implemented for [`Secret`], [`Redacted`], nested configs, numbers, booleans, durations, addresses and
/// containers of these. Not implemented for text, bytes, paths and URLs, which may be secrets. Implement it
/// for a type of your own that shows no secret:
///
/// ```
/// use secrets_runtime::SafeToPrint;
///
/// #[derive(Debug)]
/// enum LogFormat { Text, Json }
///
/// impl SafeToPrint for LogFormat {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` could print a secret",
    label = "its text may be a secret",
    note = "if it is a secret, wrap it: `Secret<{Self}>`, or `Redacted<{Self}>` for a type that cannot be wiped, such as a map; in an `Option` or a list, wrap the inner type",
    note = "if it is not a secret, or a map of secrets whose keys are not, mark it: `#[secret(plain)]`, and a map `#[secret(json, plain)]`"
)]
pub trait SafeToPrint {}

/// A type that keeps its value secret, for any type of value, also one that does not implement `FromSecret`.
#[doc(hidden)]
pub trait HoldsSecret {}

impl<T> SafeToPrint for Secret<T> {}
impl<T> SafeToPrint for Redacted<T> {}
impl SafeToPrint for () {}

impl<T> HoldsSecret for Secret<T> {}
impl<T> HoldsSecret for Redacted<T> {}

/// A type that may be printed in a list. Bytes and characters may not: a list of them is text, which may be
/// a secret.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a list of `{Self}` could print a secret",
    label = "its elements may be a secret",
    note = "if it is a secret, wrap it: `Secret<..>` (or `Redacted<..>` for a type that cannot be wiped)",
    note = "if it is not a secret, mark it: `#[secret(plain)]`"
)]
pub trait SafeInList {}

impl<T> SafeInList for Secret<T> {}
impl<T> SafeInList for Redacted<T> {}
impl<T: SafeInList> SafeInList for Option<T> {}

macro_rules! safe_to_print {
    ($($ty:ty),* $(,)?) => {$(
        impl SafeToPrint for $ty {}
        impl SafeInList for $ty {}
    )*};
}

impl SafeToPrint for u8 {}
impl SafeToPrint for i8 {}
impl SafeToPrint for char {}

safe_to_print! {
    bool, i16, i32, i64, i128, isize, u16, u32, u64, u128, usize, f32, f64,
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize,
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, Duration,
}

macro_rules! lists {
    ($([$($generics:tt)*] $ty:ty),* $(,)?) => {$(
        impl<T: SafeInList, $($generics)*> SafeToPrint for $ty {}
        impl<T: SafeInList, $($generics)*> SafeInList for $ty {}
        impl<T: HoldsSecret, $($generics)*> HoldsSecret for $ty {}
    )*};
}

lists!([] Vec<T>, [] Box<[T]>, [const N: usize] [T; N], [] BTreeSet<T>, [S] HashSet<T, S>);

impl<T: SafeToPrint> SafeToPrint for Option<T> {}
impl<T: HoldsSecret> HoldsSecret for Option<T> {}
impl<K: SafeToPrint, V: SafeToPrint> SafeToPrint for BTreeMap<K, V> {}
impl<K: SafeToPrint, V: SafeToPrint, S> SafeToPrint for HashMap<K, V, S> {}
impl<K, V: HoldsSecret> HoldsSecret for BTreeMap<K, V> {}
impl<K, V: HoldsSecret, S> HoldsSecret for HashMap<K, V, S> {}
