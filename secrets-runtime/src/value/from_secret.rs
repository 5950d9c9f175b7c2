//! The trait that decodes a value into a type, and its impls for `Option` and the two redacting wrappers.
//! The impls for single values are in `scalar`, those for lists in `list`.

use super::raw::RawSecret;
use crate::error::DecodeError;
use crate::secret::{Redacted, Secret, Wipe};

/// A type that the value of a setting can be decoded into.
///
/// Implemented for text, numbers, booleans (`true` or `false`, in lower case, and nothing else), durations
/// (with units, such as `30s`), addresses and paths, for lists and sets of these, and
/// for [`Secret`], [`Redacted`] and `Option` around them. Other types go through `#[secret(parse)]` (any
/// `FromStr`), `#[secret(json)]` (any `Deserialize`) or `#[secret(with = path)]`, or implement this trait:
///
/// ```
/// use secrets_runtime::{DecodeError, FromSecret, RawSecret};
///
/// struct Percent(u8);
///
/// impl FromSecret for Percent {
///     fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
///         let number = raw.text()?.strip_suffix('%').and_then(|text| text.parse().ok());
///         let percent = number.filter(|number| *number <= 100).map(Percent);
///         percent.ok_or(DecodeError::expected("a percentage such as 15%"))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a setting",
    label = "cannot be decoded from text",
    note = "a type with `FromStr`, such as a URL, a UUID or a log level: `#[secret(parse, plain)]`, or `#[secret(parse)]` if it is in a `Secret` or a `Redacted`",
    note = "a type with serde's `Deserialize`: `#[secret(json)]`; any other: `#[secret(with = path)]` with a function",
    note = "another config: `#[secret(nested)]`"
)]
pub trait FromSecret: Sized {
    /// Whether the type keeps its value secret. Default: `false`.
    ///
    /// If so, secret stores are asked for it. A field whose type contains it has no literal default, shows
    /// none in reports and manifests, and cannot be `plain`. This holds under `parse`, `json` and `with`,
    /// too.
    const SECRET: bool = false;

    /// Whether a missing setting is not an error.
    const OPTIONAL: bool = false;

    /// Decodes a value.
    ///
    /// # Errors
    /// [`DecodeError`], which cannot contain the value.
    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError>;

    /// Returns the value of a missing setting without a default. `None` makes it an error.
    fn absent() -> Option<Self> {
        None
    }

    /// Drops a value that is not used. Overridden by types that can be wiped.
    #[doc(hidden)]
    fn discard(self) {}

    /// Decodes a list of the type. Overridden only by `u8`, since a list of bytes is binary data.
    #[doc(hidden)]
    fn list_from_secret(raw: &RawSecret<'_>) -> Result<Vec<Self>, DecodeError> {
        raw.elements_or(Self::from_secret, Vec::discard)
    }
}

impl<T: FromSecret> FromSecret for Option<T> {
    const SECRET: bool = T::SECRET;
    const OPTIONAL: bool = true;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        T::from_secret(raw).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn discard(self) {
        if let Some(value) = self {
            value.discard();
        }
    }
}

impl<T: FromSecret + Wipe + 'static> FromSecret for Secret<T> {
    const SECRET: bool = true;
    const OPTIONAL: bool = T::OPTIONAL;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        match raw.shared_secret() {
            Some(shared) => Ok(shared),
            None => T::from_secret(raw).map(Self::new),
        }
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::new)
    }
}

impl<T: FromSecret> FromSecret for Redacted<T> {
    const SECRET: bool = true;
    const OPTIONAL: bool = T::OPTIONAL;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        T::from_secret(raw).map(Self::new)
    }

    fn absent() -> Option<Self> {
        T::absent().map(Self::new)
    }
}
