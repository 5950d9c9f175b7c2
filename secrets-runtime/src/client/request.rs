//! Reads of single secrets without a struct: [`Secrets::get`] and its variants, and [`Request`] for their
//! options.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::freshness::Freshness;
use super::lookup::{Link, Lookup};
use super::secrets::{Inner, Secrets};
use crate::error::{DecodeError, Error};
use crate::secret::Secret;
use crate::secret_id::display_id;
use crate::setting::{Setting, Version};
use crate::source::{BoxFuture, Source};
use crate::value::{FromSecret, Options, RawSecret, SafeToPrint, SecretValue};

impl Secrets {
    /// Returns one secret as text.
    ///
    /// The prefix is put before the name, and sources are asked as for a config's field of that name. An ARN
    /// is used as it is. From the third read on, a cached secret takes no lock, allocates nothing and copies
    /// no value; this holds for up to 1024 names.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get(&self, name: &str) -> Result<Secret<String>, Error> {
        let Inner { fast_path, timer, .. } = &*self.inner;
        match fast_path.read(name, || timer.now()) {
            Some(value) => Ok(value),
            // Boxed, so that the future of a cached read stays small.
            None => Box::pin(self.look_up_text(name)).await,
        }
    }

    async fn look_up_text(&self, name: &str) -> Result<Secret<String>, Error> {
        let value = self.request(name).text().await?;
        self.keep_in_fast_path(name, &value);
        Ok(value)
    }

    /// Lets the next `get` of a name read the value without a lookup, if the first source that can hold it
    /// has a cache.
    fn keep_in_fast_path(&self, name: &str, value: &Secret<String>) {
        let setting = self.setting(name);
        let allowed = self.inner.links.iter().filter(|link| setting.allows_source(link.source.name()));
        let first = allowed
            .map(|link| (link, link.source.locate(&setting)))
            .find(|(_, locations)| !locations.is_empty());
        if let Some((Link { cached: Some(cached), .. }, locations)) = first
            && let Some(location) = locations.first()
            && let Some(lease) = cached.lease_of(location.key(), value)
            // Most names are read once, at the start of the program. They would only fill the map.
            && lease.note_read()
        {
            self.inner.fast_path.insert(name, value.clone(), lease);
        }
    }

    /// Starts a read of one secret with options, such as another version or a default.
    ///
    /// ```no_run
    /// # async fn run(secrets: secrets_runtime::Secrets) -> Result<(), secrets_runtime::Error> {
    /// let before = secrets.request("signing-key").stage("AWSPREVIOUS").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn request<'a>(&'a self, name: &'a str) -> Request<'a> {
        Request {
            secrets: self,
            name,
            version: Version::Current,
            default: None,
            freshness: Freshness::Cached,
            is_json: false,
        }
    }

    /// Returns one JSON secret, decoded with serde into a type that cannot print it, such as `Secret<Keys>`.
    ///
    /// ```
    /// use secrets_runtime::{Memory, Secret, Secrets, Zeroize};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Keys { public: String, secret: String }
    ///
    /// impl Zeroize for Keys {
    ///     fn zeroize(&mut self) {
    ///         self.public.zeroize();
    ///         self.secret.zeroize();
    ///     }
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let secrets = Secrets::builder()
    ///     .sources([Memory::from([("stripe", r#"{"public": "pk", "secret": "sk"}"#)])])
    ///     .build()?;
    /// let keys: Secret<Keys> = secrets.get_json("stripe").await?;
    /// assert_eq!(keys.expose_secret().public, "pk");
    /// # Ok::<(), secrets_runtime::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError). Its kind is `Invalid` if the value is not JSON
    /// or does not fit the type.
    pub async fn get_json<T: DeserializeOwned + SafeToPrint>(&self, name: &str) -> Result<T, Error> {
        self.request(name).json().await
    }

    /// Returns one secret as bytes: binary values as they are, text as its UTF-8.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get_bytes(&self, name: &str) -> Result<Secret<Vec<u8>>, Error> {
        self.request(name).bytes().await
    }

    /// Returns one secret in the form that it has: text, JSON or binary.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn get_value(&self, name: &str) -> Result<SecretValue, Error> {
        self.request(name).value().await
    }
}

/// A read of one secret, made by [`Secrets::request`]. Awaiting it returns the secret as text;
/// [`json`](Self::json), [`bytes`](Self::bytes) and [`value`](Self::value) return it in other forms.
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
#[must_use = "nothing is read until the request is awaited"]
#[derive(Clone)]
pub struct Request<'a> {
    secrets: &'a Secrets,
    name: &'a str,
    version: Version,
    default: Option<Secret<String>>,
    freshness: Freshness,
    is_json: bool,
}

impl<'a> Request<'a> {
    /// Reads the version with this staging label, such as `AWSPREVIOUS`, instead of the current one.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        let stage = stage.into();
        self.version = if stage == "AWSCURRENT" { Version::Current } else { Version::Stage(stage) };
        self
    }

    /// Reads the version with this id, instead of the current one.
    pub fn version_id(mut self, version_id: impl Into<String>) -> Self {
        self.version = Version::Id(version_id.into());
        self
    }

    /// Sets the value that is returned if no source has the secret. If a source denies access or fails, that
    /// is an error nevertheless.
    #[doc(alias = "default")]
    pub fn default_value(mut self, value: impl Into<Secret<String>>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Accepts a cached value only if it was fetched at most this long ago, instead of the cache's TTL.
    /// Otherwise it waits for a new value. If the source fails temporarily, the older value is returned, as
    /// long as the cache may serve it. Zero is the same as [`refresh`](Self::refresh).
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.freshness = if ttl.is_zero() { Freshness::Refreshed } else { Freshness::YoungerThan(ttl) };
        self
    }

    /// Fetches a new value and caches it. Requests that refresh one secret at the same time share one call.
    ///
    /// If the source fails, that is an error for this request. Other readers still get the cached value.
    pub const fn refresh(mut self) -> Self {
        self.freshness = Freshness::Refreshed;
        self
    }

    /// Fetches the value without reading or filling the cache.
    pub const fn bypass_cache(mut self) -> Self {
        self.freshness = Freshness::Uncached;
        self
    }

    /// Returns the secret as text.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn text(self) -> Result<Secret<String>, Error> {
        self.decode(FromSecret::from_secret).await
    }

    /// Decodes the secret as JSON with serde, into a type that cannot print it.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError). Its kind is `Invalid` if the value is not JSON
    /// or does not fit the type.
    #[allow(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is not general over both lifetimes"
    )]
    pub async fn json<T: DeserializeOwned + SafeToPrint>(self) -> Result<T, Error> {
        self.decoded_as_json().decode(|raw| raw.json()).await
    }

    /// Decodes the secret as JSON, so that quotes around it are no mistake.
    pub(crate) const fn decoded_as_json(mut self) -> Self {
        self.is_json = true;
        self
    }

    /// Returns the secret as bytes: binary values as they are, text as its UTF-8.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn bytes(self) -> Result<Secret<Vec<u8>>, Error> {
        self.decode(FromSecret::from_secret).await
    }

    /// Returns the secret in the form that it has: text, JSON or binary.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn value(self) -> Result<SecretValue, Error> {
        self.decode(SecretValue::detect).await
    }

    async fn decode<T>(self, decode: Decode<T>) -> Result<T, Error> {
        let freshness = self.freshness;
        let (secrets, setting, default) = self.into_parts();
        let lookup = secrets.look_up(vec![setting], freshness).await;
        decode_single(secrets, &lookup, default.as_ref(), decode)
    }

    /// The handle to read with, the setting to read, and its default.
    pub(crate) fn into_parts(self) -> (&'a Secrets, Setting, Option<Secret<String>>) {
        let setting =
            self.secrets.setting_in_version(self.name, self.version).requested_as_json(self.is_json);
        (self.secrets, setting, self.default)
    }
}

pub(crate) type Decode<T> = fn(&RawSecret<'_>) -> Result<T, DecodeError>;

/// Decodes the value of the one setting that was looked for.
pub(crate) fn decode_single<T>(
    secrets: &Secrets,
    lookup: &Lookup,
    default: Option<&Secret<String>>,
    decode: Decode<T>,
) -> Result<T, Error> {
    let Lookup { entries, problems, .. } = lookup;
    let mut errors = Vec::new();
    let mut value = None;
    for entry in entries {
        match (entry.found(), default) {
            (Some(found), _) => match RawSecret::new(found, Options::default()).decode(decode) {
                Ok(decoded) => value = Some(decoded),
                Err(error) => errors.push(entry.invalid(error)),
            },
            (None, Some(default)) if entry.is_missing() => match RawSecret::of_secret(default).decode(decode)
            {
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
            Err(secrets.error(subject.unwrap_or_default(), 1, problems.clone(), errors))
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
