//! [`Failure`]: why a credentials provider failed, read from the types of the SDK's errors and, where these
//! are private, from the beginnings of the SDK's own texts. Texts of programs and servers are not kept.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;

use super::super::causes::causes;
use super::super::connection::connection_fault;
#[cfg(feature = "credentials-process")]
use super::super::credential_process::ProcessFailed;
use super::no_credentials::End;

/// Why a provider failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    TimedOut,
    /// A file could not be read.
    File(io::ErrorKind),
    /// A service has answered with this error code.
    Code(&'static str),
    /// An endpoint has answered with this HTTP status.
    Status(u16),
    /// The program of a profile gave no credentials.
    #[cfg(feature = "credentials-process")]
    Process(ProcessFailed),
    /// The answer of an endpoint is not what it should be.
    Unreadable,
    /// One of the SDK's own texts.
    Text(&'static str),
    /// The service could not be reached.
    Connection(&'static str),
    Unknown,
}

/// The codes with which STS, IAM Identity Center and the sign-in service refuse.
const CODES: [&str; 21] = [
    "AccessDeniedException",
    "AccessDenied",
    "ExpiredTokenException",
    "ExpiredToken",
    "InvalidIdentityToken",
    "IDPRejectedClaim",
    "IdpRejectedClaim",
    "IDPCommunicationError",
    "IdpCommunicationError",
    "RegionDisabledException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "UnauthorizedException",
    "ForbiddenException",
    "ResourceNotFoundException",
    "InvalidRequestException",
    "InvalidGrantException",
    "TooManyRequestsException",
    "Throttling",
    "ValidationError",
];

/// Texts of the SDK by their beginnings, for errors whose types are private to it.
const TEXTS: [&str; 16] = [
    SSO_EXPIRED,
    SSO_NOT_SIGNED_IN,
    LOGIN_EXPIRED,
    "failed to refresh cached Login token",
    "missing field ",
    "invalid JSON in cached ",
    "invalid full URI",
    "invalid relative URI",
    TOKEN_NOT_SENDABLE,
    NO_ROLE,
    NO_TRUST,
    DISABLED,
    FORBIDDEN,
    "failed to load credentials [",
    "Error retrieving credentials from IMDS",
    "error response from IMDS",
];

pub(super) const SSO_EXPIRED: &str = "the SSO token has expired";
pub(super) const SSO_NOT_SIGNED_IN: &str = "failed to load the cached SSO token";
pub(super) const LOGIN_EXPIRED: &str = "cached Login token is expired";
pub(super) const TOKEN_NOT_SENDABLE: &str = "the auth token could not be used";
pub(super) const NO_ROLE: &str = "received 404 from IMDS";
pub(super) const NO_TRUST: &str = "Incorrect IMDS/IAM configuration: [AssumeRoleUnauthorizedAccess]";
pub(super) const DISABLED: &str = "IMDS disabled by";
pub(super) const FORBIDDEN: &str = "request forbidden: IMDS is disabled";

const STATUS: &str = "Non-success status from HTTP credential provider: StatusCode(";

impl Failure {
    pub(super) fn of(error: &CredentialsError) -> Self {
        if matches!(error, CredentialsError::ProviderTimedOut(_)) {
            return Self::TimedOut;
        }
        #[cfg(feature = "credentials-process")]
        if let Some(failed) = causes(error).find_map(|cause| cause.downcast_ref()) {
            return Self::Process(*failed);
        }
        let texts: Vec<String> = causes(error).map(ToString::to_string).collect();
        // The innermost cause is the most specific one, and an outer text may hold an inner one.
        let specific = texts.iter().rev().find_map(|text| Self::of_text(text));
        let file = || causes(error).find_map(|cause| cause.downcast_ref::<io::Error>().map(io::Error::kind));
        match (specific, file()) {
            (Some(failure), _) => failure,
            (
                None,
                Some(
                    kind @ (io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::IsADirectory),
                ),
            ) => Self::File(kind),
            _ => Self::of_transport(error),
        }
    }

    fn of_text(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix(STATUS) {
            return number(rest).parse().ok().map(Self::Status);
        }
        let of_service = text.strip_prefix("unhandled error (").unwrap_or(text);
        let starts = |known: &&&str| of_service.starts_with(**known);
        if let Some(code) = CODES.iter().find(starts) {
            return Some(Self::Code(code));
        }
        TEXTS.iter().find(starts).map(|text| Self::Text(text))
    }

    fn of_transport(error: &(dyn StdError + 'static)) -> Self {
        let says = |text: &str| causes(error).any(|cause| cause.to_string().contains(text));
        if let Some(fault) = connection_fault(error) {
            Self::Connection(fault.reason())
        } else if says("timeout") || says("timed out") {
            Self::TimedOut
        } else if says("JSON") || says("JsonCredentials") || says("missing field") || says("UTF-8") {
            Self::Unreadable
        } else if says("dispatch failure") || says("could not communicate") {
            Self::Connection("could not be reached")
        } else {
            Self::Unknown
        }
    }

    /// In words, for what the provider asks.
    pub(super) fn describe(self) -> String {
        match self {
            Self::TimedOut => "gave no answer in time".to_owned(),
            Self::File(io::ErrorKind::NotFound) => "its file does not exist".to_owned(),
            Self::File(io::ErrorKind::PermissionDenied) => "its file may not be read by this user".to_owned(),
            Self::File(_) => "its file could not be read".to_owned(),
            Self::Code(code) => format!("refused with {code}"),
            Self::Status(status) => format!("answered with status {status}"),
            #[cfg(feature = "credentials-process")]
            Self::Process(failed) => failed.describe(),
            Self::Unreadable => "the answer is not the JSON of credentials".to_owned(),
            Self::Text(_) | Self::Unknown => "failed".to_owned(),
            Self::Connection(reason) => reason.to_owned(),
        }
    }

    /// How a chain ends at it.
    pub(super) fn end(self) -> End {
        match self {
            Self::TimedOut | Self::Connection(_) | Self::Unknown => End::Unavailable,
            Self::Status(429 | 500..) => End::Unavailable,
            Self::Code(
                "TooManyRequestsException" | "Throttling" | "IDPCommunicationError" | "IdpCommunicationError",
            ) => End::Unavailable,
            Self::Code(_) | Self::Status(401 | 403) => End::Refused,
            #[cfg(feature = "credentials-process")]
            Self::Process(failed) if failed.may_pass() => End::Unavailable,
            _ => End::SetUp,
        }
    }
}

/// The digits at the beginning of a text.
fn number(text: &str) -> &str {
    text.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &'static str) -> Failure {
        // As in a profile's chain.
        Failure::of(&CredentialsError::provider_error(CredentialsError::provider_error(text)))
    }

    #[test]
    fn a_service_is_told_by_the_code_and_an_endpoint_by_the_status() {
        assert_eq!(of("unhandled error (AccessDenied)"), Failure::Code("AccessDenied"));
        assert_eq!(of("UnauthorizedException: hunter2"), Failure::Code("UnauthorizedException"));
        assert_eq!(of("hunter2 AccessDenied"), Failure::Unknown);
        let status = "Non-success status from HTTP credential provider: StatusCode(403)";
        assert_eq!((of(status), of(status).end()), (Failure::Status(403), End::Refused));
    }

    #[test]
    fn a_file_is_told_by_the_kind_of_the_io_error() {
        let error = CredentialsError::provider_error(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(Failure::of(&error), Failure::File(io::ErrorKind::PermissionDenied));
        let refused = CredentialsError::provider_error(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(Failure::of(&refused), Failure::Connection("the connection was refused"));
    }
}
