//! Any text or bytes as a JSON secret, for fields of every kind.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU8;
use std::time::Duration;

use secrets_runtime::source::Payload;
use secrets_runtime::{FromSecret, Memory, RawSecret, Redacted, Secret, SecretConfig};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::loading::{load, said, said_of};
use crate::values::{ESCAPED, LETTERS, ODD, assert_alike, filled};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "what is decoded is not looked into")]
struct Pool {
    size: u8,
    name: Option<String>,
    kind: Kind,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "what is decoded is not looked into")]
enum Kind {
    Small,
    Sized(u16),
    Named { name: String },
}

fn refused(_: &str) -> Result<(), &'static str> {
    Err("refused")
}

/// A key for each way to decode.
#[derive(SecretConfig)]
#[secret(name = "db")]
#[allow(dead_code, reason = "what is decoded is not looked into")]
struct Keys {
    text: Secret<String>,
    bytes: Option<Secret<Vec<u8>>>,
    on: Option<bool>,
    port: Option<u16>,
    wide: Option<i128>,
    ratio: Option<f64>,
    letter: Option<char>,
    few: Option<NonZeroU8>,
    wait: Option<Duration>,
    ip: Option<IpAddr>,
    list: Option<Vec<Secret<String>>>,
    set: Option<BTreeSet<u16>>,
    whole: Option<Secret<Vec<String>>>,
    url: Option<Redacted<String>>,
    #[secret(separator = ",")]
    cut: Option<Vec<u32>>,
    #[secret(json)]
    json: Option<Redacted<Vec<u16>>>,
    #[secret(parse)]
    parsed: Option<i8>,
    #[secret(trim, allow_empty)]
    trimmed: Option<Secret<String>>,
    #[secret(validate = refused)]
    checked: Option<Secret<String>>,
    #[secret(key = "deep.er")]
    deep: Option<Secret<u64>>,
    #[secret(key = "/a~1b/~0c")]
    pointer: Option<Secret<String>>,
}

#[derive(SecretConfig)]
#[secret(name = "db")]
struct Text {
    text: Option<Secret<String>>,
}

/// Decodes it in every way. What is said of a value is nothing; what is found is what another decoder finds; and any text
/// that is written as JSON is read again.
pub fn json(input: &[u8]) {
    assert_alike(&filled(input, &[LETTERS, ODD, ESCAPED]), |input| said_of_document(input));
    if let Ok(text) = std::str::from_utf8(input) {
        finds_what_serde_json_finds(text);
        reads_what_is_written(text);
    }
}

fn said_of_document(input: &[u8]) -> String {
    let mut said = said_of(load::<Keys>(Memory::from([("db", Payload::from(input))])));
    if let Ok(text) = std::str::from_utf8(input) {
        said += &said_of(load::<Keys>(Memory::from([("db", text)])));
        said += &said_by::<u64>(text);
        said += &said_by::<bool>(text);
        said += &said_by::<char>(text);
        said += &said_by::<Vec<u16>>(text);
        said += &said_by::<HashMap<String, u8>>(text);
        said += &said_by::<HashMap<u8, Secret<u8>>>(text);
        said += &said_by::<Pool>(text);
        said += &said_by::<Vec<Kind>>(text);
        said += &said_by::<Secret<Vec<u8>>>(text);
        let list = Vec::<u16>::from_secret(&RawSecret::from_text(text));
        said += &list.err().map(|error| format!("{error}{error:?}")).unwrap_or_default();
    }
    said
}

fn said_by<T: DeserializeOwned>(text: &str) -> String {
    let error = RawSecret::from_text(text).json::<T>().err();
    error.map(|error| format!("{error}{error:?}")).unwrap_or_default()
}

fn finds_what_serde_json_finds(document: &str) {
    let value = serde_json::from_str::<serde_json::Value>(document);
    match load::<Text>(Memory::from([("db", document)])) {
        Ok(Text { text: Some(found) }) => {
            // It may refuse what is never looked at here: half of a surrogate pair, a number beyond all bounds.
            let Ok(value) = value else { return };
            match &value["text"] {
                serde_json::Value::String(text) => assert_eq!(found.expose_secret(), text),
                serde_json::Value::Bool(on) => assert_eq!(found.expose_secret(), &on.to_string()),
                serde_json::Value::Number(number) => {
                    let found = serde_json::from_str(found.expose_secret()).ok();
                    assert_eq!(found.as_ref(), Some(number));
                }
                _ => panic!("a text that serde_json does not find"),
            }
        }
        Ok(Text { text: None }) => {
            if let Ok(value) = value {
                let empty = value.get("text").is_none_or(|text| text.is_null() || text == "");
                assert!(empty, "a text that serde_json finds");
            }
        }
        Err(error) => assert!(!said(&error).is_empty()),
    }
}

fn reads_what_is_written(text: &str) {
    let document = serde_json::json!({ "before": [text], text: 1, "text": text }).to_string();
    match load::<Text>(Memory::from([("db", document)])) {
        Ok(Text { text: Some(found) }) => assert_eq!(found.expose_secret(), text),
        Ok(Text { text: None }) => assert_eq!(text, ""),
        Err(_) => assert_eq!(text.trim(), "[REDACTED]"),
    }
}
