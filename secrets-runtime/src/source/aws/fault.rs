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
    /// Refused without a code of AWS, which always sends one: a firewall, a proxy or a gateway on the way has answered.
    Forbidden,
    /// The secret may be read, its KMS key may not be used.
    KeyDenied,
    CredentialsExpired,
    CredentialsRefused,
    ClockSkewed,
    Decryption,
    /// The key is pending deletion, or its key store cannot be reached: the code is the same.
    KeyState,
    /// KMS did not answer in time, or with a fault of its own: the next secret may have another key.
    KeyUnavailable,
    PendingDeletion,
    /// The request is not a valid one, for instance because of a malformed id in it.
    BadRequest,
    /// The endpoint does not know the action: an emulator, an old gateway.
    UnknownAction,
    Throttled,
    Unavailable,
    /// An answer of success that is not in the service's language.
    Unreadable,
    /// Something would be made that is there.
    Exists,
    /// Something would be made that is one too many.
    Quota,
    /// The secret is in a state in which this cannot be done to it.
    State,
    /// The value could not be encrypted.
    Encryption,
    /// The value may be written, the secret's KMS key may not be used for it.
    EncryptionDenied,
    /// A resource policy that is malformed, or gives the secret to everybody.
    Policy,
}

/// The words in an error's message that tell apart what has one code. Nothing else of a message is looked at.
pub(super) const TELLING: [&str; 6] = [
    "Access to KMS is not allowed",
    "Signature expired",
    "Signature not yet current",
    "marked for deletion",
    "scheduled for deletion",
    "marked deleted",
];

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

    /// The same for an action that changes something: some codes mean something else there.
    pub(super) fn of_change(code: Option<&str>, message: Option<&str>, status: Option<u16>) -> Self {
        let fault = Self::of(code, message, status);
        match (code, fault) {
            (_, Self::UnknownAction) => fault,
            (Some("ResourceExistsException"), _) => Self::Exists,
            // Of all actions: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
            (Some("LimitExceededException"), _) => Self::Quota,
            (Some("InvalidRequestException"), Self::BadRequest)
            | (Some("PreconditionNotMetException"), _) => Self::State,
            (Some("EncryptionFailure" | "EncryptionFailureException"), _) => Self::Encryption,
            (Some("MalformedPolicyDocumentException" | "PublicPolicyException"), _) => Self::Policy,
            (_, Self::KeyDenied) => Self::EncryptionDenied,
            _ => fault,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
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
            "KMSAccessDeniedException" => Self::KeyDenied,
            // Those that may be tried again among the errors of
            // https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
            "KMSInternalException" | "KeyUnavailableException" | "DependencyTimeoutException" => {
                Self::KeyUnavailable
            }
            code if code.starts_with("KMS") && code.ends_with("UnavailableException") => Self::KeyUnavailable,
            // Also the code of [every failure of an external key
            // store](https://docs.aws.amazon.com/kms/latest/developerguide/xks-troubleshooting.html). So it ends no value
            // that is held: an outage must not, and a key that goes for good has waited for a week at least. What is meant
            // to end them at once has codes of its own: a key that is disabled, or denied.
            "KMSInvalidStateException" => Self::KeyState,
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
        text.len() <= 64
            && text.bytes().all(|byte| byte.is_ascii_alphabetic())
            && (Self::of_code(text, None).is_some() || suffixes.iter().any(|suffix| text.ends_with(suffix)))
    }

    /// What the status alone says, for codes that nobody knows and for answers of proxies, which have none.
    pub(super) fn of_status(status: Option<u16>) -> Self {
        match status {
            Some(429) => Self::Throttled,
            Some(401 | 403) => Self::Forbidden,
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
            | Self::Forbidden
            | Self::KeyDenied
            | Self::EncryptionDenied
            | Self::CredentialsExpired
            | Self::CredentialsRefused
            | Self::ClockSkewed => ErrorKind::AccessDenied,
            Self::Decryption | Self::KeyState | Self::Encryption => ErrorKind::Decryption,
            Self::PendingDeletion => ErrorKind::PendingDeletion,
            Self::BadRequest
            | Self::UnknownAction
            | Self::Exists
            | Self::Quota
            | Self::State
            | Self::Policy => ErrorKind::Configuration,
            Self::Throttled => ErrorKind::Throttled,
            Self::KeyUnavailable | Self::Unavailable | Self::Unreadable => ErrorKind::Unavailable,
        }
    }

    /// Whether something is said of the secret or of who may read it. If not, it is the asking that failed, and whoever
    /// holds the value may keep it.
    pub(super) const fn is_definite(self) -> bool {
        match self {
            Self::NoSecret
            | Self::Denied
            | Self::KeyDenied
            | Self::EncryptionDenied
            | Self::Decryption
            | Self::Encryption
            | Self::PendingDeletion
            | Self::Exists
            | Self::Quota
            | Self::State
            | Self::Policy => true,
            Self::Forbidden
            | Self::CredentialsExpired
            | Self::CredentialsRefused
            | Self::ClockSkewed
            | Self::KeyState
            | Self::KeyUnavailable
            | Self::BadRequest
            | Self::UnknownAction
            | Self::Throttled
            | Self::Unavailable
            | Self::Unreadable => false,
        }
    }

    /// What the code alone does not say.
    pub(super) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Forbidden => Some("refused without an error code of AWS"),
            Self::KeyDenied | Self::EncryptionDenied => Some("its KMS key may not be used"),
            Self::CredentialsExpired => Some("the credentials have expired"),
            Self::CredentialsRefused => Some("the credentials are not valid"),
            Self::ClockSkewed => Some("this machine's clock is wrong"),
            Self::KeyState => Some("the state of its KMS key does not allow it"),
            Self::KeyUnavailable => Some("its KMS key cannot be used at the moment"),
            Self::PendingDeletion => Some("marked for deletion"),
            Self::BadRequest => Some("the request was refused"),
            Self::UnknownAction => Some("the endpoint does not know the action"),
            Self::Unreadable => Some(UNREADABLE),
            Self::Exists => Some("it is there already"),
            Self::Quota => Some("a quota of Secrets Manager is reached"),
            Self::State => Some("the secret's state does not allow it"),
            Self::Encryption => Some("its KMS key cannot encrypt"),
            Self::Policy => Some("the resource policy was refused"),
            Self::NoSecret | Self::Denied | Self::Decryption | Self::Throttled | Self::Unavailable => None,
        }
    }

    /// What to do where it is not the secret that is at fault.
    pub(super) const fn help(self) -> Option<&'static str> {
        match self {
            Self::Forbidden => {
                Some("see whether a proxy, a firewall or a gateway on the way to AWS refuses it")
            }
            Self::KeyDenied => Some("allow kms:Decrypt on the secret's KMS key"),
            Self::KeyState => {
                Some("see that its KMS key is not pending deletion, and that its key store is connected")
            }
            Self::EncryptionDenied => {
                Some("allow kms:GenerateDataKey and kms:Decrypt on the secret's KMS key")
            }
            Self::Encryption => {
                Some("see that its KMS key is enabled, symmetric, and in the secret's region")
            }
            Self::Exists => Some("put a new version into it, or choose another name"),
            Self::Quota => Some("delete what is not needed, or have the quota raised: aws service-quotas"),
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
    fn each_word_that_is_listed_tells_something() {
        let codes = ["AccessDeniedException", "InvalidSignatureException", "InvalidRequestException"];
        for words in TELLING {
            let tells = |code| of(code) != Fault::of(Some(code), Some(words), Some(400));
            assert!(codes.into_iter().any(tells), "{words}");
        }
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
    fn only_what_is_said_of_the_secret_or_its_readers_is_definite() {
        for code in [
            "ResourceNotFoundException",
            "AccessDeniedException",
            "DecryptionFailure",
            "KMSDisabledException",
        ] {
            assert!(of(code).is_definite(), "{code}");
        }
        let marked = Some("it was marked for deletion");
        assert!(Fault::of(Some("InvalidRequestException"), marked, Some(400)).is_definite());
        let key = Some("Access to KMS is not allowed");
        assert!(Fault::of(Some("AccessDeniedException"), key, Some(400)).is_definite());
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
            assert!(!of(code).is_definite(), "{code}");
        }
        for status in [401, 403] {
            for code in [None, Some("SomethingNew")] {
                let forbidden = Fault::of(code, None, Some(status));
                assert_eq!((forbidden.kind(), forbidden.is_definite()), (ErrorKind::AccessDenied, false));
            }
            assert_eq!(Fault::of(Some("AccessDeniedException"), None, Some(status)), Fault::Denied);
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
    fn what_an_action_that_changes_something_is_refused_for_is_told_apart() {
        let of = |code, message| Fault::of_change(Some(code), message, Some(400));
        for (code, fault, kind) in [
            ("ResourceExistsException", Fault::Exists, ErrorKind::Configuration),
            ("LimitExceededException", Fault::Quota, ErrorKind::Configuration),
            ("PreconditionNotMetException", Fault::State, ErrorKind::Configuration),
            ("InvalidRequestException", Fault::State, ErrorKind::Configuration),
            ("InvalidParameterException", Fault::BadRequest, ErrorKind::Configuration),
            ("MalformedPolicyDocumentException", Fault::Policy, ErrorKind::Configuration),
            ("EncryptionFailure", Fault::Encryption, ErrorKind::Decryption),
            ("AccessDeniedException", Fault::Denied, ErrorKind::AccessDenied),
            ("ThrottlingException", Fault::Throttled, ErrorKind::Throttled),
            ("ResourceNotFoundException", Fault::NoSecret, ErrorKind::Missing),
        ] {
            assert_eq!((of(code, None), of(code, None).kind()), (fault, kind), "{code}");
            assert!(Fault::is_code(code), "{code}");
        }
        let scheduled = "a secret with this name is already scheduled for deletion.";
        assert_eq!(of("InvalidRequestException", Some(scheduled)), Fault::PendingDeletion);
        assert_eq!(
            of("AccessDeniedException", Some("Access to KMS is not allowed")),
            Fault::EncryptionDenied
        );
        // For a read it asks for patience.
        assert_eq!(Fault::of(Some("LimitExceededException"), None, Some(400)), Fault::Throttled);
        assert_eq!(Fault::of_change(Some("InternalFailure"), None, Some(501)), Fault::UnknownAction);
    }

    #[test]
    fn a_code_is_shown_only_if_it_is_built_like_one() {
        for code in
            ["AccessDenied", "SlowDown", "SomethingNewException", "DecryptionFailure", "KMSDisabledException"]
        {
            assert!(Fault::is_code(code), "{code}");
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
            assert!(!Fault::is_code(text), "{text}");
        }
    }
}
