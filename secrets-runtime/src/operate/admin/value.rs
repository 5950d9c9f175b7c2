//! A value on its way into a secret.

use std::io::{self, Write};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::DecodeError;
use crate::secret::{REDACTED, Secret};
use crate::value::Payload;

/// The most bytes that a secret holds:
/// [`SecretString`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
const MOST_BYTES: usize = 65_536;

/// Whether a value can be a secret's, and is not one that nobody means.
pub(crate) fn check(value: &Payload) -> Result<(), DecodeError> {
    let bytes = match value {
        Payload::Text(text) => text.expose_secret().as_bytes(),
        Payload::Binary(bytes) => bytes.expose_secret().as_slice(),
    };
    if bytes.is_empty() {
        return Err(DecodeError::because("the value is empty"));
    }
    if bytes.len() > MOST_BYTES {
        return Err(DecodeError::because("the value is longer than 65536 bytes"));
    }
    // What a secret prints: somebody made a text of one instead of exposing it.
    if bytes.trim_ascii() == REDACTED.as_bytes() {
        return Err(DecodeError::because("the value is a masked one: its text is [REDACTED]"));
    }
    Ok(())
}

/// A value as JSON. What the buffer leaves behind as it grows is wiped.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Secret<String>, DecodeError> {
    let mut buffer = Buffer::default();
    // A serializer's own message may quote the value.
    serde_json::to_writer(&mut buffer, value)
        .map_err(|_| DecodeError::because("the value cannot be written as JSON"))?;
    String::from_utf8(std::mem::take(&mut *buffer.0)).map(Secret::from).map_err(|error| {
        drop(Secret::from(error.into_bytes()));
        DecodeError::because("the value cannot be written as JSON")
    })
}

#[derive(Default)]
struct Buffer(Zeroizing<Vec<u8>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(self.0.capacity() * 2).max(256)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_value_is_neither_empty_nor_too_long_nor_masked() {
        let refused = |value: &str| check(&Payload::from(value)).map_err(|error| error.to_string());
        assert_eq!(refused("a"), Ok(()));
        assert_eq!(refused(&"a".repeat(65_536)), Ok(()));
        assert_eq!(refused(&"a".repeat(65_537)), Err("the value is longer than 65536 bytes".to_owned()));
        assert_eq!(refused(""), Err("the value is empty".to_owned()));
        let masked = format!("{}\n", Secret::from("a"));
        assert_eq!(refused(&masked), Err("the value is a masked one: its text is [REDACTED]".to_owned()));
        assert!(check(&Payload::from(Vec::new())).is_err());
        assert!(check(&Payload::from(vec![0xff])).is_ok());
    }

    #[test]
    fn json_of_any_length_is_what_serde_writes() {
        for length in [0, 1, 255, 256, 257, 5000] {
            let map = BTreeMap::from([("key", "é\"".repeat(length)), ("other", "o".to_owned())]);
            assert_eq!(json(&map).unwrap().expose_secret(), &serde_json::to_string(&map).unwrap());
        }
    }

    #[test]
    fn a_value_that_is_no_json_is_not_quoted() {
        let map = BTreeMap::from([(vec!["hunter2"], 1)]);
        assert_eq!(json(&map).unwrap_err().to_string(), "the value cannot be written as JSON");
    }
}
