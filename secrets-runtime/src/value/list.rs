//! Decodes lists: from a JSON array, or from text that is split at the separator of the field.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hash};

use zeroize::Zeroizing;

use super::extract::MASKED;
use super::from_secret::FromSecret;
use super::json::{JsonKind, Token, is_json};
use super::options::Options;
use super::raw::{Content, RawSecret};
use crate::error::DecodeError;
use crate::secret::{REDACTED, Redacted, Secret};

const EXPECTED: DecodeError = DecodeError::expected("a JSON array, since the field has no `separator`");

impl RawSecret<'_> {
    pub(super) fn is_json_array(&self) -> bool {
        matches!(self.content, Content::Json { token, .. } if token.kind() == JsonKind::Array)
    }

    pub(super) fn has_separator(&self) -> bool {
        self.options.separator.is_some()
    }

    /// Decodes each element of a list.
    ///
    /// # Errors
    /// If the value is not a list, or an element is empty, `null` or a masked value. An error of `decode`
    /// gets the number of its element.
    pub fn elements<T>(
        &self,
        decode: impl FnMut(&RawSecret<'_>) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        self.elements_or(decode, drop)
    }

    /// Decodes each element of a list. If one fails, `discard` gets the elements before it.
    pub(super) fn elements_or<T>(
        &self,
        mut decode: impl FnMut(&RawSecret<'_>) -> Result<T, DecodeError>,
        discard: impl FnOnce(Vec<T>),
    ) -> Result<Vec<T>, DecodeError> {
        let (elements, options) = self.checked_elements()?;
        // The full size at once: growth would leave copies behind.
        let mut decoded = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let raw = RawSecret { content: element.content(), shared: None, options };
            match decode(&raw) {
                Ok(element) => decoded.push(element),
                Err(error) => {
                    discard(decoded);
                    return Err(error.at_element(index + 1));
                }
            }
        }
        Ok(decoded)
    }

    /// The elements and their options. Separate from `elements_or`, whose code is generated again for each
    /// type.
    fn checked_elements(&self) -> Result<(Vec<Element<'_>>, Options), DecodeError> {
        let elements = self.split()?;
        // An element is not split again.
        let options = Options { separator: None, ..self.options };
        // All are checked before the first is decoded: decoded elements before an invalid one would not be
        // wiped.
        for (index, element) in elements.iter().enumerate() {
            element.check(options).map_err(|error| error.at_element(index + 1))?;
        }
        Ok((elements, options))
    }

    fn split(&self) -> Result<Vec<Element<'_>>, DecodeError> {
        let token = match (self.content, self.options.separator) {
            (Content::Json { token, text: None }, _) => token,
            (_, Some(separator)) => {
                let text = self.text()?;
                // A list that is stored as JSON is not a list of its pieces.
                if text.trim_start().starts_with('[') && is_json(text) {
                    return elements(Token::whole(text));
                }
                let parts = if text.is_empty() { Vec::new() } else { text.split(separator).collect() };
                return Ok(parts.into_iter().map(Element::Text).collect());
            }
            (_, None) => {
                let text = self.text()?;
                Token::whole(text)
            }
        };
        if token.kind() != JsonKind::Array {
            return Err(if token.is_structure() {
                EXPECTED.found(token.kind().describe())
            } else {
                EXPECTED
            });
        }
        elements(token)
    }
}

fn elements(array: Token<'_>) -> Result<Vec<Element<'_>>, DecodeError> {
    let elements = array.array()?.into_iter();
    elements.map(|token| Ok(Element::Json(token, token.unescaped()?.map(Zeroizing::new)))).collect()
}

/// An element of a list that is not decoded yet.
enum Element<'a> {
    Text(&'a str),
    Json(Token<'a>, Option<Zeroizing<String>>),
}

impl Element<'_> {
    fn content(&self) -> Content<'_> {
        match self {
            Self::Text(text) => Content::Text(text),
            Self::Json(token, text) => {
                Content::Json { token: *token, text: text.as_ref().map(|text| text.as_str()) }
            }
        }
    }

    /// Rejects an element that would not be a value of a setting either.
    fn check(&self, options: Options) -> Result<(), DecodeError> {
        let text = match self {
            Self::Text(text) => text,
            Self::Json(_, Some(text)) => text.as_str(),
            Self::Json(token, None) if token.is_null() => return Err(DecodeError::because("null")),
            Self::Json(_, None) => return Ok(()),
        };
        let text = options.apply(text);
        if text.is_empty() && !options.allow_empty {
            return Err(DecodeError::because("empty"));
        }
        if text.trim() == REDACTED { Err(MASKED) } else { Ok(()) }
    }
}

/// A type that can have `#[secret(separator = "..")]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`separator` splits a text into a list, but `{Self}` is not a list",
    label = "not a list",
    note = "lists are `Vec`, `Box<[T]>`, `BTreeSet` and `HashSet`, also within `Secret`, `Redacted` and `Option`"
)]
pub trait List {}

impl<T> List for Vec<T> {}
impl<T> List for Box<[T]> {}
impl<T> List for BTreeSet<T> {}
impl<T, S> List for HashSet<T, S> {}
impl<T: List> List for Option<T> {}
impl<T: List> List for Secret<T> {}
impl<T: List> List for Redacted<T> {}

impl<T: FromSecret> FromSecret for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        T::list_from_secret(raw)
    }

    fn discard(self) {
        self.into_iter().for_each(T::discard);
    }
}

impl<T: FromSecret> FromSecret for Box<[T]> {
    const SECRET: bool = T::SECRET;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        Vec::from_secret(raw).map(Vec::into_boxed_slice)
    }
}

impl<T: FromSecret + Ord> FromSecret for BTreeSet<T> {
    const SECRET: bool = T::SECRET;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        raw.elements(T::from_secret).map(Self::from_iter)
    }
}

impl<T: FromSecret + Eq + Hash, S: BuildHasher + Default> FromSecret for HashSet<T, S> {
    const SECRET: bool = T::SECRET;

    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        raw.elements(T::from_secret).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<T: FromSecret>(text: &str, separator: Option<&'static str>) -> Result<T, String> {
        let options = Options { separator, ..Options::default() };
        T::from_secret(&RawSecret::from_text(text).with_options(options)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_json_array_is_a_list() {
        assert_eq!(decode("[1, 2, \"3\"]", None), Ok(vec![1_u16, 2, 3]));
        assert_eq!(decode("[\"a,b\", \"\\u00e9\"]", None), Ok(vec!["a,b".to_owned(), "é".to_owned()]));
        assert_eq!(decode("[]", None), Ok(Vec::<u16>::new()));
    }

    #[test]
    fn a_separator_splits_text() {
        assert_eq!(decode("1,2,3", Some(",")), Ok(vec![1_u16, 2, 3]));
        assert_eq!(decode("a; b", Some("; ")), Ok(BTreeSet::from(["a".to_owned(), "b".to_owned()])));
    }

    #[test]
    fn without_a_separator_text_is_not_split() {
        assert_eq!(decode::<Vec<String>>("a,b", None), Err(format!("{EXPECTED}")));
        assert_eq!(decode::<Vec<String>>("{}", None), Err(format!("{EXPECTED}, found a JSON object")));
    }

    #[test]
    fn an_error_has_the_number_of_its_element() {
        assert_eq!(decode::<Vec<u16>>("1,x,3", Some(",")), Err("element 2: expected u16".into()));
        assert_eq!(decode::<Vec<String>>("a,,b", Some(",")), Err("element 2: empty".into()));
        assert_eq!(decode::<Vec<String>>("[\"a\", null]", None), Err("element 2: null".into()));
    }

    #[test]
    fn a_masked_element_is_an_error() {
        let masked = format!("element 2: {MASKED}");
        assert_eq!(decode::<Vec<String>>("[\"a\", \"[REDACTED]\"]", None), Err(masked.clone()));
        assert_eq!(decode::<Vec<String>>("a,[REDACTED]", Some(",")), Err(masked));
    }

    #[test]
    fn an_empty_text_with_a_separator_is_an_empty_list() {
        assert_eq!(decode("", Some(",")), Ok(Vec::<u16>::new()));
    }

    #[test]
    fn a_list_of_bytes_is_binary_data() {
        assert_eq!(decode("a,b", None), Ok(b"a,b".to_vec()));
        assert_eq!(decode::<Secret<Vec<u8>>>("ab", None).unwrap().expose_secret(), b"ab");
    }
}
