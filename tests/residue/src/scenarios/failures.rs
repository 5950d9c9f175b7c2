//! Values that do not become their type.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use secrets_runtime::{ErrorKind, Memory, Redacted, Secret, SecretConfig, Zeroize};

use super::{block_on, concat, json_string, of};
use crate::canary::{CANARY, PLAIN};
use crate::residue::{Residue, measure};

/// Loads a config of which every setting is invalid, and holds the error.
fn fail<C: SecretConfig>(values: Memory) -> Residue {
    let secrets = of([values]);
    measure(|| {
        let error = block_on(C::load_from(&secrets)).map(drop).unwrap_err();
        assert!(error.fields().iter().all(|field| field.kind() == ErrorKind::Invalid), "{error}");
        error
    })
}

#[derive(SecretConfig)]
struct Types {
    boolean: bool,
    character: char,
    number: Secret<u16>,
    wide: Secret<i128>,
    float: f64,
    non_zero: NonZeroU64,
    address: IpAddr,
    duration: Duration,
    list: Secret<Vec<String>>,
    #[secret(separator = ";")]
    numbers: Vec<u16>,
    optional: Option<Secret<u64>>,
    #[secret(json)]
    json: Secret<BTreeMapOfTexts>,
}

const TYPES: [&str; 12] = [
    "boolean",
    "character",
    "number",
    "wide",
    "float",
    "non_zero",
    "address",
    "duration",
    "list",
    "numbers",
    "optional",
    "json",
];

#[derive(serde::Deserialize)]
struct BTreeMapOfTexts(BTreeMap<String, String>);

impl Zeroize for BTreeMapOfTexts {
    fn zeroize(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

pub(super) fn wrong_types() -> Residue {
    fail::<Types>(TYPES.into_iter().map(|name| (name, CANARY)).collect())
}

#[derive(SecretConfig)]
struct Keys {
    #[secret(id = "cut", key = "password")]
    cut: Secret<String>,
    #[secret(id = "twice", key = "password")]
    twice: Secret<String>,
    #[secret(id = "surrogate", key = "password")]
    surrogate: Secret<String>,
    #[secret(id = "array", key = "password")]
    array: Secret<String>,
    #[secret(id = "text", key = "password")]
    text: Secret<String>,
    #[secret(id = "structure", key = "password")]
    structure: Secret<String>,
}

pub(super) fn malformed_json() -> Residue {
    let string = json_string(CANARY);
    let string = string.expose_secret();
    let values = [
        ("cut", concat(["{\"password\": ", string, ", \"more\": \"", PLAIN])),
        ("twice", concat(["{", string, ": 1, \"password\": ", string, ", ", string, ": 2}"])),
        ("surrogate", concat(["{\"password\": \"", PLAIN, "\\ud800\"}"])),
        ("array", concat(["[", string, "]"])),
        ("text", concat([CANARY])),
        ("structure", concat(["{\"password\": {", string, ": [", string, "]}}"])),
    ];
    fail::<Keys>(values.iter().map(|(name, value)| (*name, value)).collect())
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "made, and dropped")]
struct Login<T> {
    password: T,
    port: u16,
}

impl<T: Zeroize> Zeroize for Login<T> {
    fn zeroize(&mut self) {
        self.password.zeroize();
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[allow(dead_code, reason = "made, and dropped")]
enum Kind {
    Plain,
    Named { name: Secret<String> },
}

impl Zeroize for Kind {
    fn zeroize(&mut self) {}
}

#[derive(SecretConfig)]
struct Unfit {
    #[secret(json)]
    login: Redacted<Login<Secret<String>>>,
    #[secret(json)]
    without_port: Redacted<Login<Secret<String>>>,
    #[secret(json)]
    variant: Secret<Kind>,
    #[secret(json)]
    unknown_field: Secret<Kind>,
    #[secret(json)]
    numbers: Redacted<Vec<u16>>,
}

/// The port is the canary, and it comes last.
fn late() -> Secret<String> {
    let string = json_string(CANARY);
    concat(["{\"password\": ", string.expose_secret(), ", \"port\": ", string.expose_secret(), "}"])
}

pub(super) fn json_that_does_not_fit() -> Residue {
    let string = json_string(CANARY);
    let string = string.expose_secret();
    let values = [
        ("login", late()),
        ("without_port", concat(["{\"password\": ", string, "}"])),
        ("variant", concat([string])),
        ("unknown_field", concat(["{\"named\": {\"name\": ", string, ", ", string, ": 1}}"])),
        ("numbers", concat(["[1, ", string, "]"])),
    ];
    fail::<Unfit>(values.iter().map(|(name, value)| (*name, value)).collect())
}

#[derive(SecretConfig)]
struct Texts {
    #[secret(json)]
    login: Secret<Login<String>>,
}

pub(super) fn json_that_does_not_fit_texts() -> Residue {
    fail::<Texts>(Memory::new().with("login", late()))
}

#[derive(SecretConfig)]
struct Lists {
    texts: Secret<Vec<String>>,
    nested: Secret<Vec<Vec<String>>>,
    secrets: Vec<Secret<String>>,
    boxed: Secret<Box<[String]>>,
    bytes: Secret<Vec<u8>>,
    #[secret(separator = ";")]
    empty: Secret<Vec<String>>,
}

/// A list of numbers is one in a JSON document only: elsewhere it is bytes.
#[derive(SecretConfig)]
struct Numbers {
    #[secret(id = "bytes", key = "bytes")]
    bytes: Secret<Vec<u8>>,
}

pub(super) fn lists() -> Residue {
    let string = json_string(CANARY);
    let string = string.expose_secret();
    let list = concat(["[", string, ", \"", PLAIN, "\", {}]"]);
    let bytes = concat([&format!("{:?}", [CANARY.as_bytes(), &[0]].concat()).replace(", 0]", ", 256]")]);
    let values = [
        ("texts", list.clone()),
        ("nested", concat(["[[", string, "], [", string, ", {}]]"])),
        ("secrets", list.clone()),
        ("boxed", list),
        ("bytes", concat(["{\"bytes\": ", bytes.expose_secret(), "}"])),
        ("empty", concat([CANARY, ";;", PLAIN])),
    ];
    let secrets = of([values.iter().map(|(name, value)| (*name, value)).collect::<Memory>()]);
    measure(|| {
        let bytes = block_on(Numbers::load_from(&secrets)).map(drop).unwrap_err();
        let lists = block_on(Lists::load_from(&secrets)).map(drop).unwrap_err();
        assert_eq!((bytes.fields().len(), lists.fields().len()), (1, 5), "{bytes}{lists}");
        (bytes, lists)
    })
}

fn refuse(_: &str) -> Result<(), &'static str> {
    Err("not that one")
}

#[derive(SecretConfig)]
struct Validated {
    #[secret(validate = refuse)]
    value: Secret<String>,
}

pub(super) fn validate() -> Residue {
    fail::<Validated>(Memory::from([("value", CANARY)]))
}

#[derive(Debug)]
struct Refusing;

impl Zeroize for Refusing {
    fn zeroize(&mut self) {}
}

impl FromStr for Refusing {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Err(())
    }
}

fn refusing(text: &str) -> Result<Refusing, ()> {
    text.parse()
}

#[derive(SecretConfig)]
struct ParseAndWith {
    #[secret(parse)]
    parse: Secret<Refusing>,
    #[secret(with = refusing)]
    with: Secret<Refusing>,
}

pub(super) fn parse_and_with() -> Residue {
    fail::<ParseAndWith>(Memory::from([("parse", CANARY), ("with", CANARY)]))
}

#[derive(SecretConfig)]
struct Masked {
    value: Secret<Vec<String>>,
}

pub(super) fn masked() -> Residue {
    fail::<Masked>(Memory::new().with("value", concat(["[\"", PLAIN, "\", \"[REDACTED]\"]"])))
}
