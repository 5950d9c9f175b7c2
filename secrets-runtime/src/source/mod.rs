//! Sources of settings: the trait [`Source`], and the sources that this crate comes with.
//!
//! A source says where it looks for a setting and fetches keys. Order, fallback and decoding are in
//! `client`.

#[cfg(feature = "agent")]
mod agent;
mod answer;
#[cfg(feature = "aws")]
mod aws;
mod collect;
mod contained;
#[cfg(feature = "dotenv")]
mod dotenv;
mod env;
mod files;
mod identity;
mod key;
mod memory;
mod read;
mod runtime;
mod secret_file;
#[cfg(any(feature = "aws", feature = "agent"))]
#[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "some faults are those of changes"))]
mod service;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

#[cfg(feature = "agent")]
pub use agent::SecretsManagerAgent;
pub use answer::{Answer, Fetched, Missing};
#[cfg(feature = "aws")]
pub(crate) use aws::RotationSchedule;
#[cfg(feature = "admin")]
pub(crate) use aws::{Pages, identity};
#[cfg(feature = "aws")]
pub use aws::{SecretsManager, SecretsManagerBuilder};
pub(crate) use collect::{Answers, UNANSWERED, collect_uncached};
pub(crate) use contained::ContainedSource;
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
pub(crate) use runtime::{NO_TIMERS, lacks_timers};
#[cfg(feature = "admin")]
pub(crate) use service::MAX_STAGES;

use crate::error::ErrorKind;
pub use crate::error::SourceError;
pub use crate::setting::{Setting, Version};
pub use crate::value::Payload;

/// A future on the heap, as [`Source::fetch`] returns it: `Box::pin(async move { .. })`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The function to which [`Source::fetch_each`] passes each answer, with the index of its key.
pub type Deliver<'a> = &'a (dyn Fn(usize, Answer) + Send + Sync);

/// A source of settings, such as a secret store or the environment.
///
/// Implement three methods: [`name`](Self::name), [`locate`](Self::locate), which says where the source
/// looks for a setting, and [`fetch`](Self::fetch), which fetches many keys in one call. A source whose
/// answers travel over a network also implements [`is_remote`](Self::is_remote), so that they are cached.
/// The other methods have defaults that fit most sources. The order of sources, fallback, decoding and
/// reports belong to the loader.
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

    /// Returns the locations where this source looks for a setting, the best one first; empty if it cannot
    /// hold the setting.
    fn locate(&self, setting: &Setting) -> Vec<Location>;

    /// Fetches keys, without duplicates, and returns the answers in the same order.
    ///
    /// The loader ends the call after [`SecretsBuilder::timeout`](crate::SecretsBuilder::timeout).
    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched>;

    /// Fetches keys like [`fetch`](Self::fetch), and delivers each answer as soon as it arrives, so that a
    /// caller that waits for one secret does not wait for the slowest one. Returns the errors that belong to
    /// no key. They reach the readers of those answers that were not delivered before this future was ready.
    ///
    /// Default: delivers all answers at the end. Worth implementing for a source that sends more than one
    /// request.
    fn fetch_each<'a>(&'a self, keys: &'a [Key], deliver: Deliver<'a>) -> BoxFuture<'a, Vec<SourceError>> {
        Box::pin(async move {
            let fetched = self.fetch(keys).await;
            for (index, answer) in fetched.answers.into_iter().enumerate() {
                deliver(index, answer);
            }
            fetched.problems
        })
    }

    /// Fetches keys like [`fetch_each`](Self::fetch_each), past every cache between this source and the
    /// store, such as that of the AWS Secrets Manager Agent. It is called if a caller refreshes a value, for
    /// a watched value that is due, and for a read that bypasses the cache.
    ///
    /// Default: the same as [`fetch_each`](Self::fetch_each). Worth implementing for a source that does not
    /// ask the store itself.
    fn fetch_each_uncached<'a>(
        &'a self,
        keys: &'a [Key],
        deliver: Deliver<'a>,
    ) -> BoxFuture<'a, Vec<SourceError>> {
        self.fetch_each(keys, deliver)
    }

    /// Whether answers travel over a network, so that they are kept in the cache. Default: no.
    fn is_remote(&self) -> bool {
        false
    }

    /// Returns how many requests have been sent so far, retries included, by operation. [`Secrets::stats`]
    /// shows them. Default: none.
    ///
    /// [`Secrets::stats`]: crate::Secrets::stats
    fn requests(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Returns what an operator can do about a key that failed with this kind, as a sentence or a command.
    /// Default: nothing.
    fn help(&self, key: &Key, kind: ErrorKind) -> Option<String> {
        let _ = (key, kind);
        None
    }

    /// Returns what an operator can do about a secret that exists without a value.
    #[doc(hidden)]
    fn help_without_value(&self, key: &Key) -> Option<String> {
        let _ = key;
        None
    }

    /// Returns where the source sends its requests, for reports: a region, an endpoint. It must not hold a
    /// password. Default: nothing.
    fn target(&self) -> Option<String> {
        None
    }
}

// A macro, since one implementation for all types that implement `Deref` would exclude sources that
// implement it too.
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

            fn fetch_each_uncached<'a>(
                &'a self,
                keys: &'a [Key],
                deliver: Deliver<'a>,
            ) -> BoxFuture<'a, Vec<SourceError>> {
                (**self).fetch_each_uncached(keys, deliver)
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

            fn help_without_value(&self, key: &Key) -> Option<String> {
                (**self).help_without_value(key)
            }

            fn target(&self) -> Option<String> {
                (**self).target()
            }
        }
    )*};
}

forward!(Box<S>, Arc<S>);
