//! Creates secrets and puts new versions into them.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretOutput;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueOutput;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use serde::Serialize;

use super::action::Action;
use super::body::InsertValue;
use super::{Admin, value};
use crate::error::DecodeError;
use crate::error::Error;
use crate::secret::Secret;
use crate::secret_id::{Arn, display_id};
use crate::setting::{is_staging_label, is_version_id};
use crate::source::{BoxFuture, Identity, identity};
use crate::value::{Payload, edit};

impl Admin {
    /// Returns a builder for a new secret. Its last method takes the value and sends the request.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let created = admin.create("jwt").description("Signs the tokens").tag("team", "shop").string("key").await?;
    /// println!("{:?} {:?}", created.id(), created.version_id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create<'a>(&'a self, name: &'a str) -> CreateSecret<'a> {
        CreateSecret { admin: self, name, attributes: Attributes::default(), token: None }
    }

    /// Does the same with attributes that are known already.
    #[cfg(feature = "dotenv")]
    pub(crate) fn create_with<'a>(&'a self, name: &'a str, attributes: Attributes) -> CreateSecret<'a> {
        CreateSecret { attributes, ..self.create(name) }
    }

    /// Returns a builder for a new version of a secret. Its last method takes the value and sends the
    /// request. The new version becomes AWSCURRENT unless [`stage`](PutSecretValue::stage) names other
    /// labels.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// #[derive(serde::Serialize)]
    /// struct Login<'a> {
    ///     username: &'a str,
    ///     password: &'a str,
    /// }
    ///
    /// let password = admin.random_password().await?;
    /// let login = Login { username: "shop", password: password.expose_secret() };
    /// admin.put("database").json(&login).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put<'a>(&'a self, name: &'a str) -> PutSecretValue<'a> {
        PutSecretValue { admin: self, name, token: None, stages: Vec::new() }
    }
}

/// The attributes of a new secret besides its value.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) description: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

/// The methods of a builder that take the value and send the request. The builder's `send` takes the value,
/// or the reason why there is none.
macro_rules! value_methods {
    ($action:literal, $errors:literal) => {
        #[doc = concat!($action, " a text as its value, AWS's `SecretString`, and returns the ids of secret and version.")]
        ///
        /// # Errors
        #[doc = $errors]
        #[doc(alias = "text")]
        pub fn string(self, value: impl Into<Secret<String>>) -> BoxFuture<'a, Result<Identity, Error>> {
            self.send(Ok(Payload::Text(value.into()).into()))
        }

        #[doc = concat!($action, " a value serialized as JSON, into a buffer that is wiped. A `Secret` does not")]
        /// implement `Serialize`: expose it.
        ///
        /// # Errors
        /// Those of [`string`](Self::string), and kind [`Invalid`](crate::ErrorKind::Invalid) for a value
        /// that serde cannot serialize.
        pub fn json<T: Serialize + ?Sized>(self, value: &T) -> BoxFuture<'a, Result<Identity, Error>> {
            self.send(edit::to_json(value).map(|text| Payload::Text(text).into()))
        }

        #[doc = concat!($action, " bytes as its value, AWS's `SecretBinary`.")]
        ///
        /// # Errors
        /// Those of [`string`](Self::string).
        #[doc(alias = "bytes")]
        pub fn binary(self, value: impl Into<Secret<Vec<u8>>>) -> BoxFuture<'a, Result<Identity, Error>> {
            self.send(Ok(Payload::Binary(value.into()).into()))
        }
    };
}

/// A secret that is about to be created; see [`Admin::create`].
#[must_use = "nothing is created until `string`, `json`, `binary` or `without_value` is awaited"]
#[derive(Clone)]
pub struct CreateSecret<'a> {
    admin: &'a Admin,
    name: &'a str,
    attributes: Attributes,
    token: Option<String>,
}

impl<'a> CreateSecret<'a> {
    /// Sets the description. It is not encrypted, and everyone who may list secrets sees it. Default: none.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.attributes.description = Some(description.into());
        self
    }

    /// Sets the KMS key that encrypts the secret, by ARN, id or alias. Default: `aws/secretsmanager`, which
    /// no other account can use.
    pub fn kms_key_id(mut self, kms_key_id: impl Into<String>) -> Self {
        self.attributes.kms_key_id = Some(kms_key_id.into());
        self
    }

    /// Adds a tag, up to 50.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.tags.push((key.into(), value.into()));
        self
    }

    /// Sets the id of the first version: 32 to 64 letters, digits and hyphens. Default: a random one.
    /// Creating the same secret again with the same id and value changes nothing and succeeds.
    pub fn client_request_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    value_methods! {
        "Creates the secret with",
        "[`Error`] with one [`FieldError`](crate::FieldError): code `ResourceExistsException` if the name is \
         taken, kind [`PendingDeletion`](crate::ErrorKind::PendingDeletion) if by a secret that is about to be \
         deleted, kind [`Invalid`](crate::ErrorKind::Invalid) if the value is empty, longer than 65536 bytes, \
         or `[REDACTED]`."
    }

    /// Creates the secret without a value. A rotation or another team puts the first version into it.
    ///
    /// # Errors
    /// Those of [`string`](Self::string).
    pub fn without_value(self) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(Ok(None))
    }

    fn send(self, value: Result<Option<Payload>, DecodeError>) -> BoxFuture<'a, Result<Identity, Error>> {
        Box::pin(async move {
            let Self { admin, name, attributes: Attributes { description, kms_key_id, tags }, token } = self;
            let action = if tags.is_empty() { Action::Create } else { Action::CreateWithTags };
            let subject = admin.subject(name);
            let value = value.and_then(|value| {
                check_token(token.as_deref())?;
                if Arn::parse(subject.id()).is_some() {
                    return Err(DecodeError::because("a secret is created by its name, not by an ARN"));
                }
                value.as_ref().map_or(Ok(()), value::check)?;
                Ok(value)
            });
            let value = value.map_err(|reason| admin.refused(action, &subject, reason))?;
            let tags = tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
            let tags: Vec<Tag> = tags.collect();
            let send = |client: &Client, id| {
                let call = client
                    .create_secret()
                    .name(id)
                    .set_description(description)
                    .set_kms_key_id(kms_key_id)
                    .set_client_request_token(token)
                    .set_tags(Some(tags).filter(|tags| !tags.is_empty()));
                // The value is empty here: `InsertValue` puts it into the finished request.
                match value {
                    None => call.customize(),
                    Some(value @ Payload::Text(_)) => {
                        call.secret_string("").customize().interceptor(InsertValue(value))
                    }
                    Some(value @ (Payload::Binary(_) | Payload::File(_))) => {
                        call.secret_binary(Blob::new("")).customize().interceptor(InsertValue(value))
                    }
                }
                .send()
            };
            let answer = admin.change(action, name, send, CreateSecretOutput::arn).await?;
            Ok(identity(answer.arn, answer.name, answer.version_id, None, None))
        })
    }
}

impl fmt::Debug for CreateSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateSecret").field("name", &display_id(self.name)).finish_non_exhaustive()
    }
}

/// A version that is about to be put into a secret; see [`Admin::put`].
#[must_use = "nothing is written until `string`, `json` or `binary` is awaited"]
#[derive(Clone)]
pub struct PutSecretValue<'a> {
    admin: &'a Admin,
    name: &'a str,
    token: Option<String>,
    stages: Vec<String>,
}

impl<'a> PutSecretValue<'a> {
    /// Sets the id of the version: 32 to 64 letters, digits and hyphens. Default: a random one. Putting the
    /// same value again with the same id changes nothing and succeeds. Another value with the same id is
    /// refused.
    pub fn client_request_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Adds a staging label for the version, such as `AWSPENDING`, instead of AWSCURRENT; up to 20. A label
    /// moves here from the version that carries it.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stages.push(stage.into());
        self
    }

    value_methods! {
        "Puts a version with",
        "[`Error`] with one [`FieldError`](crate::FieldError): kind [`Missing`](crate::ErrorKind::Missing) if \
         there is no such secret, [`Invalid`](crate::ErrorKind::Invalid) if the value is empty, longer than \
         65536 bytes, or `[REDACTED]`."
    }

    fn send(self, value: Result<Payload, DecodeError>) -> BoxFuture<'a, Result<Identity, Error>> {
        Box::pin(async move {
            let Self { admin, name, token, stages } = self;
            let value = value.and_then(|value| {
                check_token(token.as_deref())?;
                if !stages.iter().all(|stage| is_staging_label(stage)) {
                    return Err(DecodeError::because(NOT_A_STAGE));
                }
                value::check(&value)?;
                Ok(value)
            });
            let value = value.map_err(|reason| admin.refused(Action::Put, &admin.subject(name), reason))?;
            let send = |client: &Client, id| {
                let call = client
                    .put_secret_value()
                    .secret_id(id)
                    .set_client_request_token(token)
                    .set_version_stages(Some(stages).filter(|stages| !stages.is_empty()));
                // The value is empty here: `InsertValue` puts it into the finished request.
                let call = match value {
                    Payload::Text(_) => call.secret_string(""),
                    Payload::Binary(_) | Payload::File(_) => call.secret_binary(Blob::new("")),
                };
                call.customize().interceptor(InsertValue(value)).send()
            };
            let answer = admin.change(Action::Put, name, send, PutSecretValueOutput::arn).await?;
            Ok(identity(answer.arn, answer.name, answer.version_id, answer.version_stages, None))
        })
    }
}

impl fmt::Debug for PutSecretValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PutSecretValue").field("name", &display_id(self.name)).finish_non_exhaustive()
    }
}

pub(super) const NOT_A_STAGE: &str = "not a staging label: up to 256 characters without spaces";

/// Refuses an invalid token before AWS logs it: it may be a value that was pasted by mistake.
fn check_token(token: Option<&str>) -> Result<(), DecodeError> {
    match token {
        Some(token) if token.len() < 32 || !is_version_id(token) => {
            Err(DecodeError::because("a client request token has 32 to 64 letters, digits and hyphens"))
        }
        _ => Ok(()),
    }
}
