//! Decodes single values outside of JSON documents and within them: text, numbers, booleans, durations,
//! addresses and paths, each by the grammar of its type.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{
    IntErrorKind, NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, ParseIntError,
};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroize;

use super::from_secret::FromSecret;
use super::inspect::is_number;
use super::number_range::out_of_range;
use super::raw::RawSecret;
use crate::error::DecodeError;

macro_rules! from_str {
    ($($ty:ty => $expected:literal),* $(,)?) => {$(
        impl FromSecret for $ty {
            fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
                parse(raw, DecodeError::expected($expected), |_, _| None)
            }
        }
    )*};
}

/// Parses a text. `found` tells from the error what was there instead, if it can.
fn parse<T: FromStr>(
    raw: &RawSecret<'_>,
    expected: DecodeError,
    found: impl FnOnce(&str, &T::Err) -> Option<&'static str>,
) -> Result<T, DecodeError> {
    match raw.text() {
        Ok(text) => text.parse().map_err(|error| match found(text, &error) {
            Some(found) => expected.found(found),
            None => expected,
        }),
        Err(error) => Err(expected.found_as_in(&error)),
    }
}

macro_rules! integers {
    ($($ty:ty, $name:literal, $expected:literal),* $(,)?) => {$(
        impl FromSecret for $ty {
            fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
                parse(raw, DecodeError::expected($expected), |text, error| refused_integer($name, text, error))
            }
        }
    )*};
}

/// Returns the kind of number that was found instead of an integer of the type.
fn refused_integer(type_name: &str, text: &str, error: &ParseIntError) -> Option<&'static str> {
    let are_digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => Some(out_of_range(type_name)),
        IntErrorKind::Zero => Some("a number that is not allowed"),
        _ if text.strip_prefix('-').is_some_and(are_digits) => Some(out_of_range(type_name)),
        _ if is_number(text) => Some("a number with a fraction or an exponent"),
        _ => None,
    }
}

integers! {
    i8, "i8", "i8", i16, "i16", "i16", i32, "i32", "i32", i64, "i64", "i64",
    i128, "i128", "i128", isize, "isize", "isize",
    u16, "u16", "u16", u32, "u32", "u32", u64, "u64", "u64",
    u128, "u128", "u128", usize, "usize", "usize",
    NonZeroI8, "i8", "i8 other than 0", NonZeroI16, "i16", "i16 other than 0",
    NonZeroI32, "i32", "i32 other than 0", NonZeroI64, "i64", "i64 other than 0",
    NonZeroI128, "i128", "i128 other than 0", NonZeroIsize, "isize", "isize other than 0",
    NonZeroU8, "u8", "u8 other than 0", NonZeroU16, "u16", "u16 other than 0",
    NonZeroU32, "u32", "u32 other than 0", NonZeroU64, "u64", "u64 other than 0",
    NonZeroU128, "u128", "u128 other than 0", NonZeroUsize, "usize", "usize other than 0",
}

from_str! {
    bool => "true or false",
    char => "one character",
    f32 => "f32", f64 => "f64",
    IpAddr => "an IP address", Ipv4Addr => "an IPv4 address", Ipv6Addr => "an IPv6 address",
    SocketAddr => "an address such as 127.0.0.1:8080", SocketAddrV4 => "an address such as 127.0.0.1:8080",
    SocketAddrV6 => "an address such as [::1]:8080",
}

impl FromSecret for u8 {
    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        parse(raw, DecodeError::expected("u8"), |text, error| refused_integer("u8", text, error))
    }

    /// A list of bytes is binary data: text as UTF-8, binary unchanged. A JSON array or a separator still
    /// makes a list.
    fn list_from_secret(raw: &RawSecret<'_>) -> Result<Vec<Self>, DecodeError> {
        if raw.is_json_array() || raw.has_separator() {
            return raw.elements_or(Self::from_secret, |mut bytes| bytes.zeroize());
        }
        raw.bytes().map(<[u8]>::to_vec)
    }
}

macro_rules! from_text {
    ($($ty:ty { $($discard:tt)* }),* $(,)?) => {$(
        impl FromSecret for $ty {
            fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
                raw.text().map(Into::into)
            }
            $($discard)*
        }
    )*};
}

from_text! {
    String { fn discard(mut self) { self.zeroize(); } },
    Box<str> { fn discard(mut self) { self.zeroize(); } },
    Arc<str> {},
    PathBuf {},
}

/// Written with units, such as `250ms`, `30s`, `5m` or `1h 30m`. A number without a unit is rejected, since
/// it could mean seconds or milliseconds.
impl FromSecret for Duration {
    fn from_secret(raw: &RawSecret<'_>) -> Result<Self, DecodeError> {
        let text = raw.text()?;
        humantime::parse_duration(text).map_err(|error| {
            // The error contains a part of the text.
            if let humantime::DurationError::UnknownUnit { mut unit, .. } = error {
                unit.zeroize();
            }
            DecodeError::expected("a duration with units, such as 30s or 1h 30m")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<T: FromSecret>(text: &str) -> Result<T, String> {
        T::from_secret(&RawSecret::from_text(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn text_is_kept_exactly() {
        for text in ["123456", "a,b", " padded ", "null", "true", "{\"a\":1}"] {
            assert_eq!(decode::<String>(text).unwrap(), text);
        }
    }

    #[test]
    fn numbers_booleans_and_addresses_have_their_own_grammar() {
        assert_eq!(decode::<u16>("8080"), Ok(8080));
        assert_eq!(decode::<bool>("true"), Ok(true));
        assert_eq!(decode::<bool>("yes"), Err("expected true or false".into()));
        assert_eq!(decode::<u16>("70000"), Err("expected u16, found a number outside of 0 to 65535".into()));
        assert_eq!(decode::<u16>("-1"), Err("expected u16, found a number outside of 0 to 65535".into()));
        assert_eq!(decode::<i8>("-129"), Err("expected i8, found a number outside of -128 to 127".into()));
        assert_eq!(
            decode::<u64>("1e3"),
            Err("expected u64, found a number with a fraction or an exponent".into())
        );
        assert_eq!(decode::<u16>("-"), Err("expected u16".into()));
        assert_eq!(decode::<u16>(" 80"), Err("expected u16".into()));
        assert_eq!(decode::<Ipv4Addr>("127.0.0.1"), Ok(Ipv4Addr::LOCALHOST));
        assert_eq!(
            decode::<NonZeroU8>("0"),
            Err("expected u8 other than 0, found a number that is not allowed".into())
        );
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(decode("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(decode("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(
            decode::<Duration>("30"),
            Err("expected a duration with units, such as 30s or 1h 30m".into())
        );
    }

    #[test]
    fn options_decode_a_present_value() {
        assert_eq!(decode::<Option<u8>>("7"), Ok(Some(7)));
        assert_eq!(decode::<Option<Option<u8>>>("7"), Ok(Some(Some(7))));
        assert_eq!(Option::<Option<u8>>::absent(), Some(None));
    }
}
