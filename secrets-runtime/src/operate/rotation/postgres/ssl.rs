//! Reads from a secret whether its connections require TLS. Makes no connections.

use crate::error::{ErrorKind, SourceError};
use crate::operate::rotation::rotator_error::RotatorError;
use crate::value::SecretValue;

/// The members that say it: AWS's `ssl`, libpq's `sslmode`, and their spellings in other drivers.
const KEYS: [&str; 16] = [
    "ssl",
    "SSL",
    "sslmode",
    "ssl_mode",
    "sslMode",
    "SslMode",
    "SSLMode",
    "tls",
    "TLS",
    "useSSL",
    "useSsl",
    "use_ssl",
    "requireSSL",
    "requireSsl",
    "require_ssl",
    "useTLS",
];

/// The texts that require TLS, in lower case, without `-` and `_`. `prefer` is one of them: its fallback to
/// a plain connection is what an attacker in the network would cause.
const REQUIRED: [&str; 13] = [
    "true",
    "1",
    "yes",
    "on",
    "require",
    "required",
    "verifyca",
    "verifyfull",
    "verifyidentity",
    "prefer",
    "preferred",
    "enable",
    "enabled",
];

/// The texts that permit plain connections. libpq's `allow` begins with a plain one.
const NOT_REQUIRED: [&str; 8] = ["false", "0", "no", "off", "disable", "disabled", "none", "allow"];

const UNKNOWN: SourceError = SourceError::new(ErrorKind::Invalid)
    .because("the secret's `ssl`, `sslmode` or `tls` does not say whether TLS is required")
    .with_help(
        "write true or false, or a mode: require, verify-ca, verify-full, prefer, allow or disable; \
         PostgresRotator::tls sets how certificates are verified",
    );

/// Whether any member requires TLS. A member that is absent, empty or `null` says nothing.
///
/// # Errors
/// If a member has any other text, or is an object or a list: a connection that is plain by mistake would
/// show the password.
pub(super) fn requires_tls(value: &SecretValue) -> Result<bool, RotatorError> {
    let mut is_required = false;
    for key in KEYS {
        let Some(text) = value.optional_text_at(key).map_err(|_| UNKNOWN)? else { continue };
        let text = text.expose_secret().as_str();
        if text.is_empty() {
            continue;
        }
        let is = |known: &&str| is_spelling_of(text, known);
        if REQUIRED.iter().any(is) {
            is_required = true;
        } else if !NOT_REQUIRED.iter().any(is) {
            return Err(UNKNOWN.into());
        }
    }
    Ok(is_required)
}

/// Compares without case and without the `-` and `_` between words, and makes no copy of the text.
fn is_spelling_of(text: &str, known: &str) -> bool {
    if text.starts_with(['-', '_']) {
        return false;
    }
    let letters = text.chars().filter(|letter| !matches!(letter, '-' | '_'));
    letters.map(|letter| letter.to_ascii_lowercase()).eq(known.chars())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn of(members: &str) -> Result<bool, String> {
        let value = SecretValue::Json(Secret::from(format!("{{{members}}}")));
        requires_tls(&value).map_err(|error| error.to_string())
    }

    #[test]
    fn every_spelling_that_asks_for_tls_requires_it() {
        for text in [
            "true",
            "1",
            "\"true\"",
            "\"True\"",
            "\"TRUE\"",
            "\"1\"",
            "\"yes\"",
            "\"on\"",
            "\"require\"",
            "\"REQUIRED\"",
            "\"verify-ca\"",
            "\"verify-full\"",
            "\"VERIFY_FULL\"",
            "\"VerifyFull\"",
            "\"VERIFY_IDENTITY\"",
            "\"prefer\"",
            "\"preferred\"",
            "\"enabled\"",
        ] {
            for key in KEYS {
                assert_eq!(of(&format!("\"{key}\": {text}")), Ok(true), "{key}: {text}");
            }
        }
    }

    #[test]
    fn only_a_text_that_says_so_permits_a_plain_connection() {
        for text in [
            "false",
            "0",
            "\"false\"",
            "\"False\"",
            "\"0\"",
            "\"no\"",
            "\"off\"",
            "\"disable\"",
            "\"DISABLED\"",
            "\"none\"",
            "\"allow\"",
            "null",
            "\"\"",
        ] {
            for key in KEYS {
                assert_eq!(of(&format!("\"{key}\": {text}")), Ok(false), "{key}: {text}");
            }
        }
        assert_eq!(of(""), Ok(false));
    }

    #[test]
    fn the_strictest_member_counts() {
        assert_eq!(of("\"ssl\": false, \"sslmode\": \"verify-full\""), Ok(true));
        assert_eq!(of("\"ssl\": true, \"sslmode\": \"disable\""), Ok(true));
        assert_eq!(of("\"ssl\": false, \"sslmode\": \"disable\""), Ok(false));
    }

    #[test]
    fn any_other_text_is_refused_and_not_quoted() {
        for text in [
            "2",
            "-1",
            "-0",
            "1.0",
            "\"hunter2\"",
            "\"tru\"",
            "\" true\"",
            "\"requires\"",
            "\"verify\"",
            "\"-\"",
            "{\"ca\": \"hunter2\"}",
            "[true]",
            "\"t\\u0000rue\"",
        ] {
            for key in KEYS {
                let error = of(&format!("\"{key}\": {text}")).unwrap_err();
                assert_eq!(error, UNKNOWN.to_string(), "{key}: {text}");
                assert!(!error.contains("hunter2"));
            }
        }
        assert!(of("\"ssl\": true, \"sslmode\": \"hunter2\"").is_err(), "also beside a known text");
    }
}
