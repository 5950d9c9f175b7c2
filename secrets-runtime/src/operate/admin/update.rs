//! Changes the description, KMS key and tags of a secret.

use std::fmt;
use std::future::IntoFuture;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::update_secret::UpdateSecretOutput;
use aws_sdk_secretsmanager::types::Tag;

use super::Admin;
use super::action::Action;
use crate::error::Error;
use crate::secret_id::display_id;
use crate::source::BoxFuture;

impl Admin {
    /// Changes a secret's description or KMS key.
    ///
    /// ```no_run
    /// # async fn run(admin: secrets_runtime::admin::Admin) -> Result<(), secrets_runtime::Error> {
    /// admin.update("jwt").description("Signs the tokens").kms_key_id("alias/shop").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn update<'a>(&'a self, name: &'a str) -> UpdateSecret<'a> {
        UpdateSecret { admin: self, name, description: None, kms_key_id: None }
    }

    /// Sets a tag, and replaces one with the same key.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn tag(&self, name: &str, key: &str, value: &str) -> Result<(), Error> {
        let tag = Tag::builder().key(key).value(value).build();
        let send = |client: &Client, id| client.tag_resource().secret_id(id).tags(tag).send();
        self.ask(Action::Tag, &self.subject(name), send).await.map(drop)
    }

    /// Removes a tag. Does nothing if the secret has no tag with this key.
    ///
    /// # Errors
    /// [`Error`] with one [`FieldError`](crate::FieldError).
    pub async fn untag(&self, name: &str, key: &str) -> Result<(), Error> {
        let send = |client: &Client, id| client.untag_resource().secret_id(id).tag_keys(key).send();
        self.ask(Action::Untag, &self.subject(name), send).await.map(drop)
    }
}

/// A secret that is about to be changed; see [`Admin::update`].
#[must_use = "nothing is changed until it is awaited"]
#[derive(Clone)]
pub struct UpdateSecret<'a> {
    admin: &'a Admin,
    name: &'a str,
    description: Option<String>,
    kms_key_id: Option<String>,
}

impl UpdateSecret<'_> {
    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the KMS key that encrypts the secret from now on, by ARN, id or alias. The versions with
    /// AWSCURRENT, AWSPREVIOUS and AWSPENDING are encrypted again.
    pub fn kms_key_id(mut self, kms_key_id: impl Into<String>) -> Self {
        self.kms_key_id = Some(kms_key_id.into());
        self
    }

    async fn send(self) -> Result<(), Error> {
        let Self { admin, name, description, kms_key_id } = self;
        let send = |client: &Client, id| {
            let call = client.update_secret().secret_id(id);
            call.set_description(description).set_kms_key_id(kms_key_id).send()
        };
        admin.change(Action::Update, name, send, UpdateSecretOutput::arn).await.map(drop)
    }
}

impl<'a> IntoFuture for UpdateSecret<'a> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for UpdateSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateSecret").field("name", &display_id(self.name)).finish_non_exhaustive()
    }
}
