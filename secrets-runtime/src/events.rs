//! The log events and spans, in one place: names and numbers, never values. Without the feature `tracing`
//! these functions do nothing.

#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "the arguments are the events' fields")
)]

use std::fmt::Display;

use crate::environment::Environment;
use crate::error::{Appearance, ErrorKind};
use crate::source::{Answer, Key};

/// Filters of an application name the crate, not its modules.
#[cfg(feature = "tracing")]
pub(crate) const TARGET: &str = "secrets_runtime";

/// `ENVIRONMENT` is not set. On a platform for services it should be.
///
/// `chooses_sources`: whether the environment, and not `SECRET_SOURCES`, decides which sources are read.
pub(crate) fn environment_assumed(platform: Option<&'static str>, chooses_sources: bool) {
    #[cfg(feature = "tracing")]
    match platform {
        Some(platform) if !chooses_sources => {
            tracing::warn!(target: TARGET, platform, "ENVIRONMENT is not set: assuming development");
        }
        None => tracing::info!(target: TARGET, "ENVIRONMENT is not set: assuming development"),
        Some(platform) => tracing::warn!(
            target: TARGET,
            platform,
            "ENVIRONMENT is not set: assuming development, which does not read AWS Secrets Manager"
        ),
    }
}

/// The environment has a short form of a usual name, such as `prod`: names of secrets differ by it.
pub(crate) fn environment_is_unusual(environment: &Environment, usual: &'static str, chooses_sources: bool) {
    #[cfg(feature = "tracing")]
    if usual == "development" && chooses_sources {
        tracing::warn!(target: TARGET, %environment, "this environment is not `development`: it reads AWS Secrets Manager and no .env file");
    } else {
        tracing::warn!(target: TARGET, %environment, usual, "the environment has a short name, with which the names of its secrets are made");
    }
}

/// A setting came from another source than the first one that could hold it.
pub(crate) fn fallback_used(setting: &str, source: &str, environment: &Environment) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, setting, source, %environment, "secret loaded from a fallback source");
}

/// A value was taken that looks as if it was stored by mistake.
pub(crate) fn doubtful_value(setting: &str, source: &str, doubt: Appearance) {
    #[cfg(feature = "tracing")]
    {
        let (found, help) = (doubt.describe(), doubt.help().unwrap_or_default());
        if doubt == Appearance::HidesDotEnv {
            tracing::warn!(target: TARGET, setting, source, found, help, "a variable hides another value in .env");
        } else {
            tracing::warn!(target: TARGET, setting, source, found, help, "the stored value looks wrong");
        }
    }
}

/// A span of work in traces.
pub(crate) struct Span(#[cfg(feature = "tracing")] tracing::Span);

impl Span {
    /// Runs the work within the span.
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

/// The span of a config's load.
pub(crate) fn load(config: &str, environment: &Environment) -> Span {
    Span(
        #[cfg(feature = "tracing")]
        tracing::info_span!(target: TARGET, "load", config, %environment),
    )
}

/// A load has ended: how many settings were found, missing, and failed.
pub(crate) fn settings_looked_up(found: usize, missing: usize, failed: usize) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, found, missing, failed, "looked up settings");
}

/// The span of a call to a remote source. It has no parent: many callers may wait for the call, or none.
pub(crate) fn fetch(source: &str, keys: usize) -> Span {
    Span(
        #[cfg(feature = "tracing")]
        tracing::info_span!(target: TARGET, parent: None, "fetch", source, keys),
    )
}

/// A remote source has answered for a key.
pub(crate) fn fetched(source: &str, key: &Key, answer: &Answer) {
    #[cfg(feature = "tracing")]
    match answer {
        Answer::Found(..) => tracing::debug!(target: TARGET, source, ?key, "fetched"),
        Answer::Missing(_) => tracing::debug!(target: TARGET, source, ?key, "not found"),
        Answer::Failed(error) => tracing::debug!(target: TARGET, source, ?key, %error, "fetch failed"),
    }
}

/// Refreshes have begun to fail. Readers still get the cached values.
pub(crate) fn refresh_failed(source: &str, keys: &[&Key]) {
    #[cfg(feature = "tracing")]
    if !keys.is_empty() {
        tracing::warn!(
            target: TARGET,
            source,
            ?keys,
            "refresh failed: cached values are served until they expire; further failures are logged at debug level"
        );
    }
}

/// Refreshes still fail. Logged every few seconds during an outage.
pub(crate) fn refresh_failed_again(source: &str, keys: &[&Key]) {
    #[cfg(feature = "tracing")]
    if !keys.is_empty() {
        tracing::debug!(target: TARGET, source, ?keys, "refresh failed again");
    }
}

/// Fetches succeed again, refreshes or first fetches.
pub(crate) fn recovered(source: &str, keys: &[&Key]) {
    #[cfg(feature = "tracing")]
    if !keys.is_empty() {
        tracing::info!(target: TARGET, source, ?keys, "fetch succeeded after failures");
    }
}

/// The source answers that secrets no longer exist or may not be read: one line for all of one call.
pub(crate) fn ended(source: &str, keys: &[&Key], kind: ErrorKind) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, source, ?keys, %kind, "the source no longer returns these secrets: reads of them fail; in watched configs, settings that are required keep their last good values");
}

/// A cached value has expired.
pub(crate) fn expired(source: &str, key: &Key, after_failures: bool) {
    #[cfg(feature = "tracing")]
    if after_failures {
        tracing::warn!(target: TARGET, source, ?key, "cached value expired: no refresh succeeded in time");
    } else {
        tracing::debug!(target: TARGET, source, ?key, "cached value expired: it was not read in time");
    }
}

/// A secret was evicted to make room for others.
pub(crate) fn evicted(source: &str, key: &Key) {
    #[cfg(feature = "tracing")]
    tracing::trace!(target: TARGET, source, ?key, "evicted: the cache is full");
}

/// A watched value was replaced by a new one.
pub(crate) fn watched_value_changed(config: &str, fields: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: TARGET, config, %fields, "secrets changed: the new values are in use");
}

/// Settings of a watched value do not load. Logged once for each setting and cause, until it loads again.
pub(crate) fn watched_settings_failed(config: &str, fields: &str, kind: ErrorKind) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, config, fields, %kind, "watched settings do not load: their last good values stay in use, and so do those of the same secret; `Live::failure` returns the reason");
}

/// Settings of a watched value load again.
pub(crate) fn watched_settings_recovered(config: &str, fields: &str) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: TARGET, config, fields, "watched settings load again");
}

/// A call across a rotation was refused with every value that there is. Logged once, until it is accepted.
pub(crate) fn credential_refused(config: &str, fields: &str, reason: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, config, fields, "{reason}: the service and the secret differ; `Live::failure` repeats this");
}

/// A call succeeds after such a refusal.
pub(crate) fn credential_accepted(config: &str, fields: &str) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: TARGET, config, fields, "accepted again after refusals");
}

/// Pending versions may not be read. Logged once, until they may be.
pub(crate) fn pending_denied(config: &str, fields: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, config, fields, "access to the pending version is denied, so `or_pending` has no effect: the policy that `secrets policy --pending` prints allows it");
}

/// A step of a rotation has ended.
#[cfg(feature = "rotation")]
pub(crate) fn rotation_step(secret: &str, step: &'static str, failed: Option<ErrorKind>) {
    #[cfg(feature = "tracing")]
    match failed {
        None => tracing::info!(target: TARGET, secret, step, "rotation step completed"),
        Some(kind) => tracing::warn!(target: TARGET, secret, step, %kind, "rotation step failed"),
    }
}

/// A database user's clone lacks one of the user's settings.
#[cfg(feature = "postgres")]
pub(crate) fn setting_not_copied(setting: &str, code: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, setting, code, "a setting of the database user was not copied to its clone");
}
