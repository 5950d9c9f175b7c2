use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::num::NonZeroU8;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Token;
use crate::secret::Secret;

fn decoded<T: DeserializeOwned>(document: &str) -> Result<T, String> {
    super::decode(Token::whole(document)).map_err(|error| error.to_string())
}

fn failure<T: DeserializeOwned>(document: &str) -> String {
    match decoded::<T>(document) {
        Ok(_) => panic!("it was decoded"),
        Err(error) => error,
    }
}

/// Compares the result with that of `serde_json`.
fn is_as_serde_json<T: DeserializeOwned + PartialEq + Debug>(document: &str) {
    let theirs = serde_json::from_str::<T>(document).ok();
    assert_eq!(decoded::<T>(document).ok(), theirs, "{document}");
}

#[derive(Debug, PartialEq, Deserialize)]
struct Server {
    host: String,
    #[serde(alias = "PORT")]
    port: u16,
    #[serde(default)]
    tls: Option<Tls>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    versions: Vec<(u8, u8)>,
    mode: Mode,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Off,
    Strict,
    Pinned(String),
    Mutual { roots: Vec<u16>, depth: NonZeroU8 },
    Pair(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    A { number: u8 },
    B,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Newtype(u8);

#[derive(Debug, PartialEq, Deserialize)]
struct Unit;

const CANARY: &str = "kzqvxwjhbn";

#[test]
fn an_error_has_its_path_its_kind_and_its_position() {
    let server = |rest: &str| format!("{{\n  \"host\": \"{CANARY}\",\n  {rest}\n}}");
    for (document, expected) in [
        (server(r#""port": "80""#), "port: expected u16, found a JSON string (line 3, column 11)"),
        (
            server(r#""port": 70000"#),
            "port: expected u16, found a number outside of 0 to 65535 (line 3, column 11)",
        ),
        (
            server(r#""port": 80.5"#),
            "port: expected u16, found a number with a fraction or an exponent (line 3, column 11)",
        ),
        (server(r#""port": [80]"#), "port: expected u16, found a JSON array (line 3, column 11)"),
        (server(r#""pot": 80"#), "port: missing (line 1, column 1)"),
        (
            server(r#""port": 80, "PORT": 81"#),
            "port: there twice, once under another name (line 1, column 1)",
        ),
        (
            server(r#""port": 80, "tls": { "versions": [[1, 2], [1, "2"]], "mode": "off" }"#),
            "tls.versions, element 2, element 2: expected u8, found a JSON string (line 3, column 49)",
        ),
        (
            server(r#""port": 80, "tls": { "versions": [[1, 2, 3]], "mode": "off" }"#),
            "tls.versions, element 1: expected a JSON array, found another number of elements (line 3, column 37)",
        ),
        (
            server(&format!(r#""port": 80, "tls": {{ "versions": [], "mode": "{CANARY}" }}"#)),
            "tls.mode: expected one of off, strict, pinned, mutual, pair (line 3, column 48)",
        ),
        (
            server(
                r#""port": 80, "tls": { "versions": [], "mode": { "mutual": { "roots": [7], "depth": 0 } } }"#,
            ),
            "tls.mode.mutual.depth: expected u8, found a number that is not allowed (line 3, column 85)",
        ),
        (
            server(&format!(r#""port": 80, "tls": {{ "versions": [], "mode": "off", "{CANARY}": 1 }}"#)),
            "tls: a key that the type does not have: expected one of versions, mode (line 3, column 22)",
        ),
        (
            server(r#""port": 80, "tls": 5"#),
            "tls: expected a JSON object, found a JSON number (line 3, column 22)",
        ),
        (
            format!("\n [\"{CANARY}\"]"),
            "another number of elements than the type has fields (line 2, column 2)",
        ),
        (format!("\"{CANARY}\""), "expected a JSON object, found a JSON string (line 1, column 1)"),
        (format!("{{\"host\": \"{CANARY}"), "not valid JSON (line 1, column 20)"),
    ] {
        let error = failure::<Server>(&document);
        assert!(error.starts_with(expected.split(" (").next().unwrap()), "{error}\n{expected}");
        assert_eq!(error, expected);
        assert!(!error.contains(&CANARY[..8]));
    }
}

#[test]
fn a_path_shows_no_key_of_the_document() {
    let document = format!(r#"{{ "{CANARY}": {{ "{CANARY}": true }} }}"#);
    let error = failure::<HashMap<String, HashMap<String, u8>>>(&document);
    assert_eq!(error, "a member, a member: expected u8, found a JSON boolean (line 1, column 33)");
    let error = failure::<Flat>(&format!(r#"{{ "name": "a", "{CANARY}": "{CANARY}" }}"#));
    assert_eq!(error, "the JSON does not fit the type (line 1, column 1)");
    let error = failure::<HashMap<u8, u8>>(&format!(r#"{{ "{CANARY}": 1 }}"#));
    assert_eq!(error, "the JSON does not fit the type (line 1, column 1)");
}

#[test]
fn a_message_of_the_type_is_dropped() {
    #[derive(Debug)]
    struct Loud;
    impl<'de> Deserialize<'de> for Loud {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(de::Error::custom(format!("{text} is not allowed")))
        }
    }
    let error = failure::<Vec<Loud>>(&format!(r#"["{CANARY}"]"#));
    assert_eq!(error, "element 1: the JSON does not fit the type (line 1, column 2)");
    let error = failure::<Untagged>(&format!(r#"["{CANARY}"]"#));
    assert_eq!(error, "the JSON does not fit the type (line 1, column 1)");
    let error = failure::<Tagged>(&format!(r#"{{ "kind": "A", "number": "{CANARY}" }}"#));
    assert_eq!(error, "the JSON does not fit the type (line 1, column 1)");
    let error = failure::<Tagged>(&format!(r#"{{ "kind": "{CANARY}" }}"#));
    assert_eq!(error, "a member: expected one of A, B (line 1, column 11)");
}

#[test]
fn a_wrapper_that_drops_the_error_does_not_hide_the_position() {
    #[derive(Debug, Deserialize)]
    struct Config {
        #[expect(dead_code, reason = "it does not get that far")]
        servers: Vec<Secret<u16>>,
    }
    let error = failure::<Config>(&format!("{{\n \"servers\": [1, \"{CANARY}\"] }}"));
    assert_eq!(error, "servers, element 2: expected u16, found a JSON string (line 2, column 17)");
}

#[test]
fn an_error_that_a_type_recovers_from_is_forgotten() {
    #[derive(Debug, Deserialize)]
    struct Config {
        #[serde(deserialize_with = "number_or_nothing")]
        #[expect(dead_code, reason = "it does not get that far")]
        lenient: Option<u8>,
        #[serde(deserialize_with = "never")]
        #[expect(dead_code, reason = "it does not get that far")]
        strict: u8,
    }
    #[expect(clippy::unnecessary_wraps, reason = "what serde calls")]
    fn number_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
        Ok(u8::deserialize(deserializer).ok())
    }
    fn never<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        u8::deserialize(deserializer)?;
        Err(de::Error::custom("never"))
    }
    let error = failure::<Config>(r#"{ "lenient": "a", "strict": 1 }"#);
    assert_eq!(error, "strict: the JSON does not fit the type (line 1, column 29)");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_kind_of_type_is_decoded_as_serde_json_does() {
    for document in [
        "1",
        "-1",
        "0",
        "255",
        "256",
        "1.5",
        "1e3",
        "-0",
        "-0.0",
        "18446744073709551616",
        "1e999",
        "true",
        "null",
        "\"a\"",
        "\"1\"",
        "\"\\u00e9\\n\"",
        "\"\"",
        "[]",
        "[1]",
        "[1, 2]",
        "[1, 2, 3]",
        "{}",
        "{\"a\": 1}",
        " 1 ",
        "{\"1\": 1}",
        "\"off\"",
        "{\"off\": null}",
        "{\"off\": 1}",
        "{\"pinned\": \"a\\nb\"}",
        "{\"pair\": [1, 2]}",
        "{\"mutual\": {\"roots\": [1], \"depth\": 1}}",
        "{\"a\": 1, \"b\": 2}",
        "{\"kind\": \"A\", \"number\": 3}",
        "{\"kind\": \"B\"}",
        "{\"name\": \"n\", \"x\": 1}",
        "{\"host\": \"h\", \"port\": 1}",
        "[\"h\", 1, null]",
        "{\"host\": \"h\", \"PORT\": 1, \"tls\": {\"versions\": [[1, 2]], \"mode\": \"strict\"}}",
        "1 2",
        "[1,]",
        "",
    ] {
        is_as_serde_json::<u8>(document);
        is_as_serde_json::<i64>(document);
        is_as_serde_json::<u128>(document);
        is_as_serde_json::<i128>(document);
        is_as_serde_json::<f32>(document);
        is_as_serde_json::<f64>(document);
        is_as_serde_json::<bool>(document);
        is_as_serde_json::<char>(document);
        is_as_serde_json::<String>(document);
        is_as_serde_json::<()>(document);
        is_as_serde_json::<Unit>(document);
        is_as_serde_json::<Newtype>(document);
        is_as_serde_json::<Option<u8>>(document);
        is_as_serde_json::<Vec<u8>>(document);
        is_as_serde_json::<[u8; 2]>(document);
        is_as_serde_json::<(u8, u8)>(document);
        is_as_serde_json::<HashMap<String, u8>>(document);
        is_as_serde_json::<BTreeMap<u8, u8>>(document);
        is_as_serde_json::<Mode>(document);
        is_as_serde_json::<Tagged>(document);
        is_as_serde_json::<Untagged>(document);
        is_as_serde_json::<Flat>(document);
        is_as_serde_json::<Server>(document);
        is_as_serde_json::<Value>(document);
        is_as_serde_json::<serde_json::Number>(document);
    }
}

#[test]
fn a_raw_value_keeps_its_text() {
    let raw: HashMap<String, Box<RawValue>> = decoded(r#"{ "a": { "b" : [1.50] } }"#).unwrap();
    assert_eq!(raw["a"].get(), r#"{ "b" : [1.50] }"#);
}

/// The members of an object in their order, for keys that no map takes.
#[derive(Debug, PartialEq)]
struct Pairs<K>(Vec<(K, u8)>);

impl<'de, K: Deserialize<'de>> Deserialize<'de> for Pairs<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<K>(PhantomData<K>);

        impl<'de, K: Deserialize<'de>> Visitor<'de> for Members<K> {
            type Value = Pairs<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// Bytes that are read from a string, which `Vec<u8>` does not accept.
#[derive(Debug, PartialEq)]
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Raw;

        impl Visitor<'_> for Raw {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Raw)
    }
}

/// Decodes a key, written as between its quotation marks, as every type that a key can have.
fn key_is_as_in_serde_json(key: &str) {
    let document = format!("{{\"{key}\": 1}}");
    is_as_serde_json::<Pairs<i8>>(&document);
    is_as_serde_json::<Pairs<u8>>(&document);
    is_as_serde_json::<Pairs<i64>>(&document);
    is_as_serde_json::<Pairs<u64>>(&document);
    is_as_serde_json::<Pairs<i128>>(&document);
    is_as_serde_json::<Pairs<u128>>(&document);
    is_as_serde_json::<Pairs<Option<u16>>>(&document);
    is_as_serde_json::<Pairs<Newtype>>(&document);
    // serde_json 1.0.154 cuts such a key within its first character, and panics.
    if key.is_ascii() {
        is_as_serde_json::<Pairs<bool>>(&document);
    }
    is_as_serde_json::<Pairs<char>>(&document);
    is_as_serde_json::<Pairs<String>>(&document);
    is_as_serde_json::<Pairs<Bytes>>(&document);
    is_as_serde_json::<Pairs<Mode>>(&document);
    is_as_serde_json::<Pairs<()>>(&document);
    is_as_serde_json::<Pairs<Value>>(&document);
    // serde_json may be off by the last bit of a fraction, unless it is told to be exact.
    let are_accepted = (
        serde_json::from_str::<Pairs<f64>>(&document).is_ok(),
        serde_json::from_str::<Pairs<f32>>(&document).is_ok(),
    );
    assert_eq!(
        (decoded::<Pairs<f64>>(&document).is_ok(), decoded::<Pairs<f32>>(&document).is_ok()),
        are_accepted
    );
}

#[test]
fn a_key_that_is_a_number_is_read_as_serde_json_reads_it() {
    for key in [
        "5",
        "255",
        "256",
        "-5",
        "0",
        "-0",
        "+5",
        "007",
        "-07",
        "00",
        "1.0",
        "1.5",
        "1e2",
        "1E+2",
        "1e999",
        "-",
        "",
        " 5",
        "5 ",
        "5 6",
        ".5",
        "5.",
        "0x5",
        "1_000",
        "NaN",
        "inf",
        "-inf",
        "infinity",
        "true",
        "false",
        "True",
        "off",
        "é",
        "\\u0035",
        "tru\\u0065",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "٣",
        "5\\n",
        "[5]",
        "\\\"5\\\"",
        "null",
    ] {
        key_is_as_in_serde_json(key);
    }
}

#[test]
fn a_document_is_read_as_deep_as_serde_json_reads_it() {
    let arrays = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    for depth in 120..136 {
        is_as_serde_json::<Value>(&arrays(depth));
        is_as_serde_json::<Value>(&objects(depth));
    }
    let error = failure::<Value>(&arrays(10_000));
    assert_eq!(error, "the JSON is nested too deeply (line 1, column 128)");
    failure::<IgnoredAny>(&objects(1_000));
}

#[test]
fn an_unpaired_surrogate_is_named_with_its_path() {
    let error = failure::<Server>("{\"port\": 80,\n \"host\": \"a\\ud83d\"}");
    assert_eq!(error, "host: the JSON string has an unpaired surrogate (line 2, column 12)");
    let error = failure::<HashMap<String, u8>>("{\"a\\ud83d\": 1}");
    assert_eq!(error, "the JSON string has an unpaired surrogate (line 1, column 4)");
}

/// This would take minutes if each error counted the lines before it.
#[test]
fn a_type_may_recover_from_any_number_of_errors() {
    #[derive(Debug)]
    struct Lenient;
    impl<'de> Deserialize<'de> for Lenient {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            // Each fails, since no element is a number.
            assert!(u8::deserialize(deserializer).is_err());
            Ok(Self)
        }
    }
    let document = format!("[{}\"\"]", "\"\\ud83d\",".repeat(64_000));
    assert_eq!(decoded::<Vec<Lenient>>(&document).unwrap().len(), 64_001);
}

/// The error of a `Secret` does not say why its type did not decode; the inner error does.
#[test]
fn an_error_inside_of_a_secret_has_its_path() {
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Database {
        host: String,
        mode: Mode,
    }
    impl zeroize::Zeroize for Database {
        fn zeroize(&mut self) {
            self.host.zeroize();
        }
    }
    let expected = "mode: expected a variant's name, or an object with that one key";
    for (document, expected) in [
        ("{\"host\": \"h\",\n \"mode\": 5}", format!("{expected}, found a JSON number (line 2, column 10)")),
        ("{\"host\": \"h\",\n \"mode\": {}}", format!("{expected} (line 2, column 10)")),
        (
            "{\"host\": \"a\\ud83d\", \"mode\": \"off\"}",
            "host: the JSON string has an unpaired surrogate (line 1, column 12)".to_owned(),
        ),
    ] {
        assert_eq!(failure::<Secret<Database>>(document), expected);
        assert_eq!(failure::<Database>(document), expected);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_key_is_read_as_serde_json_reads_it(key in r"[-+]?[0-9]{0,4}(\.[0-9]{0,3})?([eE][-+]?[0-9]{0,2})?[ a]?") {
        key_is_as_in_serde_json(&key);
    }

    #[test]
    fn any_number_as_a_key_is_read_as_serde_json_reads_it(number in any::<i128>(), shift in 0_u32..128) {
        key_is_as_in_serde_json(&(number >> shift).to_string());
    }

    #[test]
    fn any_document_is_decoded_as_serde_json_does(value in any_json(), pretty in any::<bool>()) {
        let document =
            if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        prop_assert_eq!(decoded::<Value>(&document), Ok(value));
    }

    #[test]
    fn no_document_makes_an_error_that_shows_it(value in any_json()) {
        // Where every text of the document is a canary.
        fn canaries(value: Value) -> Value {
            match value {
                Value::String(_) => json!(CANARY),
                Value::Array(elements) => elements.into_iter().map(canaries).collect(),
                Value::Object(members) => {
                    let members = members.into_iter().enumerate();
                    members.map(|(n, (_, member))| (format!("{CANARY}{n}"), canaries(member))).collect()
                }
                other => other,
            }
        }
        let document = canaries(value).to_string();
        for error in [
            decoded::<Server>(&document).err(),
            decoded::<HashMap<String, Tls>>(&document).err(),
            decoded::<Vec<Mode>>(&document).err(),
            decoded::<Vec<Flat>>(&document).err(),
            decoded::<Vec<Tagged>>(&document).err(),
        ] {
            prop_assert!(error.is_none_or(|error| !error.contains(CANARY)));
        }
    }
}
