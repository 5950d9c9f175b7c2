//! Reads AWS error codes. The service model lacks the codes for denied access and for throttling, so they
//! are matched as text, whatever the HTTP status: throttling is answered with 400 as often as with 429.
//!
//! See [common errors](https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html).

use super::denial::Denial;
use super::fault::Fault;
use crate::error::SourceError;

/// The phrases in messages that distinguish faults with the same code. The rest of a message is never read.
pub(in crate::source) const KNOWN_PHRASES: [&str; 7] = [
    "Access to KMS is not allowed",
    "Signature expired",
    "Signature not yet current",
    "marked for deletion",
    "scheduled for deletion",
    "marked deleted",
    WITHOUT_CURRENT_VALUE,
];

/// A secret that exists, of which no version is current: it was created without a value.
const WITHOUT_CURRENT_VALUE: &str = "secret value for staging label: AWSCURRENT";

/// The error of a fault, with its code if that may be shown.
pub(in crate::source) fn error_of(fault: Fault, code: Option<&str>) -> SourceError {
    let mut error = SourceError::new(fault.kind());
    if !fault.is_definitive() {
        error = error.keeping_cached_value();
    }
    if let Some(code) = code.filter(|code| is_error_code(code)) {
        error = error.with_code(code);
    }
    if let Some(reason) = fault.reason() {
        error = error.because(reason);
    }
    if let Some(help) = fault.help() {
        error = error.with_help(help);
    }
    error
}

/// Reads the fault from an error code and, for codes with several meanings, from known phrases in the
/// message. The HTTP status decides for unknown codes.
pub(in crate::source) fn fault_of(code: Option<&str>, message: Option<&str>, status: Option<u16>) -> Fault {
    // LocalStack answers unknown actions so, with a code that means a fault of the server elsewhere.
    if status == Some(501) {
        return Fault::UnknownAction;
    }
    let of_status = || match fault_of_status(status) {
        // A new code of AWS.
        Fault::NotSecretsManager if code.is_some() => Fault::BadRequest,
        fault => fault,
    };
    code.and_then(|code| fault_of_code(code, message)).unwrap_or_else(of_status)
}

/// The same for actions that change something, for which some codes have another meaning.
pub(in crate::source) fn fault_of_change(
    code: Option<&str>,
    message: Option<&str>,
    status: Option<u16>,
) -> Fault {
    let fault = fault_of(code, message, status);
    match (code, fault) {
        (_, Fault::UnknownAction) => fault,
        (Some("ResourceExistsException"), _) => Fault::Exists,
        // Of all actions:
        // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
        (Some("LimitExceededException"), _) => Fault::Quota,
        (Some("InvalidRequestException"), Fault::BadRequest) | (Some("PreconditionNotMetException"), _) => {
            Fault::State
        }
        (Some("EncryptionFailure" | "EncryptionFailureException"), _) => Fault::Encryption,
        (Some("MalformedPolicyDocumentException" | "PublicPolicyException"), _) => Fault::Policy,
        (_, Fault::KeyDenied) => Fault::EncryptionDenied,
        _ => fault,
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn fault_of_code(code: &str, message: Option<&str>) -> Option<Fault> {
    let says = |text: &str| message.is_some_and(|message| message.contains(text));
    let fault = match code {
        "ResourceNotFoundException" if says(WITHOUT_CURRENT_VALUE) => Fault::NoValue,
        "ResourceNotFoundException" => Fault::NoSecret,
        "AccessDeniedException" | "AccessDenied" if says("Access to KMS is not allowed") => Fault::KeyDenied,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AuthorizationError" => Fault::Denied(Denial::of_message(message)),
        "ExpiredTokenException" | "ExpiredToken" => Fault::CredentialsExpired,
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => Fault::ClockSkewed,
        "InvalidSignatureException" | "SignatureDoesNotMatch"
            if says("Signature expired") || says("Signature not yet current") =>
        {
            Fault::ClockSkewed
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
        | "AuthFailure" => Fault::CredentialsRefused,
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
        | "KMSThrottlingException" => Fault::Throttled,
        "KMSAccessDeniedException" => Fault::KeyDenied,
        // The errors to retry among those of
        // https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
        "KMSInternalException" | "KeyUnavailableException" | "DependencyTimeoutException" => {
            Fault::KeyUnavailable
        }
        code if code.starts_with("KMS") && code.ends_with("UnavailableException") => Fault::KeyUnavailable,
        // Also the code of every failure of an external key store:
        // https://docs.aws.amazon.com/kms/latest/developerguide/xks-troubleshooting.html
        // An outage must not end cached values, so this code does not. A key that is disabled or denied has
        // another. A key that is deleted has waited a week at least.
        "KMSInvalidStateException" => Fault::KeyState,
        "DecryptionFailure"
        | "DecryptionFailureException"
        | "InvalidKeyUsageException"
        | "DisabledException" => Fault::Decryption,
        code if code.starts_with("KMS") && code.ends_with("Exception") => Fault::Decryption,
        // The second phrase is that of moto.
        "InvalidRequestException"
            if says("marked for deletion") || says("scheduled for deletion") || says("marked deleted") =>
        {
            Fault::PendingDeletion
        }
        "UnknownOperationException"
        | "UnknownOperation"
        | "InvalidAction"
        | "NotImplemented"
        | "NotImplementedException" => Fault::UnknownAction,
        "InternalServiceError"
        | "InternalServiceErrorException"
        | "InternalFailure"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "RequestTimeout"
        | "RequestTimeoutException" => Fault::Unavailable,
        "InvalidRequestException" | "InvalidParameterException" | "ValidationException" => Fault::BadRequest,
        _ => return None,
    };
    Some(fault)
}

/// Whether a text can be an error code, and may be shown: a known code, or one with the same form. Any
/// server may have written the answer, a faulty proxy for instance, and the text may be a value.
pub(in crate::source) fn is_error_code(text: &str) -> bool {
    let suffixes = ["Exception", "Error", "Failure", "Fault"];
    text.len() <= 64
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (fault_of_code(text, None).is_some() || suffixes.iter().any(|suffix| text.ends_with(suffix)))
}

/// Reads the fault from the status alone: for unknown codes, and for the answers of proxies, which have
/// none.
pub(in crate::source) fn fault_of_status(status: Option<u16>) -> Fault {
    match status {
        Some(429) => Fault::Throttled,
        Some(407) => Fault::ProxyAuthentication,
        Some(401 | 403) => Fault::Forbidden,
        Some(501) => Fault::UnknownAction,
        Some(408 | 500..) => Fault::Unavailable,
        Some(200..300) => Fault::Unreadable,
        Some(300..=399) => Fault::Redirected,
        Some(400..=499) => Fault::NotSecretsManager,
        _ => Fault::BadRequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn of(code: &str) -> Fault {
        fault_of(Some(code), None, Some(400))
    }

    #[test]
    fn each_known_phrase_changes_the_fault_of_a_code() {
        let codes = [
            "AccessDeniedException",
            "InvalidSignatureException",
            "InvalidRequestException",
            "ResourceNotFoundException",
        ];
        for phrase in KNOWN_PHRASES {
            let is_changed = |code| of(code) != fault_of(Some(code), Some(phrase), Some(400));
            assert!(codes.into_iter().any(is_changed), "{phrase}");
        }
    }

    #[test]
    fn throttling_is_told_by_its_code_whatever_the_status() {
        for code in ["ThrottlingException", "Throttling", "TooManyRequestsException", "SlowDown"] {
            assert_eq!(of(code), Fault::Throttled, "{code}");
        }
        assert_eq!(fault_of(None, None, Some(429)), Fault::Throttled);
        assert_eq!(fault_of(Some("Whatever"), None, Some(429)), Fault::Throttled);
    }

    #[test]
    fn invalid_credentials_are_told_from_denied_actions() {
        assert_eq!(of("AccessDeniedException"), Fault::Denied(Denial::Unspecified));
        assert_eq!(of("ExpiredTokenException"), Fault::CredentialsExpired);
        assert_eq!(of("UnrecognizedClientException"), Fault::CredentialsRefused);
        let skewed = Some("Signature expired: 20250101T000000Z is now earlier than 20250101T001000Z");
        assert_eq!(fault_of(Some("InvalidSignatureException"), skewed, Some(400)), Fault::ClockSkewed);
        let key = Some("Access to KMS is not allowed");
        assert_eq!(fault_of(Some("AccessDeniedException"), key, Some(400)), Fault::KeyDenied);
    }

    #[test]
    fn an_invalid_request_is_a_pending_deletion_only_if_the_message_says_so() {
        let code = Some("InvalidRequestException");
        let marked = "You can't perform this operation on the secret because it was marked for deletion.";
        assert_eq!(fault_of(code, Some(marked), Some(400)), Fault::PendingDeletion);
        assert_eq!(fault_of(code, Some("another reason"), Some(400)), Fault::BadRequest);
        assert_eq!(fault_of(code, None, Some(400)), Fault::BadRequest);
    }

    #[test]
    fn a_secret_without_a_value_is_told_from_one_that_does_not_exist() {
        let code = Some("ResourceNotFoundException");
        let of = |message| fault_of(code, Some(message), Some(400));
        let without = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
        assert_eq!(of(without), Fault::NoValue);
        assert_eq!(Fault::NoValue.kind(), ErrorKind::Missing);
        assert_eq!(of("Secrets Manager can't find the specified secret."), Fault::NoSecret);
        // Another version is missing: the secret may have a value.
        let previous = "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS";
        assert_eq!(of(previous), Fault::NoSecret);
    }

    #[test]
    fn keys_that_cannot_be_used_are_decryption_failures() {
        for code in ["DecryptionFailure", "KMSDisabledException", "KMSInvalidStateException"] {
            assert_eq!(of(code).kind(), ErrorKind::Decryption, "{code}");
        }
        assert_eq!(of("KMSThrottlingException"), Fault::Throttled);
        assert_eq!(of("KMSAccessDeniedException"), Fault::KeyDenied);
    }

    #[test]
    fn a_fault_of_kms_itself_is_told_from_a_key_that_cannot_be_used() {
        for code in [
            "KMSInternalException",
            "KMSUnavailableException",
            "KMSServiceUnavailableException",
            "KeyUnavailableException",
            "DependencyTimeoutException",
        ] {
            assert_eq!(of(code), Fault::KeyUnavailable, "{code}");
        }
        assert_eq!(Fault::KeyUnavailable.kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn only_faults_of_the_secret_or_its_permissions_are_definitive() {
        for code in [
            "ResourceNotFoundException",
            "AccessDeniedException",
            "DecryptionFailure",
            "KMSDisabledException",
        ] {
            assert!(of(code).is_definitive(), "{code}");
        }
        let marked = Some("it was marked for deletion");
        assert!(fault_of(Some("InvalidRequestException"), marked, Some(400)).is_definitive());
        let key = Some("Access to KMS is not allowed");
        assert!(fault_of(Some("AccessDeniedException"), key, Some(400)).is_definitive());
        for code in [
            "ExpiredTokenException",
            "UnrecognizedClientException",
            "RequestExpired",
            "KMSInternalException",
            "KMSInvalidStateException",
            "InvalidParameterException",
            "UnknownOperationException",
            "ThrottlingException",
            "InternalServiceError",
            "SomethingNew",
        ] {
            assert!(!of(code).is_definitive(), "{code}");
        }
        for status in [401, 403] {
            for code in [None, Some("SomethingNew")] {
                let forbidden = fault_of(code, None, Some(status));
                assert_eq!((forbidden.kind(), forbidden.is_definitive()), (ErrorKind::AccessDenied, false));
            }
            assert_eq!(
                fault_of(Some("AccessDeniedException"), None, Some(status)),
                Fault::Denied(Denial::Unspecified)
            );
        }
    }

    #[test]
    fn without_a_known_code_the_status_decides() {
        for (status, fault) in [
            (500, Fault::Unavailable),
            (503, Fault::Unavailable),
            (501, Fault::UnknownAction),
            (401, Fault::Forbidden),
            (403, Fault::Forbidden),
            (302, Fault::Redirected),
            (407, Fault::ProxyAuthentication),
        ] {
            assert_eq!(fault_of(Some("SomethingNew"), None, Some(status)), fault, "{status}");
            assert_eq!(fault_of(None, None, Some(status)), fault, "{status}");
        }
        for status in [400, 404, 405] {
            assert_eq!(fault_of(Some("SomethingNew"), None, Some(status)), Fault::BadRequest, "{status}");
            assert_eq!(fault_of(None, None, Some(status)), Fault::NotSecretsManager, "{status}");
        }
        assert_eq!(fault_of(Some("InternalFailure"), None, Some(501)), Fault::UnknownAction);
        assert_eq!(fault_of(None, None, Some(200)), Fault::Unreadable);
    }

    #[test]
    fn actions_that_change_something_have_faults_of_their_own() {
        let of = |code, message| fault_of_change(Some(code), message, Some(400));
        for (code, fault, kind) in [
            ("ResourceExistsException", Fault::Exists, ErrorKind::Configuration),
            ("LimitExceededException", Fault::Quota, ErrorKind::Configuration),
            ("PreconditionNotMetException", Fault::State, ErrorKind::Configuration),
            ("InvalidRequestException", Fault::State, ErrorKind::Configuration),
            ("InvalidParameterException", Fault::BadRequest, ErrorKind::Configuration),
            ("MalformedPolicyDocumentException", Fault::Policy, ErrorKind::Configuration),
            ("EncryptionFailure", Fault::Encryption, ErrorKind::Decryption),
            ("AccessDeniedException", Fault::Denied(Denial::Unspecified), ErrorKind::AccessDenied),
            ("ThrottlingException", Fault::Throttled, ErrorKind::Throttled),
            ("ResourceNotFoundException", Fault::NoSecret, ErrorKind::Missing),
        ] {
            assert_eq!((of(code, None), of(code, None).kind()), (fault, kind), "{code}");
            assert!(is_error_code(code), "{code}");
        }
        let scheduled = "a secret with this name is already scheduled for deletion.";
        assert_eq!(of("InvalidRequestException", Some(scheduled)), Fault::PendingDeletion);
        assert_eq!(
            of("AccessDeniedException", Some("Access to KMS is not allowed")),
            Fault::EncryptionDenied
        );
        // For a read it means throttling.
        assert_eq!(fault_of(Some("LimitExceededException"), None, Some(400)), Fault::Throttled);
        assert_eq!(fault_of_change(Some("InternalFailure"), None, Some(501)), Fault::UnknownAction);
    }

    #[test]
    fn only_a_text_with_the_form_of_a_code_is_a_code() {
        for code in
            ["AccessDenied", "SlowDown", "SomethingNewException", "DecryptionFailure", "KMSDisabledException"]
        {
            assert!(is_error_code(code), "{code}");
        }
        for text in [
            "hunter2",
            "Hunter",
            "",
            "hunter2Exception",
            "a secretError",
            "KMShunter",
            "KMShunter2Exception",
            "KMS a secretException",
        ] {
            assert!(!is_error_code(text), "{text}");
        }
    }
}
