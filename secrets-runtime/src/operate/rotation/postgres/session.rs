//! Logs in to a server, runs statements within time limits, and closes the connection. Knows no roles.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error, NoTls, Row, Socket};

use super::connection::{Connect, ConnectError, Connected, Tls, addresses_of};
use super::login::Login;
use super::postgres_error::{NO_ADDRESS, TIMED_OUT, UNREACHABLE, of_login, of_statement, requires_password};
use crate::error::{ErrorKind, SourceError};
use crate::operate::rotation::rotator_error::RotatorError;

const NO_TLS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the secret requires TLS, by its `ssl`, `sslmode` or `tls`")
    .with_help("use PostgresRotator::tls");

const NOT_BEGUN: &str = "the login succeeded, and the server refuses the settings of the session";

/// The largest [integer setting](https://www.postgresql.org/docs/current/config-setting.html), in
/// milliseconds.
const LONGEST_TIMEOUT: u128 = 2_147_483_647;

/// The time limit of a session, as a multiple of the limit of an answer.
const ANSWERS_PER_SESSION: u32 = 4;

/// Opens sessions.
#[derive(Clone)]
pub(super) struct Connector {
    connect: Arc<dyn Connect>,
    ssl_mode: SslMode,
    /// The time limit of a connection, and of each answer.
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

    /// Logs in, and overrides settings of the database or the user that could run other code. `None` if the
    /// password is refused.
    pub(super) async fn log_in(&self, login: &Login) -> Result<Option<Session>, RotatorError> {
        if login.tls && !self.has_tls() {
            return Err(NO_TLS.into());
        }
        let begun = Instant::now();
        let (first, end) = (
            begun.checked_add(self.limit),
            begun.checked_add(self.limit.saturating_mul(ANSWERS_PER_SESSION)),
        );
        let mut config = self.config(login);
        config.password(login.password.expose_secret());
        let host = login.host.expose_secret();
        let connected = timeout(self.limit, async {
            let addresses = addresses_of(host, login.port).await?;
            self.connect.connect(config, host, addresses, first).await
        });
        match connected.await.map_err(|_| TIMED_OUT)? {
            Ok(Connected { client, connection, address }) => {
                let peer = Peer { address, limit: self.limit, end };
                let session = Session { client, connection, peer };
                session
                    .in_time(session.client.batch_execute(&first_statements(self.limit)), NOT_BEGUN)
                    .await?;
                Ok(Some(session))
            }
            Err(ConnectError::Refused(error)) if error.code() == Some(&SqlState::INVALID_PASSWORD) => {
                Ok(None)
            }
            Err(error) => Err(of_connect(&error).into()),
        }
    }

    /// Whether the server accepts a login of the user without a password. If it asks for one, the connection
    /// is closed before a password is sent, which the server does not log.
    ///
    /// Every other answer is an error: a server that is full has not said whether it asks.
    pub(super) async fn accepts_no_password(&self, login: &Login, peer: Peer) -> Result<bool, RotatorError> {
        let host = login.host.expose_secret();
        let connected = self.connect.connect(self.config(login), host, vec![peer.address], None);
        match timeout(peer.left(), connected).await.map_err(|_| TIMED_OUT)? {
            Ok(_) => Ok(true),
            Err(ConnectError::Refused(error)) if requires_password(&error) => Ok(false),
            Err(error) => Err(of_connect(&error).into()),
        }
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
}

fn of_connect(error: &ConnectError) -> SourceError {
    match error {
        ConnectError::NoAddress => NO_ADDRESS,
        ConnectError::Unreached => UNREACHABLE,
        ConnectError::Refused(error) => of_login(error),
    }
}

/// The statements before the first query.
///
/// A database's owner may set the search path of its sessions, those of superusers included, and with it
/// [whose functions and
/// operators](https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS) they run. A
/// statement whose client timed out must not take effect later, and the locks of a lost client must not
/// block others. Sessions of the role or of the database may be read-only, which would refuse every password.
fn first_statements(limit: Duration) -> String {
    // For the server, 0 means no limit.
    let limit = limit.as_millis().clamp(1, LONGEST_TIMEOUT);
    let settings = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
    let settings = settings.map(|setting| format!("SET {setting} TO {limit}"));
    let settings = settings.join("; ");
    format!("SET search_path TO pg_catalog; SET default_transaction_read_only TO off; {settings}")
}

/// The address that a session is connected to, and its time limits.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    address: SocketAddr,
    limit: Duration,
    /// The end of the session as a whole.
    end: Option<Instant>,
}

impl Peer {
    /// The time limit of the next answer.
    fn left(&self) -> Duration {
        let left = self.end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        self.limit.min(left)
    }
}

pub(super) struct Session {
    client: Client,
    /// The task that drives the connection. It ends when the session is dropped.
    connection: JoinSet<()>,
    pub(super) peer: Peer,
}

impl Session {
    /// Executes statements that hold no value, in one transaction unless they contain transaction commands.
    /// The driver logs them.
    pub(super) async fn execute(
        &self,
        statements: &'static str,
        reason: &'static str,
    ) -> Result<(), RotatorError> {
        Ok(self.in_time(self.client.batch_execute(statements), reason).await?)
    }

    /// Executes a statement that may hold values. The driver does not log statements with an explicit list
    /// of types, which is empty here.
    pub(super) async fn execute_unlogged(
        &self,
        statement: &str,
        reason: &'static str,
    ) -> Result<(), SourceError> {
        self.in_time(self.client.execute_typed(statement, &[]), reason).await.map(drop)
    }

    /// Queries rows about roles of these names. The driver does not log the names.
    pub(super) async fn query(
        &self,
        statement: &'static str,
        names: &[&str],
        reason: &'static str,
    ) -> Result<Vec<Row>, RotatorError> {
        let names: Vec<_> = names.iter().map(|name| (name as &(dyn ToSql + Sync), Type::NAME)).collect();
        Ok(self.in_time(self.client.query_typed(statement, &names), reason).await?)
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
        reason: &'static str,
    ) -> Result<T, SourceError> {
        match timeout(self.peer.left(), answer).await {
            Ok(answer) => answer.map_err(|error| of_statement(&error, reason)),
            Err(_) => Err(TIMED_OUT),
        }
    }

    /// Closes the connection properly. Otherwise the server logs a lost connection.
    pub(super) async fn close(self) {
        let Self { client, mut connection, peer } = self;
        drop(client);
        let _ = timeout(peer.left(), connection.join_next()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::secret::Secret;
    use crate::value::SecretValue;

    /// A message of the server's.
    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind], length.as_slice(), body].concat()
    }

    fn refusal(code: &str) -> Vec<u8> {
        message(b'E', format!("SFATAL\0VFATAL\0C{code}\0Mhunter2\0\0").as_bytes())
    }

    /// A server that answers each message of one client with the next of these and then closes the
    /// connection, and a login there.
    fn answering(answers: Vec<Vec<u8>>) -> (Login, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            for answer in answers {
                if client.read(&mut [0; 1024]).unwrap() == 0 {
                    return;
                }
                client.write_all(&answer).unwrap();
            }
            // Unread bytes would reset the connection before the client has read the answer.
            let _ = client.shutdown(std::net::Shutdown::Write);
            let _ = client.read(&mut [0; 1024]);
        });
        let json = format!(
            r#"{{"host": "127.0.0.1", "port": {}, "username": "app", "password": "hunter2"}}"#,
            address.port()
        );
        let login = Login::of(&SecretValue::Json(Secret::from(json))).unwrap();
        (login, Peer { address, limit: Duration::from_secs(5), end: None })
    }

    const CLEARTEXT: &[u8] = b"\0\0\0\x03";
    const MD5: &[u8] = b"\0\0\0\x05salt";
    const SASL: &[u8] = b"\0\0\0\x0aSCRAM-SHA-256\0\0";
    const GSS: &[u8] = b"\0\0\0\x07";

    #[tokio::test]
    async fn a_server_that_asks_for_a_password_or_refuses_everyone_does_not_accept_no_password() {
        for answer in [
            message(b'R', CLEARTEXT),
            message(b'R', MD5),
            message(b'R', SASL),
            refusal("28000"),
            refusal("28P01"),
        ] {
            let (login, peer) = answering(vec![answer.clone()]);
            let is_accepted = Connector::without_tls().accepts_no_password(&login, peer).await;
            assert!(!is_accepted.unwrap(), "{answer:?}");
        }
        let (login, peer) = answering(vec![[message(b'R', &[0; 4]), message(b'Z', b"I")].concat()]);
        assert!(Connector::without_tls().accepts_no_password(&login, peer).await.unwrap());
    }

    #[tokio::test]
    async fn any_other_answer_does_not_show_whether_a_password_is_required() {
        let unavailable = ErrorKind::Unavailable;
        for (answers, expected) in [
            (vec![refusal("53300")], (unavailable, "53300: the server refuses the login")),
            (vec![refusal("57P03")], (unavailable, "57P03: the server refuses the login")),
            (vec![refusal("25006")], (ErrorKind::Configuration, "25006: the server refuses the login")),
            (vec![], (unavailable, "no connection to the server, or the connection was lost")),
            (
                vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()],
                (unavailable, "no connection to the server, or the connection was lost"),
            ),
            (
                vec![message(b'R', GSS)],
                (ErrorKind::Configuration, "the server requires an unsupported authentication method"),
            ),
        ] {
            let (login, peer) = answering(answers);
            let error = Connector::without_tls().accepts_no_password(&login, peer).await.unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), expected);
        }
    }

    #[tokio::test]
    async fn a_silent_server_gets_the_time_that_the_session_has_left() {
        let (login, _) = answering(vec![]);
        let end = Instant::now().checked_add(Duration::from_millis(100));
        // The server never answers, and the limit of one answer is an hour.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let peer = Peer { address, limit: Duration::from_hours(1), end };
        let error = Connector::without_tls().accepts_no_password(&login, peer).await.unwrap_err();
        assert_eq!(error.to_string(), "the server did not answer in time");
    }

    #[tokio::test]
    async fn an_unsupported_login_differs_from_a_lost_connection() {
        let impostor = message(b'R', b"\0\0\0\x0br=another,s=c2FsdA==,i=4096");
        for (answers, reason) in [
            (vec![message(b'R', GSS)], "the server requires an unsupported authentication method"),
            (
                vec![message(b'R', b"\0\0\0\x0aSCRAM-NEW\0\0")],
                "the server requires an unsupported authentication method",
            ),
            (
                vec![message(b'R', SASL), impostor],
                "the server does not prove that it knows the user's password: it may be another server",
            ),
        ] {
            let (login, _) = answering(answers);
            let error = Connector::without_tls().log_in(&login).await.err().unwrap();
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Configuration, reason));
        }
    }

    #[test]
    fn the_server_has_the_time_limits_of_the_client() {
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
