//! What a server's or a driver's error comes to. Their own texts may quote a value: a code is all that is kept.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::tls::{is_handshake, is_refused_handshake};
use crate::error::{ErrorKind, SourceError};

pub(super) const UNREACHABLE: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("no connection to the server, or it broke")
    .with_help("see that host and port are those of the server, and that the network lets this through");

/// The host is part of the secret: it is named as the member that it is, and not by its name.
const NO_TLS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("no TLS with the secret's `host`: its certificate is not trusted, or the two sides have nothing in common")
    .with_help(
        "see that the connector that PostgresRotator::tls is given trusts the authority that signed the server's \
         certificate, and that the certificate is for the name in `host`",
    );

const WITHOUT_TLS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the server takes no connections with TLS, and PostgresRotator::tls asks for it")
    .with_help(
        "see that host and port are those of the server, and that its `ssl` is on; no password has been sent",
    );

const NO_PASSWORD_WANTED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the server does not ask for a password in a way that this knows")
    .with_help("have the server's pg_hba.conf ask for the user's password, by scram-sha-256");

/// Of SCRAM: [the server has to prove that it knows the
/// verifier](https://www.rfc-editor.org/rfc/rfc5802#section-3).
const UNPROVEN: SourceError = SourceError::new(ErrorKind::Configuration)
    .because(
        "the server does not prove that it knows the user's password: it may be another one than it seems",
    )
    .with_help(
        "see that host and port are those of the server itself, and give it TLS by PostgresRotator::tls",
    );

pub(super) const NO_ADDRESS: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("the secret's `host` has no address")
    .with_help("see that it is the server's name, and that names are resolved where this runs");

pub(super) const TIMED_OUT: SourceError =
    SourceError::new(ErrorKind::Unavailable).because("no answer of the server in time");

/// The error of a login that was refused for another reason than the password.
pub(super) fn of_login(error: &Error) -> SourceError {
    if is_refused_handshake(error) {
        return NO_TLS;
    }
    if is_of_kind(error, TLS) && !is_handshake(error) {
        return WITHOUT_TLS;
    }
    if is_of_kind(error, AUTHENTICATION) {
        // A method that the driver does not have is no error of anybody's.
        let is_proof = error.source().and_then(|source| source.downcast_ref::<io::Error>()).is_some();
        return if is_proof { UNPROVEN } else { NO_PASSWORD_WANTED };
    }
    if is_no_login(error) {
        return of_statement(error, "the role may not log in: it is NOLOGIN, or is gone")
            .with_help("ALTER ROLE .. LOGIN lets it in");
    }
    let failure = of_statement(error, "the server does not let the user in");
    if error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) {
        return failure.with_help("if the server wants TLS, PostgresRotator::tls gives it");
    }
    failure
}

/// Whether it is for lack of a password that a login without one came to nothing.
///
/// By [class 28](https://www.postgresql.org/docs/current/errcodes-appendix.html) the server lets in nobody.
pub(super) fn asks_for_password(error: &Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("28"),
        None => is_of_kind(error, CONFIGURATION),
    }
}

/// What the driver's own errors begin with: it shows their kind in no other way. Of the configuration it says a single thing
/// once it is connected, that there is no password in it.
const TLS: &str = "error performing TLS handshake";
const AUTHENTICATION: &str = "authentication error";
const CONFIGURATION: &str = "invalid configuration";

fn is_of_kind(error: &Error, kind: &str) -> bool {
    error.code().is_none() && error.to_string().starts_with(kind)
}

/// One code stands for what a role may not do and for what `pg_hba.conf` says; which it is, says
/// [where in the server](https://www.postgresql.org/docs/current/protocol-error-fields.html) it comes from.
fn is_no_login(error: &Error) -> bool {
    let routine = error.as_db_error().and_then(DbError::routine);
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
        && routine == Some("InitializeSessionUserId")
}

/// The error of a statement, and what comes of it.
pub(super) fn of_statement(error: &Error, reason: &'static str) -> SourceError {
    match error.code() {
        Some(code) => {
            let failure = SourceError::new(kind(code.code())).because(reason);
            if is_state(code.code()) { failure.with_code(code.code()) } else { failure }
        }
        None => UNREACHABLE,
    }
}

/// By [class](https://www.postgresql.org/docs/current/errcodes-appendix.html).
fn kind(code: &str) -> ErrorKind {
    match code.get(..2) {
        Some("28") => ErrorKind::AccessDenied,
        Some("42") if code == SqlState::INSUFFICIENT_PRIVILEGE.code() => ErrorKind::AccessDenied,
        // It does not know the database.
        Some("3D") => ErrorKind::Configuration,
        // Connections, conflicts, resources, an operator, the system, the server itself.
        Some("08" | "40" | "53" | "55" | "57" | "58" | "XX") => ErrorKind::Unavailable,
        _ => ErrorKind::Invalid,
    }
}

/// The [classes](https://www.postgresql.org/docs/current/errcodes-appendix.html) that `PostgreSQL` has.
const CLASSES: [&str; 44] = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22", "23",
    "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40", "42", "44",
    "53", "54", "55", "57", "58", "72", "F0", "HV", "P0", "XX",
];

/// Whoever sends something else may have sent anything.
fn is_state(code: &str) -> bool {
    code.len() == 5
        && code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && code.get(..2).is_some_and(|class| CLASSES.contains(&class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_kind_of_thing_went_wrong() {
        for (code, expected) in [
            ("28000", ErrorKind::AccessDenied),
            ("28P01", ErrorKind::AccessDenied),
            ("42501", ErrorKind::AccessDenied),
            ("42704", ErrorKind::Invalid),
            ("3D000", ErrorKind::Configuration),
            ("53300", ErrorKind::Unavailable),
            ("57P03", ErrorKind::Unavailable),
            ("", ErrorKind::Invalid),
        ] {
            assert_eq!(kind(code), expected, "{code}");
        }
    }

    #[test]
    fn what_is_no_code_is_not_kept() {
        assert!(is_state("28P01"));
        for code in ["", "28p01", "28P011", "hunter2", "28P0\n", "QWERT", "99999"] {
            assert!(!is_state(code), "{code}");
        }
    }
}
