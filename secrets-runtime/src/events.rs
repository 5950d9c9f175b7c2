//! What is worth a log line and fails nothing: names and outcomes, never values. Without the feature `tracing` these say
//! nothing.

#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "the arguments are the events' fields")
)]

use std::fmt::Display;

use crate::client::Entry;
use crate::environment::Environment;
use crate::error::ErrorKind;
use crate::source::{Answer, Key};

/// `ENVIRONMENT` is not set.
pub(crate) fn environment_assumed() {
    #[cfg(feature = "tracing")]
    tracing::info!("ENVIRONMENT is not set: assuming development");
}

/// A short name that people use for `development`, and that is another environment.
pub(crate) fn environment_resembles_development(environment: &Environment) {
    #[cfg(feature = "tracing")]
    tracing::warn!(%environment, "only `development` reads .env: this environment asks AWS Secrets Manager");
}

/// A setting came from a later source than the first that could hold it.
pub(crate) fn fallback_used(setting: &str, source: &str, environment: &Environment) {
    #[cfg(feature = "tracing")]
    tracing::warn!(setting, source, %environment, "a secret was taken from a fallback");
}

/// A value ends in a newline, which is seldom meant.
pub(crate) fn trailing_newline(setting: &str, source: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(setting, source, "the value ends in a newline: `#[secret(trim)]` cuts it off");
}

/// What a piece of work is part of, in traces.
pub(crate) struct Span(#[cfg(feature = "tracing")] tracing::Span);

impl Span {
    /// The work, done within the span.
    #[cfg(feature = "tracing")]
    pub(crate) fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        tracing::Instrument::instrument(work, self.0)
    }

    #[cfg(not(feature = "tracing"))]
    pub(crate) fn around<F: Future>(self, work: F) -> F {
        let Self() = self;
        work
    }
}

/// A config is loaded.
pub(crate) fn load(config: &str, environment: &Environment) -> Span {
    Span(
        #[cfg(feature = "tracing")]
        tracing::info_span!("load", config, %environment),
    )
}

/// A load has ended.
pub(crate) fn looked_for(entries: &[Entry]) {
    #[cfg(feature = "tracing")]
    {
        let found = entries.iter().filter(|entry| entry.found().is_some()).count();
        let missing = entries.iter().filter(|entry| entry.is_missing()).count();
        let failed = entries.len() - found - missing;
        tracing::debug!(found, missing, failed, "looked for settings");
    }
}

/// A remote source is asked. Not a part of what made it necessary: many may wait for it, or nobody.
pub(crate) fn fetch(source: &str, keys: usize) -> Span {
    Span(
        #[cfg(feature = "tracing")]
        tracing::info_span!(parent: None, "fetch", source, keys),
    )
}

/// A remote source has answered for a key.
pub(crate) fn fetched(source: &str, key: &Key, answer: &Answer) {
    #[cfg(feature = "tracing")]
    match answer {
        Answer::Found(..) => tracing::debug!(source, ?key, "fetched"),
        Answer::Missing(_) => tracing::debug!(source, ?key, "not there"),
        Answer::Failed(error) => tracing::debug!(source, ?key, %error, "failed"),
    }
}

/// Refreshes have begun to fail, and readers go on with what is held.
pub(crate) fn refresh_failed(source: &str, keys: &[&Key]) {
    #[cfg(feature = "tracing")]
    if !keys.is_empty() {
        tracing::warn!(
            source,
            ?keys,
            "refreshes failed: the values held are served until their time is over; more failures are logged at debug"
        );
    }
}

/// They go on failing, every few seconds for as long as an outage lasts.
pub(crate) fn refresh_failed_again(source: &str, keys: &[&Key]) {
    #[cfg(feature = "tracing")]
    if !keys.is_empty() {
        tracing::debug!(source, ?keys, "refreshes failed again");
    }
}

/// Values have come after failures.
pub(crate) fn recovered(source: &str, keys: &[&Key]) {
    #[cfg(feature = "tracing")]
    if !keys.is_empty() {
        tracing::info!(source, ?keys, "fetched again after failures");
    }
}

/// The source says that there is no such secret any more, or none for us.
pub(crate) fn ended(source: &str, key: &Key, kind: ErrorKind) {
    #[cfg(feature = "tracing")]
    tracing::warn!(source, ?key, %kind, "the value held is dropped: the source no longer gives it");
}

/// A value is past its time.
pub(crate) fn expired(source: &str, key: &Key, after_failures: bool) {
    #[cfg(feature = "tracing")]
    if after_failures {
        tracing::warn!(source, ?key, "the value held is dropped: no refresh succeeded within its time");
    } else {
        tracing::debug!(source, ?key, "the value held is dropped: nobody asked for it within its time");
    }
}

/// A secret made room for others.
pub(crate) fn evicted(source: &str, key: &Key) {
    #[cfg(feature = "tracing")]
    tracing::trace!(source, ?key, "evicted: a larger capacity would keep it");
}

/// What is followed has another value.
pub(crate) fn followed(fields: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::info!(%fields, "secrets have changed: the new ones are in use");
}

/// What is followed can no longer be loaded.
pub(crate) fn not_followed(kind: ErrorKind) {
    #[cfg(feature = "tracing")]
    tracing::warn!(%kind, "what is watched no longer loads: the last good values stay in use; `Live::failure` has the report");
}

/// A step of a rotation has ended.
#[cfg(feature = "rotation")]
pub(crate) fn rotation_step(secret: &str, step: &'static str, failed: Option<ErrorKind>) {
    #[cfg(feature = "tracing")]
    match failed {
        None => tracing::info!(secret, step, "a step of the rotation is done"),
        Some(kind) => tracing::warn!(secret, step, %kind, "a step of the rotation failed"),
    }
}

/// A clone of a database user goes without one of the user's settings.
#[cfg(feature = "postgres")]
pub(crate) fn setting_not_copied(setting: &str, code: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(setting, code, "a setting of the user is not copied to their clone");
}
