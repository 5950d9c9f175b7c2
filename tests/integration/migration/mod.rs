//! From a `.env` file into Secrets Manager, against emulators.

mod additions;
mod changes;
mod failures;
mod foreign_file;
mod interruptions;
mod leaks;
mod missing;
mod names;

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use harness::emulator::Emulator;
use secrets_runtime::admin::Admin;
use secrets_runtime::manifest::Manifest;
use secrets_runtime::migration::{EnvFile, Migration, MigrationPlan, PlannedSecret, SecretChange};
use secrets_runtime::{Secret, SecretConfig, Secrets};

use crate::support::aws::{alone, retrying, sdk_config};

/// A corner of an emulator, with everything under one prefix.
struct Corner {
    admin: Admin,
    secrets: Secrets,
    /// The SDK as it is.
    bare: Client,
    url: String,
    prefix: String,
}

impl Corner {
    /// Under the name of a test, and of the process: an emulator may outlive neither, but its port may be reused.
    fn new(emulator: &Emulator, test: &str) -> Self {
        let prefix = format!("{test}-{}", std::process::id());
        let secrets = alone(retrying(emulator.url())).prefix(&prefix).build().unwrap();
        let bare = Client::from_conf(Builder::from(&sdk_config(emulator.url())).build());
        Self { admin: Admin::new(&secrets).unwrap(), secrets, bare, url: emulator.url().to_owned(), prefix }
    }

    /// The full name of a secret.
    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    fn manifest<C: SecretConfig>(&self) -> Manifest {
        C::manifest().resolved_by(&self.secrets)
    }

    fn migration<C: SecretConfig>(&self) -> Migration {
        Migration::new(self.manifest::<C>())
    }

    async fn plan<C: SecretConfig>(&self, file: &str) -> MigrationPlan {
        self.migration::<C>().plan(&self.admin, &env_file(file)).await.unwrap()
    }

    /// What there is under a name, past every cache.
    async fn value(&self, name: &str) -> Option<String> {
        self.admin.read(name).await.ok().map(|value| value.expose_secret().clone())
    }

    /// Everything in the corner: each secret with its versions' labels and its current value.
    async fn state(&self) -> BTreeMap<String, (Vec<Vec<String>>, String)> {
        let pages = self.bare.list_secrets().into_paginator().send();
        let pages = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
        let mut state = BTreeMap::new();
        for entry in pages.into_iter().flat_map(|page| page.secret_list.unwrap_or_default()) {
            let Some(name) = entry.name.filter(|name| name.starts_with(&format!("{}/", self.prefix))) else {
                continue;
            };
            let mut labels: Vec<Vec<String>> =
                entry.secret_versions_to_stages.unwrap_or_default().into_values().collect();
            labels.sort();
            let value = self.bare.get_secret_value().secret_id(&name).send().await.unwrap();
            let short = name[self.prefix.len() + 1..].to_owned();
            state.insert(short, (labels, value.secret_string.unwrap()));
        }
        state
    }
}

fn env_file(text: &str) -> EnvFile {
    EnvFile::from_reader(text.as_bytes()).unwrap()
}

fn changes(plan: &MigrationPlan) -> Vec<SecretChange> {
    plan.secrets().iter().map(PlannedSecret::change).collect()
}

#[derive(Debug, SecretConfig)]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>,
    /// The mail relay.
    #[secret(name = "smtp", key = "host", env = "SMTP_HOST", plain)]
    smtp_host: String,
    #[secret(name = "smtp", key = "port", env = "SMTP_PORT", default = 25)]
    smtp_port: u16,
    #[secret(name = "smtp", key = "login.password", env = "SMTP_PASSWORD", alias = "MAIL_PASSWORD")]
    smtp_password: Secret<String>,
    #[secret(name = "jwt")]
    jwt_secret: Secret<String>,
    #[secret(name = "jwt", stage = "AWSPREVIOUS", env = "OLD_JWT")]
    old_jwt_secret: Option<Secret<String>>,
    sentry_dsn: Option<Secret<String>>,
    #[secret(default = 8080)]
    port: u16,
}

const FILE: &str = "\
DATABASE_URL=postgres://db
SMTP_HOST=mail.example.com
SMTP_PORT=2525
MAIL_PASSWORD='p\"w'
JWT=key
PORT=9090
";
