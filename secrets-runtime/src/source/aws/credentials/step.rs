//! [`Step`]: one provider of the chain, and why it gave nothing.

use super::failure::Failure;
use super::no_credentials::End;

/// One provider of the chain.
pub(super) struct Step {
    pub(super) provider: String,
    /// Why it gave nothing.
    pub(super) cause: String,
    pub(super) help: Option<String>,
    /// How the chain ends here if the provider fails. `None` if the next provider is asked.
    pub(super) end: Option<End>,
}

impl Step {
    pub(super) fn new(provider: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { provider: provider.into(), cause: cause.into(), help: None, end: None }
    }

    /// The step of a provider that failed, if no better words are known.
    pub(super) fn failed(provider: impl Into<String>, subject: &str, failure: Failure) -> Self {
        Self::new(provider, format!("{subject}{}", failure.describe())).ending(failure.end())
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn ending(self, end: End) -> Self {
        Self { end: Some(end), ..self }
    }
}
