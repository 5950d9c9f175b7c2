//! The search itself: it finds what is there, in every form, and nothing else.

use crate::support::canary::Canary;

#[test]
fn a_canary_is_long_enough_and_holds_the_odd_characters() {
    let canary = Canary::new("a");
    assert!(canary.as_str().chars().count() >= 64);
    for character in ['"', '\\', '\n', '%', 'é'] {
        assert!(canary.as_str().chars().skip(40).any(|c| c == character), "{character}");
    }
}

#[test]
fn it_is_found_in_every_form() {
    let canary = Canary::new("a");
    let text = canary.as_str();
    let bytes = text.as_bytes();
    for (form, printed) in [
        ("as it is", text.to_owned()),
        ("in capitals", text.to_uppercase()),
        ("by Debug", format!("{text:?}")),
        ("by Debug of its bytes", format!("{bytes:?}")),
        ("by Debug of its bytes in hexadecimal", format!("{bytes:02x?}").replace(", ", "")),
        ("as JSON", serde_json::to_string(text).unwrap()),
        ("as JSON of its bytes", serde_json::to_string(bytes).unwrap()),
        ("eight characters of it", text.chars().skip(52).take(8).collect()),
        ("as a variable's name", text.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
    ] {
        assert!(canary.seen_in(&format!("before {printed} after")).is_some(), "{form}");
    }
}

#[test]
fn it_is_not_found_where_it_is_not() {
    let canary = Canary::new("a");
    let strangers = [Canary::new("b").as_str().to_owned(), "[REDACTED]".to_owned(), "x".repeat(1000)];
    for stranger in strangers {
        assert_eq!(canary.seen_in(&stranger), None);
    }
    // The filler is not the needle.
    assert_eq!(canary.seen_in(&canary.as_str().chars().take(40).collect::<String>()), None);
}

#[test]
fn what_every_program_does_with_values_leaks() {
    let canary = Canary::new("a");
    let plain = canary.as_str().to_owned();
    assert!(canary.seen_in(&format!("{:?}", Some(&plain))).is_some(), "a plain String");
    let json = serde_json::to_string(&plain).unwrap();
    let error = serde_json::from_str::<u16>(&json).unwrap_err();
    assert!(canary.seen_in(&error.to_string()).is_some(), "serde_json's own error");
    let error = std::ffi::OsString::from(plain).into_string().unwrap();
    assert!(canary.seen_in(&error).is_some(), "a variable");
}
