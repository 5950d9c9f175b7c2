//! The settings of the SDK that are checked before it reads them: their variables, their keys in a profile,
//! and the values that it can use.
//!
//! The SDK panics at retry settings and credentials that it cannot use. It ignores a switch that it cannot
//! read, such as the one for FIPS endpoints, and writes its text to the log.

use aws_sdk_secretsmanager::config::retry::RetryMode;

use super::endpoint::{ENDPOINT_VARIABLE, is_endpoint, is_region};

/// A setting that a variable or a key of a profile holds.
pub(super) struct CheckedSetting<T> {
    pub(super) variable: &'static str,
    /// The key in a profile.
    pub(super) key: &'static str,
    /// `None` if the SDK cannot use the text.
    pub(super) parse: fn(&str) -> Option<T>,
    pub(super) reason: &'static str,
}

pub(super) const MAX_ATTEMPTS: CheckedSetting<u32> = CheckedSetting {
    variable: "AWS_MAX_ATTEMPTS",
    key: "max_attempts",
    parse: |text| text.trim().parse().ok().filter(|attempts| *attempts > 0),
    reason: "not a whole number from 1 to 4294967295",
};

pub(super) const RETRY_MODE: CheckedSetting<RetryMode> = CheckedSetting {
    variable: "AWS_RETRY_MODE",
    key: "retry_mode",
    // Other SDKs know `legacy`, and this one does not. It differs from `standard` by what counts as
    // transient.
    parse: |text| {
        let text = text.trim();
        if text.eq_ignore_ascii_case("legacy") { Some(RetryMode::Standard) } else { text.parse().ok() }
    },
    reason: "not one of standard, adaptive and legacy",
};

pub(super) const USE_FIPS: CheckedSetting<bool> = switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
pub(super) const USE_DUAL_STACK: CheckedSetting<bool> =
    switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
pub(super) const IGNORE_ENDPOINTS: CheckedSetting<bool> =
    switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");

pub(super) const ACCESS_KEY_ID: CheckedSetting<()> = credential("AWS_ACCESS_KEY_ID", "aws_access_key_id");
pub(super) const SECRET_ACCESS_KEY: CheckedSetting<()> =
    credential("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key");
pub(super) const SESSION_TOKEN: CheckedSetting<()> = credential("AWS_SESSION_TOKEN", "aws_session_token");

/// A profile has one endpoint. Variables have [two](super::endpoint::ENDPOINT_VARIABLES).
pub(super) const ENDPOINT_URL: CheckedSetting<String> = CheckedSetting {
    variable: ENDPOINT_VARIABLE,
    key: "endpoint_url",
    parse: |text| is_endpoint(text).then(|| text.to_owned()),
    reason: "not an http or https URL of a host",
};

pub(super) const REGION: CheckedSetting<String> = CheckedSetting {
    variable: "AWS_REGION",
    key: "region",
    parse: |text| is_region(text).then(|| text.to_owned()),
    reason: "not the name of a region",
};

/// The SDK writes it into a header of every request.
pub(super) const EXECUTION_ENV: CheckedSetting<()> = CheckedSetting {
    variable: "AWS_EXECUTION_ENV",
    key: "",
    parse: |text| text.bytes().all(|byte| matches!(byte, b' '..=b'~')).then_some(()),
    reason: "holds a line break or another character that no HTTP header can hold",
};

const fn switch(variable: &'static str, key: &'static str) -> CheckedSetting<bool> {
    CheckedSetting {
        variable,
        key,
        parse: |text| {
            let is = |word| text.eq_ignore_ascii_case(word);
            if is("true") { Some(true) } else { is("false").then_some(false) }
        },
        reason: "neither true nor false",
    }
}

const fn credential(variable: &'static str, key: &'static str) -> CheckedSetting<()> {
    CheckedSetting {
        variable,
        key,
        parse: |text| is_credential(text).then_some(()),
        reason: "holds a line break, a space or another character that no AWS credential has",
    }
}

/// Whether a text can be a part of AWS credentials. It is sent in a header, or signs one.
pub(super) fn is_credential(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_whole_numbers_from_one() {
        for (text, attempts) in [("1", Some(1)), (" 3\n", Some(3)), ("4294967295", Some(u32::MAX))] {
            assert_eq!((MAX_ATTEMPTS.parse)(text), attempts, "{text:?}");
        }
        for text in ["0", "3x", "-1", "1.5", "4294967296", "0x3", "three", "٣", "3 4", "1e1"] {
            assert_eq!((MAX_ATTEMPTS.parse)(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_mode_of_older_sdks_means_the_standard_one() {
        for (text, mode) in [
            ("legacy", RetryMode::Standard),
            ("LEGACY", RetryMode::Standard),
            ("standard", RetryMode::Standard),
            ("Adaptive", RetryMode::Adaptive),
        ] {
            assert_eq!((RETRY_MODE.parse)(text), Some(mode), "{text}");
        }
        for text in ["legacy!", "none", "0", "standard,adaptive"] {
            assert_eq!((RETRY_MODE.parse)(text), None, "{text}");
        }
    }

    #[test]
    fn a_switch_is_true_or_false() {
        assert_eq!((USE_FIPS.parse)("TRUE"), Some(true));
        assert_eq!((USE_FIPS.parse)("false"), Some(false));
        for text in ["1", "yes", "on", "true ", "truefalse"] {
            assert_eq!((USE_FIPS.parse)(text), None, "{text:?}");
        }
    }

    #[test]
    fn credentials_have_visible_ascii_characters_alone() {
        assert!(is_credential("AKIAIOSFODNN7EXAMPLE") && is_credential("a/b+c=="));
        for text in ["id\n", "id\r", "i d", "\u{e9}", "id\0", "id\u{7f}", "\u{feff}id"] {
            assert!(!is_credential(text), "{text:?}");
        }
    }
}
