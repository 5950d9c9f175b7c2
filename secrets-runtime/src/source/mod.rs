//! Where settings come from: one trait for AWS, the environment, files, tests and whatever users write.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "dotenv")]
mod dotenv;
mod env;
mod files;
mod identity;
mod memory;
mod read;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "aws")]
pub(crate) use aws::RotationSchedule;
#[cfg(feature = "aws")]
pub use aws::{SecretsManager, SecretsManagerBuilder};
#[cfg(feature = "admin")]
pub(crate) use aws::{identity, is_stage, is_version_id};
#[cfg(feature = "dotenv")]
pub use dotenv::DotEnv;
#[cfg(all(feature = "admin", feature = "dotenv"))]
pub(crate) use dotenv::{Parsed as ParsedDotEnv, Values as DotEnvValues};
pub use env::Env;
pub use files::Files;
pub use identity::Identity;
pub use memory::Memory;

use crate::error::{ErrorKind, SourceError};
use crate::secret::Secret;
use crate::setting::{Setting, Version};

/// A future on the heap, as [`Source::fetch`] returns it: `Box::pin(async move { .. })`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where [`Source::fetch_each`] hands over its answers: the key's index, and the answer.
pub type Deliver<'a> = &'a (dyn Fn(usize, Answer) + Send + Sync);

/// A place that settings come from.
///
/// A source says where it would look for a setting, and fetches many keys in one call. Everything else (the order of
/// sources, what passes on, decoding, reports) is the loader's.
///
/// ```
/// use std::collections::HashMap;
/// use secrets_runtime::{Answer, BoxFuture, Fetched, Key, Location, Secret, Setting, Source};
///
/// struct Vault(HashMap<String, Secret<String>>);
///
/// impl Source for Vault {
///     fn name(&self) -> &str {
///         "vault"
///     }
///
///     fn locate(&self, setting: &Setting) -> Vec<Location> {
///         if setting.is_asked_of_stores() { vec![Location::of_secret(setting)] } else { vec![] }
///     }
///
///     fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
///         Box::pin(async move {
///             keys.iter().map(|key| self.0.get(key.name()).map_or(Answer::missing(), Answer::found)).collect()
///         })
///     }
/// }
/// ```
pub trait Source: Send + Sync + 'static {
    /// A short name, for reports and for `#[secret(sources(..))]`: `aws`, `env`, `vault`.
    fn name(&self) -> &str;

    /// Where this source would look for a setting, the best place first; empty if it cannot hold it.
    fn locate(&self, setting: &Setting) -> Vec<Location>;

    /// Fetches keys, without duplicates, and answers each in the same order.
    ///
    /// The loader ends the call after [`SecretsBuilder::timeout`](crate::SecretsBuilder::timeout).
    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched>;

    /// Fetches keys like [`fetch`](Self::fetch), and hands over each answer, with its key's index, as soon as it is there:
    /// who waits for one secret then does not wait for the slowest. The result is what is wrong with the source itself.
    ///
    /// Default: all answers at the end. Worth writing for a source that sends more than one request.
    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            let fetched = self.fetch(keys).await;
            for (index, answer) in fetched.answers.into_iter().enumerate() {
                deliver(index, answer);
            }
            fetched.problems
        })
    }

    /// Whether answers travel over a network, so that they are worth keeping in a cache.
    fn is_remote(&self) -> bool {
        false
    }

    /// How many requests have been sent so far, retries counted, by operation: for [`Secrets::stats`]. Default: none known.
    ///
    /// [`Secrets::stats`]: crate::Secrets::stats
    fn requests(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// What a person can do about a key that failed in this way, as a sentence or a command.
    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        let _ = (key, kind);
        None
    }

    /// Secrets Manager, if this is it: what a chain is asked for by `Admin` and by a check.
    #[cfg(feature = "aws")]
    #[doc(hidden)]
    fn as_secrets_manager(&self) -> Option<&SecretsManager> {
        None
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: Source + ?Sized> Source for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn locate(&self, setting: &Setting) -> Vec<Location> {
                (**self).locate(setting)
            }

            fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
                (**self).fetch(keys)
            }

            fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
                (**self).fetch_each(keys, deliver)
            }

            fn is_remote(&self) -> bool {
                (**self).is_remote()
            }

            fn requests(&self) -> Vec<(&'static str, u64)> {
                (**self).requests()
            }

            fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
                (**self).help(key, kind)
            }

            #[cfg(feature = "aws")]
            fn as_secrets_manager(&self) -> Option<&SecretsManager> {
                (**self).as_secrets_manager()
            }
        }
    )*};
}

forward!(Box<S>, Arc<S>);

/// What a source is asked for: a name and a version.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    name: String,
    version: Version,
}

impl Key {
    /// The current version of a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: Version::Current }
    }

    /// The same name in another version.
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        Self { version, ..self }
    }

    /// The name: a secret id, a variable's name, a file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, for sources that keep more than one.
    pub fn version(&self) -> &Version {
        &self.version
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(crate::environment::shown_id(&self.name))?;
        match &self.version {
            Version::Current => Ok(()),
            Version::Stage(version) | Version::Id(version) => {
                write!(f, "@{}", crate::environment::shown_id(version))
            }
        }
    }
}

/// A place within a source where a setting may be.
#[derive(Debug, Clone)]
pub struct Location {
    pub(crate) key: Key,
    pub(crate) holds: Holds,
}

/// How much of a setting's secret a place holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// The setting's value alone.
    Value,
    /// The whole secret, from which the setting's JSON key is taken if it has one.
    Secret,
}

impl Location {
    /// The setting's whole secret, under its id and in its version. If the setting is a key of a JSON secret, the
    /// loader takes that key.
    pub fn of_secret(setting: &Setting) -> Self {
        Self::secret(setting.secret_id()).with_version(setting.version().clone())
    }

    /// A whole secret under another name.
    pub fn secret(name: impl Into<String>) -> Self {
        Self { key: Key::new(name), holds: Holds::Secret }
    }

    /// A place that holds the setting's own value, such as an environment variable.
    pub fn value(name: impl Into<String>) -> Self {
        Self { key: Key::new(name), holds: Holds::Value }
    }

    /// The same place in another version.
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        Self { key: self.key.with_version(version), ..self }
    }

    /// What the source is asked for.
    pub fn key(&self) -> &Key {
        &self.key
    }
}

/// What a source holds under a key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Payload {
    /// Text.
    Text(Secret<String>),
    /// Bytes, which may or may not be text.
    Binary(Secret<Vec<u8>>),
}

impl Payload {
    /// Whether both hold the same value. In a time that depends on the values: of use for two answers of one store only.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one.expose_secret() == other.expose_secret(),
            (Self::Binary(one), Self::Binary(other)) => one.expose_secret() == other.expose_secret(),
            _ => false,
        }
    }
}

macro_rules! payload_from {
    ($($variant:ident($($ty:ty),*)),*) => {$($(
        impl From<$ty> for Payload {
            fn from(value: $ty) -> Self {
                Self::$variant(value.into())
            }
        }
    )*)*};
}

payload_from!(Text(&str, String, Secret<String>), Binary(&[u8], Vec<u8>, Secret<Vec<u8>>));

impl<const N: usize> From<&[u8; N]> for Payload {
    fn from(value: &[u8; N]) -> Self {
        Self::from(value.as_slice())
    }
}

impl From<&Self> for Payload {
    fn from(value: &Self) -> Self {
        value.clone()
    }
}

impl From<&Secret<String>> for Payload {
    fn from(value: &Secret<String>) -> Self {
        Self::Text(value.clone())
    }
}

impl From<&Secret<Vec<u8>>> for Payload {
    fn from(value: &Secret<Vec<u8>>) -> Self {
        Self::Binary(value.clone())
    }
}

/// A source's answer for one key.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Answer {
    /// The value, and which secret and version it is, as far as the source knows.
    Found(Payload, Identity),
    /// The source knows that it has no such key.
    Missing(Missing),
    /// The source could not tell.
    Failed(SourceError),
}

impl Answer {
    /// The value.
    pub fn found(payload: impl Into<Payload>) -> Self {
        Self::Found(payload.into(), Identity::default())
    }

    /// Adds which secret and version a value is. Nothing changes if there is none.
    #[must_use]
    pub fn identified_by(self, identity: Identity) -> Self {
        match self {
            Self::Found(payload, _) => Self::Found(payload, identity),
            other => other,
        }
    }

    /// The source has no such key.
    pub const fn missing() -> Self {
        Self::Missing(Missing { answer: "not there", similar: None })
    }

    /// The source has no such key, in its own word for that: `"not set"`.
    pub const fn missing_because(answer: &'static str) -> Self {
        Self::Missing(Missing { answer, similar: None })
    }
}

impl From<SourceError> for Answer {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

/// That a source has no such key.
#[derive(Debug, Clone)]
pub struct Missing {
    pub(crate) answer: &'static str,
    /// A key that it has and that differs by a slip.
    pub(crate) similar: Option<String>,
}

/// A source's answers, in the order of the keys, and what is wrong with the source itself.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    pub(crate) answers: Vec<Answer>,
    pub(crate) problems: Vec<SourceError>,
}

impl Fetched {
    /// The same answer to every key: a source that cannot be reached at all.
    pub fn failed(keys: &[Key], error: &SourceError) -> Self {
        keys.iter().map(|_| Answer::Failed(error.clone())).collect()
    }

    /// The answers, in the order of the keys.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// The faults that belong to no key.
    pub fn problems(&self) -> &[SourceError] {
        &self.problems
    }

    /// Adds a fault that belongs to no key, such as a line of a file that cannot be read. It fails the load.
    #[must_use]
    pub fn with_problem(mut self, problem: SourceError) -> Self {
        self.problems.push(problem);
        self
    }
}

impl FromIterator<Answer> for Fetched {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        Self { answers: answers.into_iter().collect(), problems: Vec::new() }
    }
}

/// Runs what reads files on a thread where it may wait: a slow disk, or a pipe that nobody writes to, must not stop the
/// runtime. `None` if the runtime is shutting down.
async fn off_the_runtime<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    // Another executor has no threads for it, and asking tokio's would panic.
    if tokio::runtime::Handle::try_current().is_err() {
        return Some(read());
    }
    tokio::task::spawn_blocking(read).await.ok()
}
