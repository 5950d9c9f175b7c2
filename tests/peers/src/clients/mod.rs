//! The two clients that are compared, behind one trait, each as its documentation tells to make and use it.

mod official;
mod ours;

use std::time::Duration;

use aws_config::SdkConfig;

pub(crate) use official::Official;
pub(crate) use ours::Ours;

use crate::outcome::Result;

/// What a user may say. What is not said is what the client's own documentation starts from.
#[derive(Clone, Copy, Default)]
pub(crate) struct Settings {
    pub(crate) ttl: Option<Duration>,
    pub(crate) capacity: Option<usize>,
}

impl Settings {
    pub(crate) fn ttl(ttl: Duration) -> Self {
        Self { ttl: Some(ttl), capacity: None }
    }
}

/// A caching client. Clones share everything.
///
/// Its errors are text: those of the official client cannot leave the task that they arose in.
pub(crate) trait Client: Clone + Send + Sync + 'static {
    const NAME: &str;

    /// What a read gives.
    type Value: Send;

    fn open(sdk_config: &SdkConfig, settings: Settings) -> impl Future<Output = Result<Self>> + Send;

    /// Reads a secret by its name or ARN.
    fn get(&self, id: &str) -> impl Future<Output = std::result::Result<Self::Value, String>> + Send;

    /// The text of the secret; of one that is not text, nothing.
    fn text(value: &Self::Value) -> &str;

    /// Gets all secrets of the shop, in the way for many secrets.
    fn load_all(&self) -> impl Future<Output = Result<()>> + Send;
}
