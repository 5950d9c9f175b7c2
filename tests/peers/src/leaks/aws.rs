//! Clients of Secrets Manager, against a stub whose answers hold the canary, in order and out of order.

use std::error::Error;
use std::num::NonZeroUsize;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use harness::canary::Canary;
use harness::events::Events;
use harness::stub::{Fault, Stub};
use secrets_runtime::admin::Admin;
use secrets_runtime::{Environment, Secrets, SecretsManager};

use super::cell::{Cell, Cells, said_by};

const NAME: &str = "token";

pub(super) fn table(canary: &Canary) -> Result<Cells, Box<dyn Error>> {
    // One thread: what is logged is captured where it is logged.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut rows = Clients::new(canary).await?.at_rest().await?;
        rows.push((
            "the error of an answer that is cut short shows it",
            failed(canary, Fault::BrokenJson).await?,
        ));
        rows.push((
            "the error of a server that repeats it shows it",
            failed(canary, Fault::EchoError).await?,
        ));
        rows.push(("the log of a write shows it", Clients::new(canary).await?.written().await?));
        let crates = vec!["secrets-runtime", "aws-sdk-secretsmanager", "aws_secretsmanager_caching"];
        Ok(Cells { crates, ours: 1, rows })
    })
}

async fn failed(canary: &Canary, fault: Fault) -> Result<Vec<Cell>, Box<dyn Error>> {
    let clients = Clients::new(canary).await?;
    clients.stub.fault(fault);
    clients.failures().await
}

struct Clients<'a> {
    canary: &'a Canary,
    stub: Stub,
    secrets: Secrets,
    admin: Admin,
    bare: Client,
    official: SecretsManagerCachingClient,
}

impl<'a> Clients<'a> {
    async fn new(canary: &'a Canary) -> Result<Self, Box<dyn Error>> {
        let stub = Stub::start_on_thread();
        stub.put(NAME, canary.as_str());
        let sdk_config = sdk_config(&stub).await;
        let capacity = NonZeroUsize::new(10).ok_or("a capacity of zero")?;
        let builder = Builder::from(&sdk_config);
        Ok(Self {
            canary,
            secrets: Secrets::builder()
                .environment(Environment::PRODUCTION)
                .sdk_config(&sdk_config)
                .build()?,
            admin: Admin::from_secrets_manager(SecretsManager::from_sdk_config(&sdk_config)),
            bare: Client::new(&sdk_config),
            official: SecretsManagerCachingClient::from_builder(
                builder,
                capacity,
                Duration::from_mins(5),
                false,
            )
            .await?,
            stub,
        })
    }

    fn cells(&self, said: &[Option<String>; 3]) -> Vec<Cell> {
        said.iter().map(|said| Cell::of(self.canary, said.as_deref())).collect()
    }

    /// What a read gives, what the client says that has read, and what was logged meanwhile.
    async fn at_rest(&self) -> Result<Vec<(&'static str, Vec<Cell>)>, Box<dyn Error>> {
        let events = Events::capture();
        tracing::trace!(value = self.canary.as_str());
        if Cell::of(self.canary, Some(&events.all())) != Cell::Leaks {
            return Err("what is logged is not searched".into());
        }
        let events = Events::capture();
        let ours = self.secrets.get(NAME).await?;
        let log_of_ours = events.all();
        let events = Events::capture();
        let bare = self.bare.get_secret_value().secret_id(NAME).send().await?;
        let log_of_bare = events.all();
        let events = Events::capture();
        let official = self.official.get_secret_value(NAME, None, None, false).await?;
        let log_of_official = events.all();
        if ours.expose_secret() != self.canary.as_str()
            || bare.secret_string() != official.secret_string.as_deref()
        {
            return Err("the clients read something else".into());
        }
        if !log_of_ours.contains("TRACE") {
            return Err("nothing is logged".into());
        }
        Ok(vec![
            (
                "`{:?}` of what a read gives shows it",
                self.cells(&[
                    Some(format!("{ours:?}")),
                    Some(format!("{bare:?}")),
                    Some(format!("{official:?}")),
                ]),
            ),
            (
                "`{:?}` of the client that has read it shows it",
                self.cells(&[
                    Some(format!("{:?}{:#?}{}", self.secrets, self.secrets, self.secrets.stats())),
                    Some(format!("{:?}", self.bare)),
                    Some(format!("{:?}", self.official)),
                ]),
            ),
            (
                "the log of a read, at TRACE, shows it",
                self.cells(&[Some(log_of_ours), Some(log_of_bare), Some(log_of_official)]),
            ),
        ])
    }

    async fn failures(&self) -> Result<Vec<Cell>, Box<dyn Error>> {
        let unexpected = "an answer that is out of order is accepted";
        let ours = self.secrets.get(NAME).await.err().ok_or(unexpected)?;
        let bare = self.bare.get_secret_value().secret_id(NAME).send().await.err().ok_or(unexpected)?;
        let official =
            self.official.get_secret_value(NAME, None, None, false).await.err().ok_or(unexpected)?;
        Ok(self.cells(&[
            Some(said_by(&ours)),
            Some(format!("{}{}", said_by(&bare), DisplayErrorContext(&bare))),
            Some(format!("{official}{official:?}")),
        ]))
    }

    /// What is logged of a write. The stub refuses it, which is after it was sent.
    async fn written(&self) -> Result<Vec<Cell>, Box<dyn Error>> {
        let events = Events::capture();
        let refused = self.admin.put(NAME).string(self.canary.as_str()).await.is_err();
        let ours = events.all();
        let events = Events::capture();
        let put = self.bare.put_secret_value().secret_id(NAME).secret_string(self.canary.as_str());
        let refused = refused && put.send().await.is_err();
        if !refused || !ours.contains("TRACE") {
            return Err("the stub takes a write, or nothing is logged".into());
        }
        Ok(self.cells(&[Some(ours), Some(events.all()), None]))
    }
}

async fn sdk_config(stub: &Stub) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::from_keys("test", "test", None))
        .endpoint_url(stub.url())
        .retry_config(RetryConfig::disabled())
        // It wraps each body that is sent into one that does not print itself, by accident.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await
}
