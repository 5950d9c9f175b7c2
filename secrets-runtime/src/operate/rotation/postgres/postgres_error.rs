//! Converts errors of the server and the driver. Keeps only their codes, since their texts may quote a
//! value.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::tls::{is_handshake, is_refused_handshake};
use crate::error::{ErrorKind, SourceError};

pub(super) const UNREACHABLE: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("no connection to the server, or the connection was lost")
    .with_help(
        "check that host and port are those of the server, and that the network allows the connection",
    );

/// The message names the member `host`, not its value, since the host is part of the secret.
const NO_TLS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the TLS handshake with the secret's `host` failed: its certificate is not trusted, or no protocol version is common")
    .with_help(
        "check that the connector of PostgresRotator::tls trusts the authority that signed the server's \
         certificate, and that the certificate is for the name in `host`",
    );

const WITHOUT_TLS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the server does not support TLS, which PostgresRotator::tls requires")
    .with_help(
        "check that host and port are those of the server, and that its `ssl` is on; no password has been sent",
    );

const UNSUPPORTED_METHOD: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the server requires an unsupported authentication method")
    .with_help("set the user's method in the server's pg_hba.conf to scram-sha-256");

/// In SCRAM, [the server has to prove that it knows the
/// verifier](https://www.rfc-editor.org/rfc/rfc5802#section-3).
const UNPROVEN: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the server does not prove that it knows the user's password: it may be another server")
    .with_help(
        "check that host and port are those of the server itself, and use TLS with PostgresRotator::tls",
    );

/// The sessions of a rotation are not read-only, unless the whole server is.
const READ_ONLY: &str = "the server is read-only, as a replica is: `host` in the secret must name the writer";

pub(super) const NO_ADDRESS: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("the secret's `host` has no address")
    .with_help("check that it is the server's name, and that this machine can resolve it");

pub(super) const TIMED_OUT: SourceError =
    SourceError::new(ErrorKind::Unavailable).because("the server did not answer in time");

/// Converts the error of a login that failed for another reason than the password.
pub(super) fn of_login(error: &Error) -> SourceError {
    if is_refused_handshake(error) {
        return NO_TLS;
    }
    if is_of_kind(error, TLS) && !is_handshake(error) {
        return WITHOUT_TLS;
    }
    if is_of_kind(error, AUTHENTICATION) {
        // An unsupported method has no source.
        let is_proof = error.source().and_then(|source| source.downcast_ref::<io::Error>()).is_some();
        return if is_proof { UNPROVEN } else { UNSUPPORTED_METHOD };
    }
    if is_no_login(error) {
        return of_statement(error, "the role may not log in: it is NOLOGIN, or does not exist")
            .with_help("allow it with ALTER ROLE .. LOGIN");
    }
    let refused = of_statement(error, "the server refuses the login");
    if error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) {
        return refused.with_help("if the server requires TLS, use PostgresRotator::tls");
    }
    refused
}

/// Whether a login without a password failed because the server requires one, or refuses everyone with
/// [class 28](https://www.postgresql.org/docs/current/errcodes-appendix.html).
pub(super) fn requires_password(error: &Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("28"),
        None => is_of_kind(error, CONFIGURATION),
    }
}

/// The beginnings of the driver's own errors, which show their kind in no other way. After connecting, the
/// only error of the configuration is that it has no password.
const TLS: &str = "error performing TLS handshake";
const AUTHENTICATION: &str = "authentication error";
const CONFIGURATION: &str = "invalid configuration";

fn is_of_kind(error: &Error, kind: &str) -> bool {
    error.code().is_none() && error.to_string().starts_with(kind)
}

/// Whether the role itself may not log in. The code is the same for a refusal by `pg_hba.conf`; only the
/// [server routine](https://www.postgresql.org/docs/current/protocol-error-fields.html) differs.
fn is_no_login(error: &Error) -> bool {
    let routine = error.as_db_error().and_then(DbError::routine);
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
        && routine == Some("InitializeSessionUserId")
}

/// Converts the error of a statement; `reason` says what failed.
pub(super) fn of_statement(error: &Error, reason: &'static str) -> SourceError {
    match error.code() {
        Some(code) => {
            let error = SourceError::new(kind(code.code())).because(reason);
            let error =
                if code == &SqlState::READ_ONLY_SQL_TRANSACTION { error.with_help(READ_ONLY) } else { error };
            if is_state(code.code()) { error.with_code(code.code()) } else { error }
        }
        None => UNREACHABLE,
    }
}

/// The kind of a code, by its [class](https://www.postgresql.org/docs/current/errcodes-appendix.html).
fn kind(code: &str) -> ErrorKind {
    match code.get(..2) {
        Some("28") => ErrorKind::AccessDenied,
        Some("42") if code == SqlState::INSUFFICIENT_PRIVILEGE.code() => ErrorKind::AccessDenied,
        // The database does not exist.
        Some("3D") => ErrorKind::Configuration,
        Some("25") if code == SqlState::READ_ONLY_SQL_TRANSACTION.code() => ErrorKind::Configuration,
        // The server has ended a transaction in which nothing happened for too long.
        Some("25") if code == IDLE_IN_TRANSACTION => ErrorKind::Unavailable,
        // Connections, conflicts, resources, operator intervention, system errors, internal errors.
        Some("08" | "40" | "53" | "55" | "57" | "58" | "XX") => ErrorKind::Unavailable,
        _ => ErrorKind::Invalid,
    }
}

/// `idle_in_transaction_session_timeout`.
const IDLE_IN_TRANSACTION: &str = "25P03";

/// The [classes](https://www.postgresql.org/docs/current/errcodes-appendix.html) that `PostgreSQL` has.
const CLASSES: [&str; 44] = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23",
    "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44",
    "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX",
];

/// Whether it is a code. Any other text could hold a value.
fn is_state(code: &str) -> bool {
    code.len() == 5
        && code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && code.get(..2).is_some_and(|class| CLASSES.contains(&class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_gives_the_kind_of_an_error() {
        for (code, expected) in [
            ("28000", ErrorKind::AccessDenied),
            ("28P01", ErrorKind::AccessDenied),
            ("42501", ErrorKind::AccessDenied),
            ("42704", ErrorKind::Invalid),
            ("3D000", ErrorKind::Configuration),
            ("25006", ErrorKind::Configuration),
            ("25P03", ErrorKind::Unavailable),
            ("53300", ErrorKind::Unavailable),
            ("57P03", ErrorKind::Unavailable),
            ("", ErrorKind::Invalid),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn only_codes_are_kept() {
        assert!(is_state("28P01"));
        for code in ["", "28p01", "28P011", "hunter2", "28P0\n", "QWERT", "99999"] {
            assert!(!is_state(code), "{code}");
        }
    }
}
