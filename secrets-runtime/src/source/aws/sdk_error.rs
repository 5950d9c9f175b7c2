//! Turns errors of the SDK into [`SourceError`]s or into the answer for a missing secret.
//!
//! An `SdkError` is never kept: it holds the whole answer of the server, and its `Debug` prints it.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::RequestId;

use super::bounded_body::RefusedBody;
use super::certificates::{self, NO_CERTIFICATES};
#[cfg(feature = "credentials-process")]
use super::credential_process::ProcessFailed;
use super::credentials::Unsendable;
use crate::error::{ErrorKind, SourceError};
use crate::source::service::error_code::{error_of, fault_of, fault_of_change, fault_of_status};
use crate::source::service::fault::{Fault, NO_VALUE, UNREADABLE};
use crate::source::{Answer, Missing};

/// A call that failed.
#[derive(Debug)]
pub(super) struct CallError {
    pub(super) cause: Cause,
    pub(super) error: SourceError,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Cause {
    /// The server answered with an error.
    Answered(Fault),
    /// The request was not sent, since there are no credentials to sign it with. Every other request would
    /// fail too.
    NoCredentials,
    /// The request failed, or its answer could not be read.
    NoAnswer,
}

/// A function that reads an error's code, message and HTTP status.
type ReadFault = fn(Option<&str>, Option<&str>, Option<u16>) -> Fault;

impl CallError {
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        Self::read(fault_of, error)
    }

    /// Why a call failed that changes something, or does not fetch a value.
    pub(super) fn of_change<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        Self::read(fault_of_change, error)
    }

    fn read<E>(read_fault: ReadFault, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match error {
            SdkError::ServiceError(answer) => {
                let answer = answer.err();
                let fault = read_fault(answer.code(), answer.message(), status);
                if fault == Fault::Unreadable {
                    // Another server than AWS may have written it: the code and the id may be anything.
                    return Self::answered(fault, None, None);
                }
                Self::answered(fault, answer.code(), error.request_id())
            }
            // An answer that is too long or not JSON, perhaps of a proxy. Its status still shows overload
            // and refusal.
            SdkError::ResponseError(_) => {
                let refused = causes(error).find_map(|cause| cause.downcast_ref::<RefusedBody>());
                let unread = match fault_of_status(status) {
                    fault @ (Fault::Throttled | Fault::Unavailable | Fault::Forbidden) => {
                        Self::answered(fault, None, error.request_id())
                    }
                    _ => Self::no_answer(unavailable(UNREADABLE)),
                };
                match refused {
                    Some(refused) => unread.because_of(*refused),
                    None => unread,
                }
            }
            SdkError::TimeoutError(_) => Self::no_answer(unavailable(TIMED_OUT)),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::no_answer(unavailable(TIMED_OUT))
            }
            SdkError::ConstructionFailure(_) => Self::no_answer(
                SourceError::new(ErrorKind::Configuration)
                    .because("no request could be made")
                    .with_help("see that the name of the AWS region is right"),
            ),
            _ => Self::undelivered(error),
        }
    }

    /// The [error](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_APIErrorType.html) of
    /// one secret of a batch.
    pub(super) fn of_entry(code: Option<&str>, message: Option<&str>, request_id: Option<&str>) -> Self {
        Self::answered(fault_of(code, message, None), code, request_id)
    }

    /// Whether the same request may succeed in a moment. Expired credentials are not transient: a retry does
    /// not renew them.
    pub(super) fn is_transient(&self) -> bool {
        self.error.kind().is_transient()
    }

    fn answered(fault: Fault, code: Option<&str>, request_id: Option<&str>) -> Self {
        let mut error = error_of(fault, code);
        if let Some(request_id) = request_id.filter(|id| is_request_id(id)) {
            error = error.with_request_id(request_id);
        }
        Self { cause: Cause::Answered(fault), error }
    }

    /// The same error of an answer that is longer than any of AWS.
    fn because_of(self, refused: RefusedBody) -> Self {
        let error = self.error.because(refused.reason());
        Self { error: error.with_help(refused.help()), ..self }
    }

    const fn no_answer(error: SourceError) -> Self {
        Self { cause: Cause::NoAnswer, error }
    }

    /// The request was not signed or did not arrive. The SDK calls both a failure to dispatch it.
    fn undelivered(error: &(dyn StdError + 'static)) -> Self {
        if is_about_certificates(error) && certificates::are_missing() {
            return Self { cause: Cause::NoCredentials, error: NO_CERTIFICATES };
        }
        let (cause, error) = match causes(error).find_map(|cause| cause.downcast_ref()) {
            Some(error) => (Cause::NoCredentials, credentials_error(error)),
            // The types behind these texts are private to the SDK.
            None if says(error, "auth option") || says(error, "auth scheme") => {
                (Cause::NoCredentials, no_credentials_found())
            }
            None if says(error, "identity resolver timed out") => {
                (Cause::NoCredentials, credentials_unavailable())
            }
            None if says(error, "resolve endpoint") || says(error, "Invalid Configuration") => {
                (Cause::NoAnswer, no_endpoint())
            }
            None => (Cause::NoAnswer, unreachable(error)),
        };
        Self { cause, error }
    }
}

impl From<CallError> for SourceError {
    fn from(error: CallError) -> Self {
        error.error
    }
}

/// The answer for the key that the failed call was about.
impl From<CallError> for Answer {
    fn from(error: CallError) -> Self {
        match error.cause {
            Cause::Answered(Fault::NoSecret) => Self::missing_because("ResourceNotFoundException"),
            Cause::Answered(Fault::NoValue) => Missing::without_value(NO_VALUE).into(),
            _ => Self::Failed(error.error),
        }
    }
}

/// Whether a text is a UUID, as AWS's request ids are.
fn is_request_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Not transient: the SDK panics at settings that it cannot use.
pub(super) const SDK_PANICKED: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the AWS SDK panicked")
    .with_help("see that the AWS_ variables and the AWS profile hold no malformed value");

const TIMED_OUT: &str = "no answer in time";

fn unavailable(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Unavailable).because(reason)
}

fn credentials_error(error: &CredentialsError) -> SourceError {
    #[cfg(feature = "credentials-process")]
    if let Some(ProcessFailed(reason)) = causes(error).find_map(|cause| cause.downcast_ref()) {
        return unavailable(reason).with_code("credential_process").with_help(
            "run the program of the AWS profile: it must print credentials, and must not ask for anything",
        );
    }
    match error {
        CredentialsError::CredentialsNotLoaded(_) => no_credentials_found(),
        CredentialsError::InvalidConfiguration(_) if causes(error).any(<dyn StdError>::is::<Unsendable>) => {
            UNSENDABLE
        }
        CredentialsError::InvalidConfiguration(_) => SourceError::new(ErrorKind::Configuration)
            .because("the AWS credentials are set up wrongly")
            .with_help("see what is wrong with them: aws sts get-caller-identity"),
        _ => credentials_unavailable(),
    }
}

/// Credentials of a program, a container or the code. Those of variables and of the profile are checked
/// before.
const UNSENDABLE: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the AWS credentials hold a line break, a space or another character that no AWS credential has")
    .with_help("check the program, the container or the code that the credentials come from");

fn no_credentials_found() -> SourceError {
    SourceError::new(ErrorKind::Configuration).because("no AWS credentials were found").with_help(
        "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role",
    )
}

fn credentials_unavailable() -> SourceError {
    unavailable("no credentials could be obtained")
        .with_help("see what is wrong with them: aws sts get-caller-identity")
}

/// For instance FIPS together with a custom endpoint.
fn no_endpoint() -> SourceError {
    SourceError::new(ErrorKind::Configuration)
        .because("no endpoint fits the region, FIPS and dual-stack settings")
}

fn unreachable(error: &(dyn StdError + 'static)) -> SourceError {
    let io = |kinds: &[io::ErrorKind]| {
        causes(error)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|error| kinds.contains(&error.kind()))
    };
    // The types behind these texts are private to the HTTP client. The texts are tested and dropped.
    let says = |text| says(error, text);
    if io(&[io::ErrorKind::ConnectionRefused]) {
        unavailable("the connection was refused")
    } else if io(&[io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof])
        || says("connection closed before message completed")
    {
        unavailable("the connection was broken")
    } else if says("dns error") || says("failed to lookup address") {
        unavailable("its host name could not be resolved")
    } else if is_about_certificates(error) || says("TLS") {
        unavailable("no secure connection could be made")
    } else {
        unavailable("could not be reached")
    }
}

fn is_about_certificates(error: &(dyn StdError + 'static)) -> bool {
    says(error, "certificate")
}

fn says(error: &(dyn StdError + 'static), text: &str) -> bool {
    causes(error).any(|cause| cause.to_string().contains(text))
}

/// An error and its causes. The error that an I/O error wraps counts as its cause, although `source` leaves
/// it out.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

    use super::*;

    fn text(error: &(dyn StdError + 'static)) -> String {
        match CallError::undelivered(error) {
            CallError { cause: Cause::NoCredentials, error } => format!("no credentials: {error:?}"),
            error => format!("{:?}", Answer::from(error)),
        }
    }

    #[test]
    fn missing_credentials_are_told_from_unavailable_ones() {
        // As in a chain: the error is the cause of another.
        let wrapped = |error: CredentialsError| text(&CredentialsError::provider_error(error));
        let missing = text(&CredentialsError::not_loaded("canary"));
        assert_eq!(missing, "no credentials: configuration: no AWS credentials were found");
        assert_eq!(
            wrapped(CredentialsError::not_loaded("canary")),
            "no credentials: unavailable: no credentials could be obtained"
        );
        assert_eq!(
            text(&CredentialsError::invalid_configuration("canary")),
            "no credentials: configuration: the AWS credentials are set up wrongly"
        );
    }

    #[test]
    fn an_io_error_is_read_with_the_error_it_wraps() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(text(&io::Error::other(refused)), "Failed(unavailable: the connection was refused)");
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(text(&reset), "Failed(unavailable: the connection was broken)");
        let certificate = io::Error::other("invalid peer certificate: UnknownIssuer");
        assert_eq!(text(&certificate), "Failed(unavailable: no secure connection could be made)");
        assert_eq!(text(&io::Error::other("canary")), "Failed(unavailable: could not be reached)");
    }

    #[test]
    fn an_entry_of_a_batch_keeps_code_and_request_id_and_no_message() {
        let id = "7c0e2f5a-1111-2222-3333-444444444444";
        let error = CallError::of_entry(Some("AccessDeniedException"), Some("canary"), Some(id));
        assert!(!error.is_transient());
        assert_eq!(
            format!("{:?}", Answer::from(error)),
            format!("Failed(access denied: AccessDeniedException (request {id}))")
        );
        assert!(CallError::of_entry(Some("ThrottlingException"), None, None).is_transient());
        let missing = Answer::from(CallError::of_entry(Some("ResourceNotFoundException"), None, None));
        assert!(matches!(missing, Answer::Missing(_)));
    }

    #[test]
    fn a_failed_request_is_not_definitive_whatever_its_kind() {
        let read = |error: CallError| match Answer::from(error) {
            Answer::Failed(error) => (error.kind(), error.is_definitive()),
            other => panic!("{other:?}"),
        };
        let of = |code: &str| read(CallError::of_entry(Some(code), None, None));
        assert_eq!(of("ExpiredTokenException"), (ErrorKind::AccessDenied, false));
        assert_eq!(of("UnrecognizedClientException"), (ErrorKind::AccessDenied, false));
        assert_eq!(of("RequestTimeTooSkewed"), (ErrorKind::AccessDenied, false));
        assert_eq!(of("InvalidParameterException"), (ErrorKind::Configuration, false));
        assert_eq!(of("UnknownOperationException"), (ErrorKind::Configuration, false));
        assert_eq!(of("KMSInternalException"), (ErrorKind::Unavailable, false));
        assert_eq!(of("ThrottlingException"), (ErrorKind::Throttled, false));
        assert_eq!(of("AccessDeniedException"), (ErrorKind::AccessDenied, true));
        assert_eq!(of("DecryptionFailure"), (ErrorKind::Decryption, true));
        let undelivered = |error: &(dyn StdError + 'static)| read(CallError::undelivered(error));
        for error in
            [CredentialsError::not_loaded("canary"), CredentialsError::invalid_configuration("canary")]
        {
            assert_eq!(undelivered(&error), (ErrorKind::Configuration, false));
        }
        let timed_out = CredentialsError::provider_timed_out(Duration::from_secs(1));
        assert_eq!(undelivered(&timed_out), (ErrorKind::Unavailable, false));
        for text in ["no auth option", "failed to resolve endpoint"] {
            assert_eq!(undelivered(&io::Error::other(text)), (ErrorKind::Configuration, false), "{text}");
        }
        let unmade = SdkError::<GetSecretValueError, _>::construction_failure("canary");
        assert_eq!(read(CallError::of(&unmade)), (ErrorKind::Configuration, false));
        // A web page of a firewall.
        let page = HttpResponse::new(403.try_into().unwrap(), "<html>canary".into());
        let forbidden = SdkError::<GetSecretValueError, _>::response_error("canary", page);
        assert_eq!(read(CallError::of(&forbidden)), (ErrorKind::AccessDenied, false));
    }

    #[test]
    fn a_text_that_is_not_a_code_or_a_request_id_is_dropped() {
        let error = CallError::of_entry(Some("hunter2"), Some("hunter2"), Some("hunter2"));
        let shown = format!("{error:?} {:?}", Answer::from(CallError::of_entry(Some("hunter2"), None, None)));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
