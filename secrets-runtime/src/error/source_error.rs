//! The error of a source, reduced to what can be shown.

use std::fmt;

use super::ErrorKind;

/// The error of a source: kind, code and request id, never a message that may quote a value.
///
/// ```
/// use secrets_runtime::source::SourceError;
/// use secrets_runtime::ErrorKind;
///
/// let error = SourceError::new(ErrorKind::AccessDenied);
/// let error = error.with_code("permission_denied").with_request_id("7c0e");
/// assert_eq!(error.to_string(), "permission_denied (request 7c0e)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SourceError {
    kind: ErrorKind,
    code: Option<Word>,
    request_id: Option<Word>,
    reason: Option<&'static str>,
    help: Option<&'static str>,
    line: Option<usize>,
    context: Option<Box<Context>>,
    keeps_cached_value: bool,
}

/// What is known only when the error arises.
#[derive(Clone, Default, PartialEq, Eq)]
struct Context {
    /// Where the cause is, such as a file with settings.
    place: Option<String>,
    /// What was tried, with the cause of each failure.
    details: Vec<String>,
    help: Option<String>,
}

impl SourceError {
    /// Creates an error of a kind.
    pub const fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            code: None,
            request_id: None,
            reason: None,
            help: None,
            line: None,
            context: None,
            keeps_cached_value: false,
        }
    }

    /// Adds the store's error code. It is kept only if it is one word of at most 64 letters, digits and
    /// `._-#:`.
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        self.code = Word::new(code);
        self
    }

    /// Adds the request id, under which the store's operators find the request. The same rule applies.
    #[must_use]
    pub fn with_request_id(mut self, request_id: &str) -> Self {
        self.request_id = Word::new(request_id);
        self
    }

    /// The same error, of any request.
    pub(super) fn without_request_id(&self) -> Self {
        Self { request_id: None, ..self.clone() }
    }

    /// Adds the reason in words.
    #[must_use]
    pub const fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub const fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    /// Adds the line of a file, counted from 1.
    #[must_use]
    pub const fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }

    /// Adds where the cause is: a file that was read, and a part of it. A control character drops the place.
    pub(crate) fn in_place(mut self, place: &str) -> Self {
        self.context_mut().place = (!place.contains(char::is_control)).then(|| place.into());
        self
    }

    /// The same, if no place is known yet.
    #[cfg(feature = "agent")]
    pub(crate) fn or_in_place(self, place: &str) -> Self {
        let is_placed = self.context.as_ref().is_some_and(|context| context.place.is_some());
        if is_placed { self } else { self.in_place(place) }
    }

    /// Adds what was tried, with the cause of each failure. Reports give each a line. Control characters are
    /// left out.
    #[cfg(feature = "aws")]
    pub(crate) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        let printable = |mut detail: String| {
            detail.retain(|character| !character.is_control());
            detail
        };
        self.context_mut().details = details.into_iter().map(printable).collect();
        self
    }

    /// Adds what was tried afterwards and failed too, with its error. Control characters are left out.
    #[cfg(feature = "aws")]
    pub(crate) fn and_then_failed(mut self, tried: &str, error: &Self) -> Self {
        let mut detail = format!("{tried}: {}", error.without_request_id());
        detail.retain(|character| !character.is_control());
        self.context_mut().details.push(detail);
        self
    }

    /// Adds what to do about it, if that depends on the set-up. A control character drops it.
    #[cfg(feature = "aws")]
    pub(crate) fn with_specific_help(mut self, help: String) -> Self {
        self.context_mut().help = (!help.contains(char::is_control)).then_some(help);
        self
    }

    fn context_mut(&mut self) -> &mut Context {
        self.context.get_or_insert_default()
    }

    /// Marks an error that says nothing about the secret, whatever its kind. The cache then keeps the value
    /// that it holds. Expired credentials, for example, are [`ErrorKind::AccessDenied`], but the secret has
    /// not changed.
    ///
    /// ```
    /// use secrets_runtime::source::SourceError;
    /// use secrets_runtime::ErrorKind;
    ///
    /// assert!(SourceError::new(ErrorKind::AccessDenied).is_definitive());
    /// let expired = SourceError::new(ErrorKind::AccessDenied).because("the token has expired");
    /// assert!(!expired.keeping_cached_value().is_definitive());
    /// ```
    #[must_use]
    #[doc(alias = "says_nothing_of_the_secret")]
    pub const fn keeping_cached_value(mut self) -> Self {
        self.keeps_cached_value = true;
        self
    }

    /// Whether the store has answered that the secret cannot be read. The cache then drops its value at once
    /// and remembers the answer for a few seconds.
    ///
    /// True for [`AccessDenied`](ErrorKind::AccessDenied), [`Decryption`](ErrorKind::Decryption),
    /// [`PendingDeletion`](ErrorKind::PendingDeletion), [`Invalid`](ErrorKind::Invalid) and
    /// [`Missing`](ErrorKind::Missing), unless the error [says nothing about the
    /// secret](Self::keeping_cached_value).
    #[doc(alias = "is_about_the_secret")]
    pub const fn is_definitive(&self) -> bool {
        !self.keeps_cached_value
            && matches!(
                self.kind,
                ErrorKind::AccessDenied
                    | ErrorKind::Decryption
                    | ErrorKind::PendingDeletion
                    | ErrorKind::Invalid
                    | ErrorKind::Missing
            )
    }

    /// Returns the kind of the error.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the store's error code, if it has one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.0.as_str())
    }

    /// Returns the request id, if the store gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref().map(|request_id| request_id.0.as_str())
    }

    /// Returns what to do about it, if the source knows.
    pub fn help(&self) -> Option<&str> {
        self.context.as_ref().and_then(|context| context.help.as_deref()).or(self.help)
    }

    /// What was tried, with the cause of each failure; empty for most errors.
    pub(super) fn details(&self) -> &[String] {
        self.context.as_ref().map_or(&[], |context| &context.details)
    }

    /// The same error without the details.
    pub(super) fn headline(&self) -> Self {
        let mut headline = self.clone();
        if let Some(context) = &mut headline.context {
            context.details.clear();
        }
        headline
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match (&self.code, self.reason) {
            (Some(code), Some(reason)) => write!(f, "{}: {reason}", code.0)?,
            (Some(code), None) => f.write_str(&code.0)?,
            (None, reason) => f.write_str(reason.unwrap_or(self.kind.as_str()))?,
        }
        if let Some(place) = self.context.as_ref().and_then(|context| context.place.as_ref()) {
            write!(f, " ({place})")?;
        }
        if let Some(request_id) = &self.request_id {
            write!(f, " (request {})", request_id.0)?;
        }
        for (index, detail) in self.details().iter().enumerate() {
            write!(f, "{} {detail}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.kind)
    }
}

impl std::error::Error for SourceError {}

/// A code or an id: one short word, so that a sentence of a hostile answer is not kept.
#[derive(Clone, PartialEq, Eq)]
struct Word(String);

impl Word {
    fn new(text: &str) -> Option<Self> {
        let word = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-#:".contains(&byte));
        word.then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_are_sentences_are_dropped() {
        let error = SourceError::new(ErrorKind::Unavailable)
            .with_code("the value was hunter2")
            .with_request_id("a b");
        assert_eq!(error.to_string(), "unavailable");
        assert_eq!(error.code(), None);
    }
}
