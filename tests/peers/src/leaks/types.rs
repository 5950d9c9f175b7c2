//! Types that hold a secret.

use std::error::Error;

use harness::canary::Canary;
use secrets_runtime::{Redacted, Secret};
use secstr::SecUtf8;
use serde::{Deserialize, Serialize};
use veil::Redact;
use zeroize::Zeroizing;

use super::cell::{Cell, Cells, said_by_failure};
use super::probe::{Nothing as _, Probe};

/// As `veil` is used: around a whole struct.
#[derive(Redact, Serialize, Deserialize)]
struct Veiled {
    #[redact]
    text: String,
}

#[derive(Redact, Deserialize)]
#[allow(dead_code, reason = "it is never decoded")]
struct VeiledNumber {
    #[redact]
    number: u16,
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn table(canary: &Canary) -> Result<Cells, Box<dyn Error>> {
    let text = || canary.as_str().to_owned();
    let longer = || canary.as_str().repeat(2);

    /// The cells of a row, by one method of the probe.
    macro_rules! row {
        ($method:ident, $($holder:expr),* $(,)?) => {
            vec![$(Cell::of(canary, Probe(&$holder).$method().as_deref())),*]
        };
    }
    macro_rules! of_each {
        ($method:ident) => {
            row!(
                $method,
                Secret::new(text()),
                Redacted::new(text()),
                secrecy::SecretString::from(text()),
                redact::Secret::new(text()),
                Veiled { text: text() },
                Zeroizing::new(text()),
                SecUtf8::from(text()),
                text(),
            )
        };
    }
    macro_rules! length_of {
        ($($new:expr),* $(,)?) => {
            vec![$({
                let new = $new;
                Cell::leaks_if(Probe(&new(text())).debug() != Probe(&new(longer())).debug())
            }),*]
        };
    }
    let json = serde_json::to_string(canary.as_str())?;
    macro_rules! decoded {
        ($($ty:ty => $json:expr),* $(,)?) => {
            vec![$({
                let said = said_by_failure(stringify!($ty), serde_json::from_str::<$ty>($json))?;
                Cell::of(canary, Some(&said))
            }),*]
        };
    }
    let veiled = format!("{{\"number\":{json}}}");
    let mut decoded = decoded![
        Secret<u16> => &json,
        Redacted<u16> => &json,
        secrecy::SecretBox<u16> => &json,
        redact::Secret<u16> => &json,
        VeiledNumber => &veiled,
        Zeroizing<u16> => &json,
        u16 => &json,
    ];
    // It holds texts and bytes alone, and takes any.
    decoded.insert(6, Cell::Absent);
    Ok(Cells {
        ours: 2,
        crates: vec![
            "`Secret`",
            "`Redacted`",
            "secrecy",
            "redact",
            "veil",
            "`Zeroizing`",
            "secstr",
            "`String`",
        ],
        rows: vec![
            ("`{:?}` shows it", of_each!(debug)),
            ("`{}` shows it", of_each!(display)),
            (
                "`{:?}` shows its length",
                length_of![
                    Secret::<String>::new,
                    Redacted::<String>::new,
                    |text: String| secrecy::SecretString::from(text),
                    redact::Secret::<String>::new,
                    |text: String| Veiled { text },
                    Zeroizing::<String>::new,
                    |text: String| SecUtf8::from(text),
                    |text: String| text,
                ],
            ),
            ("serialized as JSON", of_each!(serialized)),
            ("`Deref` gives it", of_each!(dereferenced)),
            ("`AsRef<str>` gives it", of_each!(referenced)),
            ("`Into<String>` gives it", of_each!(converted)),
            ("the error of decoding another type shows it", decoded),
        ],
    })
}
