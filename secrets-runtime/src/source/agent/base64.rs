//! Decodes the base64 of a binary secret.

use crate::secret::Secret;

/// The bytes of a text in the standard alphabet with padding; `None` if it is anything else. The text is as
/// large as memory holds, so that the sizes do not overflow.
pub(super) fn decode(text: &str) -> Option<Secret<Vec<u8>>> {
    let text = text.as_bytes();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    // The exact size, so that growth leaves no copy behind.
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (digits, _) = text.split_at(text.len() - padding);
    for group in digits.chunks(4) {
        let bits = group.iter().try_fold(0_u32, |bits, byte| Some(bits << 6 | value_of(*byte)?));
        let Some(bits) = bits else {
            drop(Secret::from(bytes));
            return None;
        };
        let [_, first, second, third] = (bits << (6 * (4 - group.len()))).to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(group.len() - 1));
    }
    Some(Secret::from(bytes))
}

const fn value_of(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        decode(text).map(|bytes| bytes.expose_secret().clone())
    }

    #[test]
    fn every_byte_and_every_length_is_decoded() {
        // https://www.rfc-editor.org/rfc/rfc4648#section-10
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(decoded(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decoded("/wAK+w==").unwrap(), [0xff, 0x00, 0x0a, 0xfb]);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["Z", "Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm-v", "Zm_v", "Zg==Zg==", "Zmé=", "=Zg="]
        {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
