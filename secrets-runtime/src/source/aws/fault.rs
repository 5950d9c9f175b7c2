//! What AWS's error codes mean. Access denied and throttling are not modelled by the service's API: their codes are
//! matched as text, whatever the HTTP status, because throttling is answered with 400 as often as with 429.
//! See [common errors](https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html).

use crate::error::ErrorKind;

/// What is said of an answer that is cut off or in another language.
pub(super) const UNREADABLE: &str = "the answer could not be read";

/// Why a call failed, as finely as the next step for a person or for the caller differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no such secret, or none with that version or staging label.
    NoSecret,
    /// The credentials are known, and a policy does not allow the action.
    Denied,
    /// The secret may be read, its KMS key may not be used.
    KeyDenied,
    CredentialsExpired,
    CredentialsRefused,
    ClockSkewed,
    Decryption,
    PendingDeletion,
    /// The request is not a valid one, for instance because of a malformed id in it.
    BadRequest,
    /// The endpoint does not know the action: an emulator, an old gateway.
    UnknownAction,
    Throttled,
    Unavailable,
    /// An answer of success that is not in the service's language.
    Unreadable,
}

impl Fault {
    /// Reads an error's code and, for the codes that mean several things, the sentences that AWS is known to send with
    /// them. What nobody knows is told by the HTTP status.
    pub(super) fn of(code: Option<&str>, message: Option<&str>, status: Option<u16>) -> Self {
        // LocalStack's way of saying that it does not know an action; elsewhere the code means a fault of the server.
        if status == Some(501) {
            return Self::UnknownAction;
        }
        code.and_then(|code| Self::of_code(code, message)).unwrap_or_else(|| Self::of_status(status))
    }

    fn of_code(code: &str, message: Option<&str>) -> Option<Self> {
        let says = |text: &str| message.is_some_and(|message| message.contains(text));
        let fault = match code {
            "ResourceNotFoundException" => Self::NoSecret,
            "AccessDeniedException" | "AccessDenied" if says("Access to KMS is not allowed") => {
                Self::KeyDenied
            }
            "AccessDeniedException"
            | "AccessDenied"
            | "UnauthorizedOperation"
            | "NotAuthorized"
            | "AuthorizationError" => Self::Denied,
            "ExpiredTokenException" | "ExpiredToken" => Self::CredentialsExpired,
            "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Self::ClockSkewed,
            "InvalidSignatureException" | "SignatureDoesNotMatch"
                if says("Signature expired") || says("Signature not yet current") =>
            {
                Self::ClockSkewed
            }
            "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "NotAuthorizedException"
            | "AuthFailure" => Self::CredentialsRefused,
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "ThrottlingError"
            | "TooManyRequestsException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            | "BandwidthLimitExceeded"
            | "SlowDown"
            | "KMSThrottlingException" => Self::Throttled,
            "DecryptionFailure"
            | "DecryptionFailureException"
            | "InvalidKeyUsageException"
            | "DisabledException" => Self::Decryption,
            code if code.starts_with("KMS") && code.ends_with("Exception") => Self::Decryption,
            // The second sentence is moto's.
            "InvalidRequestException"
                if says("marked for deletion")
                    || says("scheduled for deletion")
                    || says("marked deleted") =>
            {
                Self::PendingDeletion
            }
            "UnknownOperationException"
            | "UnknownOperation"
            | "InvalidAction"
            | "NotImplemented"
            | "NotImplementedException" => Self::UnknownAction,
            "InternalServiceError"
            | "InternalServiceErrorException"
            | "InternalFailure"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "RequestTimeout"
            | "RequestTimeoutException" => Self::Unavailable,
            "InvalidRequestException" | "InvalidParameterException" | "ValidationException" => {
                Self::BadRequest
            }
            _ => return None,
        };
        Some(fault)
    }

    /// Whether a code may be shown: a known one, or one that is built as they are. An error answer is written by whoever
    /// answers, a faulty proxy for instance, and its code may be a value.
    pub(super) fn is_code(text: &str) -> bool {
        let suffixes = ["Exception", "Error", "Failure", "Fault"];
        Self::of_code(text, None).is_some()
            || text.bytes().all(|byte| byte.is_ascii_alphabetic())
                && suffixes.iter().any(|suffix| text.ends_with(suffix))
    }

    /// What the status alone says, for codes that nobody knows and for answers of proxies, which have none.
    pub(super) fn of_status(status: Option<u16>) -> Self {
        match status {
            Some(429) => Self::Throttled,
            Some(401 | 403) => Self::Denied,
            Some(501) => Self::UnknownAction,
            Some(408 | 500..) => Self::Unavailable,
            Some(200..300) => Self::Unreadable,
            _ => Self::BadRequest,
        }
    }

    pub(super) const fn kind(self) -> ErrorKind {
        match self {
            Self::NoSecret => ErrorKind::Missing,
            Self::Denied
            | Self::KeyDenied
            | Self::CredentialsExpired
            | Self::CredentialsRefused
            | Self::ClockSkewed => ErrorKind::AccessDenied,
            Self::Decryption => ErrorKind::Decryption,
            Self::PendingDeletion => ErrorKind::PendingDeletion,
            Self::BadRequest | Self::UnknownAction => ErrorKind::Configuration,
            Self::Throttled => ErrorKind::Throttled,
            Self::Unavailable | Self::Unreadable => ErrorKind::Unavailable,
        }
    }

    /// What the code alone does not say.
    pub(super) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::KeyDenied => Some("its KMS key may not be used"),
            Self::CredentialsExpired => Some("the credentials have expired"),
            Self::CredentialsRefused => Some("the credentials are not valid"),
            Self::ClockSkewed => Some("this machine's clock is wrong"),
            Self::PendingDeletion => Some("marked for deletion"),
            Self::BadRequest => Some("the request was refused"),
            Self::UnknownAction => Some("the endpoint does not know the action"),
            Self::Unreadable => Some(UNREADABLE),
            Self::NoSecret | Self::Denied | Self::Decryption | Self::Throttled | Self::Unavailable => None,
        }
    }

    /// What to do where it is not the secret that is at fault.
    pub(super) const fn help(self) -> Option<&'static str> {
        match self {
            Self::KeyDenied => Some("allow kms:Decrypt on the secret's KMS key"),
            Self::CredentialsExpired => Some("sign in again, or renew the credentials"),
            Self::CredentialsRefused => Some("see whose credentials are in use: aws sts get-caller-identity"),
            Self::ClockSkewed => Some("set the clock: AWS allows it to differ by five minutes"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Fault {
        Fault::of(Some(code), None, Some(400))
    }

    #[test]
    fn throttling_is_told_by_its_code_whatever_the_status() {
        for code in ["ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown"] {
            assert_eq!(of(code), Fault::Throttled, "{code}");
        }
        assert_eq!(Fault::of(None, None, Some(429)), Fault::Throttled);
        assert_eq!(Fault::of(Some("Whatever"), None, Some(429)), Fault::Throttled);
    }

    #[test]
    fn credentials_that_are_no_good_are_told_from_policies() {
        assert_eq!(of("AccessDeniedException"), Fault::Denied);
        assert_eq!(of("ExpiredTokenException"), Fault::CredentialsExpired);
        assert_eq!(of("UnrecognizedClientException"), Fault::CredentialsRefused);
        let skewed = Some("Signature expired: 20250101T000000Z is now earlier than 20250101T001000Z");
        assert_eq!(Fault::of(Some("InvalidSignatureException"), skewed, Some(400)), Fault::ClockSkewed);
        let key = Some("Access to KMS is not allowed");
        assert_eq!(Fault::of(Some("AccessDeniedException"), key, Some(400)), Fault::KeyDenied);
    }

    #[test]
    fn an_invalid_request_is_a_pending_deletion_only_if_the_message_says_so() {
        let code = Some("InvalidRequestException");
        let marked = "You can't perform this operation on the secret because it was marked for deletion.";
        assert_eq!(Fault::of(code, Some(marked), Some(400)), Fault::PendingDeletion);
        assert_eq!(Fault::of(code, Some("another reason"), Some(400)), Fault::BadRequest);
        assert_eq!(Fault::of(code, None, Some(400)), Fault::BadRequest);
    }

    #[test]
    fn keys_that_cannot_be_used_are_decryption_failures() {
        for code in ["DecryptionFailure", "KMSDisabledException", "KMSInvalidStateException"] {
            assert_eq!(of(code).kind(), ErrorKind::Decryption, "{code}");
        }
        assert_eq!(of("KMSThrottlingException"), Fault::Throttled);
    }

    #[test]
    fn without_a_known_code_the_status_decides() {
        for (status, fault) in [
            (500, Fault::Unavailable),
            (503, Fault::Unavailable),
            (501, Fault::UnknownAction),
            (403, Fault::Denied),
            (400, Fault::BadRequest),
            (404, Fault::BadRequest),
        ] {
            assert_eq!(Fault::of(Some("SomethingNew"), None, Some(status)), fault, "{status}");
            assert_eq!(Fault::of(None, None, Some(status)), fault, "{status}");
        }
        assert_eq!(Fault::of(Some("InternalFailure"), None, Some(501)), Fault::UnknownAction);
        assert_eq!(Fault::of(None, None, Some(200)), Fault::Unreadable);
    }

    #[test]
    fn a_code_is_shown_only_if_it_is_built_like_one() {
        for code in
            ["AccessDenied", "SlowDown", "SomethingNewException", "DecryptionFailure", "KMSDisabledException"]
        {
            assert!(Fault::is_code(code), "{code}");
        }
        for text in ["hunter2", "Hunter", "", "hunter2Exception", "a secretError", "KMShunter"] {
            assert!(!Fault::is_code(text), "{text}");
        }
    }
}
