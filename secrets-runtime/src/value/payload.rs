//! A value as a source returns it: text or bytes.

use crate::secret::Secret;

/// The value of a key in a source.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Payload {
    /// Text.
    Text(Secret<String>),
    /// Bytes, which may be UTF-8 text.
    Binary(Secret<Vec<u8>>),
    /// The content of a file. As text it is without the one line break at its end, as in a shell's
    /// `$(<file)`; a type of bytes gets all of it.
    File(Secret<Vec<u8>>),
}

impl Payload {
    /// Its text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.expose_secret()),
            Self::Binary(bytes) | Self::File(bytes) => std::str::from_utf8(bytes.expose_secret()).ok(),
        }
    }

    /// Whether both hold the same value. The comparison is not constant-time: use it only for two answers of
    /// one store.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one.expose_secret() == other.expose_secret(),
            (Self::Binary(one), Self::Binary(other)) | (Self::File(one), Self::File(other)) => {
                one.expose_secret() == other.expose_secret()
            }
            _ => false,
        }
    }
}

macro_rules! payload_from {
    ($($variant:ident($($ty:ty),*)),*) => {$($(
        impl From<$ty> for Payload {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )*)*};
}

payload_from!(Text(&str, String, Secret<String>), Binary(&[u8], Vec<u8>, Secret<Vec<u8>>));

impl<const N: usize> From<&[u8; N]> for Payload {
    fn from(value: &[u8; N]) -> Self {
        Self::from(value.as_slice())
    }
}

impl From<&Self> for Payload {
    fn from(value: &Self) -> Self {
        value.clone()
    }
}

impl From<&Secret<String>> for Payload {
    fn from(value: &Secret<String>) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&Secret<Vec<u8>>> for Payload {
    fn from(value: &Secret<Vec<u8>>) -> Self {
        Self::Binary(value.clone())
    }
}
