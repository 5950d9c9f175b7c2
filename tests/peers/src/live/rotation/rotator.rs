//! Rotations, one after the other, in the orders that there are.

use std::fmt;

use harness::stub::Stub;
use tokio::time::{Instant, sleep, sleep_until};

use super::database::{Database, SECRET};
use super::{GAP, Scene};
use crate::outcome::Result;

/// What a rotation does first.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// The new password is AWSCURRENT a moment before it is in force.
    StoreFirst,
    /// The new password is AWSPENDING, then in force, then AWSCURRENT: the protocol of Secrets Manager.
    PendingFirst,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StoreFirst => "put, then ALTER ROLE",
            Self::PendingFirst => "AWSPENDING, ALTER ROLE, then put",
        })
    }
}

impl Order {
    /// The first password, in force and in the store.
    pub(super) async fn begin(self, database: &Database, stub: &Stub) -> Result<()> {
        database.set_password("password-0").await?;
        stub.put(SECRET, &Database::secret("password-0"));
        Ok(())
    }
}

impl Scene {
    /// All its rotations.
    pub(super) async fn rotate(&self, database: &Database, stub: &Stub) -> Result<()> {
        let begun = Instant::now();
        for rotation in 1..=self.rotations {
            sleep_until(begun + self.period * rotation).await;
            let password = format!("password-{rotation}");
            let secret = Database::secret(&password);
            let version = format!("00000000-0000-4000-8000-{rotation:012x}");
            match self.order {
                Order::StoreFirst => {
                    stub.put_version(SECRET, "AWSCURRENT", &version, &secret);
                    sleep(GAP).await;
                    database.set_password(&password).await?;
                }
                Order::PendingFirst => {
                    stub.put_version(SECRET, "AWSPENDING", &version, &secret);
                    database.set_password(&password).await?;
                    sleep(GAP).await;
                    stub.put_version(SECRET, "AWSCURRENT", &version, &secret);
                }
            }
        }
        // The last one is to be met by requests, too.
        sleep(self.period).await;
        Ok(())
    }
}
