//! An account in an emulator, and a database server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use harness::emulator::{Emulator, moto};
use harness::interruption::{Meter, metered, metered_postgres};
use harness::postgres::{Postgres, postgres};
use secrets_runtime::SecretsManager;
use secrets_runtime::admin::Admin;

use crate::outcome::Result;

pub(super) struct Account {
    moto: &'static Emulator,
    pub(super) postgres: &'static Postgres,
    /// Where the server is that secrets name, by way of a counter.
    pub(super) address: SocketAddr,
    round_trips: Meter,
}

impl Account {
    pub(super) fn open() -> Result<Self> {
        let (Some(moto), Some(postgres)) = (moto("rotation"), postgres("rotation")) else {
            return Err("SKIP_AWS_TESTS=true leaves out what needs servers, and so this comparison".into());
        };
        let round_trips = Meter::endless();
        let address = metered_postgres(postgres.address(), &Arc::new(Mutex::new(round_trips.clone())));
        Ok(Self { moto, postgres, address, round_trips })
    }

    pub(super) fn admin(&self) -> Admin {
        admin_at(self.moto.url())
    }

    /// As a process with this meter has it.
    pub(super) fn metered(&self, meter: &Meter) -> Admin {
        admin_at(&metered(self.moto.url(), meter))
    }

    pub(super) fn round_trips(&self) -> usize {
        self.round_trips.counted()
    }
}

fn admin_at(url: &str) -> Admin {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            Credentials::from_keys("test", "test", None),
        ))
        .endpoint_url(url)
        .build();
    Admin::from_secrets_manager(SecretsManager::from_sdk_config(&config))
}
