//! Rotations against servers that nobody here wrote, and against a service that takes one password at a
//! time.

mod concurrent;
mod interruptions;
mod postgres;
mod recovery;
mod refusals;
mod service;
mod tokens;
mod untrusted;
mod whole;

use std::collections::HashMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::types::RotationRulesType;
use harness::emulator::Emulator;
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{RotationEvent, RotationStep};

use crate::support::aws::{retrying, sdk_config};

/// What Secrets Manager would call the version of a rotation that it begins.
const TOKEN: &str = "51f72378-6a5d-4dc7-8fd8-29e4319f482a";

/// A secret of a test's own in an emulator.
struct Corner {
    admin: Admin,
    /// The SDK as it is.
    bare: Client,
    url: String,
    name: String,
}

impl Corner {
    /// Under the name of a test, and of the process: an emulator may outlive neither, but its port may be
    /// reused.
    fn new(emulator: &Emulator, test: &str) -> Self {
        let admin = Admin::from_secrets_manager(retrying(emulator.url()));
        let bare = Client::from_conf(Builder::from(&sdk_config(emulator.url())).build());
        let name = format!("{test}-{}", std::process::id());
        Self { admin, bare, url: emulator.url().to_owned(), name }
    }

    /// The same with a value.
    async fn with_value(emulator: &Emulator, test: &str, value: &str) -> Self {
        let corner = Self::new(emulator, test);
        corner.admin.create(&corner.name).string(value).await.unwrap();
        corner
    }

    /// Begins a rotation as Secrets Manager does: a version without a value, labelled AWSPENDING.
    ///
    /// moto does it, finds no Lambda function to call, and lets it be.
    async fn begin_rotation(&self, token: &str) {
        let rules = RotationRulesType::builder().automatically_after_days(1).build();
        let begin = self.bare.rotate_secret().secret_id(&self.name).client_request_token(token);
        let function = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
        begin.rotation_lambda_arn(function).rotation_rules(rules).send().await.unwrap_err();
        let description = self.admin.describe(&self.name).await.unwrap();
        assert!(description.rotation().is_enabled());
        assert_eq!(description.version_with_stage("AWSPENDING"), Some(token));
    }

    fn event(&self, step: RotationStep) -> RotationEvent {
        RotationEvent::new(step, &self.name, TOKEN)
    }

    /// The value with a label.
    async fn value(&self, stage: &str) -> Option<String> {
        let value = self.admin.read(&self.name).stage(stage).await;
        value.ok().map(|value| value.expose_secret().clone())
    }

    /// Every version's labels.
    async fn stages(&self) -> HashMap<String, Vec<String>> {
        let description = self.bare.describe_secret().secret_id(&self.name).send().await.unwrap();
        description.version_ids_to_stages.unwrap()
    }
}
