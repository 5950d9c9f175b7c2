//! From the SDK's errors to [`SourceError`]s, at once: an `SdkError` holds the whole answer, and its `Debug` prints it.

use std::error::Error as StdError;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::RequestId;

use super::fault::{Fault, UNREADABLE};
use crate::error::{ErrorKind, SourceError};
use crate::source::Answer;

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// AWS, or what stands in for it, answered with an error.
    Answered(Fault, SourceError),
    /// Nothing was asked, since there is nobody to sign as: it holds for every secret.
    NoCredentials(SourceError),
    /// No answer, or none that can be read.
    NoAnswer(SourceError),
}

/// How an error's code, message and HTTP status are read.
type FaultOf = fn(Option<&str>, Option<&str>, Option<u16>) -> Fault;

impl Failure {
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        Self::read_by(Fault::of, error)
    }

    /// Why an action failed that changes something, or asks for more than values.
    pub(super) fn of_change<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        Self::read_by(Fault::of_change, error)
    }

    fn read_by<E>(fault_of: FaultOf, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match error {
            SdkError::ServiceError(answer) => {
                let answer = answer.err();
                let fault = fault_of(answer.code(), answer.message(), status);
                if fault == Fault::Unreadable {
                    // Whoever wrote it: nothing of it is to be relied on.
                    return Self::answered(fault, None, None);
                }
                Self::answered(fault, answer.code(), error.request_id())
            }
            // An answer that is no JSON, of a proxy perhaps: its status still tells overload and refusal from nonsense.
            SdkError::ResponseError(_) => match Fault::of_status(status) {
                fault @ (Fault::Throttled | Fault::Unavailable | Fault::Forbidden) => {
                    Self::answered(fault, None, error.request_id())
                }
                _ => Self::NoAnswer(unavailable(UNREADABLE)),
            },
            SdkError::TimeoutError(_) => Self::NoAnswer(unavailable(TOO_LATE)),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::NoAnswer(unavailable(TOO_LATE))
            }
            SdkError::ConstructionFailure(_) => Self::NoAnswer(
                SourceError::new(ErrorKind::Configuration)
                    .because("no request could be made")
                    .with_help("see that the name of the AWS region is right"),
            ),
            _ => Self::undelivered(error),
        }
    }

    /// What a [batch](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_APIErrorType.html) says of one
    /// of its secrets.
    pub(super) fn of_entry(code: Option<&str>, message: Option<&str>, request_id: Option<&str>) -> Self {
        Self::answered(Fault::of(code, message, None), code, request_id)
    }

    /// Whether the same question may be answered in a moment. Expired credentials say nothing of the secret, and
    /// are not renewed by asking again.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Answered(_, error) | Self::NoCredentials(error) | Self::NoAnswer(error) => {
                error.kind().is_transient()
            }
        }
    }

    fn answered(fault: Fault, code: Option<&str>, request_id: Option<&str>) -> Self {
        let mut error = SourceError::new(fault.kind());
        if !fault.is_definite() {
            error = error.keeping_cached_value();
        }
        if let Some(code) = code.filter(|code| Fault::is_code(code)) {
            error = error.with_code(code);
        }
        if let Some(request_id) = request_id.filter(|id| is_request_id(id)) {
            error = error.with_request_id(request_id);
        }
        if let Some(reason) = fault.reason() {
            error = error.because(reason);
        }
        if let Some(help) = fault.help() {
            error = error.with_help(help);
        }
        Self::Answered(fault, error)
    }

    /// The request was not signed or did not arrive: for the SDK both are failures to dispatch it.
    fn undelivered(error: &(dyn StdError + 'static)) -> Self {
        match causes(error).find_map(|cause| cause.downcast_ref()) {
            Some(error) => Self::NoCredentials(no_credentials(error)),
            // The types behind these texts are private to the SDK.
            None if says(error, "auth option") || says(error, "auth scheme") => Self::NoCredentials(nobody()),
            None if says(error, "identity resolver timed out") => {
                Self::NoCredentials(credentials_unavailable())
            }
            None if says(error, "resolve endpoint") || says(error, "Invalid Configuration") => {
                Self::NoAnswer(no_endpoint())
            }
            None => Self::NoAnswer(unreachable(error)),
        }
    }
}

impl From<Failure> for SourceError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answered(_, error) | Failure::NoCredentials(error) | Failure::NoAnswer(error) => error,
        }
    }
}

/// The answer for the key that the failed call was about.
impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answered(Fault::NoSecret, _) => Self::missing_because("ResourceNotFoundException"),
            Failure::Answered(_, error) | Failure::NoCredentials(error) | Failure::NoAnswer(error) => {
                Self::Failed(error)
            }
        }
    }
}

/// Whether a text is a UUID, as AWS's request ids are.
fn is_request_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

const TOO_LATE: &str = "no answer in time";

fn unavailable(reason: &'static str) -> SourceError {
    SourceError::new(ErrorKind::Unavailable).because(reason)
}

fn no_credentials(error: &CredentialsError) -> SourceError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => nobody(),
        CredentialsError::InvalidConfiguration(_) => SourceError::new(ErrorKind::Configuration)
            .because("the AWS credentials are set up wrongly")
            .with_help("see what is wrong with them: aws sts get-caller-identity"),
        _ => credentials_unavailable(),
    }
}

fn nobody() -> SourceError {
    SourceError::new(ErrorKind::Configuration).because("no AWS credentials were found").with_help(
        "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role",
    )
}

fn credentials_unavailable() -> SourceError {
    unavailable("no credentials could be obtained")
        .with_help("see what is wrong with them: aws sts get-caller-identity")
}

/// Such as FIPS together with an endpoint of one's own.
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
    } else if says("certificate") || says("TLS") {
        unavailable("no secure connection could be made")
    } else {
        unavailable("could not be reached")
    }
}

fn says(error: &(dyn StdError + 'static), text: &str) -> bool {
    causes(error).any(|cause| cause.to_string().contains(text))
}

/// An error and what caused it. An I/O error is asked for what it wraps, which it leaves out of its sources.
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
        match Failure::undelivered(error) {
            Failure::NoCredentials(error) => format!("no credentials: {error:?}"),
            failure => format!("{:?}", Answer::from(failure)),
        }
    }

    #[test]
    fn credentials_that_nobody_has_are_told_from_those_that_do_not_come() {
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
    fn an_io_error_says_what_it_wraps() {
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
        let failure = Failure::of_entry(Some("AccessDeniedException"), Some("canary"), Some(id));
        assert!(!failure.may_pass());
        assert_eq!(
            format!("{:?}", Answer::from(failure)),
            format!("Failed(access denied: AccessDeniedException (request {id}))")
        );
        assert!(Failure::of_entry(Some("ThrottlingException"), None, None).may_pass());
        let missing = Answer::from(Failure::of_entry(Some("ResourceNotFoundException"), None, None));
        assert!(matches!(missing, Answer::Missing(_)));
    }

    #[test]
    fn a_failure_to_ask_says_nothing_of_the_secret_whatever_its_kind() {
        let read = |failure: Failure| match Answer::from(failure) {
            Answer::Failed(error) => (error.kind(), error.is_definitive()),
            other => panic!("{other:?}"),
        };
        let of = |code: &str| read(Failure::of_entry(Some(code), None, None));
        assert_eq!(of("ExpiredTokenException"), (ErrorKind::AccessDenied, false));
        assert_eq!(of("UnrecognizedClientException"), (ErrorKind::AccessDenied, false));
        assert_eq!(of("RequestTimeTooSkewed"), (ErrorKind::AccessDenied, false));
        assert_eq!(of("InvalidParameterException"), (ErrorKind::Configuration, false));
        assert_eq!(of("UnknownOperationException"), (ErrorKind::Configuration, false));
        assert_eq!(of("KMSInternalException"), (ErrorKind::Unavailable, false));
        assert_eq!(of("ThrottlingException"), (ErrorKind::Throttled, false));
        assert_eq!(of("AccessDeniedException"), (ErrorKind::AccessDenied, true));
        assert_eq!(of("DecryptionFailure"), (ErrorKind::Decryption, true));
        let undelivered = |error: &(dyn StdError + 'static)| read(Failure::undelivered(error));
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
        assert_eq!(read(Failure::of(&unmade)), (ErrorKind::Configuration, false));
        // A web page of a firewall.
        let page = HttpResponse::new(403.try_into().unwrap(), "<html>canary".into());
        let forbidden = SdkError::<GetSecretValueError, _>::response_error("canary", page);
        assert_eq!(read(Failure::of(&forbidden)), (ErrorKind::AccessDenied, false));
    }

    #[test]
    fn what_is_no_code_and_no_request_id_is_dropped() {
        let failure = Failure::of_entry(Some("hunter2"), Some("hunter2"), Some("hunter2"));
        let shown = format!("{failure:?} {:?}", Answer::from(Failure::of_entry(Some("hunter2"), None, None)));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
