//! New secrets and new versions.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretOutput;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueOutput;
use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use serde::Serialize;

use super::action::Action;
use super::body::Enclose;
use super::{Admin, value};
use crate::error::DecodeError;
use crate::error::Error;
use crate::secret::Secret;
use crate::secret_id::{Arn, display_id};
use crate::source::{BoxFuture, Identity, identity, is_stage, is_version_id};
use crate::value::{Payload, edit};

impl Admin {
    /// Creates a secret: say what it is like, then give its value, which sends it.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// let created = admin.create("jwt").description("Signs the tokens").tag("team", "shop").text("key").await?;
    /// println!("{:?} {:?}", created.id(), created.version_id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn create<'a>(&'a self, name: &'a str) -> CreateSecret<'a> {
        CreateSecret { admin: self, name, attributes: Attributes::default(), token: None }
    }

    /// The same with attributes that are known already.
    #[cfg(feature = "dotenv")]
    pub(crate) fn create_with<'a>(&'a self, name: &'a str, attributes: Attributes) -> CreateSecret<'a> {
        CreateSecret { attributes, ..self.create(name) }
    }

    /// Puts a new version into a secret: say how, then give the value, which sends it. The new version is AWSCURRENT
    /// unless [`stage`](PutSecretValue::stage) says otherwise.
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

/// What a new secret has beside its value.
#[derive(Clone, Default)]
pub(crate) struct Attributes {
    pub(crate) description: Option<String>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

/// A secret that is about to be created; see [`Admin::create`].
#[must_use = "nothing is created until a value is given, and awaited"]
#[derive(Clone)]
pub struct CreateSecret<'a> {
    admin: &'a Admin,
    name: &'a str,
    attributes: Attributes,
    token: Option<String>,
}

impl<'a> CreateSecret<'a> {
    /// What the secret is for. It is not encrypted, and shown to whoever may list secrets. Default: none.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.attributes.description = Some(description.into());
        self
    }

    /// The ARN, id or alias of the KMS key that encrypts it. Default: `aws/secretsmanager`, which no other account can
    /// use.
    pub fn kms_key_id(mut self, kms_key_id: impl Into<String>) -> Self {
        self.attributes.kms_key_id = Some(kms_key_id.into());
        self
    }

    /// Adds a tag, up to 50.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.tags.push((key.into(), value.into()));
        self
    }

    /// The id of the first version, 32 to 64 letters, digits and hyphens, instead of a random one: whoever creates the
    /// same secret again with the same id and value creates nothing, and succeeds.
    pub fn client_request_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Creates it with a text: which secret and version it is.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError): code `ResourceExistsException` if the name is taken, kind
    /// [`PendingDeletion`](crate::ErrorKind::PendingDeletion) if by a secret that is about to be deleted, kind
    /// [`Invalid`](crate::ErrorKind::Invalid) if the value is empty, longer than 65536 bytes, or `[REDACTED]`.
    pub fn text(self, value: impl Into<Secret<String>>) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(Ok(Some(Payload::Text(value.into()))))
    }

    /// Creates it with a value as JSON text, written into a buffer that is wiped. A `Secret` is no `Serialize`: expose it.
    ///
    /// # Errors
    /// Those of [`text`](Self::text), and kind [`Invalid`](crate::ErrorKind::Invalid) for what cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(edit::to_json(value).map(Payload::Text).map(Some))
    }

    /// Creates it with bytes.
    ///
    /// # Errors
    /// Those of [`text`](Self::text).
    pub fn bytes(self, value: impl Into<Secret<Vec<u8>>>) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(Ok(Some(Payload::Binary(value.into()))))
    }

    /// Creates it without a value, for whoever puts the first version into it: a rotation, another team.
    ///
    /// # Errors
    /// Those of [`text`](Self::text).
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
                // Empty: see `Enclose`.
                match value {
                    None => call.customize(),
                    Some(value @ Payload::Text(_)) => {
                        call.secret_string("").customize().interceptor(Enclose(value))
                    }
                    Some(value @ Payload::Binary(_)) => {
                        call.secret_binary(Blob::new("")).customize().interceptor(Enclose(value))
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
#[must_use = "nothing is written until a value is given, and awaited"]
#[derive(Clone)]
pub struct PutSecretValue<'a> {
    admin: &'a Admin,
    name: &'a str,
    token: Option<String>,
    stages: Vec<String>,
}

impl<'a> PutSecretValue<'a> {
    /// The id of the version, 32 to 64 letters, digits and hyphens, instead of a random one: whoever puts the same value
    /// with the same id again puts nothing, and succeeds; another value with the same id is refused.
    pub fn client_request_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Adds a staging label that the version carries, such as `AWSPENDING`, instead of AWSCURRENT; up to 20. A label that
    /// another version has moves.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.stages.push(stage.into());
        self
    }

    /// Puts a text: which secret and version it is.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError): kind [`Missing`](crate::ErrorKind::Missing) if there is no such
    /// secret, [`Invalid`](crate::ErrorKind::Invalid) if the value is empty, longer than 65536 bytes, or `[REDACTED]`.
    pub fn text(self, value: impl Into<Secret<String>>) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(Ok(Payload::Text(value.into())))
    }

    /// Puts a value as JSON text, written into a buffer that is wiped. A `Secret` is no `Serialize`: expose it.
    ///
    /// # Errors
    /// Those of [`text`](Self::text), and kind [`Invalid`](crate::ErrorKind::Invalid) for what cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(edit::to_json(value).map(Payload::Text))
    }

    /// Puts bytes.
    ///
    /// # Errors
    /// Those of [`text`](Self::text).
    pub fn bytes(self, value: impl Into<Secret<Vec<u8>>>) -> BoxFuture<'a, Result<Identity, Error>> {
        self.send(Ok(Payload::Binary(value.into())))
    }

    fn send(self, value: Result<Payload, DecodeError>) -> BoxFuture<'a, Result<Identity, Error>> {
        Box::pin(async move {
            let Self { admin, name, token, stages } = self;
            let value = value.and_then(|value| {
                check_token(token.as_deref())?;
                if !stages.iter().all(|stage| is_stage(stage)) {
                    return Err(DecodeError::because(NO_STAGE));
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
                // Empty: see `Enclose`.
                let call = match value {
                    Payload::Text(_) => call.secret_string(""),
                    Payload::Binary(_) => call.secret_binary(Blob::new("")),
                };
                call.customize().interceptor(Enclose(value)).send()
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

pub(super) const NO_STAGE: &str = "this is no staging label: up to 256 characters without spaces";

/// What is no token may be a value that was pasted in the wrong place, which AWS would log.
fn check_token(token: Option<&str>) -> Result<(), DecodeError> {
    match token {
        Some(token) if token.len() < 32 || !is_version_id(token) => {
            Err(DecodeError::because("a client request token has 32 to 64 letters, digits and hyphens"))
        }
        _ => Ok(()),
    }
}
