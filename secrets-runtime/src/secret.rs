//! The two wrappers whose text is always `[REDACTED]`: `Secret`, which is wiped, and `Redacted`, which is
//! not.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, de};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::contain::contain;

/// The text that every secret prints. A secret with this text as its value is an error that the loader
/// reports.
pub(crate) const REDACTED: &str = "[REDACTED]";

/// A value that cannot be printed and is wiped from memory when its last handle is dropped.
///
/// Clones share one allocation, so that there is one copy to wipe. Only
/// [`expose_secret`](Self::expose_secret) gives access to the value: there is no `Serialize`, `Deref`,
/// `AsRef`, `PartialEq`, `Hash`, `Ord` or `Default`, and no mutable access.
///
/// Where a function takes a `&str`, pass `secret.expose_secret()`: a `&Secret<String>` is not a `&str`, so
/// that a search finds each place where a value leaves its secret.
///
/// `Debug` and `Display` write `[REDACTED]` for every value, type and format flag. Not even the length is
/// visible.
///
/// ```
/// use secrets_runtime::Secret;
///
/// let password = Secret::from("correct horse");
/// assert_eq!(format!("{password} {password:?} {password:#?} {password:>40}"), ["[REDACTED]"; 4].join(" "));
/// assert_eq!(password.expose_secret(), "correct horse");
/// ```
///
/// A type of your own needs [`Zeroize`](trait@crate::Zeroize), which this crate can derive. If an
/// implementation panics, the rest of the value is not wiped, and dropping the secret does not panic:
///
/// ```
/// use secrets_runtime::{Secret, Zeroize};
///
/// #[derive(Zeroize)]
/// struct KeyPair {
///     id: String,
///     key: String,
/// }
///
/// let pair = Secret::new(KeyPair { id: "a".into(), key: "b".into() });
/// assert_eq!(pair.expose_secret().id, "a");
/// assert_eq!(pair.map(|pair| pair.key.clone()).expose_secret(), "b");
/// ```
pub struct Secret<T>(Arc<Wiped<T>>);

/// The shared allocation behind [`Secret`]. A separate type, because `Drop` must run once, for the last
/// handle.
struct Wiped<T> {
    value: T,
    /// A pointer and not a bound: a bound on the type would make each use of a `Secret<T>` whose `T` cannot
    /// be wiped an error of its own. Without it, the only error is where the secret is made.
    wipe: fn(&mut T),
}

impl<T> Drop for Wiped<T> {
    fn drop(&mut self) {
        let Self { value, wipe } = self;
        // A panic here would end the program if another one is under way.
        let _ = contain(|| wipe(value));
    }
}

/// A type that a [`Secret`] can hold: every type that implements [`Zeroize`]. Its own name is there for the
/// message of the compiler.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wiped from memory, so it cannot be in a `Secret`",
    label = "does not implement `Zeroize`",
    note = "if `{Self}` is your own type, add `#[derive(Zeroize)]` to it, with `use secrets_runtime::Zeroize;`",
    note = "if it cannot be wiped, as a URL of another crate, write `Redacted<{Self}>` in the place of `Secret<{Self}>`"
)]
pub trait Wipe: Zeroize {}

#[diagnostic::do_not_recommend]
impl<T: Zeroize> Wipe for T {}

impl<T> Secret<T> {
    /// Creates a secret from a value, whose type implements [`Zeroize`](trait@crate::Zeroize).
    pub fn new(value: T) -> Self
    where
        T: Wipe,
    {
        Self(Arc::new(Wiped { value, wipe: T::zeroize }))
    }

    /// Returns the value. It is the only way to it, and the name is easy to search for.
    ///
    /// Keep the reference for a short time, and do not copy the value into a type that can be printed.
    pub fn expose_secret(&self) -> &T {
        &self.0.value
    }

    /// Whether both are handles of the same allocation.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Makes a secret from this one. Temporary copies in `f` are not wiped: a `format!` that grows leaves
    /// one behind, while `concat` allocates its full size at once.
    ///
    /// ```
    /// # use secrets_runtime::Secret;
    /// let header = Secret::from("token").map(|token| ["Bearer ", token].concat());
    /// assert_eq!(header.expose_secret(), "Bearer token");
    /// ```
    pub fn map<U: Wipe>(&self, f: impl FnOnce(&T) -> U) -> Secret<U> {
        Secret::new(f(self.expose_secret()))
    }

    /// Makes a secret from this one, or fails.
    ///
    /// # Errors
    /// The error that `f` returns. The error of a parser may quote the value.
    pub fn try_map<U: Wipe, E>(&self, f: impl FnOnce(&T) -> Result<U, E>) -> Result<Secret<U>, E> {
        f(self.expose_secret()).map(Secret::new)
    }

    /// Joins two secrets into one, which contains a copy of each.
    ///
    /// ```
    /// # use secrets_runtime::Secret;
    /// let (user, password) = (Secret::from("app"), Secret::from("pw"));
    /// let login = user.zip(&password).map(|(user, password)| [user.as_str(), ":", password].concat());
    /// assert_eq!(login.expose_secret(), "app:pw");
    /// ```
    pub fn zip<U: Wipe + Clone>(&self, other: &Secret<U>) -> Secret<(T, U)>
    where
        T: Wipe + Clone,
    {
        Secret::new((self.expose_secret().clone(), other.expose_secret().clone()))
    }

    /// Compares the value with `other` in constant time: the time depends only on the lengths.
    ///
    /// ```
    /// # use secrets_runtime::Secret;
    /// let token = Secret::from("token");
    /// assert!(token.ct_eq("token"));
    /// assert!(!token.ct_eq(Secret::from("guess").expose_secret()));
    /// ```
    #[must_use]
    pub fn ct_eq<U: AsRef<[u8]> + ?Sized>(&self, other: &U) -> bool
    where
        T: AsRef<[u8]>,
    {
        self.expose_secret().as_ref().ct_eq(other.as_ref()).into()
    }
}

impl<T> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Writes the placeholder. It ignores width, precision and fill, which would otherwise cut or pad it.
fn redact(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(REDACTED)
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact(f)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact(f)
    }
}

/// Clones the handle.
impl<T> From<&Self> for Secret<T> {
    fn from(secret: &Self) -> Self {
        secret.clone()
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl From<Vec<u8>> for Secret<Vec<u8>> {
    fn from(value: Vec<u8>) -> Self {
        Self::new(value)
    }
}

impl From<&[u8]> for Secret<Vec<u8>> {
    fn from(value: &[u8]) -> Self {
        Self::new(value.to_vec())
    }
}

/// Decodes the value. An error says only that decoding failed, since a decoder's message may quote the
/// value.
impl<'de, T: Deserialize<'de> + Wipe> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new).map_err(|_| de::Error::custom(UNDECODABLE))
    }
}

const UNDECODABLE: &str = "a redacted value did not decode as its type";

/// The error of parsing text into a [`Secret`] or a [`Redacted`]. It shows nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseSecretError;

impl fmt::Display for ParseSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(UNDECODABLE)
    }
}

impl std::error::Error for ParseSecretError {}

impl<T: FromStr + Wipe> FromStr for Secret<T> {
    type Err = ParseSecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new).map_err(|_| ParseSecretError)
    }
}

/// A value that cannot be printed, for types that cannot be wiped from memory, such as a parsed URL.
///
/// It prints the same text as [`Secret`], but it is not wiped. Prefer `Secret` if the type implements
/// `Zeroize`.
///
/// ```
/// use std::path::PathBuf;
/// use secrets_runtime::Redacted;
///
/// let path = Redacted::new(PathBuf::from("/etc/keys/customer-42"));
/// assert_eq!(format!("{path:?}"), "[REDACTED]");
/// assert!(path.expose_secret().is_absolute());
/// ```
#[derive(Clone)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Creates a redacted value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    pub const fn expose_secret(&self) -> &T {
        &self.0
    }

    /// Unwraps the value, which can then be printed.
    pub fn into_exposed(self) -> T {
        self.0
    }

    /// Makes a redacted value from this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Redacted<U> {
        Redacted(f(self.0))
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact(f)
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redact(f)
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// Decodes the value. An error says only that decoding failed, since a decoder's message may quote the
/// value.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Redacted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self).map_err(|_| de::Error::custom(UNDECODABLE))
    }
}

impl<T: FromStr> FromStr for Redacted<T> {
    type Err = ParseSecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| ParseSecretError)
    }
}

/// Conversions from and to the types of the `secrecy` crate. Each copies the value, since the two crates own
/// it differently.
#[cfg(feature = "secrecy")]
mod secrecy_conversions {
    use secrecy::{ExposeSecret, SecretBox, SecretString};
    use zeroize::Zeroize;

    use super::Secret;

    impl<T: Zeroize + Clone> From<SecretBox<T>> for Secret<T> {
        fn from(value: SecretBox<T>) -> Self {
            Self::new(value.expose_secret().clone())
        }
    }

    impl From<SecretString> for Secret<String> {
        fn from(value: SecretString) -> Self {
            Self::from(value.expose_secret())
        }
    }

    impl<T: Zeroize + Clone> From<Secret<T>> for SecretBox<T> {
        fn from(value: Secret<T>) -> Self {
            SecretBox::new(Box::new(value.expose_secret().clone()))
        }
    }

    impl From<Secret<String>> for SecretString {
        fn from(value: Secret<String>) -> Self {
            SecretString::from(value.expose_secret().as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_every_value_is_the_same_text() {
        for value in ["", "a", "a longer value with \"quotes\" and\nlines"] {
            let secret = Secret::from(value);
            let redacted = Redacted::new(value);
            for text in [
                format!("{secret}"),
                format!("{secret:?}"),
                format!("{secret:#?}"),
                format!("{secret:x?}"),
                format!("{secret:>64}"),
                format!("{secret:*^64.3}"),
                format!("{redacted}"),
                format!("{redacted:?}"),
                format!("{redacted:#?}"),
                format!("{redacted:064.1}"),
            ] {
                assert_eq!(text, REDACTED);
            }
        }
    }

    #[test]
    fn clones_share_one_allocation() {
        let secret = Secret::from("value");
        let clone = secret.clone();
        assert!(std::ptr::eq(secret.expose_secret(), clone.expose_secret()));
    }

    #[test]
    fn the_last_handle_wipes() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        struct Counted(Arc<AtomicUsize>);
        impl Zeroize for Counted {
            fn zeroize(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }

        let wiped = Arc::new(AtomicUsize::new(0));
        let secret = Secret::new(Counted(Arc::clone(&wiped)));
        let clone = secret.clone();
        drop(secret);
        assert_eq!(wiped.load(Ordering::Relaxed), 0);
        drop(clone);
        assert_eq!(wiped.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn comparison_is_by_value() {
        assert!(Secret::from("same").ct_eq("same"));
        assert!(!Secret::from("same").ct_eq("sane"));
        assert!(!Secret::from("same").ct_eq("same and more"));
        assert!(Secret::from(vec![1, 2]).ct_eq(&[1, 2]));
    }

    #[test]
    fn decoding_errors_quote_nothing() {
        let error = serde_json::from_str::<Secret<u16>>("4111111").unwrap_err().to_string();
        assert!(error.starts_with(UNDECODABLE), "{error}");
        assert!(!error.contains("4111111"), "{error}");
        let error = "4111111".parse::<Redacted<u16>>().unwrap_err();
        assert_eq!(format!("{error} {error:?}"), format!("{UNDECODABLE} ParseSecretError"));
    }

    #[test]
    fn handles_cross_threads() {
        fn assert_send_and_sync<T: Send + Sync>() {}
        assert_send_and_sync::<Secret<String>>();
        assert_send_and_sync::<Redacted<String>>();
    }
}
