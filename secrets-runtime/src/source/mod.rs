//! Where settings come from: one trait for AWS, the environment, files, tests and whatever users write.

mod answer;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "dotenv")]
mod dotenv;
mod env;
mod files;
mod identity;
mod key;
mod memory;
mod read;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) use answer::Missing;
pub use answer::{Answer, Fetched};
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
pub(crate) use key::Holds;
pub use key::{Key, Location};
pub use memory::Memory;

use crate::error::ErrorKind;
pub use crate::error::SourceError;
pub use crate::setting::{Setting, Version};
pub use crate::value::Payload;

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
/// use secrets_runtime::source::{Answer, BoxFuture, Fetched, Key, Location, Setting, Source};
/// use secrets_runtime::Secret;
///
/// struct Vault(HashMap<String, Secret<String>>);
///
/// impl Source for Vault {
///     fn name(&self) -> &str {
///         "vault"
///     }
///
///     fn locate(&self, setting: &Setting) -> Vec<Location> {
///         if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { vec![] }
///     }
///
///     fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
///         Box::pin(async move {
///             keys.iter().map(|key| self.0.get(key.name()).map_or(Answer::missing(), Answer::found)).collect()
///         })
///     }
/// }
/// ```
pub trait Source: Any + Send + Sync {
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
        }
    )*};
}

forward!(Box<S>, Arc<S>);

/// Runs what reads files on a thread where it may wait: a slow disk, or a pipe that nobody writes to, must not stop the
/// runtime. `None` if the runtime is shutting down.
async fn off_the_runtime<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    // Another executor has no threads for it, and asking tokio's would panic.
    if tokio::runtime::Handle::try_current().is_err() {
        return Some(read());
    }
    tokio::task::spawn_blocking(read).await.ok()
}
