//! A value that tests put where a secret belongs, and find in any output, in every usual encoding.

use std::collections::HashMap;
use std::fmt::Write;

/// A value of a setting: filler, then a needle with every character that some encoding escapes.
pub struct Canary {
    text: String,
    parts: Parts,
    /// The pairs of bytes with which some part starts.
    pairs: Vec<bool>,
}

/// So many characters of an encoded form cannot match by accident.
const WINDOW: usize = 8;

impl Canary {
    /// The canary of a name: each name has a different one.
    pub fn new(name: &str) -> Self {
        // Letters that depend on the name alone, so that they are the same in every run.
        let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut letters = |count: usize| -> String {
            let letter = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b"bcdfghjkmnpqrtvwxz"[usize::try_from(state >> 33).unwrap() % 18])
            };
            (0..count).map(letter).collect()
        };
        // Filler first: an allocator overwrites the first bytes of freed memory.
        let filler = letters(40);
        let needle = format!(
            "{}\"{}\\{}\n{}%{}é{}",
            letters(9),
            letters(9),
            letters(9),
            letters(9),
            letters(9),
            letters(9)
        );
        let mut forms = vec![
            ("as it is", needle.clone()),
            ("escaped by Debug", format!("{needle:?}")),
            ("escaped by JSON", serde_json::to_string(&needle).unwrap()),
            ("percent-encoded", percent(&needle)),
            ("hexadecimal", hexadecimal(needle.as_bytes())),
        ];
        forms.extend((0..3).map(|from| ("base64", base64(&needle.as_bytes()[from..]))));
        // The SDK prints the body of a request as its bytes.
        let lists: Vec<_> = forms
            .iter()
            .filter(|(form, _)| ["as it is", "escaped by JSON", "base64"].contains(form))
            .flat_map(|(_, text)| [", ", ","].map(|separator| ("a list of bytes", list(text, separator))))
            .collect();
        forms.extend(lists);
        let parts = parts(&forms);
        let mut pairs = vec![false; 1 << 16];
        for start in parts.keys() {
            pairs[pair(start)] = true;
        }
        Self { text: format!("{filler}{needle}"), parts, pairs }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The encoding in which some part of the canary stands in a text.
    pub fn seen_in(&self, text: &str) -> Option<&'static str> {
        // A variable's name made of it is in capitals.
        let text = text.to_lowercase();
        let text = text.as_bytes();
        text.windows(WINDOW).enumerate().find_map(|(position, start)| {
            // Logs are long: this skips the table for most positions.
            if !self.pairs[pair(start)] {
                return None;
            }
            let parts = self.parts.get(start)?;
            parts.iter().find(|(_, part)| text[position..].starts_with(part)).map(|(form, _)| *form)
        })
    }
}

/// The first bytes of each part of an encoded form, with the form's name and the whole part.
type Parts = HashMap<[u8; WINDOW], Vec<(&'static str, Vec<u8>)>>;

fn parts(forms: &[(&'static str, String)]) -> Parts {
    let mut parts = Parts::new();
    for (name, form) in forms {
        let form = form.to_lowercase();
        // In a list of bytes, each byte takes about four characters.
        let window = if form.contains(',') { 4 * WINDOW } else { WINDOW };
        for part in form.as_bytes().windows(window) {
            parts.entry(part[..WINDOW].try_into().unwrap()).or_default().push((name, part.to_owned()));
        }
    }
    parts
}

fn pair(start: &[u8]) -> usize {
    usize::from(start[0]) << 8 | usize::from(start[1])
}

/// Fails if any of the canaries is in the text.
#[track_caller]
pub fn assert_unseen(canaries: &[&Canary], what: &str, text: &str) {
    for canary in canaries {
        // The message does not quote the text: the output of tests is stored.
        assert_eq!(canary.seen_in(text), None, "a value is seen in {what}, {} characters", text.len());
    }
}

fn list(text: &str, separator: &str) -> String {
    text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(separator)
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut encoded, byte| {
        let _ = write!(encoded, "{byte:02x}");
        encoded
    })
}

/// Whole groups only: the encoding of the end depends on the text that follows.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |group: &[u8]| {
        let group = group.iter().fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(ALPHABET[group >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(digits).collect()
}
