//! A value that is easy to find again, whole or in part, as it is or escaped.

/// Filler, then a needle with every character that some encoding escapes.
pub const CANARY: &str =
    "fillerfillerfillerfillerfillerfillerfill~Qk7rw9Z\"~Xp4Lm6T\\~bdV2ncJ\n~8gsHf3Q%~yRtK5vDé~uCzN1wa";

/// The same without a character that JSON escapes.
pub const PLAIN: &str =
    "fillerfillerfillerfillerfillerfillerfill~Qk7rw9Z-~Xp4Lm6T-~bdV2ncJ-~8gsHf3Q%~yRtK5vDé~uCzN1wa";

/// Some of the needle that a header can hold, as the token of an agent.
pub const TOKEN: &str = "~Qk7rw9Z-~Xp4Lm6T-~bdV2ncJ-~8gsHf3Q";

/// The stretches of the needle that no encoding changes but base64. Any of them gives a copy away, a part of one too.
const STRETCHES: [&[u8]; 6] = [b"~Qk7rw9Z", b"~Xp4Lm6T", b"~bdV2ncJ", b"~8gsHf3Q", b"~yRtK5vD", b"~uCzN1wa"];

/// What the stretches are in base64, each at three offsets, without the characters that depend on the neighbours.
const BASE64: [&[u8]; 18] = [
    b"flFrN3J3OV",
    b"5Razdydzla",
    b"+UWs3cnc5W",
    b"flhwNExtNl",
    b"5YcDRMbTZU",
    b"+WHA0TG02V",
    b"fmJkVjJuY0",
    b"5iZFYybmNK",
    b"+YmRWMm5jS",
    b"fjhnc0hmM1",
    b"44Z3NIZjNR",
    b"+OGdzSGYzU",
    b"fnlSdEs1dk",
    b"55UnRLNXZE",
    b"+eVJ0SzV2R",
    b"fnVDek4xd2",
    b"51Q3pOMXdh",
    b"+dUN6TjF3Y",
];

/// Whether some of the needle is among the bytes. Asks for no memory: the allocator asks it.
pub(crate) fn is_in(bytes: &[u8]) -> bool {
    let find = |stretch: &[u8]| memchr::memmem::find(bytes, stretch).is_some();
    STRETCHES.iter().chain(&BASE64).any(|stretch| find(stretch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |chunk: &[u8]| chunk.iter().fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        let digits =
            |chunk: &[u8]| [18, 12, 6, 0].map(|shift| char::from(DIGITS[group(chunk) >> shift & 63]));
        bytes.chunks_exact(3).flat_map(digits).collect()
    }

    #[test]
    fn the_canary_has_forty_characters_of_filler_and_all_that_is_escaped() {
        assert!(CANARY.starts_with(&"filler".repeat(7)[..40]));
        assert!(CANARY.len() > 64);
        for character in ['"', '\\', '\n', '%', 'é'] {
            assert!(CANARY.contains(character), "{character:?}");
        }
        assert_eq!(serde_json::to_string(PLAIN).unwrap(), format!("\"{PLAIN}\""));
    }

    #[test]
    fn it_is_seen_in_every_form() {
        let percent: String = CANARY
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || byte == b'~' {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        let escaped = serde_json::to_string(CANARY).unwrap();
        for form in [CANARY, PLAIN, &format!("{CANARY:?}"), &escaped, &percent] {
            assert!(is_in(form.as_bytes()), "{form}");
        }
        for offset in 0..3 {
            for text in [CANARY, PLAIN] {
                assert!(is_in(base64(&text.as_bytes()[offset..]).as_bytes()), "{offset}");
            }
        }
    }

    #[test]
    fn any_stretch_gives_it_away_and_nothing_else_does() {
        for stretch in STRETCHES {
            assert!(is_in(stretch));
            for offset in 0..3 {
                let text = [&b"aaa"[..offset], stretch, b"aaaaa"].concat();
                assert!(is_in(base64(&text).as_bytes()), "{} at {offset}", String::from_utf8_lossy(stretch));
            }
            assert!(!is_in(&stretch[1..]));
        }
        assert!(!is_in(b""));
        assert!(!is_in("filler".repeat(100).as_bytes()));
    }
}
