//! A secret whose kind is detected: text, JSON or binary.

use serde::de::DeserializeOwned;

use super::json::is_structure;
use crate::error::DecodeError;
use crate::secret::Secret;
use crate::value::{FromSecret, RawSecret, SafeToPrint};

/// The value of a secret, by its detected kind. Its `Debug` shows only the kind.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SecretValue {
    /// Text that is not a JSON object or array. `123456` and `true` are text: read a number by its type
    /// instead.
    Text(Secret<String>),
    /// The text of a JSON object or array.
    Json(Secret<String>),
    /// Bytes that are not UTF-8.
    Binary(Secret<Vec<u8>>),
}

impl SecretValue {
    pub(crate) fn detect(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        let Ok(text) = raw.text() else {
            return Secret::from_secret(raw).map(Self::Binary);
        };
        let value = Secret::from_secret(raw)?;
        Ok(if is_structure(text) { Self::Json(value) } else { Self::Text(value) })
    }

    /// Returns the value as text, unless it is binary.
    pub const fn as_text(&self) -> Option<&Secret<String>> {
        match self {
            Self::Text(text) | Self::Json(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// Decodes the value with serde into a type that cannot print it.
    ///
    /// # Errors
    /// If it is not JSON or does not fit the type.
    pub fn json<T: DeserializeOwned + SafeToPrint>(&self) -> Result<T, DecodeError> {
        match self.as_text() {
            Some(text) => RawSecret::from_text(text.expose_secret()).json(),
            None => Err(DecodeError::expected("JSON").found("binary data")),
        }
    }
}
