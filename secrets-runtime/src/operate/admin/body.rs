//! Inserts a value into the body of a finished request, so that the SDK never holds the value.
//!
//! The SDK logs request bodies at TRACE and, if a variable is set, the text that it signs. It copies what it
//! serializes and wipes nothing. So the SDK gets an empty value. An interceptor inserts the value into the
//! serialized body, in a buffer of the exact size that is wiped with its last handle. `Debug` of the request
//! shows that body as a stream, and the signer gets only its digest.
//!
//! A `tracing` subscriber that drops all events during the call would not work: it does not stop the `log`
//! records of `tracing`'s feature `log-always`, and it turns those of the feature `log` off in the whole
//! process.

use std::error::Error as StdError;
use std::fmt::Write;

use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_secretsmanager::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::value::Payload;

/// Inserts a value where the request has an empty one.
#[derive(Debug)]
pub(super) struct InsertValue(pub(super) Payload);

impl Intercept for InsertValue {
    fn name(&self) -> &'static str {
        "secret value"
    }

    /// Runs after the request is serialized, before it is signed and before the SDK keeps it for retries.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let request = context.request_mut();
        let body = request.body().bytes().and_then(|body| with_value(body, &self.0));
        let body = body.ok_or("the request has no empty value")?;
        request.headers_mut().try_insert("content-length", body.len().to_string())?;
        // A signer that gets the body logs it if `LOG_SIGNABLE_BODY` is set.
        config.interceptor_state().store_put(PayloadSigningOverride::Precomputed(digest(&body)));
        *request.body_mut() = unprintable(body);
        Ok(())
    }
}

/// The digest for the signature, see
/// [SigV4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().fold(String::new(), |mut digest, byte| {
        let _ = write!(digest, "{byte:02x}");
        digest
    })
}

/// A body that can be signed and sent again, and does not print its content.
fn unprintable(content: Zeroizing<Vec<u8>>) -> SdkBody {
    SdkBody::from(Bytes::from_owner(content)).map_preserve_contents(SdkBody::from_body_1_x)
}

/// Returns the body with the value in it. No other part of a JSON document can equal the empty member: a
/// quotation mark within a string has a backslash before it.
fn with_value(body: &[u8], value: &Payload) -> Option<Zeroizing<Vec<u8>>> {
    let empty: &[u8] = match value {
        Payload::Text(_) => br#""SecretString":"""#,
        Payload::Binary(_) | Payload::File(_) => br#""SecretBinary":"""#,
    };
    let start = body.windows(empty.len()).position(|window| window == empty)?;
    let (before, after) = body.split_at_checked(start + empty.len() - 1)?;
    let length = match value {
        Payload::Text(text) => text.expose_secret().bytes().map(|byte| escape(byte).len()).sum(),
        Payload::Binary(bytes) | Payload::File(bytes) => bytes.expose_secret().len().div_ceil(3) * 4,
    };
    // Of the exact size: a growing buffer would leave unwiped copies behind.
    let mut complete = Zeroizing::new(Vec::with_capacity(body.len() + length));
    complete.extend_from_slice(before);
    match value {
        Payload::Text(text) => {
            for byte in text.expose_secret().bytes() {
                match escape(byte) {
                    Escape::None => complete.push(byte),
                    Escape::Short(letter) => complete.extend_from_slice(&[b'\\', letter]),
                    Escape::Hexadecimal(digits) => {
                        complete.extend_from_slice(b"\\u00");
                        complete.extend_from_slice(&digits);
                    }
                }
            }
        }
        Payload::Binary(bytes) | Payload::File(bytes) => {
            bytes.expose_secret().chunks(3).for_each(|chunk| complete.extend_from_slice(&base64(chunk)));
        }
    }
    complete.extend_from_slice(after);
    Some(complete)
}

/// How a byte of UTF-8 is written within a JSON string.
enum Escape {
    None,
    Short(u8),
    Hexadecimal([u8; 2]),
}

impl Escape {
    const fn len(&self) -> usize {
        match self {
            Self::None => 1,
            Self::Short(_) => 2,
            Self::Hexadecimal(_) => 6,
        }
    }
}

const fn escape(byte: u8) -> Escape {
    match byte {
        b'"' | b'\\' => Escape::Short(byte),
        b'\n' => Escape::Short(b'n'),
        b'\r' => Escape::Short(b'r'),
        b'\t' => Escape::Short(b't'),
        0..0x20 => {
            let low = byte & 0x0f;
            Escape::Hexadecimal([b'0' + (byte >> 4), if low < 10 { b'0' + low } else { b'a' + low - 10 }])
        }
        _ => Escape::None,
    }
}

/// Up to three bytes as four characters.
fn base64(chunk: &[u8]) -> [u8; 4] {
    let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
    let group = byte(0) << 16 | byte(1) << 8 | byte(2);
    let digit = |shift: u32| match u8::try_from(group >> shift & 63).unwrap_or(0) {
        digit @ 0..26 => b'A' + digit,
        digit @ 26..52 => b'a' + digit - 26,
        digit @ 52..62 => b'0' + digit - 52,
        62 => b'+',
        _ => b'/',
    };
    let padded = |place: usize, shift| if chunk.len() < place { b'=' } else { digit(shift) };
    [digit(18), digit(12), padded(2, 6), padded(3, 0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_in(body: &str, value: &str) -> String {
        let complete = with_value(body.as_bytes(), &Payload::from(value)).unwrap();
        assert_eq!(complete.len(), complete.capacity());
        String::from_utf8(complete.to_vec()).unwrap()
    }

    fn read_back(body: &str, key: &str) -> String {
        let document: serde_json::Value = serde_json::from_str(body).unwrap();
        document[key].as_str().unwrap().to_owned()
    }

    #[test]
    fn every_character_arrives_as_it_is() {
        let every_ascii: String = (0..128_u8).map(char::from).collect();
        for value in ["a", "\"\\\n\r\t\u{8}\u{c}\u{1f}\u{7f}/", "é\u{2028}𝄞", &every_ascii] {
            let body = text_in(r#"{"SecretId":"a","SecretString":"","VersionStages":["b"]}"#, value);
            assert_eq!(read_back(&body, "SecretString"), value);
            assert_eq!(read_back(&body, "SecretId"), "a");
        }
    }

    #[test]
    fn every_byte_arrives_as_base64() {
        let every_byte: Vec<u8> = (0..=255).collect();
        for length in [1, 2, 3, 4, 255, 256] {
            let bytes = &every_byte[256 - length..];
            let body = with_value(br#"{"SecretBinary":""}"#, &Payload::from(bytes)).unwrap();
            assert_eq!(body.len(), body.capacity());
            let text = read_back(std::str::from_utf8(&body).unwrap(), "SecretBinary");
            assert_eq!(aws_smithy_types::base64::decode(text).unwrap(), bytes);
        }
    }

    #[test]
    fn a_text_that_looks_like_the_empty_member_is_not_replaced() {
        let description = serde_json::to_string(r#""SecretString":"""#).unwrap();
        let body = text_in(&format!(r#"{{"Description":{description},"SecretString":""}}"#), "v");
        assert_eq!(read_back(&body, "SecretString"), "v");
        assert_eq!(read_back(&body, "Description"), r#""SecretString":"""#);
    }

    #[test]
    fn a_request_without_an_empty_value_is_refused() {
        for body in ["", "{}", r#"{"SecretString":"a"}"#, r#"{"SecretBinary":""}"#] {
            assert!(with_value(body.as_bytes(), &Payload::from("v")).is_none(), "{body}");
        }
    }

    #[test]
    fn the_digest_is_in_lower_case() {
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn the_body_can_be_signed_and_sent_again_and_does_not_print_itself() {
        let body = unprintable(Zeroizing::new(b"hunter2".to_vec()));
        assert_eq!(body.bytes(), Some(b"hunter2".as_slice()));
        assert_eq!(body.content_length(), Some(7));
        let again = body.try_clone().unwrap();
        assert_eq!(again.bytes(), Some(b"hunter2".as_slice()));
        let third = again.try_clone().unwrap();
        for body in [body, again, third] {
            let shown = format!("{body:?} {body:#?}");
            assert!(!shown.contains("hunter2") && !shown.contains("104"), "{shown}");
        }
    }
}
