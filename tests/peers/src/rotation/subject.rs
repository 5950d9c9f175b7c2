//! A secret that is rotated, and the service that takes it.

use std::fmt;

use harness::interruption::Meter;
use secrets_runtime::SecretValue;
use secrets_runtime::rotation::{PostgresRotator, RandomToken, Rotation, SuperuserSecret};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, NoTls};

use super::account::Account;
use crate::outcome::Result;

/// Which rotator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Token,
    Single,
    /// The first rotation, which makes the other user, where it is interrupted.
    First,
    /// A later one.
    Later,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Token, Self::Single, Self::First, Self::Later];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Single => "PostgreSQL, single user",
            Self::First => "PostgreSQL, alternating users, first",
            Self::Later => "PostgreSQL, alternating users, later",
        })
    }
}

pub(super) struct Subject<'a> {
    account: &'a Account,
    kind: Kind,
    name: String,
    superuser: String,
}

impl<'a> Subject<'a> {
    /// A secret of its own, and a user of its own where it is about one.
    pub(super) async fn new(account: &'a Account, kind: Kind, name: &str) -> Result<Self> {
        let user = match kind {
            Kind::Token => format!("token_{name}"),
            Kind::Single => format!("single_{name}"),
            Kind::First => format!("first_{name}"),
            Kind::Later => format!("later_{name}"),
        };
        let subject = Self { account, kind, superuser: format!("{user}-superuser"), name: user };
        let (admin, user) = (account.admin(), &subject.name);
        if kind == Kind::Token {
            admin.create(user).string("the first token").await?;
            return Ok(subject);
        }
        let client = connect(&account.postgres.uri()).await?;
        client.batch_execute(&format!("CREATE ROLE {user} LOGIN PASSWORD 'first'")).await?;
        let superuser = subject.document("postgres", account.postgres.password());
        admin.create(&subject.superuser).string(superuser).await?;
        admin.create(user).string(subject.document(user, "first")).await?;
        if kind == Kind::Later {
            subject.rotate(&Meter::endless()).await?;
        }
        Ok(subject)
    }

    fn document(&self, user: &str, password: &str) -> String {
        let address = self.account.address;
        let host = address.ip().to_string();
        serde_json::json!({
            "engine": "postgres", "host": host, "port": address.port(), "username": user, "password": password,
        })
        .to_string()
    }

    /// A process with this meter.
    pub(super) async fn rotate(&self, meter: &Meter) -> Result<()> {
        let admin = self.account.metered(meter);
        let superuser = SuperuserSecret::new(admin.clone(), &self.superuser);
        let rotator = match self.kind {
            Kind::Token => {
                Rotation::new(admin, RandomToken::new()).rotate_now(&self.name).await?;
                return Ok(());
            }
            Kind::Single => PostgresRotator::single_user(),
            Kind::First | Kind::Later => PostgresRotator::alternating_users(superuser),
        };
        Rotation::new(admin, rotator).rotate_now(&self.name).await?;
        Ok(())
    }

    /// Whether one version is AWSCURRENT, and the service takes it.
    pub(super) async fn has_one_valid_current(&self) -> Result<bool> {
        let admin = self.account.admin();
        let description = admin.describe(&self.name).await?;
        let current = description.versions().iter().filter(|version| version.has_stage("AWSCURRENT"));
        let [version] = current.collect::<Vec<_>>()[..] else { return Ok(false) };
        let value = admin.read(&self.name).version_id(version.id()).value().await?;
        if self.kind == Kind::Token {
            return Ok(is_token(&value));
        }
        let (user, password) = (value.text_at("username")?, value.text_at("password")?);
        let uri = self.account.postgres.uri_of(user.expose_secret(), password.expose_secret());
        match connect(&uri).await {
            Ok(client) => Ok(client.simple_query("SELECT 1").await.is_ok()),
            Err(error) if error.code() == Some(&SqlState::INVALID_PASSWORD) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Nobody is asked for a token: it is valid if a reader has one, whole.
fn is_token(value: &SecretValue) -> bool {
    value.as_text().is_some_and(|token| {
        let token = token.expose_secret();
        token == "the first token"
            || token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

async fn connect(uri: &str) -> std::result::Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    // It ends with the client.
    tokio::spawn(connection);
    Ok(client)
}
