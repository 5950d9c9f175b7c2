//! Secrets made with the real SDK, as an operator makes them.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::primitives::Blob;
use harness::emulator::Emulator;
use secrets_runtime::{Env, SecretsBuilder};

use crate::support::aws::{retrying, sdk_config};
use crate::support::production;
use crate::support::sources::chain;

/// A corner of an emulator, with everything under one prefix.
pub(crate) struct Corner {
    client: Client,
    url: String,
    prefix: String,
}

impl Corner {
    /// Under the name of a test, and of the process: an emulator may outlive neither, but its port may be reused.
    pub(crate) fn new(emulator: &Emulator, test: &str) -> Self {
        let config = Builder::from(&sdk_config(emulator.url())).build();
        let prefix = format!("{test}-{}", std::process::id());
        Self { client: Client::from_conf(config), url: emulator.url().to_owned(), prefix }
    }

    /// The full name of a secret.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// The emulator's URL.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Creates a secret and gives its ARN.
    pub(crate) async fn text(&self, name: &str, value: &str) -> String {
        let request = self.client.create_secret().name(self.name(name)).secret_string(value);
        request.send().await.unwrap().arn.unwrap()
    }

    /// Creates a secret without a value, as the templates of a config do.
    pub(super) async fn without_value(&self, name: &str) {
        self.client.create_secret().name(self.name(name)).send().await.unwrap();
    }

    /// Creates a secret whose first version has this id.
    pub(crate) async fn text_as(&self, name: &str, value: &str, version_id: &str) {
        let request = self.client.create_secret().name(self.name(name)).secret_string(value);
        let version = request.client_request_token(version_id).send().await.unwrap().version_id;
        assert_eq!(version.as_deref(), Some(version_id), "the emulator keeps to the ids it is given");
    }

    /// Creates a secret of bytes.
    pub(crate) async fn binary(&self, name: &str, value: &[u8]) {
        self.client
            .create_secret()
            .name(self.name(name))
            .secret_binary(Blob::new(value))
            .send()
            .await
            .unwrap();
    }

    /// Makes a new current version.
    pub(crate) async fn put(&self, name: &str, value: &str) {
        self.client.put_secret_value().secret_id(self.name(name)).secret_string(value).send().await.unwrap();
    }

    /// Makes a version under a label of its own, which is not the current one.
    pub(crate) async fn put_as(&self, name: &str, value: &str, stage: &str) {
        let request = self.client.put_secret_value().secret_id(self.name(name)).secret_string(value);
        request.version_stages(stage).send().await.unwrap();
    }

    /// Marks a secret for deletion.
    pub(crate) async fn delete(&self, name: &str) {
        self.client
            .delete_secret()
            .secret_id(self.name(name))
            .recovery_window_in_days(7)
            .send()
            .await
            .unwrap();
    }

    /// Production with this corner and then these variables.
    pub(crate) fn secrets(&self, variables: &[(&str, &str)]) -> SecretsBuilder {
        let env: Env = variables.iter().copied().collect();
        production().prefix(&self.prefix).sources(chain([Box::new(retrying(&self.url)), Box::new(env)]))
    }
}
