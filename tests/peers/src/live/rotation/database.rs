//! A role of a real `PostgreSQL`, and a pool of its connections.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use harness::postgres::Postgres;
use secrets_runtime::{Secret, SecretConfig};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};

use crate::outcome::Result;

pub(super) const SECRET: &str = "live/database";
const ROLE: &str = "live_service";

#[derive(SecretConfig)]
pub(super) struct Login {
    #[secret(id = "live/database", key = "username")]
    user: Secret<String>,
    #[secret(id = "live/database", key = "password")]
    password: Secret<String>,
}

pub(super) struct Database {
    postgres: &'static Postgres,
    superuser: Client,
}

impl Database {
    pub(super) async fn open(postgres: &'static Postgres) -> Result<Self> {
        let superuser = connect(&postgres.uri()).await?;
        superuser.batch_execute(&format!("CREATE ROLE {ROLE} LOGIN")).await?;
        Ok(Self { postgres, superuser })
    }

    /// What the secret holds for this password.
    pub(super) fn secret(password: &str) -> String {
        serde_json::json!({ "username": ROLE, "password": password }).to_string()
    }

    /// From here on new connections need this password. It is one of the rotator's, which need no quoting.
    pub(super) async fn set_password(&self, password: &str) -> Result<()> {
        Ok(self.superuser.batch_execute(&format!("ALTER ROLE {ROLE} PASSWORD '{password}'")).await?)
    }

    pub(super) const fn pool(&self) -> Pool {
        Pool {
            postgres: self.postgres,
            idle: Mutex::new(Vec::new()),
            opened: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }
}

/// Whether a request takes any connection, or one that was not there before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Connection {
    Any,
    /// As after an outage, or when the pool lets an old one go: a password counts for these only.
    New,
}

pub(super) struct Pool {
    postgres: &'static Postgres,
    idle: Mutex<Vec<Client>>,
    opened: AtomicUsize,
    refused: AtomicUsize,
}

impl Pool {
    /// A request of the service.
    pub(super) async fn request(
        &self,
        login: &Login,
        connection: Connection,
    ) -> std::result::Result<(), Error> {
        let idle = if connection == Connection::Any { self.idle().pop() } else { None };
        let client = match idle {
            Some(client) => client,
            None => self.open(login).await?,
        };
        client.query_one("SELECT current_user::text", &[]).await?;
        // A new one takes an old one's place: most pools let each live for a while only.
        if connection == Connection::New {
            self.idle().pop();
        }
        self.idle().push(client);
        Ok(())
    }

    async fn open(&self, login: &Login) -> std::result::Result<Client, Error> {
        let uri = self.postgres.uri_of(login.user.expose_secret(), login.password.expose_secret());
        let connected = connect(&uri).await;
        let counter = match &connected {
            Err(error) if is_wrong_password(error) => &self.refused,
            _ => &self.opened,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        connected
    }

    pub(super) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    pub(super) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// No `.await` happens under this lock.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Client>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn is_wrong_password(error: &Error) -> bool {
    error.code() == Some(&SqlState::INVALID_PASSWORD)
}

async fn connect(uri: &str) -> std::result::Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
