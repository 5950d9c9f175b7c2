//! [`NoCredentials`]: each provider that was tried, and why it gave no credentials.

use std::fmt;

use crate::error::{ErrorKind, SourceError};

/// The error of the default chain. Its texts are this crate's own, since the SDK logs it.
#[derive(Debug)]
pub(in super::super) struct NoCredentials {
    pub(super) attempts: Vec<String>,
    pub(super) end: End,
    pub(super) help: Option<String>,
}

/// How the chain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// No provider is set up.
    NotFound,
    /// The last provider that was tried is set up wrongly, or needs a person to sign in.
    SetUp,
    /// A service refuses the last provider that was tried.
    Refused,
    /// The last provider that was tried may succeed later.
    Unavailable,
}

const ANY: &str =
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role";

impl From<&NoCredentials> for SourceError {
    fn from(error: &NoCredentials) -> Self {
        let (kind, reason) = match error.end {
            End::NotFound => (ErrorKind::Configuration, "no AWS credentials were found"),
            End::SetUp => (ErrorKind::Configuration, "the AWS credentials are set up wrongly"),
            End::Refused => (ErrorKind::AccessDenied, "no credentials could be obtained"),
            End::Unavailable => (ErrorKind::Unavailable, "no credentials could be obtained"),
        };
        let source_error = Self::new(kind)
            .because(reason)
            .keeping_cached_value()
            .with_details(error.attempts.iter().cloned());
        match &error.help {
            Some(help) => source_error.with_specific_help(help.clone()),
            None if error.end == End::NotFound => source_error.with_help(ANY),
            None => source_error,
        }
    }
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attempts.join("; "))
    }
}

impl std::error::Error for NoCredentials {}
