//! One secret without a struct, and what can be said of the asking.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::freshness::Freshness;
use super::lookup::Walked;
use super::secrets::Secrets;
use crate::error::DecodeError;
use crate::error::Error;
use crate::secret::Secret;
use crate::secret_id::{Arn, SecretId, display_id, is_secret_id};
use crate::setting::variable_of_secret;
use crate::setting::{Setting, Version, join};
use crate::source::BoxFuture;
use crate::value::{FromSecret, Options, RawSecret, SafeToPrint, SecretValue};

/// One secret that is about to be asked for. Awaiting it gives the secret as text; the other methods give it as what
/// they say.
///
/// ```
/// use secrets_runtime::{Memory, Secrets};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let secrets = Secrets::builder().sources([Memory::new()]).build()?;
/// let token = secrets.request("github-token").default_value("none").await?;
/// assert_eq!(token.expose_secret(), "none");
/// # Ok::<(), secrets_runtime::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is asked for until the request is awaited"]
#[derive(Clone)]
pub struct Request<'a> {
    secrets: &'a Secrets,
    name: &'a str,
    version: Version,
    default: Option<Secret<String>>,
    freshness: Freshness,
}

impl<'a> Request<'a> {
    pub(super) const fn new(secrets: &'a Secrets, name: &'a str) -> Self {
        Self { secrets, name, version: Version::Current, default: None, freshness: Freshness::Cached }
    }

    /// The version that carries this staging label, such as `AWSPREVIOUS`, instead of the current one.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        let stage = stage.into();
        self.version = if stage == "AWSCURRENT" { Version::Current } else { Version::Stage(stage) };
        self
    }

    /// The version with this id, instead of the current one.
    pub fn version_id(mut self, version_id: impl Into<String>) -> Self {
        self.version = Version::Id(version_id.into());
        self
    }

    /// What the secret is when nothing has it. A store that refuses or fails is an error all the same.
    pub fn default_value(mut self, value: impl Into<Secret<String>>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Takes a cached value only if it was fetched at most so long ago, instead of the cache's own TTL; waits for a new one
    /// otherwise. If that cannot be had for a passing reason, the older one is taken, as long as the cache may serve it.
    /// Zero is [`refresh`](Self::refresh).
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.freshness = if ttl.is_zero() { Freshness::Refreshed } else { Freshness::YoungerThan(ttl) };
        self
    }

    /// Waits for a value that is asked for from now on, and lets the cache keep it. Requests that refresh one secret at the
    /// same time share one call. Where the store fails, that is an error: other readers go on with what is cached.
    pub const fn refresh(mut self) -> Self {
        self.freshness = Freshness::Refreshed;
        self
    }

    /// Asks the store and leaves the cache as it is: neither read nor filled.
    pub const fn bypass_cache(mut self) -> Self {
        self.freshness = Freshness::Uncached;
        self
    }

    /// The secret as text.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn text(self) -> Result<Secret<String>, Error> {
        self.decoded(FromSecret::from_secret).await
    }

    /// The text of a plain request, which the next one may read faster.
    pub(super) async fn hot_text(self) -> Result<Secret<String>, Error> {
        let (secrets, name, setting) = (self.secrets, self.name, self.setting());
        let value = self.text().await?;
        secrets.keep_hot(name, &setting, &value);
        Ok(value)
    }

    /// The secret decoded as JSON with serde, into a type that cannot print it.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError); of kind `Invalid` if it is not JSON or does not fit.
    #[allow(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is not general over both lifetimes"
    )]
    pub async fn json<T: DeserializeOwned + SafeToPrint>(self) -> Result<T, Error> {
        self.decoded(|raw| raw.json()).await
    }

    /// The secret as bytes: binary as it is, text as its UTF-8.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn bytes(self) -> Result<Secret<Vec<u8>>, Error> {
        self.decoded(FromSecret::from_secret).await
    }

    /// The secret as whatever it is: text, JSON or binary.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn value(self) -> Result<SecretValue, Error> {
        self.decoded(SecretValue::detect).await
    }

    async fn decoded<T>(self, decode: Decode<T>) -> Result<T, Error> {
        let walked = self.secrets.walk(vec![self.setting()], self.freshness).await;
        decoded(self.secrets, walked, self.default.as_ref(), decode)
    }

    /// What is asked of whom, for who asks again and again.
    pub(crate) fn into_parts(self) -> (&'a Secrets, Setting, Option<Secret<String>>) {
        (self.secrets, self.setting(), self.default)
    }

    /// A name given at run time, resolved as a field of that name would be.
    pub(super) fn setting(&self) -> Setting {
        let secrets = &*self.secrets.inner;
        let expanded = secrets.naming.environment.expand(self.name);
        let is_arn = Arn::parse(&expanded).is_some();
        let id =
            if is_arn { expanded.clone() } else { join(&secrets.naming.expanded_prefix(), "/", &expanded) };
        // No variable stands for a version or an ARN. And what can be no secret's name may be a value pasted here, which
        // as a variable's name would be shown.
        let has_variable = self.version == Version::Current && !is_arn && is_secret_id(&expanded);
        let variable =
            has_variable.then(|| format!("{}{}", secrets.naming.env_prefix, variable_of_secret(self.name)));
        Setting::of_secret(display_id(&expanded), SecretId::new(id), self.version.clone(), variable)
    }
}

pub(crate) type Decode<T> = fn(&RawSecret<'_>) -> Result<T, DecodeError>;

/// The value of the one setting that was looked for.
pub(crate) fn decoded<T>(
    secrets: &Secrets,
    walked: Walked,
    default: Option<&Secret<String>>,
    decode: Decode<T>,
) -> Result<T, Error> {
    let Walked { entries, problems, .. } = walked;
    let mut errors = Vec::new();
    let mut value = None;
    for entry in &entries {
        match (entry.found(), default) {
            (Some(found), _) => match decode(&RawSecret::new(found, Options::default())) {
                Ok(decoded) => value = Some(decoded),
                Err(error) => errors.push(entry.invalid(error)),
            },
            (None, Some(default)) if entry.is_missing() => match decode(&RawSecret::of_secret(default)) {
                Ok(decoded) => value = Some(decoded),
                Err(error) => errors.push(entry.invalid_default(error)),
            },
            (None, _) => errors.push(entry.not_found()),
        }
    }
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => {
            let subject = entries.first().map(|entry| entry.setting.path().to_owned());
            Err(secrets.error(subject.unwrap_or_default(), 1, problems, errors))
        }
    }
}

impl<'a> IntoFuture for Request<'a> {
    type Output = Result<Secret<String>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.text())
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("name", &display_id(self.name)).finish_non_exhaustive()
    }
}
