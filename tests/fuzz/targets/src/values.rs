//! Two values that nobody may tell apart by what is said of them.

/// Stands for a value of letters alone.
pub(crate) const LETTERS: u8 = 1;
/// Stands for a value with every character that some encoding escapes.
pub(crate) const ODD: u8 = 2;
/// Stands for the same, as it is written within a JSON string.
pub(crate) const ESCAPED: u8 = 3;

/// Of each pair, no place has the same letter in both. None is a hexadecimal digit, or has a meaning after a backslash:
/// where an input ends in one, both have to go on alike.
const VALUES: [[&str; 3]; 2] = [
    [
        "kjhhjjhhhjkhgkhkgmjkkmkh",
        "jhgkhhmmm\"hjhmhgjmh\\hgkhmkhkk\nhkkhjjghm%gjmkhghjm\u{e9}kmkjkhggk",
        "jhgkhhmmm\\\"hjhmhgjmh\\\\hgkhmkhkk\\nhkkhjjghm%gjmkhghjm\u{e9}kmkjkhggk",
    ],
    [
        "qwwpqvvwvpxvqwqwxwvwvpvq",
        "qvxwpwxpx\"vqvwwvppv\\qpppwwvvx\npxqwvqwqv%vvpxxvwxx\u{e9}qwxpqvxvp",
        "qvxwpwxpx\\\"vqvwwvppv\\\\qpppwwvvx\\npxqwvqwqv%vvpxxvwxx\u{e9}qwxpqvxvp",
    ],
];

/// The input with the marks replaced, once for each value; the same twice if it has none.
pub(crate) fn filled(input: &[u8], marks: &[u8]) -> [Vec<u8>; 2] {
    VALUES.map(|value| {
        let mut filled = Vec::with_capacity(input.len());
        for &byte in input {
            if marks.contains(&byte) {
                filled.extend_from_slice(value[usize::from(byte - LETTERS)].as_bytes());
            } else {
                filled.push(byte);
            }
        }
        filled
    })
}

/// The same for text; nothing if the input is none.
pub(crate) fn filled_text(input: &[u8], marks: &[u8]) -> Option<[String; 2]> {
    let [one, other] = filled(input, marks);
    Some([String::from_utf8(one).ok()?, String::from_utf8(other).ok()?])
}

/// Fails if what is said of the one value is not what is said of the other.
#[track_caller]
pub(crate) fn assert_alike<T: PartialEq>(inputs: &[T; 2], say: impl Fn(&T) -> String) {
    let [one, other] = inputs;
    let said = say(one);
    // An input without a mark holds no value.
    if one != other {
        assert_eq!(said, say(other), "something of a value is said");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_values_differ_everywhere_and_in_nothing_else() {
        let [one, other] = VALUES;
        // The third is the second as JSON writes it.
        for (one, other) in one.iter().zip(other).take(2) {
            assert_eq!(one.len(), other.len());
            for (one, other) in one.chars().zip(other.chars()) {
                assert!(one != other || !one.is_ascii_lowercase(), "{one}");
                assert_eq!(one.is_ascii_lowercase(), other.is_ascii_lowercase());
            }
        }
        for value in VALUES {
            assert_eq!(format!("\"{}\"", value[2]), serde_json::to_string(value[1]).unwrap());
        }
    }

    /// The search sees what leaks.
    #[test]
    #[should_panic(expected = "something of a value is said")]
    fn a_decoder_that_quotes_the_value_fails() {
        let inputs = filled_text(b"\"\x03\"", &[ESCAPED]).unwrap();
        assert_alike(&inputs, |input| serde_json::from_str::<u16>(input).unwrap_err().to_string());
    }
}
