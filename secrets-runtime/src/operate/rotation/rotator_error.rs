//! The error of rotators. It keeps no text of other crates' errors, which may quote a value.

use std::any::{Any, type_name};
use std::fmt;

use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, SourceError};

/// Why a [`Rotator`](crate::rotation::Rotator) failed: a kind and a fixed reason, or the type of another
/// error.
///
/// The error of a database or an HTTP client may quote the password or the statement that failed, and the
/// error of a rotation function ends in a log. So `?` converts any error and keeps only the name of its
/// type. The errors of this crate ([`Error`], [`SourceError`], [`DecodeError`]) never hold a value and are
/// kept whole. Use a `SourceError` to add a code and help.
///
/// ```
/// use secrets_runtime::rotation::RotatorError;
/// use secrets_runtime::ErrorKind;
///
/// fn port(text: &str) -> Result<u16, RotatorError> {
///     Ok(text.parse()?)
/// }
///
/// let error = port("hunter2").unwrap_err();
/// assert_eq!(error.to_string(), "core::num::error::ParseIntError: its text may quote a value and is not shown");
///
/// let error = RotatorError::new(ErrorKind::Unavailable, "the broker is in maintenance");
/// assert_eq!(error.to_string(), "the broker is in maintenance");
/// ```
///
/// It does not implement `std::error::Error`, since that would forbid the conversion from every other error.
pub struct RotatorError(pub(super) Reason);

/// The part of an error that is kept.
pub(super) enum Reason {
    /// The report of a failed call to Secrets Manager.
    Report(Error),
    Value(DecodeError),
    /// A value that does not decode, and the secret that holds it, which is not the one to rotate.
    ValueOf(Box<str>, Box<DecodeError>),
    Service(SourceError),
}

impl RotatorError {
    /// Creates an error from its kind and a fixed reason.
    pub const fn new(kind: ErrorKind, reason: &'static str) -> Self {
        Self(Reason::Service(SourceError::new(kind).because(reason)))
    }

    /// Returns the kind of the error. Another crate's error counts as
    /// [`Unavailable`](ErrorKind::Unavailable), since a rotation is retried in any case.
    pub fn kind(&self) -> ErrorKind {
        match &self.0 {
            Reason::Report(error) => error.kind(),
            Reason::Value(_) | Reason::ValueOf(..) => ErrorKind::Invalid,
            Reason::Service(error) => error.kind(),
        }
    }

    /// Names the secret that the error is about, which is not the one to rotate.
    #[cfg(feature = "postgres")]
    pub(super) fn about(self, secret: &str) -> Self {
        Self(match self.0 {
            Reason::Service(error) => Reason::Service(error.in_place(secret)),
            Reason::Value(error) => Reason::ValueOf(secret.into(), Box::new(error)),
            other @ (Reason::Report(_) | Reason::ValueOf(..)) => other,
        })
    }
}

impl<E: std::error::Error + 'static> From<E> for RotatorError {
    fn from(error: E) -> Self {
        let mut error = Some(error);
        if let Some(error) = take_if_of_type(&mut error) {
            return Self(Reason::Report(error));
        }
        if let Some(error) = take_if_of_type(&mut error) {
            return Self(Reason::Value(error));
        }
        if let Some(error) = take_if_of_type(&mut error) {
            return Self(Reason::Service(error));
        }
        // Without type parameters, since a code is one word.
        let name = type_name::<E>().split('<').next().unwrap_or_default();
        let error = SourceError::new(ErrorKind::Unavailable).with_code(name);
        Self(Reason::Service(error.because("its text may quote a value and is not shown")))
    }
}

/// Takes the error if it has this type.
fn take_if_of_type<T: 'static>(error: &mut dyn Any) -> Option<T> {
    error.downcast_mut::<Option<T>>().and_then(Option::take)
}

impl fmt::Display for RotatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Report(error) => fmt::Display::fmt(error, f),
            Reason::Value(error) => fmt::Display::fmt(error, f),
            Reason::ValueOf(secret, error) => write!(f, "{error} ({secret})"),
            Reason::Service(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl fmt::Debug for RotatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Chatty<T>(T);

    impl<T: fmt::Debug> fmt::Display for Chatty<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:?}", self.0)
        }
    }

    impl<T: fmt::Debug> std::error::Error for Chatty<T> {}

    #[test]
    fn of_another_crates_error_only_the_type_is_kept() {
        let error = RotatorError::from(Chatty("hunter2"));
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(shown.contains("rotator_error::tests::Chatty: its text"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains('<'), "{shown}");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn errors_of_this_crate_are_kept() {
        let denied = SourceError::new(ErrorKind::AccessDenied).with_code("28P01").because("no such role");
        let error = RotatorError::from(denied);
        assert_eq!(
            (error.to_string().as_str(), error.kind()),
            ("28P01: no such role", ErrorKind::AccessDenied)
        );
        let error = RotatorError::from(DecodeError::expected("u16"));
        assert_eq!((error.to_string().as_str(), error.kind()), ("expected u16", ErrorKind::Invalid));
        let report = Error::new("jwt".to_owned(), String::new(), 0, Vec::new(), Vec::new());
        let error = RotatorError::from(report);
        assert_eq!(error.to_string(), "jwt could not be loaded\n");
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}
