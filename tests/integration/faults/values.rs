//! Values that do not fit the type of their field.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU16;
use std::str::FromStr;
use std::time::Duration;

use secrets_runtime::{Secret, SecretConfig, Zeroize};
use serde::Deserialize;

use super::row::{Row, row, said};
use crate::support::load_env;

/// The report of a config with this field, whose variable has this value.
macro_rules! refused {
    ($variable:literal = $value:expr, $(#[$attribute:meta])* $field:ident: $($type:tt)*) => {
        async {
            #[derive(SecretConfig)]
            struct App {
                $(#[$attribute])*
                $field: $($type)*,
            }
            said(load_env::<App>(&[($variable, $value)]).await)
        }
    };
}

#[derive(Deserialize, Zeroize)]
#[serde(deny_unknown_fields)]
struct Stripe {
    public: String,
    attempts: u8,
}

#[derive(Deserialize, Zeroize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Text,
    Json,
}

#[derive(Deserialize, Zeroize)]
struct Renamed {
    #[serde(alias = "title")]
    name: String,
}

#[derive(Zeroize)]
struct Parsed;

impl FromStr for Parsed {
    type Err = String;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        Err("this text may hold the value".to_owned())
    }
}

struct Panics;

impl FromStr for Panics {
    type Err = String;

    #[allow(clippy::panic_in_result_fn, reason = "the fault of the row")]
    fn from_str(_: &str) -> Result<Self, Self::Err> {
        panic!("a fault of the application");
    }
}

impl Zeroize for Panics {
    fn zeroize(&mut self) {}
}

fn percentage(_: &str) -> Result<Secret<u8>, &'static str> {
    Err("a share is a percentage such as 15%")
}

fn quoting(_: &str) -> Result<Secret<u8>, String> {
    Err("this text may hold the value".to_owned())
}

fn unprivileged(_: &u16) -> Result<(), &'static str> {
    Err("ports below 1024 need root")
}

fn panicking(_: &u16) -> Result<(), &'static str> {
    panic!("a fault of the application")
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = texts();
    rows.extend(numbers());
    rows.extend(lists());
    rows.extend(documents());
    rows.extend(code());
    rows
}

fn texts() -> Vec<Row> {
    vec![
        row("The value is not a number.", "Set a whole number.", refused!("PORT" = "http", port: u16)),
        row(
            "The value is in quotes: `docker --env-file` and Kubernetes keep them.",
            "",
            refused!("PORT" = "\"8080\"", port: u16),
        ),
        row(
            "The value ends in a line break, as `echo` and editors write it.",
            "",
            refused!("PORT" = "8080\n", port: u16),
        ),
        row("There is white space around the value.", "", refused!("PORT" = " 8080", port: u16)),
        row(
            "The file of the value was saved with a byte order mark.",
            "",
            refused!("PORT" = "\u{feff}8080", port: u16),
        ),
        row(
            "Kubernetes sets this variable for a service that has the same name.",
            "",
            refused!("PORT" = "tcp://10.0.0.1:8080", port: u16),
        ),
        row(
            "The value is a URL.",
            "Set the number alone.",
            refused!("PORT" = "http://localhost:8080", port: u16),
        ),
        row("The value is JSON.", "Set the value alone.", refused!("PORT" = "{\"port\": 8080}", port: u16)),
        row(
            "The value is a JSON array.",
            "Set one value, or give the field a list's type.",
            refused!("PORT" = "[8080]", port: u16),
        ),
        row("The value has several lines.", "Set one line.", refused!("PORT" = "8080\n8081", port: u16)),
    ]
}

fn numbers() -> Vec<Row> {
    vec![
        row(
            "The number is out of the range of the field.",
            "Set a number within the range.",
            refused!("PORT" = "70000", port: u16),
        ),
        row(
            "The number has a fraction or an exponent.",
            "Set a whole number.",
            refused!("PORT" = "8080.5", port: u16),
        ),
        row("The number must not be 0.", "Set another number.", refused!("PORT" = "0", port: NonZeroU16)),
        row(
            "The number is too large.",
            "Set a smaller number.",
            refused!("LIMIT" = "99999999999999999999999999999999999999999", limit: u128),
        ),
        row(
            "Booleans are `true` and `false`, and nothing else.",
            "Set `true` or `false`.",
            refused!("VERBOSE" = "1", verbose: bool),
        ),
        row(
            "The value is not one character.",
            "Set one character.",
            refused!("DELIMITER" = "ab", delimiter: char),
        ),
        row("The value is not a number.", "Set a number such as 0.5.", refused!("RATE" = "half", rate: f64)),
        row(
            "The duration has no unit.",
            "Set it with its unit, such as `30s`.",
            refused!("TIMEOUT" = "30", timeout: Duration),
        ),
        row(
            "The value is a host name or a URL, not an IP address.",
            "Set an address such as 127.0.0.1.",
            refused!("ADDRESS" = "localhost", address: IpAddr),
        ),
        row(
            "The address has no port, or a host name.",
            "Set an address such as 127.0.0.1:8080.",
            refused!("LISTEN" = "localhost:8080", listen: SocketAddr),
        ),
    ]
}

fn lists() -> Vec<Row> {
    vec![
        row(
            "A list without `separator` is a JSON array.",
            "Add `separator = \",\"` to the field, or set a JSON array.",
            refused!("KEYS" = "a,b", keys: Vec<Secret<String>>),
        ),
        row(
            "The value is a JSON object, and the field is a list.",
            "Set a JSON array.",
            refused!("KEYS" = "{\"a\": \"b\"}", keys: Vec<Secret<String>>),
        ),
        row(
            "One element does not fit the type.",
            "Correct the element: they count from 1.",
            refused!("PORTS" = "80,http", #[secret(separator = ",")] ports: Vec<u16>),
        ),
        row(
            "One element is empty: there are two separators in a row.",
            "Remove one of them.",
            refused!("PORTS" = "80,,81", #[secret(separator = ",")] ports: Vec<u16>),
        ),
        row(
            "One element of the JSON array is `null`.",
            "Remove it.",
            refused!("KEYS" = "[\"a\", null]", keys: Vec<Secret<String>>),
        ),
        row(
            "One element of the JSON array is not a text.",
            "Write it in quotes.",
            refused!("KEYS" = "[\"a\", [\"b\"]]", keys: Vec<Secret<String>>),
        ),
        row(
            "The JSON array is cut off or misspelled.",
            "Correct it: a JSON validator shows the place.",
            refused!("KEYS" = "[\"a\",", keys: Vec<Secret<String>>),
        ),
    ]
}

fn documents() -> Vec<Row> {
    vec![
        row(
            "The JSON lacks a field that the type requires.",
            "Add it.",
            refused!("STRIPE" = "{\"public\": \"a\"}", #[secret(json)] stripe: Secret<Stripe>),
        ),
        row(
            "The JSON has a key that the type does not allow.",
            "Remove it, or correct its name.",
            refused!("STRIPE" = "{\"public\": \"a\", \"attempts\": 1, \"attempt\": 2}", #[secret(json)] stripe: Secret<Stripe>),
        ),
        row(
            "The JSON has another kind of value in a field.",
            "Write the kind that is expected.",
            refused!("STRIPE" = "{\"public\": 1, \"attempts\": 1}", #[secret(json)] stripe: Secret<Stripe>),
        ),
        row(
            "A number in the JSON is out of range.",
            "Write a number within the range.",
            refused!("STRIPE" = "{\"public\": \"a\", \"attempts\": 300}", #[secret(json)] stripe: Secret<Stripe>),
        ),
        row(
            "The JSON names a variant that the type does not have.",
            "Write one of the names.",
            refused!("FORMAT" = "\"yaml\"", #[secret(json)] format: Secret<Format>),
        ),
        row(
            "The JSON has a number where the name of a variant is expected.",
            "Write one of the names.",
            refused!("FORMAT" = "5", #[secret(json)] format: Secret<Format>),
        ),
        row(
            "The JSON is an array where an object is expected.",
            "Write an object.",
            refused!("STRIPE" = "[\"a\"]", #[secret(json)] stripe: Secret<Stripe>),
        ),
        row(
            "The JSON has a field twice, once under its other name.",
            "Remove one of them.",
            refused!("RENAMED" = "{\"name\": \"a\", \"title\": \"b\"}", #[secret(json)] renamed: Secret<Renamed>),
        ),
        row(
            "The JSON array has another length than the tuple.",
            "Write as many elements.",
            refused!("PAIR" = "[1, 2, 3]", #[secret(json)] pair: Secret<(u8, u8)>),
        ),
        row(
            "The JSON has half of a character: `\\ud800` without its second half.",
            "Write the character itself.",
            refused!("NAMES" = "[\"\\ud800\"]", #[secret(json)] names: Secret<Vec<String>>),
        ),
        row(
            "The text is not JSON.",
            "Set JSON.",
            refused!("STRIPE" = "public", #[secret(json)] stripe: Secret<Stripe>),
        ),
    ]
}

fn code() -> Vec<Row> {
    vec![
        row(
            "The type's own `FromStr` refuses the value. Its message may hold the value and is dropped.",
            "Return a `&'static str` as the error to have it shown.",
            refused!("LEVEL" = "loud", #[secret(parse)] level: Secret<Parsed>),
        ),
        row(
            "The function of `with` refuses the value, and says what it expects.",
            "Set what it expects.",
            refused!("SHARE" = "15", #[secret(with = percentage)] share: Secret<u8>),
        ),
        row(
            "The function of `with` refuses the value. Its message may hold the value and is dropped.",
            "Return a `&'static str` as the error to have it shown.",
            refused!("SHARE" = "15", #[secret(with = quoting)] share: Secret<u8>),
        ),
        row(
            "The function of `validate` refuses the value with this reason.",
            "Set a value that it accepts.",
            refused!("PORT" = "80", #[secret(validate = unprivileged)] port: u16),
        ),
        row(
            "The function of `validate` panics.",
            "Correct the function: the message of the panic is in the standard error.",
            refused!("PORT" = "80", #[secret(validate = panicking)] port: u16),
        ),
        row(
            "The code that decodes the field panics.",
            "Correct the code: the message of the panic is in the standard error.",
            refused!("TOKEN" = "a", #[secret(parse)] token: Secret<Panics>),
        ),
        row(
            "The default in the code does not pass `validate`.",
            "Correct the default.",
            refused!("OTHER" = "a", #[secret(default = 80, validate = unprivileged)] port: u16),
        ),
        row(
            "The code of the default panics.",
            "Correct the code: the message of the panic is in the standard error.",
            refused!("OTHER" = "a", #[secret(default = panic!("a fault of the application"))] port: u16),
        ),
    ]
}
