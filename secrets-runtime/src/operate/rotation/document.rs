//! Reads and replaces one text in a JSON secret, for rotators.

use crate::error::DecodeError;
use crate::secret::Secret;
use crate::setting::KeyPath;
use crate::value::{
    Extracted, ExtractedValue, FromSecret, Options, Payload, RawSecret, SecretValue, edit, extract,
};

impl SecretValue {
    /// Returns the text under a key of a JSON secret. The key is written as in `#[secret(key = "..")]`:
    /// `a.b`, or a JSON pointer.
    ///
    /// # Errors
    /// If the secret is not a JSON object, or has no text under the key.
    pub fn text_at(&self, key: &str) -> Result<Secret<String>, DecodeError> {
        Secret::from_secret(&RawSecret::new(&self.found(key)?, ANY))
    }

    /// Returns the same JSON with another text under an existing key. Everything else stays byte for byte.
    /// Every copy made here is wiped.
    ///
    /// ```
    /// use secrets_runtime::{Secret, SecretValue};
    ///
    /// let current = SecretValue::Json(Secret::from("{\"user\": \"shop\", \"password\": \"1\"}"));
    /// let new = current.with_text_at("password", &Secret::from("2"))?;
    /// let text = new.as_text().map(|text| text.expose_secret().as_str());
    /// assert_eq!(text, Some("{\"user\": \"shop\", \"password\": \"2\"}"));
    /// # Ok::<(), secrets_runtime::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the secret is not a JSON object, or has no text under the key.
    pub fn with_text_at(&self, key: &str, text: &Secret<String>) -> Result<Self, DecodeError> {
        let found = self.found(key)?;
        // An array or an object under the key is a mistake in the key.
        RawSecret::new(&found, ANY).text()?;
        let ExtractedValue::Json { document, range, .. } = found else { return Err(NO_KEY) };
        let text = edit::to_json(text.expose_secret())?;
        edit::replace(document.expose_secret(), range, &text).map(Self::Json).ok_or(NO_KEY)
    }

    /// Returns the text under a key, or `None` if the key is missing or `null`.
    #[cfg(feature = "postgres")]
    pub(super) fn optional_text_at(&self, key: &str) -> Result<Option<Secret<String>>, DecodeError> {
        let Some(found) = self.find(key)? else { return Ok(None) };
        Secret::from_secret(&RawSecret::new(&found, ANY)).map(Some)
    }

    fn found(&self, key: &str) -> Result<ExtractedValue, DecodeError> {
        self.find(key)?.ok_or(NO_KEY)
    }

    fn find(&self, key: &str) -> Result<Option<ExtractedValue>, DecodeError> {
        let text = self.as_text().ok_or(DecodeError::expected("a JSON object").found("binary data"))?;
        match extract(&Payload::from(text), &KeyPath::parse(key), ANY) {
            Extracted::Found { found, .. } => Ok(Some(found)),
            Extracted::Absent(_) => Ok(None),
            Extracted::Invalid(error) => Err(error),
        }
    }
}

/// The text under the key may be empty.
const ANY: Options = Options { separator: None, trim: false, allow_empty: true, json: false };

const NO_KEY: DecodeError = DecodeError::because("the JSON has no text under the key");

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> SecretValue {
        SecretValue::Json(Secret::from(text))
    }

    fn replaced(document: &str, key: &str, text: &str) -> Result<String, String> {
        let new = json(document).with_text_at(key, &Secret::from(text)).map_err(|error| error.to_string())?;
        Ok(new.as_text().unwrap().expose_secret().clone())
    }

    #[test]
    fn everything_else_is_kept() {
        let document = "{ \"é\":1.50,\n\"token\" : \"old\\n\", \"n\": {\"token\": 12345678901234567890}}";
        let new = "{ \"é\":1.50,\n\"token\" : \"new\", \"n\": {\"token\": 12345678901234567890}}";
        assert_eq!(replaced(document, "token", "new").unwrap(), new);
        let new = "{ \"é\":1.50,\n\"token\" : \"old\\n\", \"n\": {\"token\": \"new\"}}";
        assert_eq!(replaced(document, "n.token", "new").unwrap(), new);
        assert_eq!(replaced(document, "/n/token", "new").unwrap(), new);
        assert_eq!(replaced("{\"token\":\"\"}", "token", "new").unwrap(), "{\"token\":\"new\"}");
    }

    #[test]
    fn any_text_reads_back() {
        for text in ["", "a", "\"\\\n\u{1}é\u{1f600}", &"\u{1}".repeat(1000)] {
            let new = replaced("{\"token\": \"old\", \"b\": 2}", "token", text).unwrap();
            assert_eq!(json(&new).text_at("token").unwrap().expose_secret(), text);
            assert_eq!(json(&new).text_at("b").unwrap().expose_secret(), "2");
        }
    }

    #[test]
    fn a_missing_text_is_refused_and_not_quoted() {
        let refused = |document| replaced(document, "token", "new").unwrap_err();
        assert_eq!(refused("{\"hunter2\": 1}"), "the JSON has no text under the key");
        assert_eq!(refused("{\"token\": null}"), "the JSON has no text under the key");
        for document in ["{\"token\": [\"hunter2\"]}", "[\"hunter2\"]", "hunter2", "{\"token\": \"hunter2"] {
            assert!(!refused(document).contains("hunter2"));
        }
        let binary = SecretValue::Binary(Secret::from(vec![0xff]));
        assert_eq!(
            binary.text_at("token").unwrap_err().to_string(),
            "expected a JSON object, found binary data"
        );
    }
}
