//! One value on its way to its type: what [`FromSecret`](super::FromSecret) decodes from.

use std::any::Any;
use std::fmt;

use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use super::extract::{ExtractedValue, text_of_file};
use super::inspect;
use super::json::{self, Token};
use super::options::Options;
use crate::contain::contain;
use crate::error::DecodeError;
use crate::secret::Secret;

/// A value before it is decoded, as a source returned it. Its `Debug` shows no value.
#[derive(Clone, Copy)]
pub struct RawSecret<'a> {
    pub(super) content: Content<'a>,
    /// The `Secret` that holds the whole value, if there is one. A field of the same type then shares it.
    pub(super) shared: Option<&'a (dyn Any + Send + Sync)>,
    pub(super) options: Options,
}

#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// From a source that only knows text, such as the environment.
    Text(&'a str),
    Binary(&'a [u8]),
    /// The content of a file.
    File(&'a [u8]),
    Json {
        token: Token<'a>,
        text: Option<&'a str>,
    },
}

impl<'a> RawSecret<'a> {
    /// Creates a value from text, as an environment variable has it. For tests of your own
    /// [`FromSecret`](super::FromSecret).
    pub fn from_text(text: &'a str) -> Self {
        Self { content: Content::Text(text), shared: None, options: Options::default() }
    }

    /// A text that is in a `Secret` already.
    pub(crate) fn of_secret(text: &'a Secret<String>) -> Self {
        Self { shared: Some(text), ..Self::from_text(text.expose_secret()) }
    }

    pub(crate) fn with_options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    pub(crate) fn new(found: &'a ExtractedValue, options: Options) -> Self {
        let (content, shared): (_, Option<&'a (dyn Any + Send + Sync)>) = match found {
            ExtractedValue::Text(text) => (Content::Text(text.expose_secret()), Some(text)),
            ExtractedValue::Binary(bytes) => (Content::Binary(bytes.expose_secret()), Some(bytes)),
            ExtractedValue::File(bytes) => (Content::File(bytes.expose_secret()), Some(bytes)),
            ExtractedValue::Json { document, range, string } => {
                let text = string.as_ref().map(|text| text.expose_secret().as_str());
                let token = Token::at(document.expose_secret(), range.clone());
                (Content::Json { token, text }, string.as_ref().map(|string| string as _))
            }
        };
        Self { content, shared, options }
    }

    /// Returns the value as text: unchanged, or the content of a JSON string, or a JSON number or boolean
    /// exactly as written. The content of a file is without the one line break at its end.
    ///
    /// # Errors
    /// If it is binary and not UTF-8, or a JSON array or object within a JSON document.
    pub fn text(&self) -> Result<&'a str, DecodeError> {
        let text = match self.content {
            Content::Text(text) | Content::Json { text: Some(text), .. } => text,
            Content::Binary(bytes) => std::str::from_utf8(bytes).map_err(|_| NOT_TEXT)?,
            Content::File(bytes) => text_of_file(bytes).ok_or(NOT_TEXT)?,
            Content::Json { token, text: None } if token.is_structure() => {
                return Err(DecodeError::expected("text").found(token.kind().describe()));
            }
            Content::Json { token, text: None } => token.as_str(),
        };
        Ok(self.options.apply(text))
    }

    /// Returns the value as bytes: binary and files unchanged, text as UTF-8.
    ///
    /// # Errors
    /// If it is a JSON array or object within a JSON document.
    pub fn bytes(&self) -> Result<&'a [u8], DecodeError> {
        match self.content {
            Content::Binary(bytes) => Ok(bytes),
            Content::File(bytes) if !self.options.trim || text_of_file(bytes).is_none() => Ok(bytes),
            _ => self.text().map(str::as_bytes),
        }
    }

    /// Decodes the value as JSON with serde.
    ///
    /// # Errors
    /// If it is not JSON or does not fit the type. The decoder's message is dropped: it may quote the value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        match self.content {
            // A JSON string may be the value itself, or hold JSON, as a variable would.
            Content::Json { token, text: Some(text) } => {
                json::decode(token).or_else(|error| json::decode(Token::whole(text)).map_err(|_| error))
            }
            Content::Json { token, text: None } => json::decode(token),
            _ => {
                let text = self.text()?;
                json::decode(Token::whole(text))
                    .map_err(|error| error.looking_like(inspect::refused_json(text)))
            }
        }
    }

    /// Adds to the error of a decoder what the value looks like, unless the error says more already.
    pub(crate) fn explain(&self, error: DecodeError) -> DecodeError {
        let appearance = match self.text() {
            Ok(text) if error.is_bare() && error.names_expected() => inspect::refused_text(text),
            Ok(text) if error.is_bare() => inspect::surroundings(text),
            _ => None,
        };
        error.looking_like(appearance)
    }

    /// Decodes the value with code of the application.
    ///
    /// # Errors
    /// Those of the decoder, and one that says that it panicked.
    pub(crate) fn decode<T>(
        &self,
        decode: impl FnOnce(&Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        contain(|| decode(self)).unwrap_or(Err(PANICKED))
    }

    /// The `Secret` that holds the value already, if it is a `Secret<T>` and no option changes the value.
    pub(super) fn shared_secret<T: Zeroize + 'static>(&self) -> Option<Secret<T>> {
        let shared = self.shared?.downcast_ref::<Secret<T>>()?;
        let unchanged = !self.options.trim
            || self.text().is_ok_and(|text| {
                (shared as &dyn Any)
                    .downcast_ref::<Secret<String>>()
                    .is_some_and(|whole| whole.expose_secret().len() == text.len())
            });
        unchanged.then(|| shared.clone())
    }
}

const NOT_TEXT: DecodeError = DecodeError::expected("text").found("binary data");

/// A decoder of the application panicked. The message of the panic may quote the value.
const PANICKED: DecodeError = DecodeError::because("its decoder panicked");

impl fmt::Debug for RawSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawSecret").finish_non_exhaustive()
    }
}
