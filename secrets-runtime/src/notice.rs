//! What is worth a log line and fails nothing: names and outcomes, never values. Without the feature `tracing` these say
//! nothing.

#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "the arguments are the events' fields")
)]

use crate::environment::Environment;

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
