//! Watches one secret without a struct: [`Secrets::watch`], [`Request::watch`] and their JSON variants.

use serde::de::DeserializeOwned;

use super::handle::Live;
use super::shared::Loader;
use crate::client::{Decode, Lookup, Request, Secrets, decode_single};
use crate::error::Error;
use crate::secret::Secret;
use crate::value::{FromSecret, SafeToPrint};

impl Secrets {
    /// Loads one secret and keeps it up to date: see [`Live`].
    ///
    /// ```no_run
    /// # async fn run(secrets: secrets_runtime::Secrets) -> Result<(), secrets_runtime::Error> {
    /// let token = secrets.watch("github-token").await?;
    /// let current = token.get().expose_secret().len();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`get`](Self::get). [`Live::failure`] reports later failures.
    pub async fn watch(&self, name: &str) -> Result<Live<Secret<String>>, Error> {
        self.request(name).watch().await
    }

    /// Loads one JSON secret, decoded as [`get_json`](Self::get_json) does, and keeps it up to date: see
    /// [`Live`].
    ///
    /// # Errors
    /// As [`get_json`](Self::get_json). [`Live::failure`] reports later failures.
    pub async fn watch_json<T>(&self, name: &str) -> Result<Live<T>, Error>
    where
        T: DeserializeOwned + SafeToPrint + Send + Sync + 'static,
    {
        self.request(name).watch_json().await
    }
}

impl Request<'_> {
    /// Loads the secret as text and keeps it up to date: see [`Live`]. The options that control the use of
    /// the cache, such as [`ttl`](Self::ttl), have no effect.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn watch(self) -> Result<Live<Secret<String>>, Error> {
        self.watched(FromSecret::from_secret).await
    }

    /// Loads the secret, decoded as JSON, and keeps it up to date: see [`Live`].
    ///
    /// # Errors
    /// As [`json`](Self::json).
    #[allow(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is not general over both lifetimes"
    )]
    pub async fn watch_json<T>(self) -> Result<Live<T>, Error>
    where
        T: DeserializeOwned + SafeToPrint + Send + Sync + 'static,
    {
        self.decoded_as_json().watched(|raw| raw.json()).await
    }

    async fn watched<T: Send + Sync + 'static>(self, decode: Decode<T>) -> Result<Live<T>, Error> {
        let (secrets, setting, default) = self.into_parts();
        let name = setting.path().to_owned();
        let build = move |secrets: &Secrets, lookup: &Lookup| {
            decode_single(secrets, lookup, default.as_ref(), decode)
        };
        let settings = move |_: &Secrets| vec![setting.clone()];
        let loader = Loader { name, settings: Box::new(settings), build: Box::new(build) };
        Live::start(secrets, loader).await
    }
}
