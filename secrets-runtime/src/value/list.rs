//! Decoding of lists: a JSON array, or text cut at the field's separator.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hash};

use zeroize::{Zeroize, Zeroizing};

use super::extract::MASKED;
use super::from_secret::FromSecret;
use super::json::{JsonKind, Token};
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
    /// If the value is no list, if an element is empty, `null` or a masked value, and whatever `decode` returns, with the
    /// number of its element.
    pub fn elements<T>(
        &self,
        decode: impl FnMut(&RawSecret<'_>) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        self.elements_or(decode, drop)
    }

    /// The same, with what becomes of the elements before one that fails.
    pub(super) fn elements_or<T>(
        &self,
        mut decode: impl FnMut(&RawSecret<'_>) -> Result<T, DecodeError>,
        discard: impl FnOnce(Vec<T>),
    ) -> Result<Vec<T>, DecodeError> {
        let (elements, options) = self.checked_elements()?;
        // All of its room at once: growth would leave copies behind.
        let mut decoded = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let raw = RawSecret { content: element.content(), custody: None, options };
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

    /// The parts of the list, and what holds for each. Apart from `elements`, whose code is made again for each type.
    fn checked_elements(&self) -> Result<(Vec<Element<'_>>, Options), DecodeError> {
        let elements = self.split()?;
        // Elements are no lists themselves: the separator ends here.
        let options = Options { separator: None, ..self.options };
        // Before the first is decoded, lest those before a bad one be left behind unwiped.
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
                let parts = if text.is_empty() { Vec::new() } else { text.split(separator).collect() };
                return Ok(parts.into_iter().map(Element::Text).collect());
            }
            (_, None) => {
                let text = self.text()?;
                Token::whole(text)
            }
        };
        if token.kind() != JsonKind::Array {
            return Err(if token.is_structure() { EXPECTED.found(token.kind().describe()) } else { EXPECTED });
        }
        token
            .array()?
            .into_iter()
            .map(|token| Ok(Element::Json(token, token.unescaped()?.map(Zeroizing::new))))
            .collect()
    }
}

/// A part of a list that is not decoded yet.
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

    /// Refuses what is no value in a setting of its own either.
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

/// A type that takes `#[secret(separator = "..")]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`separator` cuts a text into a list, and `{Self}` is no list",
    label = "not a list",
    note = "lists are `Vec`, `Box<[T]>`, `BTreeSet` and `HashSet`, also within `Secret`, `Redacted` and `Option`"
)]
pub trait List {}

impl<T> List for Vec<T> {}
impl<T> List for Box<[T]> {}
impl<T> List for BTreeSet<T> {}
impl<T, S> List for HashSet<T, S> {}
impl<T: List> List for Option<T> {}
impl<T: List + Zeroize> List for Secret<T> {}
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
    fn a_separator_cuts_text() {
        assert_eq!(decode("1,2,3", Some(",")), Ok(vec![1_u16, 2, 3]));
        assert_eq!(decode("a; b", Some("; ")), Ok(BTreeSet::from(["a".to_owned(), "b".to_owned()])));
    }

    #[test]
    fn without_a_separator_a_comma_is_a_comma() {
        assert_eq!(decode::<Vec<String>>("a,b", None), Err(format!("{EXPECTED}")));
        assert_eq!(decode::<Vec<String>>("{}", None), Err(format!("{EXPECTED}, found a JSON object")));
    }

    #[test]
    fn an_element_that_fails_is_named_by_its_number() {
        assert_eq!(decode::<Vec<u16>>("1,x,3", Some(",")), Err("element 2: expected u16".into()));
        assert_eq!(decode::<Vec<String>>("a,,b", Some(",")), Err("element 2: empty".into()));
        assert_eq!(decode::<Vec<String>>("[\"a\", null]", None), Err("element 2: null".into()));
    }

    #[test]
    fn a_masked_value_is_none_in_a_list_either() {
        let masked = format!("element 2: {MASKED}");
        assert_eq!(decode::<Vec<String>>("[\"a\", \"[REDACTED]\"]", None), Err(masked.clone()));
        assert_eq!(decode::<Vec<String>>("a,[REDACTED]", Some(",")), Err(masked));
    }

    #[test]
    fn an_empty_text_with_a_separator_is_an_empty_list() {
        assert_eq!(decode("", Some(",")), Ok(Vec::<u16>::new()));
    }

    #[test]
    fn a_list_of_bytes_is_a_blob() {
        assert_eq!(decode("a,b", None), Ok(b"a,b".to_vec()));
        assert_eq!(decode::<Secret<Vec<u8>>>("ab", None).unwrap().expose_secret(), b"ab");
    }
}
