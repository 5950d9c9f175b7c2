//! Code of the application that decodes, checks or wipes a value, and panics.

use std::str::FromStr;

use secrets_runtime::{
    DecodeError, ErrorKind, FromSecret, RawSecret, Secret, SecretConfig, Secrets, Zeroize,
};
use serde::{Deserialize, Deserializer};

use super::{MESSAGE, assert_says};
use crate::support::remote::Remote;
use crate::support::{failures, kinds, production};

/// A type whose code panics, whichever it is decoded by.
struct Panics;

impl Zeroize for Panics {
    fn zeroize(&mut self) {}
}

impl FromStr for Panics {
    type Err = &'static str;

    fn from_str(_: &str) -> Result<Self, Self::Err> {
        panic!("{MESSAGE}");
    }
}

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("{MESSAGE}");
    }
}

impl FromSecret for Panics {
    fn from_secret(_: &RawSecret<'_>) -> Result<Self, DecodeError> {
        panic!("{MESSAGE}");
    }
}

fn with(_: &str) -> Result<Panics, &'static str> {
    panic!("{MESSAGE}");
}

fn refuse(_: &str) -> Result<(), &'static str> {
    panic!("{MESSAGE}");
}

#[derive(SecretConfig)]
struct Config {
    first: Secret<String>,
    #[secret(parse)]
    parsed: Secret<Panics>,
    #[secret(json)]
    json: Secret<Panics>,
    #[secret(with = with)]
    with: Secret<Panics>,
    own: Secret<Panics>,
    #[secret(validate = refuse)]
    validated: Secret<String>,
    #[secret(name = "absent", default = panic!("{MESSAGE}"), plain)]
    port: u16,
    last: Secret<u16>,
}

fn secrets() -> Secrets {
    let names = ["first", "parsed", "json", "with", "own", "validated", "last"];
    let remote = names.iter().fold(Remote::new(), |remote, name| remote.with(name, "{}"));
    production().sources([remote]).build().unwrap()
}

#[tokio::test]
async fn each_is_an_error_of_its_field_beside_those_of_the_others() {
    let secrets = secrets();
    let load = Config::load_from(&secrets).await.err().unwrap();
    let expected = [
        ("parsed", ErrorKind::Invalid),
        ("json", ErrorKind::Invalid),
        ("with", ErrorKind::Invalid),
        ("own", ErrorKind::Invalid),
        ("validated", ErrorKind::Invalid),
        ("port", ErrorKind::Configuration),
        ("last", ErrorKind::Invalid),
    ];
    assert_eq!(kinds(&load), expected);
    let watch = Config::watch(&secrets).await.err().unwrap();
    let check = Config::check(&secrets).await;
    for error in [&load, &watch, check.failure().unwrap()] {
        assert_says(error, "panicked");
        let failures = failures(error);
        for field in ["parsed", "json", "with", "own"] {
            assert!(failures.contains(&format!("{field}: invalid: its decoder panicked")), "{failures:?}");
        }
        assert!(failures.contains(&"validated: invalid: its validation panicked".to_owned()), "{failures:?}");
        let of_default = "port: configuration: the code of its default panicked".to_owned();
        assert!(failures.contains(&of_default), "{failures:?}");
    }
}

#[tokio::test]
async fn a_secret_that_is_read_alone_fails_alone() {
    let secrets = secrets();
    let said = "its decoder panicked";
    assert_says(&secrets.get_json::<Secret<Panics>>("json").await.err().unwrap(), said);
    let uncached = secrets.request("json").bypass_cache().json::<Secret<Panics>>().await;
    assert_says(&uncached.err().unwrap(), said);
    let default = secrets.request("absent").default_value("{}").json::<Secret<Panics>>().await;
    assert_says(&default.err().unwrap(), said);
    assert_says(&secrets.watch_json::<Secret<Panics>>("json").await.err().unwrap(), said);
    assert_eq!(secrets.get("json").await.unwrap().expose_secret(), "{}");
}

#[tokio::test]
async fn code_of_the_type_that_belongs_to_no_value_is_an_error_of_the_config() {
    #[derive(SecretConfig)]
    struct Skips {
        first: Secret<String>,
        #[secret(skip)]
        handle: Handle,
    }

    struct Handle;

    impl Default for Handle {
        fn default() -> Self {
            panic!("{MESSAGE}");
        }
    }

    let secrets = secrets();
    assert_says(&Skips::load_from(&secrets).await.err().unwrap(), "code of its type panicked");
    assert_says(Skips::check(&secrets).await.failure().unwrap(), "code of its type panicked");
}

#[test]
fn dropping_a_secret_whose_wiping_panics_does_not_panic() {
    struct Unwipeable;

    impl Zeroize for Unwipeable {
        fn zeroize(&mut self) {
            panic!("{MESSAGE}");
        }
    }

    drop(Secret::new(Unwipeable));
    let secret = Secret::new(Unwipeable);
    // Also while another panic unwinds.
    let unwound = std::thread::spawn(move || {
        let _secret = secret;
        panic!("intended by the test");
    });
    assert!(unwound.join().is_err());
}
