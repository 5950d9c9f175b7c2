//! Any text as an environment variable, for every type and for lists.

use std::collections::{BTreeSet, HashSet};
use std::fmt::{Debug, Display};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZeroI8, NonZeroI128, NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrets_runtime::{FromSecret, Memory, RawSecret, Redacted, Secret, SecretConfig};

use crate::loading::{load, said_of};
use crate::values::{LETTERS, ODD, assert_alike, filled_text};

#[derive(SecretConfig)]
#[allow(dead_code, reason = "what is decoded is not looked into")]
struct Lists {
    #[secret(separator = ",")]
    numbers: Vec<u16>,
    #[secret(separator = ";")]
    secrets: Vec<Secret<String>>,
    #[secret(separator = ", ", trim)]
    padded: Secret<Vec<String>>,
    #[secret(separator = "::", allow_empty)]
    set: Redacted<HashSet<String>>,
    json: Option<Secret<Vec<u32>>>,
    #[secret(parse, separator = ",")]
    parsed: Vec<i64>,
    #[secret(trim)]
    bytes: Secret<Vec<u8>>,
}

const LISTS: [&str; 7] = ["numbers", "secrets", "padded", "set", "json", "parsed", "bytes"];

#[derive(SecretConfig)]
struct Cut {
    #[secret(separator = ",", allow_empty)]
    parts: Vec<Secret<String>>,
}

/// Decodes it as every type. What is said of a value is nothing, and what was decoded is what its own text decodes to.
pub fn text(input: &[u8]) {
    if let Some(inputs) = filled_text(input, &[LETTERS, ODD]) {
        assert_alike(&inputs, |text| {
            let memory: Memory = LISTS.into_iter().map(|name| (name, text.as_str())).collect();
            said_of_types(text) + &said_of(load::<Lists>(memory))
        });
    }
    if let Ok(text) = std::str::from_utf8(input) {
        is_kept_letter_for_letter(text);
        is_cut_at_the_separator_alone(text);
    }
}

fn said_of_types(text: &str) -> String {
    macro_rules! said_of_types {
        ($($ty:ty),* $(,)?) => {
            String::new() $(+ &decoded_from_its_own_text::<$ty>(text))*
        };
    }
    let mut said = said_of_types![
        bool,
        char,
        i8,
        i16,
        i32,
        i64,
        i128,
        isize,
        u8,
        u16,
        u32,
        u64,
        u128,
        usize,
        f32,
        f64,
        NonZeroI8,
        NonZeroI128,
        NonZeroU8,
        NonZeroU16,
        NonZeroU32,
        NonZeroU64,
        NonZeroUsize,
        IpAddr,
        Ipv4Addr,
        Ipv6Addr,
        SocketAddr,
        SocketAddrV4,
        SocketAddrV6,
    ];
    match decode::<Duration>(text) {
        Ok(duration) => {
            let written = format!("{}s {}ns", duration.as_secs(), duration.subsec_nanos());
            assert_eq!(decode(&written), Ok(duration), "{written}");
        }
        Err(error) => said += &error,
    }
    for error in [
        decode::<Vec<u16>>(text).err(),
        decode::<BTreeSet<String>>(text).err(),
        decode::<Vec<Vec<bool>>>(text).err(),
        decode::<Box<[Option<u8>]>>(text).err(),
        decode::<Option<Option<NonZeroU8>>>(text).err(),
        text.parse::<Secret<u16>>().err().map(|error| format!("{error}{error:?}")),
        text.parse::<Redacted<SocketAddr>>().err().map(|error| format!("{error}{error:?}")),
    ] {
        said += &error.unwrap_or_default();
    }
    said
}

fn decode<T: FromSecret>(text: &str) -> Result<T, String> {
    T::from_secret(&RawSecret::from_text(text)).map_err(|error| format!("{error}{error:?}"))
}

fn decoded_from_its_own_text<T: FromSecret + Display + Debug + PartialEq>(text: &str) -> String {
    match decode::<T>(text) {
        Ok(value) => {
            // Not a number is the one value that is not itself.
            #[allow(clippy::eq_op, reason = "that is how it is found")]
            let is_a_number = value == value;
            assert!(!is_a_number || decode(&value.to_string()) == Ok(value), "not what was written");
            String::new()
        }
        Err(error) => error,
    }
}

fn is_kept_letter_for_letter(text: &str) {
    assert_eq!(decode::<String>(text).as_deref(), Ok(text));
    assert_eq!(decode::<Box<str>>(text).as_deref(), Ok(text));
    assert_eq!(decode::<Arc<str>>(text).as_deref(), Ok(text));
    assert_eq!(decode::<PathBuf>(text).as_deref(), Ok(std::path::Path::new(text)));
    assert_eq!(decode::<Vec<u8>>(text).as_deref(), Ok(text.as_bytes()));
    let secret = Secret::<String>::from_secret(&RawSecret::from_text(text)).unwrap();
    assert!(secret.ct_eq(text));
    assert_eq!(format!("{secret:?}{secret}{secret:40}"), "[REDACTED][REDACTED][REDACTED]");
}

fn is_cut_at_the_separator_alone(text: &str) {
    match load::<Cut>(Memory::from([("parts", text)])) {
        Ok(Cut { parts }) => {
            let parts: Vec<&str> = parts.iter().map(|part| part.expose_secret().as_str()).collect();
            assert_eq!(parts.join(","), text);
        }
        Err(_) => assert!(text.contains("[REDACTED]")),
    }
}
