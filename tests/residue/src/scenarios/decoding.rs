//! A value on its way to its type.

use std::convert::Infallible;
use std::str::FromStr;

use secrets_runtime::{Memory, Redacted, Secret, SecretConfig, SecretValue, Zeroize};

use super::{block_on, concat, json_string, memory, of};
use crate::canary::{CANARY, PLAIN};
use crate::residue::{Residue, measure};

/// Loads a config with one setting, from a source of which nothing is counted.
fn load<C: SecretConfig>(name: &str, value: &str) -> Residue {
    let secrets = memory(name, value);
    measure(|| block_on(C::load_from(&secrets)).unwrap())
}

#[derive(SecretConfig)]
struct Text {
    value: Secret<String>,
}

#[derive(SecretConfig)]
struct Trimmed {
    #[secret(trim)]
    value: Secret<String>,
}

pub(super) fn text() -> Residue {
    load::<Text>("value", CANARY)
}

pub(super) fn trimmed() -> Residue {
    load::<Trimmed>("value", concat([" ", CANARY, "\n"]).expose_secret())
}

#[derive(SecretConfig)]
struct OfKey {
    #[secret(id = "database", key = "password")]
    value: Secret<String>,
}

#[derive(SecretConfig)]
struct OfNestedKey {
    #[secret(id = "database", key = "replica.password")]
    value: Secret<String>,
    #[secret(id = "database", key = "/password")]
    other: Secret<String>,
}

fn document(text: &str) -> Secret<String> {
    concat(["{\"user\": \"app\", \"password\": ", json_string(text).expose_secret(), ", \"port\": 5432}"])
}

fn nested_document() -> Secret<String> {
    let password = json_string(CANARY);
    concat([
        "{\"replica\": ",
        document(CANARY).expose_secret(),
        ", \"password\": ",
        password.expose_secret(),
        "}",
    ])
}

pub(super) fn json_text_without_escapes() -> Residue {
    load::<OfKey>("database", document(PLAIN).expose_secret())
}

pub(super) fn json_text_with_escapes() -> Residue {
    load::<OfKey>("database", document(CANARY).expose_secret())
}

pub(super) fn nested_json() -> Residue {
    load::<OfNestedKey>("database", nested_document().expose_secret())
}

#[derive(SecretConfig)]
#[secret(id = "database")]
struct Database {
    user: Secret<String>,
    password: Secret<String>,
    port: u16,
}

pub(super) fn json_secret() -> Residue {
    load::<Database>("database", document(CANARY).expose_secret())
}

pub(super) fn escaped_keys() -> Residue {
    // A secret may stand where a key is meant: `{"the token": "its owner"}`.
    let key = json_string(CANARY);
    let json = concat(["{", key.expose_secret(), ": ", key.expose_secret(), ", \"password\": \"\\n\"}"]);
    load::<OfKey>("database", json.expose_secret())
}

#[derive(SecretConfig)]
struct Bytes {
    value: Secret<Vec<u8>>,
}

pub(super) fn binary() -> Residue {
    let bytes: Secret<Vec<u8>> = [&[0xff], CANARY.as_bytes()].concat().into();
    let secrets = of([Memory::new().with("value", &bytes)]);
    measure(|| block_on(Bytes::load_from(&secrets)).unwrap())
}

pub(super) fn binary_json() -> Residue {
    let bytes = document(CANARY).map(|text| text.as_bytes().to_vec());
    let secrets = of([Memory::new().with("database", &bytes)]);
    measure(|| block_on(OfKey::load_from(&secrets)).unwrap())
}

pub(super) fn bytes_of_text() -> Residue {
    load::<Bytes>("value", CANARY)
}

pub(super) fn detected() -> Residue {
    let secrets = of([Memory::new().with("text", CANARY).with("json", document(CANARY))]);
    measure(|| {
        block_on(async {
            let (text, json) =
                (secrets.get_value("text").await.unwrap(), secrets.get_value("json").await.unwrap());
            assert!(matches!(text, SecretValue::Text(_)) && matches!(json, SecretValue::Json(_)));
            (text, json, secrets.get_bytes("text").await.unwrap())
        })
    })
}

pub(super) fn default_of_request() -> Residue {
    let secrets = of([Memory::new()]);
    measure(|| block_on(secrets.request("nobody-has-it").default_value(CANARY).text()).unwrap())
}

#[derive(SecretConfig)]
struct Separated {
    #[secret(separator = ";")]
    texts: Secret<Vec<String>>,
    #[secret(separator = ";")]
    secrets: Vec<Secret<String>>,
}

pub(super) fn list_by_separator() -> Residue {
    let list = concat([CANARY, ";", PLAIN, ";", CANARY]);
    let secrets = of([Memory::new().with("texts", &list).with("secrets", &list)]);
    measure(|| block_on(Separated::load_from(&secrets)).unwrap())
}

#[derive(SecretConfig)]
struct Listed {
    texts: Secret<Vec<String>>,
    secrets: Vec<Secret<String>>,
}

/// Three elements, two of them with escapes.
fn three() -> Secret<String> {
    let element = json_string(CANARY);
    concat(["[", element.expose_secret(), ", \"", PLAIN, "\", ", element.expose_secret(), "]"])
}

pub(super) fn json_list() -> Residue {
    let list = three();
    let secrets = of([Memory::new().with("texts", &list).with("secrets", &list)]);
    measure(|| block_on(Listed::load_from(&secrets)).unwrap())
}

#[derive(serde::Deserialize)]
struct Login<T> {
    user: String,
    password: T,
    others: Vec<T>,
}

impl<T: Zeroize> Zeroize for Login<T> {
    fn zeroize(&mut self) {
        self.user.zeroize();
        self.password.zeroize();
        self.others.zeroize();
    }
}

#[derive(SecretConfig)]
struct IntoSecrets {
    #[secret(json)]
    database: Redacted<Login<Secret<String>>>,
}

#[derive(SecretConfig)]
struct IntoTexts {
    #[secret(json)]
    database: Secret<Login<String>>,
}

fn login() -> Secret<String> {
    let (password, others) = (json_string(CANARY), three());
    let (password, others) = (password.expose_secret(), others.expose_secret());
    concat(["{\"user\": \"a\\nb\", \"password\": ", password, ", \"others\": ", others, "}"])
}

pub(super) fn json_into_secrets() -> Residue {
    load::<IntoSecrets>("database", login().expose_secret())
}

pub(super) fn json_into_texts() -> Residue {
    load::<IntoTexts>("database", login().expose_secret())
}

#[derive(SecretConfig)]
struct InString {
    #[secret(json, id = "app", key = "database")]
    database: Secret<Login<String>>,
}

pub(super) fn json_in_a_string() -> Residue {
    let json = json_string(login().expose_secret());
    load::<InString>("app", concat(["{\"database\": ", json.expose_secret(), "}"]).expose_secret())
}

struct Token(String);

impl Zeroize for Token {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

impl FromStr for Token {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

#[derive(SecretConfig)]
struct Parsed {
    #[secret(parse)]
    value: Secret<Token>,
}

pub(super) fn parse() -> Residue {
    load::<Parsed>("value", CANARY)
}

fn token(text: &str) -> Result<Token, Infallible> {
    text.parse()
}

#[derive(SecretConfig)]
struct With {
    #[secret(with = token)]
    value: Secret<Token>,
}

pub(super) fn with() -> Residue {
    load::<With>("value", CANARY)
}

pub(super) fn text_at() -> Residue {
    let value = SecretValue::Json(document(CANARY));
    measure(|| value.text_at("password").unwrap())
}

pub(super) fn with_text_at() -> Residue {
    let (value, new) = (SecretValue::Json(document(CANARY)), concat([PLAIN, "\n", CANARY]));
    measure(|| {
        assert!(value.with_text_at("nothing", &new).is_err());
        value.with_text_at("password", &new).unwrap()
    })
}
