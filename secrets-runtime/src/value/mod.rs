//! How one value becomes one field: the [`FromSecret`] trait, what it decodes from and how it fails.

mod detected;
#[cfg(feature = "admin")]
pub(crate) mod edit;
mod extract;
pub(crate) mod json;
mod list;
mod payload;
mod printable;
mod scalar;

use std::any::Any;
use std::fmt;

use serde::de::DeserializeOwned;
use zeroize::Zeroize;

pub use detected::SecretValue;
pub(crate) use extract::{Absence, Extracted, Found, extract};
pub use list::List;
pub use payload::Payload;
pub(crate) use printable::HoldsSecret;
pub use printable::SafeToPrint;

use crate::error::DecodeError;
use crate::secret::{Redacted, Secret};
use crate::setting::FieldSpec;

/// A type that a setting can be decoded into.
///
/// Implemented for text, numbers, booleans, durations, addresses and paths, for lists and sets of these, and for
/// [`Secret`], [`Redacted`] and `Option` around them. Other types go through `#[secret(parse)]` (any `FromStr`),
/// `#[secret(json)]` (any `Deserialize`) or `#[secret(with = path)]`, or implement this trait:
///
/// ```
/// use secrets_runtime::{DecodeError, FromSecret, RawSecret};
///
/// struct Percent(u8);
///
/// impl FromSecret for Percent {
///     fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
///         let number = raw.text()?.strip_suffix('%').and_then(|text| text.parse().ok());
///         number.filter(|number| *number <= 100).map(Percent).ok_or(DecodeError::expected("a percentage such as 15%"))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from a setting",
    label = "cannot be decoded from text",
    note = "`#[secret(json)]` decodes it with serde, `#[secret(parse)]` with `FromStr`, `#[secret(with = path)]` with a function",
    note = "a config of its own is `#[secret(nested)]`"
)]
pub trait FromSecret: Sized {
    /// Whether the type keeps its value secret, so that secret stores are asked for it.
    const SECRET: bool = false;

    /// Whether a setting that nothing has is fine.
    const OPTIONAL: bool = false;

    /// Decodes a value.
    ///
    /// # Errors
    /// [`DecodeError`], which has no place for the value.
    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError>;

    /// The value of a setting that nothing has and that has no default; `None` makes it an error.
    fn absent() -> Option<Self> {
        None
    }

    /// Gives up a value that is not used after all. Overridden by what can be wiped.
    #[doc(hidden)]
    fn discard(self) {}

    /// Decodes a list of the type. Overridden by `u8` alone, since a list of bytes is a blob, not a list of numbers.
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

impl<T: FromSecret + Zeroize + 'static> FromSecret for Secret<T> {
    const SECRET: bool = true;
    const OPTIONAL: bool = T::OPTIONAL;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        match raw.shared() {
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

/// One value as a source gave it, on its way to its type.
///
/// Its `Debug` shows no value.
#[derive(Clone, Copy)]
pub struct RawSecret<'a> {
    content: Content<'a>,
    /// The custody in which the value already is, where it can be shared as a whole.
    custody: Option<&'a (dyn Any + Send + Sync)>,
    options: Options,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    /// From a place that knows text alone, such as an environment variable.
    Text(&'a str),
    Binary(&'a [u8]),
    Json {
        token: json::Token<'a>,
        text: Option<&'a str>,
    },
}

/// What a field says of the reading of its text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) separator: Option<&'static str>,
    pub(crate) trim: bool,
    pub(crate) allow_empty: bool,
}

impl Options {
    pub(crate) fn of(spec: Option<&FieldSpec>) -> Self {
        spec.map_or_else(Self::default, |spec| Self {
            separator: spec.separator,
            trim: spec.trim,
            allow_empty: spec.allow_empty,
        })
    }

    fn apply<'t>(&self, text: &'t str) -> &'t str {
        if self.trim { text.trim() } else { text }
    }
}

impl<'a> RawSecret<'a> {
    /// A text, as an environment variable would hold it: for testing a type's own [`FromSecret`].
    pub fn from_text(text: &'a str) -> Self {
        Self { content: Content::Text(text), custody: None, options: Options::default() }
    }

    /// A text that is in custody already.
    pub(crate) fn of_secret(text: &'a Secret<String>) -> Self {
        Self { custody: Some(text), ..Self::from_text(text.expose_secret()) }
    }

    pub(crate) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    pub(crate) fn new(found: &'a Found, options: Options) -> Self {
        let (content, custody): (_, Option<&'a (dyn Any + Send + Sync)>) = match found {
            Found::Text(text) => (Content::Text(text.expose_secret()), Some(text)),
            Found::Binary(bytes) => (Content::Binary(bytes.expose_secret()), Some(bytes)),
            Found::Json { document, range, string } => {
                let text = string.as_ref().map(|text| text.expose_secret().as_str());
                let token = json::Token::at(document.expose_secret(), range.clone());
                (Content::Json { token, text }, string.as_ref().map(|string| string as _))
            }
        };
        Self { content, custody, options }
    }

    /// The value as text: as it is, or the content of a JSON string, or a JSON number or boolean letter for letter.
    ///
    /// # Errors
    /// If it is binary and not UTF-8, or a JSON array or object within a JSON document.
    pub fn text(&self) -> Result<&'a str, DecodeError> {
        let text = match self.content {
            Content::Text(text) | Content::Json { text: Some(text), .. } => text,
            Content::Binary(bytes) => {
                std::str::from_utf8(bytes).map_err(|_| DecodeError::expected("text").found("binary data"))?
            }
            Content::Json { token, text: None } if token.is_structure() => {
                return Err(DecodeError::expected("text").found(token.kind()));
            }
            Content::Json { token, text: None } => token.as_str(),
        };
        Ok(self.options.apply(text))
    }

    /// The value's bytes: binary as it is, text as its UTF-8.
    ///
    /// # Errors
    /// If it is a JSON array or object within a JSON document.
    pub fn bytes(&self) -> Result<&'a [u8], DecodeError> {
        match self.content {
            Content::Binary(bytes) => Ok(bytes),
            _ => self.text().map(str::as_bytes),
        }
    }

    /// The value decoded as JSON with serde.
    ///
    /// # Errors
    /// If it is not JSON or does not fit the type. The decoder's message is dropped: it may quote the value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        match self.content {
            // A JSON string may be the value itself, or hold JSON, as a variable would.
            Content::Json { token, text: Some(text) } => token
                .decode()
                .or_else(|error| json::Token::at(text, 0..text.len()).decode().map_err(|_| error)),
            Content::Json { token, text: None } => token.decode(),
            _ => {
                let text = self.text()?;
                json::Token::at(text, 0..text.len()).decode()
            }
        }
    }

    /// The handle under which the value already is in custody, if `T` is how it is kept and no option changes it.
    fn shared<T: Zeroize + 'static>(&self) -> Option<Secret<T>> {
        let shared = self.custody?.downcast_ref::<Secret<T>>()?;
        let unchanged = !self.options.trim
            || self.text().is_ok_and(|text| {
                (shared as &dyn Any)
                    .downcast_ref::<Secret<String>>()
                    .is_some_and(|whole| whole.expose_secret().len() == text.len())
            });
        unchanged.then(|| shared.clone())
    }
}

impl fmt::Debug for RawSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSecret").finish_non_exhaustive()
    }
}
