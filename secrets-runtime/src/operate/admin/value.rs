//! Checks a value before it is written into a secret.

use crate::error::DecodeError;
use crate::secret::REDACTED;
use crate::value::Payload;

/// The most bytes that a secret holds:
/// [`SecretString`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
const MOST_BYTES: usize = 65_536;

/// The value is the output of a `Secret`: the caller formatted it instead of exposing it.
pub(crate) const MASKED: DecodeError =
    DecodeError::because("the value is a masked one: its text is [REDACTED]");

/// Refuses values that a secret cannot hold, and masked ones.
///
/// # Errors
/// The reason.
pub(crate) fn check(value: &Payload) -> Result<(), DecodeError> {
    let bytes = match value {
        Payload::Text(text) => text.expose_secret().as_bytes(),
        Payload::Binary(bytes) | Payload::File(bytes) => bytes.expose_secret().as_slice(),
    };
    if bytes.is_empty() {
        return Err(DecodeError::because("the value is empty"));
    }
    if bytes.len() > MOST_BYTES {
        return Err(DecodeError::because("the value is longer than 65536 bytes"));
    }
    if bytes.trim_ascii() == REDACTED.as_bytes() {
        return Err(MASKED);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_neither_empty_nor_too_long_nor_masked() {
        let refused = |value: &str| check(&Payload::from(value)).map_err(|error| error.to_string());
        assert_eq!(refused("a"), Ok(()));
        assert_eq!(refused(&"a".repeat(65_536)), Ok(()));
        assert_eq!(refused(&"a".repeat(65_537)), Err("the value is longer than 65536 bytes".to_owned()));
        assert_eq!(refused(""), Err("the value is empty".to_owned()));
        let masked = format!("{}\n", crate::Secret::from("a"));
        assert_eq!(refused(&masked), Err("the value is a masked one: its text is [REDACTED]".to_owned()));
        assert!(check(&Payload::from(Vec::new())).is_err());
        assert!(check(&Payload::from(vec![0xff])).is_ok());
    }
}
