//! `Admin` against servers that nobody here wrote: every test on moto and on `LocalStack`.
//!
//! One server serves the whole process: each test keeps to a prefix of its own.

use std::fmt::Debug;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use harness::emulator::Emulator;
use secrets_runtime::admin::Admin;
use secrets_runtime::{Error, Secrets, SecretsManager};

use crate::support::aws::{alone, retrying, sdk_config};

/// A corner of an emulator, with everything under one prefix.
struct Corner {
    admin: Admin,
    secrets: Secrets,
    /// The SDK as it is.
    bare: Client,
    source: SecretsManager,
    url: String,
    prefix: String,
}

impl Corner {
    /// Under the name of a test, and of the process: an emulator may outlive neither, but its port may be reused.
    fn new(emulator: &Emulator, test: &str) -> Self {
        let prefix = format!("{test}-{}", std::process::id());
        let source = retrying(emulator.url());
        let secrets = alone(source.clone()).prefix(&prefix).build().unwrap();
        let bare = Client::from_conf(Builder::from(&sdk_config(emulator.url())).build());
        let url = emulator.url().to_owned();
        Self { admin: Admin::new(&secrets).unwrap(), secrets, bare, source, url, prefix }
    }

    /// The full name of a secret.
    fn name(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    /// What `Secrets` give for a name.
    async fn value(&self, name: &str) -> String {
        self.secrets.get(name).await.unwrap().expose_secret().clone()
    }
}

/// Each function as two tests.
macro_rules! on_emulators {
    ($($(#[$doc:meta])* async fn $test:ident($corner:ident: &Corner) $body:block)*) => {$(
        mod $test {
            use super::*;

            $(#[$doc])*
            async fn holds($corner: &Corner) $body

            #[tokio::test]
            async fn on_moto() {
                let test = concat!(stringify!($test), "_on_moto");
                let Some(moto) = harness::emulator::moto(test) else { return };
                holds(&Corner::new(moto, test)).await;
            }

            #[tokio::test]
            async fn on_localstack() {
                let test = concat!(stringify!($test), "_on_localstack");
                let Some(localstack) = harness::emulator::localstack(test) else { return };
                holds(&Corner::new(localstack, test)).await;
            }
        }
    )*};
}

mod leaks;
mod lists;
mod passwords;
mod refusals;
mod removal;
mod values;
mod versions;

/// The code that AWS, or what stands in for it, answered with.
fn code<T: Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    let place = error.fields()[0].places().first();
    let code = place.and_then(|place| place.error()).and_then(|error| error.code());
    code.unwrap_or_else(|| panic!("no code:\n{error}")).to_owned()
}
