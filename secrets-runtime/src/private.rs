//! The functions, traits and tables that generated code uses. Not part of the public API: it changes with
//! the derive.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

pub use core::assert;
pub use core::default::Default;
pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Err, Ok};

pub use crate::client::Values;
pub use crate::config::SecretConfig;
pub use crate::error::DecodeError;
pub use crate::setting::{
    CONFIG, ConfigSpec, Decoder, DefaultSpec, FIELD, FieldSpec, NestedSpec, SecretName,
};
pub use crate::value::{FromSecret, List, RawSecret, SafeToPrint};
pub use zeroize::Zeroize;

use crate::client::FieldValue;
use crate::contain::contain;
use crate::secret::{Redacted, Secret, Wipe};
use crate::value::HoldsSecret;

/// Takes a field with `plain` that its type decodes; [`Decoded::take`] one without it.
pub fn take<T: FromSecret>(values: &mut Values<'_>, default: Option<fn() -> T>) -> Option<T> {
    take_with(values, default, T::from_secret, T::absent)
}

/// Takes a field with its own decoder. Not inlined, so that there is one copy for each type, not for each
/// field.
#[inline(never)]
pub fn take_with<T>(
    values: &mut Values<'_>,
    default: Option<fn() -> T>,
    decode: fn(&RawSecret<'_>) -> Result<T, DecodeError>,
    absent: fn() -> Option<T>,
) -> Option<T> {
    match values.take() {
        FieldValue::Raw(raw) => match raw.decode(decode) {
            Ok(value) => return Some(value),
            Err(error) => values.invalid(error),
        },
        FieldValue::Absent => match contain(|| default.map_or_else(absent, |default| Some(default()))) {
            Ok(None) => values.missing(),
            Ok(value) => return value,
            Err(_) => values.invalid(DecodeError::because("the code of its default panicked")),
        },
        FieldValue::Failed => {}
    }
    None
}

/// The decoder of `json`.
pub fn json<T: DeserializeOwned>(raw: &RawSecret<'_>) -> Result<T, DecodeError> {
    raw.json()
}

/// The decoder of `with`. An error of type `&'static str` is shown. Any other may quote the value and is
/// dropped.
pub fn with<T, U: IntoField<T>, E: 'static>(
    raw: &RawSecret<'_>,
    decode: fn(&str) -> Result<U, E>,
) -> Result<T, DecodeError> {
    match decode(raw.text()?) {
        Ok(value) => Ok(value.into_field()),
        Err(error) => {
            let reason = (&error as &dyn std::any::Any).downcast_ref::<&'static str>();
            Err(DecodeError::because(reason.copied().unwrap_or("not accepted by its decoder")))
        }
    }
}

/// Takes a nested config.
#[inline(never)]
pub fn nested<T: NestedConfig>(values: &mut Values<'_>) -> Option<T> {
    T::build(values)
}

/// Checks a field that was just taken.
#[inline(never)]
pub fn validate<T: Inspect<U>, U: ?Sized>(
    values: &mut Values<'_>,
    value: Option<T>,
    check: fn(&U) -> Result<(), &'static str>,
) -> Option<T> {
    let value = value?;
    // A certificate that has expired is still the last good one, and must not stop the other fields.
    if values.was_accepted() {
        return Some(value);
    }
    let checked = contain(|| value.inspected().map_or(Ok(()), check));
    match checked.unwrap_or(Err("its validation panicked")) {
        Ok(()) => Some(value),
        Err(reason) => {
            values.invalid(DecodeError::because(reason));
            None
        }
    }
}

/// Asserts that a field with a separator is a list.
pub const fn assert_list<T: List>() {}

/// Asserts that a field with a decoder of its own may be printed.
pub const fn assert_safe_to_print<T: SafeToPrint>() {}

/// The value of `default` without an expression.
pub fn default_value<T: DefaultValue>() -> T {
    T::default_value()
}

/// The value of a `default` that is a number, a boolean or a character.
pub fn literal<T, U: IntoField<T>>(value: U) -> T {
    value.into_field()
}

/// A type that has a default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default value",
    label = "`default` without a value needs `Default`",
    note = "write the value: `#[secret(default = ..)]`; a secret has no default, but it can be optional: `Option<Secret<..>>`"
)]
pub trait DefaultValue: Sized {
    fn default_value() -> Self;
}

impl<T: Default> DefaultValue for T {
    fn default_value() -> Self {
        T::default()
    }
}

/// The type of a field with `#[secret(nested)]`: a config, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `SecretConfig`",
    label = "does not derive `SecretConfig`",
    note = "`#[secret(nested)]` needs a struct that derives `SecretConfig`, or an `Option` of one"
)]
pub trait NestedConfig: Sized {
    const CONFIG: &'static ConfigSpec;
    const OPTIONAL: bool;
    fn build(values: &mut Values<'_>) -> Option<Self>;
}

impl<C: SecretConfig> NestedConfig for C {
    const CONFIG: &'static ConfigSpec = C::SPEC;
    const OPTIONAL: bool = false;

    fn build(values: &mut Values<'_>) -> Option<Self> {
        C::build(values)
    }
}

/// `None` if no source has any of its settings. Defaults alone do not make a config.
impl<C: SecretConfig> NestedConfig for Option<C> {
    const CONFIG: &'static ConfigSpec = C::SPEC;
    const OPTIONAL: bool = true;

    fn build(values: &mut Values<'_>) -> Option<Self> {
        if values.skip_if_absent(C::SPEC.setting_count()) { Some(None) } else { C::build(values).map(Some) }
    }
}

/// What a function of `with` or a literal default may be for a field: its type, or the type that it wraps.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not fit the field, whose type is `{T}`",
    label = "is `{Self}`",
    note = "a default in quotes is read as a variable is: `default = \"30s\"` for a duration, `default = \"127.0.0.1\"` for an address",
    note = "a function of `with` must return `Result<{T}, _>`, or the type inside a `Secret`, `Redacted` or `Option` field"
)]
pub trait IntoField<T> {
    fn into_field(self) -> T;
}

macro_rules! into_field {
    ($([$($generics:tt)*] $field:ty: |$this:ident| $value:expr),* $(,)?) => {$(
        impl<$($generics)*> IntoField<$field> for T {
            fn into_field(self) -> $field {
                let $this = self;
                $value
            }
        }
    )*};
}

into_field! {
    [T] T: |this| this,
    [T] Option<T>: |this| Some(this),
    [T: Wipe] Secret<T>: |this| Secret::new(this),
    [T: Wipe] Option<Secret<T>>: |this| Some(Secret::new(this)),
    [T] Redacted<T>: |this| Redacted::new(this),
    [T] Option<Redacted<T>>: |this| Some(Redacted::new(this)),
}

/// What a function of `validate` may take: a reference to the field's type, to the type that it wraps, or to
/// its text or elements.
pub trait Inspect<U: ?Sized> {
    /// `None` if there is nothing to check.
    fn inspected(&self) -> Option<&U>;
}

impl<T> Inspect<T> for T {
    fn inspected(&self) -> Option<&T> {
        Some(self)
    }
}

macro_rules! inspect {
    ($([$($generics:tt)*] $outer:ty => $inner:ty: |$this:ident| $value:expr),* $(,)?) => {$(
        impl<$($generics)*> Inspect<$inner> for $outer {
            fn inspected(&self) -> Option<&$inner> {
                let $this = self;
                $value
            }
        }
    )*};
}

inspect! {
    [T] Option<T> => T: |this| this.as_ref(),
    [T] Secret<T> => T: |this| Some(this.expose_secret()),
    [T] Option<Secret<T>> => T: |this| this.as_ref().map(Secret::expose_secret),
    [T] Redacted<T> => T: |this| Some(this.expose_secret()),
    [T] Option<Redacted<T>> => T: |this| this.as_ref().map(Redacted::expose_secret),
    [] String => str: |this| Some(this),
    [] Option<String> => str: |this| this.as_deref(),
    [] Secret<String> => str: |this| Some(this.expose_secret()),
    [] Option<Secret<String>> => str: |this| this.as_ref().map(|this| this.expose_secret().as_str()),
    [T] Vec<T> => [T]: |this| Some(this),
    [T] Option<Vec<T>> => [T]: |this| this.as_deref(),
    [T] Secret<Vec<T>> => [T]: |this| Some(this.expose_secret()),
    [T] Option<Secret<Vec<T>>> => [T]: |this| this.as_ref().map(|this| this.expose_secret().as_slice()),
}

/// Constants of a field type that implements [`FromSecret`]. If the bound holds, the inherent constant is
/// chosen, otherwise that of the trait in [`fallback`]. So a type without `FromSecret` causes one error,
/// where the field is taken, and none here.
pub struct Decoded<T: ?Sized>(PhantomData<T>);

impl<T: FromSecret> Decoded<T> {
    pub const SECRET: bool = T::SECRET;
    pub const OPTIONAL: bool = T::OPTIONAL;

    /// Takes a field. A type that is neither decoded nor printed has one error: that of [`fallback`].
    pub fn take(values: &mut Values<'_>, default: Option<fn() -> T>) -> Option<T>
    where
        T: SafeToPrint,
    {
        take(values, default)
    }
}

/// Constants of a field type that may not implement [`FromSecret`], chosen in the same way.
pub struct Wrapped<T: ?Sized>(PhantomData<T>);

impl<T: HoldsSecret + ?Sized> Wrapped<T> {
    pub const SECRET: bool = true;
}

/// Whether a type may be printed, chosen in the same way.
pub struct Printable<T: ?Sized>(PhantomData<T>);

impl<T: SafeToPrint + ?Sized> Printable<T> {
    pub const PRINTABLE: bool = true;
}

impl<T> Wrapped<Option<T>> {
    pub const OPTIONAL: bool = true;

    pub fn absent() -> Option<Option<T>> {
        Some(None)
    }
}

/// The table of a nested config, chosen in the same way.
pub struct NestedOf<T>(PhantomData<T>);

impl<T: NestedConfig> NestedOf<T> {
    pub const SPEC: &'static ConfigSpec = T::CONFIG;
    pub const OPTIONAL: bool = T::OPTIONAL;
}

/// The decoder of `parse`, chosen in the same way: `Option` and `Vec` do not implement `FromStr`.
pub struct Parsed<T>(PhantomData<T>);

impl<T> Parsed<Option<T>> {
    pub fn parse(raw: &RawSecret<'_>) -> Result<Option<T>, DecodeError>
    where
        T: ParseText,
    {
        T::parse_text(raw).map(Some)
    }
}

impl<T> Parsed<Vec<T>> {
    pub fn parse(raw: &RawSecret<'_>) -> Result<Vec<T>, DecodeError>
    where
        T: ParseText,
    {
        raw.elements(T::parse_text)
    }
}

/// The type of a field with `#[secret(parse)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be parsed from text",
    label = "`parse` needs `FromStr`",
    note = "`#[secret(with = path)]` decodes it with a function, `#[secret(json)]` with serde"
)]
pub trait ParseText: Sized {
    fn parse_text(raw: &RawSecret<'_>) -> Result<Self, DecodeError>;
}

impl<T: std::str::FromStr> ParseText for T {
    fn parse_text(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        raw.text()?.parse().map_err(|_| DecodeError::because("not accepted by its parser"))
    }
}

/// A type for names that are not types, such as the constant `N` in `Buffer<N>`.
pub mod not_a_type {
    #[allow(non_camel_case_types)]
    pub enum __Named {}
}

/// The traits behind the structs above: the items that apply if a bound does not hold.
pub mod fallback {
    use super::{
        CONFIG, ConfigSpec, DecodeError, Decoded, FromSecret, NestedOf, ParseText, Parsed, Printable,
        RawSecret, Values, Wrapped,
    };

    pub trait DecodedFallback<T: ?Sized> {
        const SECRET: bool = false;
        const OPTIONAL: bool = false;

        fn take(values: &mut Values<'_>, default: Option<fn() -> T>) -> Option<T>
        where
            T: FromSecret,
        {
            super::take(values, default)
        }
    }

    impl<T: ?Sized> DecodedFallback<T> for Decoded<T> {}

    pub trait HeldFallback {
        const SECRET: bool = false;
    }

    impl<T: ?Sized> HeldFallback for Wrapped<T> {}

    pub trait WrappedFallback<T> {
        const OPTIONAL: bool = false;

        fn absent() -> Option<T> {
            None
        }
    }

    impl<T> WrappedFallback<T> for Wrapped<T> {}

    pub trait PrintableFallback {
        const PRINTABLE: bool = false;
    }

    impl<T: ?Sized> PrintableFallback for Printable<T> {}

    pub trait NestedFallback {
        const SPEC: &'static ConfigSpec = &CONFIG;
        const OPTIONAL: bool = false;
    }

    impl<T> NestedFallback for NestedOf<T> {}

    pub trait ParsedFallback<T> {
        /// # Errors
        /// If the text is not accepted.
        fn parse(raw: &RawSecret<'_>) -> Result<T, DecodeError>
        where
            T: ParseText,
        {
            T::parse_text(raw)
        }
    }

    impl<T> ParsedFallback<T> for Parsed<T> {}
}
