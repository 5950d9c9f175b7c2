//! One secret that is kept up to date, without a struct.

use serde::de::DeserializeOwned;

use super::{Live, Recipe};
use crate::client::{Decode, Request, Secrets, decoded};
use crate::error::Error;
use crate::secret::Secret;
use crate::value::{FromSecret, SafeToPrint};

impl Secrets {
    /// One secret that is kept up to date: see [`Live`].
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
    /// As [`get`](Self::get). Later failures are for [`Live::failure`] to say.
    pub async fn watch(&self, name: &str) -> Result<Live<Secret<String>>, Error> {
        self.request(name).watch().await
    }

    /// One JSON secret that is kept up to date, decoded as [`get_json`](Self::get_json) does.
    ///
    /// # Errors
    /// As [`get_json`](Self::get_json). Later failures are for [`Live::failure`] to say.
    pub async fn watch_json<T>(&self, name: &str) -> Result<Live<T>, Error>
    where
        T: DeserializeOwned + SafeToPrint + Send + Sync + 'static,
    {
        self.request(name).watch_json().await
    }
}

impl Request<'_> {
    /// The secret as text, kept up to date: see [`Live`]. How old an answer may be is the cache's to say then.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn watch(self) -> Result<Live<Secret<String>>, Error> {
        self.watched(FromSecret::from_secret).await
    }

    /// The secret decoded as JSON, kept up to date: see [`Live`].
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
        self.watched(|raw| raw.json()).await
    }

    async fn watched<T: Send + Sync + 'static>(self, decode: Decode<T>) -> Result<Live<T>, Error> {
        let (secrets, setting, default) = self.into_parts();
        let build = move |secrets: &Secrets, walked| decoded(secrets, walked, default.as_ref(), decode);
        let recipe = Recipe { settings: Box::new(move |_| vec![setting.clone()]), build: Box::new(build) };
        Live::start(secrets, recipe).await
    }
}
