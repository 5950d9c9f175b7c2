//! How a rotator says that it failed, without a place for what its service said.

use std::any::{Any, type_name};
use std::fmt;

use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, SourceError};

/// Why a [`Rotator`](crate::rotation::Rotator) could not do its part: a kind and a fixed reason, or the type of another error.
///
/// A database's or an HTTP client's own error may quote the password or the statement that it failed with, and what a
/// rotation function returns ends in a log. So `?` takes any error and keeps the name of its type alone. This crate's
/// own errors ([`Error`], [`SourceError`], [`DecodeError`]) have no place for a value and are kept whole: a `SourceError`
/// is the way to add a code and advice.
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
/// assert_eq!(error.to_string(), "core::num::error::ParseIntError: its own text may quote a value and is not shown");
///
/// let error = RotatorError::new(ErrorKind::Unavailable, "the broker is in maintenance");
/// assert_eq!(error.to_string(), "the broker is in maintenance");
/// ```
///
/// It is no `std::error::Error` itself: it could not take any other then.
pub struct RotatorError(pub(super) Reason);

/// What is kept of a failure.
pub(super) enum Reason {
    /// An error of a call to Secrets Manager, complete.
    Report(Error),
    Value(DecodeError),
    Service(SourceError),
}

impl RotatorError {
    /// A failure of a kind, in words.
    pub const fn new(kind: ErrorKind, reason: &'static str) -> Self {
        Self(Reason::Service(SourceError::new(kind).because(reason)))
    }

    /// What kind of thing went wrong. Of another crate's error nobody knows: it counts as
    /// [`Unavailable`](ErrorKind::Unavailable), since the rotation is tried again in any case.
    pub fn kind(&self) -> ErrorKind {
        match &self.0 {
            Reason::Report(error) => error.kind(),
            Reason::Value(_) => ErrorKind::Invalid,
            Reason::Service(error) => error.kind(),
        }
    }
}

impl<E: std::error::Error + 'static> From<E> for RotatorError {
    fn from(error: E) -> Self {
        let mut error = Some(error);
        if let Some(error) = taken(&mut error) {
            return Self(Reason::Report(error));
        }
        if let Some(error) = taken(&mut error) {
            return Self(Reason::Value(error));
        }
        if let Some(error) = taken(&mut error) {
            return Self(Reason::Service(error));
        }
        // Without its parameters: a code is one word.
        let name = type_name::<E>().split('<').next().unwrap_or_default();
        let error = SourceError::new(ErrorKind::Unavailable).with_code(name);
        Self(Reason::Service(error.because("its own text may quote a value and is not shown")))
    }
}

/// The error, if it is of this type.
fn taken<T: 'static>(error: &mut dyn Any) -> Option<T> {
    error.downcast_mut::<Option<T>>().and_then(Option::take)
}

impl fmt::Display for RotatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Report(error) => fmt::Display::fmt(error, f),
            Reason::Value(error) => fmt::Display::fmt(error, f),
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
    fn of_a_foreign_error_the_type_is_all_that_is_kept() {
        let error = RotatorError::from(Chatty("hunter2"));
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(shown.contains("rotator_error::tests::Chatty: its own text"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains('<'), "{shown}");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn errors_without_a_place_for_a_value_are_kept() {
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
