//! The errors of the agent and of the Lambda extension, and what to do about them.

use super::exchange::NoAnswer;
use crate::error::{ErrorKind, SourceError};
use crate::source::Missing;
use crate::source::service::error_code::{error_of, fault_of, fault_of_status};
use crate::source::service::fault::{Fault, NO_VALUE, UNREADABLE};

/// Why the agent gave no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no such secret or version, or it has no value.
    Missing(Missing),
    /// The agent refused the token.
    BadToken,
    /// The agent is too old to know `refreshNow`.
    UnknownRefresh,
    /// The same request may succeed after a pause.
    Throttled(SourceError),
    Other(SourceError),
}

impl Failure {
    /// Reads an answer that is an error. Its body is a text of the agent, or JSON with a code of AWS, in
    /// which agents before 2.1 do not escape the message.
    pub(super) fn of(status: u16, body: &[u8]) -> Self {
        let body = std::str::from_utf8(body).unwrap_or_default();
        if body.contains("not ready to serve traffic") {
            return Self::Other(NOT_READY);
        }
        match code_of(body) {
            Some(code) => Self::of_code(code, status, body),
            None => Self::of_text(status, body),
        }
    }

    fn of_code(code: &str, status: u16, body: &str) -> Self {
        let fault = fault_of(Some(code), Some(body), Some(status));
        let error = error_of(fault, Some(code));
        match fault {
            Fault::NoSecret => Self::Missing(Missing::new("ResourceNotFoundException")),
            Fault::NoValue => Self::Missing(Missing::without_value(NO_VALUE)),
            Fault::Throttled => Self::Throttled(error),
            Fault::CredentialsExpired | Fault::CredentialsRefused => {
                Self::Other(error.with_help("renew the credentials of the agent, not those of this process"))
            }
            Fault::Unavailable => Self::Other(unavailable(error, status)),
            _ => Self::Other(error),
        }
    }

    /// A text of the agent itself, or of another server.
    fn of_text(status: u16, body: &str) -> Self {
        match status {
            _ if body == "Forwarded" => Self::Other(FORWARDED),
            401 | 403 if body.contains("Bad Token") => Self::BadToken,
            401 | 403 => Self::Other(FORBIDDEN),
            400 if body.contains("refreshNow") => Self::UnknownRefresh,
            400 => Self::Other(error_of(Fault::BadRequest, None)),
            404 | 405 => Self::Other(NOT_THE_AGENT),
            429 => Self::Throttled(BUSY),
            500.. => Self::Other(unavailable(error_of(Fault::Unavailable, None), status)),
            _ => Self::Other(error_of(fault_of_status(Some(status)), None)),
        }
    }
}

fn unavailable(error: SourceError, status: u16) -> SourceError {
    match status {
        502 => error.because("the agent could not reach Secrets Manager").with_help(AGENT_LOG),
        504 => error.because("Secrets Manager did not answer the agent in time").with_help(AGENT_LOG),
        _ => error.because("the agent failed").with_help(AGENT_LOG),
    }
}

/// The code of AWS in the body of an error. The JSON is not parsed: it may be malformed.
fn code_of(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("\"__type\"")?;
    let (code, _) = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split_once('"')?;
    // Some services put a name space before it.
    Some(code.rsplit_once('#').map_or(code, |(_, code)| code))
}

/// The error of a request without an answer.
pub(super) fn no_answer(cause: NoAnswer, is_lambda: bool) -> SourceError {
    let error = SourceError::new(ErrorKind::Unavailable);
    match cause {
        NoAnswer::Refused => {
            let help = if is_lambda { ONLY_WHILE_HANDLING } else { NOT_RUNNING };
            error.because("the connection was refused").with_help(help)
        }
        NoAnswer::Broken => error.because("the connection was broken").with_help(AGENT_LOG),
        NoAnswer::TimedOut => error.because("no answer in time").with_help(if is_lambda {
            ONLY_WHILE_HANDLING
        } else {
            AGENT_LOG
        }),
        NoAnswer::NotHttp => {
            error.because("the answer is not HTTP, or longer than 16 MiB").with_help(SEE_SERVER)
        }
    }
}

/// The error of a successful answer that is not JSON of a secret.
pub(super) const UNREADABLE_ANSWER: SourceError =
    SourceError::new(ErrorKind::Unavailable).because(UNREADABLE).with_help(SEE_SERVER);

/// The error of a token that the agent refuses, and that is not replaced by another one.
pub(super) const REFUSED_TOKEN: SourceError = SourceError::new(ErrorKind::AccessDenied)
    .because("the agent refused the token")
    .with_help(
        "set AWS_TOKEN to the token that the agent was started with, or to file:// and the path of its token; \
         in Lambda, the token is AWS_SESSION_TOKEN",
    )
    .keeping_cached_value();

const BUSY: SourceError = SourceError::new(ErrorKind::Throttled)
    .because("the agent has too many connections")
    .with_help("raise max_conn in the configuration of the agent");

const FORWARDED: SourceError = SourceError::new(ErrorKind::AccessDenied)
    .because("the agent refuses requests that a proxy has forwarded")
    .with_help("exclude the port of the agent from the proxy or service mesh of this machine")
    .keeping_cached_value();

const NOT_THE_AGENT: SourceError =
    SourceError::new(ErrorKind::Configuration).because("the server is not the agent").with_help(SEE_SERVER);

/// The agent itself answers `Bad Token`.
const FORBIDDEN: SourceError =
    SourceError::new(ErrorKind::Configuration).because("the server is not the agent").with_help(
        "see which server listens on the port of the AWS Secrets Manager Agent; if it is the Lambda extension, \
         its token is AWS_SESSION_TOKEN",
    );

const NOT_READY: SourceError = SourceError::new(ErrorKind::Unavailable)
    .because("the Lambda extension is not ready")
    .with_help(ONLY_WHILE_HANDLING);

const ONLY_WHILE_HANDLING: &str = "the Lambda extension answers only while a request is handled: load in the \
    handler, or read Secrets Manager directly (feature `aws`) during start-up; see that the function has its layer";

const NOT_RUNNING: &str = "start the AWS Secrets Manager Agent on this machine (EC2: systemctl start awssmastartup; \
    ECS and EKS: a sidecar container that starts first), or set PARAMETERS_SECRETS_EXTENSION_HTTP_PORT to its port";

const AGENT_LOG: &str = "see the log of the agent (logs/secrets_manager_agent.log): whether it has a region, a route to \
    AWS and a role that allows secretsmanager:GetSecretValue and secretsmanager:DescribeSecret";

const SEE_SERVER: &str = "see which server listens on the port of the AWS Secrets Manager Agent";

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Failure {
        Failure::of(status, body.as_bytes())
    }

    fn error(status: u16, body: &str) -> SourceError {
        match of(status, body) {
            Failure::Other(error) | Failure::Throttled(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_answer_of_the_agent_has_its_meaning() {
        assert_eq!(of(403, "Bad Token"), Failure::BadToken);
        for status in [401, 403] {
            assert_eq!(of(status, "<html>"), Failure::Other(FORBIDDEN), "a proxy or another server");
        }
        assert_eq!(of(400, "unknown parameter: refreshNow"), Failure::UnknownRefresh);
        assert_eq!(of(429, "Connection limit exceeded"), Failure::Throttled(BUSY));
        for status in [400, 403] {
            assert_eq!(of(status, "Forwarded"), Failure::Other(FORWARDED));
        }
        for (status, body, kind) in [
            (400, "missing parameter secretId", ErrorKind::Configuration),
            (404, "Not found", ErrorKind::Configuration),
            (405, "Not allowed", ErrorKind::Configuration),
            (500, "{\"__type\":\"InternalFailure\"}", ErrorKind::Unavailable),
            (502, "{\"__type\":\"ConnectionError\",\"message\":\"Read Error\"}", ErrorKind::Unavailable),
            (504, "{\"__type\":\"TimeoutError\",\"message\":\"Timeout\"}", ErrorKind::Unavailable),
            (503, "<html>", ErrorKind::Unavailable),
            (302, "", ErrorKind::Configuration),
            (400, "not ready to serve traffic, please wait", ErrorKind::Unavailable),
        ] {
            let error = error(status, body);
            assert_eq!((error.kind(), error.is_definitive()), (kind, false), "{status} {body}");
        }
        assert_eq!(
            error(502, "{\"__type\":\"ConnectionError\"}").to_string(),
            "ConnectionError: the agent could not reach Secrets Manager"
        );
    }

    #[test]
    fn errors_of_aws_keep_their_meaning_whatever_their_message_does_to_the_json() {
        let body = r#"{"__type":"ResourceNotFoundException", "message":"can't find "it""}"#;
        assert_eq!(of(400, body), Failure::Missing(Missing::new("ResourceNotFoundException")));
        let denied = error(400, r#"{"__type": "AccessDeniedException", "message":"User: "x" is not"}"#);
        assert_eq!((denied.kind(), denied.code()), (ErrorKind::AccessDenied, Some("AccessDeniedException")));
        assert!(denied.is_definitive());
        let of_key =
            error(403, r#"{"__type":"AccessDeniedException","message":"Access to KMS is not allowed"}"#);
        assert_eq!(of_key.help(), Some("allow kms:Decrypt on the secret's KMS key"));
        let marked = r#"{"__type":"InvalidRequestException","message":"it was marked for deletion."}"#;
        assert_eq!(error(400, marked).kind(), ErrorKind::PendingDeletion);
        let throttled = of(400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
        assert!(matches!(throttled, Failure::Throttled(_)), "{throttled:?}");
        let expired = error(400, r#"{"__type":"com.amazonaws#ExpiredTokenException","message":""}"#);
        assert!(expired.to_string().starts_with("ExpiredTokenException"), "{expired}");
        assert!(expired.help().unwrap().contains("of the agent") && !expired.is_definitive());
    }

    #[test]
    fn in_lambda_an_agent_that_does_not_answer_is_the_extension_before_it_is_ready() {
        for cause in [NoAnswer::Refused, NoAnswer::TimedOut] {
            let help = |is_lambda| no_answer(cause, is_lambda).help().unwrap().to_owned();
            assert!(help(true).contains("answers only while a request is handled"), "{cause:?}");
            assert!(!help(false).contains("Lambda"), "{cause:?}");
        }
        for cause in [NoAnswer::Refused, NoAnswer::Broken, NoAnswer::TimedOut, NoAnswer::NotHttp] {
            let error = no_answer(cause, false);
            assert!(error.kind().is_transient() && error.help().is_some(), "{cause:?}");
        }
    }

    #[test]
    fn nothing_of_a_hostile_body_is_shown() {
        for body in
            ["hunter2", r#"{"__type":"hunter2"}"#, r#"{"__type":"hunter2Exception"}"#, "\"__type\":\""]
        {
            for status in [200, 400, 404, 500, 502] {
                let shown = format!("{:?}", error(status, body));
                assert!(!shown.contains("hunter2"), "{shown}");
            }
        }
        assert!(matches!(Failure::of(500, b"\xff"), Failure::Other(_)));
    }
}
