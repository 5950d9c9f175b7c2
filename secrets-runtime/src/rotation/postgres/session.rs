//! A connection to a server: opened, used and closed in time, and never left to itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, NoTls, Row, Socket};

use super::connection::{Connect, Connected, Failure, Tls};
use super::failure::{LATE, NO_ADDRESS, of_login, of_statement};
use super::login::Login;
use crate::error::{ErrorKind, SourceError};
use crate::rotation::failure::RotatorError;

const NO_TLS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the secret asks for TLS: its `ssl` is true")
    .with_help("PostgresRotator::tls gives it");

const NOT_BEGUN: &str = "the server lets the user in, and does not take the settings of the session";

/// In milliseconds, [what an integer setting holds](https://www.postgresql.org/docs/current/config-setting.html).
const LONGEST_TIMEOUT: u128 = 2_147_483_647;

/// A session's time, in those of an answer: what answers late each time would else take as long as it likes.
const SESSION: u32 = 4;

/// How connections are made.
#[derive(Clone)]
pub(super) struct Connector {
    connect: Arc<dyn Connect>,
    ssl_mode: SslMode,
    /// For a connection, and for each answer.
    pub(super) limit: Duration,
}

impl Connector {
    pub(super) fn without_tls() -> Self {
        let limit = Duration::from_secs(5);
        Self { connect: Arc::new(Tls(NoTls)), ssl_mode: SslMode::Disable, limit }
    }

    /// Connects with TLS or not at all.
    pub(super) fn with_tls<T>(self, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        Self { connect: Arc::new(Tls(tls)), ssl_mode: SslMode::Require, ..self }
    }

    pub(super) fn has_tls(&self) -> bool {
        self.ssl_mode == SslMode::Require
    }

    /// Logs in, with nothing in force that the database or the user could set against whoever logs in; none if the
    /// password is refused.
    pub(super) async fn log_in(&self, login: &Login) -> Result<Option<Session>, RotatorError> {
        if login.tls && !self.has_tls() {
            return Err(NO_TLS.into());
        }
        let end = Instant::now().checked_add(self.limit.saturating_mul(SESSION));
        let mut config = self.config(login);
        config.password(login.password.expose_secret());
        match self.connected(config, login).await? {
            Ok((client, connection)) => {
                let session = Session { client, connection, limit: self.limit, end };
                session.execute(&first_statements(self.limit), NOT_BEGUN).await?;
                Ok(Some(session))
            }
            Err(Failure::Refused(error)) if error.code() == Some(&SqlState::INVALID_PASSWORD) => Ok(None),
            Err(Failure::Refused(error)) => Err(of_login(&error).into()),
            Err(Failure::NoAddress) => Err(NO_ADDRESS.into()),
        }
    }

    /// Whether the server lets the user in who has no password at all. One that asks for it is left before it is given
    /// one, which it does not log.
    pub(super) async fn lets_in_anybody(&self, login: &Login) -> Result<bool, RotatorError> {
        Ok(self.connected(self.config(login), login).await?.is_ok())
    }

    fn config(&self, login: &Login) -> Config {
        let mut config = Config::new();
        config
            .dbname(login.database.expose_secret())
            .user(login.user.expose_secret())
            .application_name("secrets-runtime")
            .ssl_mode(self.ssl_mode);
        config
    }

    async fn connected(
        &self,
        config: Config,
        login: &Login,
    ) -> Result<Result<Connected, Failure>, SourceError> {
        let connected = self.connect.connect(config, login.host.expose_secret(), login.port);
        timeout(self.limit, connected).await.map_err(|_| LATE)
    }
}

/// What has to be in force before the first query.
///
/// A database's owner may choose the search path of its sessions, a superuser's included, and with it
/// [whose functions and operators](https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS) they run.
/// A statement that the client has given up must not take effect later, and what a client that is gone without a word has
/// begun must not keep others waiting.
fn first_statements(limit: Duration) -> String {
    // None is 0 to the server.
    let limit = limit.as_millis().clamp(1, LONGEST_TIMEOUT);
    let settings = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
    let settings = settings.map(|setting| format!("SET {setting} TO {limit}"));
    format!("SET search_path TO pg_catalog; {}", settings.join("; "))
}

pub(super) struct Session {
    client: Client,
    /// The task that drives the connection: it ends with the session, also if that is dropped in the middle.
    connection: JoinSet<()>,
    limit: Duration,
    /// Of the session as a whole.
    end: Option<Instant>,
}

impl Session {
    /// Executes statements without parameters, in one transaction unless they say otherwise.
    pub(super) async fn execute(&self, statements: &str, failure: &'static str) -> Result<(), RotatorError> {
        Ok(self.try_execute(statements, failure).await?)
    }

    pub(super) async fn try_execute(
        &self,
        statements: &str,
        failure: &'static str,
    ) -> Result<(), SourceError> {
        self.in_time(self.client.batch_execute(statements), failure).await
    }

    pub(super) async fn query(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
        failure: &'static str,
    ) -> Result<Vec<Row>, RotatorError> {
        Ok(self.in_time(self.client.query(statement, parameters), failure).await?)
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
        failure: &'static str,
    ) -> Result<T, SourceError> {
        let left = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        match timeout(self.limit.min(left), answer).await {
            Ok(answer) => answer.map_err(|error| of_statement(&error, failure)),
            Err(_) => Err(LATE),
        }
    }

    /// Takes its leave of the server, which would else log that somebody was lost.
    pub(super) async fn close(self) {
        let Self { client, mut connection, limit, .. } = self;
        drop(client);
        let _ = timeout(limit, connection.join_next()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_gives_up_when_the_client_does() {
        for (limit, expected) in [
            (Duration::from_secs(5), "5000"),
            (Duration::from_micros(1), "1"),
            (Duration::ZERO, "1"),
            (Duration::MAX, "2147483647"),
        ] {
            let statements = format!("{};", first_statements(limit));
            for setting in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
                assert!(statements.contains(&format!("SET {setting} TO {expected};")), "{statements}");
            }
        }
    }
}
