//! Rotations of users of a real `PostgreSQL`.

mod alternating;
mod concurrent;
mod crowded;
mod examples;
mod interruptions;
mod leaks;
mod logged;
mod managed;
mod refusals;
mod settings;
mod single;
mod tls;
mod waits;

use std::net::SocketAddr;

use harness::postgres::Postgres;
use secrets_runtime::rotation::{PostgresRotator, Rotation, Rotator, SuperuserSecret};
use serde_json::Value;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::Corner;

/// The first password of every user.
const FIRST: &str = "the first password";

/// A secret of a test's own, and the user of a server that it is about.
struct Database {
    corner: Corner,
    postgres: &'static Postgres,
    superuser: Client,
    /// The name of the superuser's secret.
    superuser_secret: String,
    user: &'static str,
}

impl Database {
    /// None if tests with servers are skipped. The user is the test's own, since the server is everybody's.
    async fn new(test: &str, user: &'static str) -> Option<Self> {
        let postgres = harness::postgres::postgres(test)?;
        Self::at(test, user, postgres.address()).await
    }

    /// The same by way of an address that leads to the server.
    async fn at(test: &str, user: &'static str, address: SocketAddr) -> Option<Self> {
        let postgres = harness::postgres::postgres(test)?;
        Self::on(postgres, test, user, address).await
    }

    /// The same on a certain server.
    async fn on(
        postgres: &'static Postgres,
        test: &str,
        user: &'static str,
        address: SocketAddr,
    ) -> Option<Self> {
        let moto = harness::emulator::moto(test)?;
        let superuser = connect(&postgres.uri()).await.unwrap();
        let create = format!("CREATE ROLE {} LOGIN PASSWORD '{FIRST}'", quoted(user));
        superuser.batch_execute(&create).await.unwrap();
        let corner = Corner::new(moto, test);
        let superuser_secret = format!("{}-superuser", corner.name);
        let created = corner.admin.create(&superuser_secret);
        let arn = created.string(document("postgres", postgres.password(), address, "")).await.unwrap();
        let secret = document(user, FIRST, address, arn.id().unwrap());
        corner.admin.create(&corner.name).string(secret).await.unwrap();
        Some(Self { corner, postgres, superuser, superuser_secret, user })
    }

    fn superuser_secret(&self) -> SuperuserSecret {
        SuperuserSecret::new(self.corner.admin.clone(), &self.superuser_secret)
    }

    fn alternating(&self) -> PostgresRotator {
        PostgresRotator::alternating_users(self.superuser_secret())
    }

    async fn rotate(&self, rotator: impl Rotator) -> Result<String, secrets_runtime::Error> {
        Rotation::new(self.corner.admin.clone(), rotator).rotate_now(&self.corner.name).await
    }

    /// A member of the JSON with a label.
    async fn member(&self, stage: &str, key: &str) -> String {
        member(&self.corner.value(stage).await.unwrap(), key)
    }

    async fn current(&self) -> (String, String) {
        (self.member("AWSCURRENT", "username").await, self.member("AWSCURRENT", "password").await)
    }

    /// Logs in, past whatever leads to the server.
    async fn log_in(&self, user: &str, password: &str) -> Result<Client, Error> {
        connect(&self.postgres.uri_of(user, password)).await
    }

    async fn is_let_in(&self, user: &str, password: &str) -> bool {
        match self.log_in(user, password).await {
            Ok(client) => scalar(&client, "SELECT 'yes'").await == "yes",
            Err(error) => {
                assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD), "{error:?}");
                false
            }
        }
    }

    /// One version is AWSCURRENT, and the server takes it.
    async fn assert_current_is_let_in(&self, scene: &str) {
        let stages = self.corner.stages().await;
        let with_label = |stages: &&Vec<String>| stages.iter().any(|stage| stage == "AWSCURRENT");
        assert_eq!(stages.values().filter(with_label).count(), 1, "{scene}: {stages:?}");
        let (user, password) = self.current().await;
        assert!(self.is_let_in(&user, &password).await, "{scene}: {user} is not let in");
    }

    /// The superuser, in another database than the secret's first one.
    async fn superuser_in(&self, database: &str) -> Client {
        let mut config = self.postgres.uri().parse::<Config>().unwrap();
        connected(config.dbname(database)).await.unwrap()
    }

    async fn execute(&self, statements: &str) {
        self.superuser.batch_execute(statements).await.unwrap();
    }
}

/// A secret as AWS writes it, with what it does not know of, in a layout that nobody would make up.
fn document(user: &str, password: &str, address: SocketAddr, superuser_arn: &str) -> String {
    let user = Value::from(user);
    format!(
        "{{\"engine\": \"postgres\",\"host\":\"{}\", \"port\" : {},\n\"username\": {user}, \"password\":\"{password}\",\
         \"dbname\": \"postgres\", \"masterarn\":\"{superuser_arn}\", \"team\": {{\"size\": 1.50}} }}",
        address.ip(),
        address.port(),
    )
}

fn member(document: &str, key: &str) -> String {
    serde_json::from_str::<Value>(document).unwrap()[key].as_str().unwrap().to_owned()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

async fn connect(uri: &str) -> Result<Client, Error> {
    connected(&uri.parse()?).await
}

async fn connected(config: &Config) -> Result<Client, Error> {
    let (client, connection) = config.connect(NoTls).await?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}

/// A query's only value.
async fn scalar(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}
