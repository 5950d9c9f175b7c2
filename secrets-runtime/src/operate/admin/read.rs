//! Reads any version of a secret, past every cache.

use std::fmt;
use std::future::IntoFuture;

use serde::de::DeserializeOwned;

use super::action::Action;
use super::{Admin, Subject, TIMED_OUT};
use crate::error::DecodeError;
use crate::error::{Error, ErrorKind, SourceError};
use crate::secret::Secret;
use crate::secret_id::display_id;
use crate::setting::{KeyPath, Version};
use crate::source::{Answer, BoxFuture, Fetched, Source};
use crate::value::SecretValue;
use crate::value::{Extracted, FromSecret, Options, RawSecret, SafeToPrint, extract};

impl Admin {
    /// Reads a secret from Secrets Manager, without the cache and the other sources of the chain. Awaiting
    /// it returns the current version as text.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let before = admin.read("signing-key").stage("AWSPREVIOUS").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn read<'a>(&'a self, name: &'a str) -> ReadSecret<'a> {
        ReadSecret { admin: self, name, version: Version::Current }
    }
}

/// A secret that is about to be read; see [`Admin::read`].
#[must_use = "nothing is asked for until the request is awaited"]
#[derive(Clone)]
pub struct ReadSecret<'a> {
    admin: &'a Admin,
    name: &'a str,
    version: Version,
}

impl ReadSecret<'_> {
    /// Reads the version that carries this staging label, instead of AWSCURRENT.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.version = Version::Stage(stage.into());
        self
    }

    /// Reads the version with this id, instead of the current one.
    pub fn version_id(mut self, version_id: impl Into<String>) -> Self {
        self.version = Version::Id(version_id.into());
        self
    }

    /// Returns the version as text.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError): kind [`Missing`](ErrorKind::Missing) if there
    /// is no such secret or version, or it is empty.
    pub async fn text(self) -> Result<Secret<String>, Error> {
        self.decoded(FromSecret::from_secret).await
    }

    /// Decodes the version as JSON with serde, into a type that cannot print it.
    ///
    /// # Errors
    /// Those of [`text`](Self::text), and kind [`Invalid`](ErrorKind::Invalid) if it is not JSON or does not
    /// fit.
    #[allow(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is not general over both lifetimes"
    )]
    pub async fn json<T: DeserializeOwned + SafeToPrint>(self) -> Result<T, Error> {
        self.decoded(|raw| raw.json()).await
    }

    /// Returns the version as bytes: binary as it is, text as its UTF-8.
    ///
    /// # Errors
    /// Those of [`text`](Self::text).
    pub async fn bytes(self) -> Result<Secret<Vec<u8>>, Error> {
        self.decoded(FromSecret::from_secret).await
    }

    /// Returns the version as text, JSON or binary, whichever it is.
    ///
    /// # Errors
    /// Those of [`text`](Self::text).
    pub async fn value(self) -> Result<SecretValue, Error> {
        self.decoded(SecretValue::detect).await
    }

    async fn decoded<T>(self, decode: fn(&RawSecret<'_>) -> Result<T, DecodeError>) -> Result<T, Error> {
        let Self { admin, name, version } = self;
        let subject = Subject { version, ..admin.subject(name) };
        let keys = [subject.key()];
        let fetched = admin.in_time(async { Ok(admin.aws.fetch(&keys).await) }).await;
        let answer = fetched.unwrap_or_else(|late| Fetched::failed(&keys, &late)).answers.pop();
        let failed = |error| admin.failed(Action::Read, &subject, error);
        match answer {
            Some(Answer::Found(payload, _)) => {
                match extract(&payload, &KeyPath::default(), Options::default()) {
                    Extracted::Found { found, .. } => {
                        RawSecret::new(&found, Options::default()).decode(decode)
                    }
                    Extracted::Absent(_) => {
                        return Err(failed(SourceError::new(ErrorKind::Missing).because("it is empty")));
                    }
                    Extracted::Invalid(error) => Err(error),
                }
                .map_err(|error| admin.refused(Action::Read, &subject, error))
            }
            Some(Answer::Missing(missing)) => {
                let error = SourceError::new(ErrorKind::Missing);
                Err(failed(if missing.has_no_value {
                    error.because(missing.reason)
                } else {
                    error.with_code(missing.reason)
                }))
            }
            Some(Answer::Failed(error)) => Err(failed(error)),
            None => Err(failed(TIMED_OUT)),
        }
    }
}

impl<'a> IntoFuture for ReadSecret<'a> {
    type Output = Result<Secret<String>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.text())
    }
}

impl fmt::Debug for ReadSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = display_id(self.name);
        f.debug_struct("ReadSecret")
            .field("name", &name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
