//! Turns errors of the SDK into [`SourceError`]s or into the answer for a missing secret.
//!
//! An `SdkError` is never kept: it holds the whole answer of the server, and its `Debug` prints it.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::RequestId;

use super::bounded_body::RefusedBody;
use super::causes::causes;
use super::certificates::{self, NO_CERTIFICATES};
use super::connection::connection_fault;
use super::credentials::{NoCredentials, Unsendable};
use super::target::Target;
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
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, target: &Target) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        Self::read(fault_of, error, target)
    }

    /// Why a call failed that changes something, or does not fetch a value.
    pub(super) fn of_change<E>(error: &SdkError<E, HttpResponse>, target: &Target) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        Self::read(fault_of_change, error, target)
    }

    fn read<E>(read_fault: ReadFault, error: &SdkError<E, HttpResponse>, target: &Target) -> Self
    where
        E: StdError + ProvideErrorMetadata + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        match error {
            SdkError::ServiceError(answer) => {
                let answer = answer.err();
                let fault = read_fault(answer.code(), answer.message(), status);
                if fault == Fault::Unreadable && is_web_page(error.raw_response()) {
                    return Self::no_answer(WEB_PAGE).without_code(status, target);
                }
                if fault == Fault::Unreadable {
                    // Another server than AWS may have written it: the code and the id may be anything.
                    return Self::answered(fault, None, None).without_code(status, target);
                }
                let answered = Self::answered(fault, answer.code(), error.request_id());
                if answer.code().is_some() { answered } else { answered.without_code(status, target) }
            }
            // An answer that is too long or not JSON, perhaps of a proxy. Its status still shows overload
            // and refusal.
            SdkError::ResponseError(_) => {
                let refused = causes(error).find_map(|cause| cause.downcast_ref::<RefusedBody>());
                let unread = match fault_of_status(status) {
                    fault @ (Fault::Throttled | Fault::Unavailable | Fault::Forbidden) => {
                        Self::answered(fault, None, error.request_id())
                    }
                    fault @ (Fault::Redirected | Fault::NotSecretsManager | Fault::ProxyAuthentication) => {
                        Self::answered(fault, None, None)
                    }
                    _ if is_web_page(error.raw_response()) => Self::no_answer(WEB_PAGE),
                    _ => Self::no_answer(unavailable(UNREADABLE)),
                };
                let unread = unread.without_code(status, target);
                match refused {
                    Some(refused) => unread.because_of(*refused),
                    None => unread,
                }
            }
            SdkError::TimeoutError(_) => Self::no_answer(unavailable(TIMED_OUT)).along(target),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                Self::no_answer(unavailable(TIMED_OUT)).along(target)
            }
            SdkError::ConstructionFailure(_) => Self::no_answer(
                SourceError::new(ErrorKind::Configuration)
                    .because("no request could be made")
                    .with_help("see that the name of the AWS region is right"),
            ),
            _ => Self::undelivered(error, target),
        }
    }

    /// The same error, with the status and the way of an answer without an error code of AWS.
    fn without_code(self, status: Option<u16>, target: &Target) -> Self {
        let status = status.map(|status| format!("status {status}"));
        let place = status.into_iter().chain(target.route()).collect::<Vec<_>>().join(", ");
        Self { error: self.error.in_place(&place), ..self }
    }

    /// The same error, with the endpoint and the proxy if they are set.
    fn along(self, target: &Target) -> Self {
        match target.route() {
            Some(route) => Self { error: self.error.in_place(&route), ..self },
            None => self,
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

    /// Whether the region did not answer, or answered that it fails itself: another region may answer.
    pub(super) fn is_outage(&self) -> bool {
        matches!(self.cause, Cause::NoAnswer | Cause::Answered(Fault::Unavailable))
            && self.error.kind() == ErrorKind::Unavailable
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
    fn undelivered(error: &(dyn StdError + 'static), target: &Target) -> Self {
        if is_about_certificates(error) && certificates::are_missing() {
            return Self { cause: Cause::NoCredentials, error: NO_CERTIFICATES };
        }
        if let Some(explained) = causes(error).find_map(|cause| cause.downcast_ref::<NoCredentials>()) {
            return Self { cause: Cause::NoCredentials, error: explained.into() };
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
            None => return Self::no_answer(unreachable(error)).along(target),
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
    match error {
        CredentialsError::CredentialsNotLoaded(_) => no_credentials_found(),
        CredentialsError::InvalidConfiguration(_) if causes(error).any(<dyn StdError>::is::<Unsendable>) => {
            UNSENDABLE
        }
        CredentialsError::InvalidConfiguration(_) => SourceError::new(ErrorKind::Configuration)
            .because("the AWS credentials are set up wrongly")
            .with_help("check the credentials provider of the application"),
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
}

/// For instance FIPS together with a custom endpoint.
fn no_endpoint() -> SourceError {
    SourceError::new(ErrorKind::Configuration)
        .because("no endpoint fits the region, FIPS and dual-stack settings")
}

fn unreachable(error: &(dyn StdError + 'static)) -> SourceError {
    let Some(fault) = connection_fault(error) else { return unavailable("could not be reached") };
    let kind = if fault.is_of_set_up() { ErrorKind::Configuration } else { ErrorKind::Unavailable };
    let error = SourceError::new(kind).because(fault.reason());
    match fault.help() {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// Whether an answer is a page for a browser: of a portal, a proxy, a web server.
fn is_web_page(answer: Option<&HttpResponse>) -> bool {
    let content_type = answer.and_then(|answer| answer.headers().get("content-type"));
    content_type.is_some_and(|text| text.trim().to_ascii_lowercase().starts_with("text/html"))
}

const WEB_PAGE: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("answered with a web page, not by Secrets Manager")
    .with_help(
        "see that the endpoint is that of Secrets Manager, and that no proxy or login page is on the way",
    );

fn is_about_certificates(error: &(dyn StdError + 'static)) -> bool {
    says(error, "certificate")
}

fn says(error: &(dyn StdError + 'static), text: &str) -> bool {
    causes(error).any(|cause| cause.to_string().contains(text))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;

    use super::*;

    fn text(error: &(dyn StdError + 'static)) -> String {
        match CallError::undelivered(error, &Target::default()) {
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
        assert_eq!(
            text(&certificate),
            "Failed(unavailable: no secure connection could be made: the certificate is not valid)"
        );
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
        let undelivered =
            |error: &(dyn StdError + 'static)| read(CallError::undelivered(error, &Target::default()));
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
        assert_eq!(read(CallError::of(&unmade, &Target::default())), (ErrorKind::Configuration, false));
        // A web page of a firewall.
        let page = HttpResponse::new(403.try_into().unwrap(), "<html>canary".into());
        let forbidden = SdkError::<GetSecretValueError, _>::response_error("canary", page);
        assert_eq!(read(CallError::of(&forbidden, &Target::default())), (ErrorKind::AccessDenied, false));
    }

    #[test]
    fn a_text_that_is_not_a_code_or_a_request_id_is_dropped() {
        let error = CallError::of_entry(Some("hunter2"), Some("hunter2"), Some("hunter2"));
        let shown = format!("{error:?} {:?}", Answer::from(CallError::of_entry(Some("hunter2"), None, None)));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
