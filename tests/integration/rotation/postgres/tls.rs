//! Rotations over TLS, by a server that takes nothing else.

use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use secrets_runtime::rotation::PostgresRotator;
use secrets_runtime::{Error, ErrorKind};
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Database, FIRST, document, scalar};

/// Takes certificates that this authority has signed, for the host that it connects to.
fn trusting(authority: &str) -> MakeRustlsConnect {
    let mut authorities = RootCertStore::empty();
    authorities.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(authorities).with_no_client_auth();
    MakeRustlsConnect::new(config)
}

/// A user of the server with TLS, whose secrets name this host.
pub(super) async fn database(test: &str, user: &'static str, host: &str) -> Option<Database> {
    let postgres = harness::postgres::postgres_with_tls(test)?;
    let database = Database::on(postgres, test, user, postgres.address()).await?;
    for (name, user, password) in
        [(&database.corner.name, user, FIRST), (&database.superuser_secret, "postgres", postgres.password())]
    {
        let document = document(user, password, postgres.address(), "")
            .replacen("127.0.0.1", host, 1)
            .replacen("\"team\"", "\"ssl\": true, \"team\"", 1);
        database.corner.admin.put(name).string(document).await.unwrap();
    }
    Some(database)
}

impl Database {
    fn trusting_its_authority(&self) -> MakeRustlsConnect {
        trusting(self.postgres.authority())
    }

    async fn log_in_with_tls(&self, user: &str, password: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = Config::new();
        config.host("localhost").port(self.postgres.address().port()).dbname("postgres");
        config.user(user).password(password).ssl_mode(SslMode::Require);
        let (client, connection) = config.connect(self.trusting_its_authority()).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    pub(super) async fn assert_current_is_let_in_with_tls(&self) {
        let (user, password) = self.current().await;
        let client = self.log_in_with_tls(&user, &password).await.unwrap();
        let process = scalar(&client, "SELECT pg_backend_pid()::text").await;
        let has_tls = format!("SELECT ssl::text FROM pg_stat_ssl WHERE pid = {process}");
        assert_eq!(scalar(&self.superuser, &has_tls).await, "true");
    }
}

#[tokio::test]
async fn users_are_rotated_where_there_is_tls_alone() {
    let test = "users_are_rotated_where_there_is_tls_alone";
    let Some(database) = database(test, "private", "localhost").await else { return };
    let tls = database.trusting_its_authority();
    let plain = database.log_in("private", FIRST).await.expect_err("it is plain");
    assert_eq!(plain.code(), Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION), "{plain:?}");
    let single = PostgresRotator::single_user();
    let by_superuser = PostgresRotator::single_user_by(database.superuser_secret());
    for (rotator, user) in [
        (single, "private"),
        (by_superuser, "private"),
        (database.alternating(), "private_clone"),
        (database.alternating(), "private"),
        (database.alternating(), "private_clone"),
    ] {
        let before = database.current().await;
        database.rotate(rotator.tls(tls.clone())).await.unwrap();
        assert_eq!(database.current().await.0, user);
        database.assert_current_is_let_in_with_tls().await;
        let is_let_in = database.log_in_with_tls(&before.0, &before.1).await.is_ok();
        assert_eq!(is_let_in, before.0 != user, "the password of before, of {}", before.0);
    }
}

/// Says why and what to do, names no host, and has changed nothing.
async fn assert_refused(database: &Database, error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("the TLS handshake with the secret's `host` failed: its certificate is not trusted"),
        "{error}"
    );
    assert!(shown.contains("help: check that the connector of PostgresRotator::tls trusts"), "{error}");
    for value in [FIRST, database.postgres.password(), "localhost", "127.0.0.1"] {
        assert!(!shown.contains(value), "{error}");
    }
    assert_eq!(database.current().await, (database.user.to_owned(), FIRST.to_owned()));
    assert!(database.log_in_with_tls(database.user, FIRST).await.is_ok());
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let test = "a_certificate_of_an_unknown_authority_is_refused";
    let Some(database) = database(test, "deceived", "localhost").await else { return };
    let tls = trusting(&harness::postgres::another_authority());
    for rotator in [PostgresRotator::single_user(), database.alternating()] {
        assert_refused(&database, &database.rotate(rotator.tls(tls.clone())).await.unwrap_err()).await;
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let test = "a_certificate_for_another_host_is_refused";
    let Some(database) = database(test, "diverted", "127.0.0.1").await else { return };
    let tls = database.trusting_its_authority();
    let error = database.rotate(PostgresRotator::single_user().tls(tls)).await.unwrap_err();
    assert_refused(&database, &error).await;
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_handshake_says_nothing_of_certificates() {
    let test = "a_connection_that_breaks_in_the_handshake_says_nothing_of_certificates";
    let Some(database) = database(test, "broken_off", "localhost").await else { return };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let secret = document("broken_off", FIRST, listener.local_addr().unwrap(), "");
    database.corner.admin.put(&database.corner.name).string(secret).await.unwrap();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for client in listener.incoming() {
            let mut client = client.unwrap();
            // It has TLS, it says, and hangs up.
            client.read_exact(&mut [0; 8]).unwrap();
            client.write_all(b"S").unwrap();
            let _ = client.read(&mut [0; 4096]);
        }
    });
    let tls = database.trusting_its_authority();
    let error = database.rotate(PostgresRotator::single_user().tls(tls)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("no connection to the server, or the connection was lost"), "{error}");
}

/// Such a server would take whatever is pending for set, and refuse it to everybody whom it asks.
#[tokio::test]
async fn a_server_that_accepts_no_password_does_not_test_one() {
    let test = "a_server_that_accepts_no_password_does_not_test_one";
    // Its name is what the server lets in.
    let Some(database) = database(test, "trusted", "localhost").await else { return };
    assert!(database.log_in_with_tls("trusted", "any password").await.is_ok());
    let tls = database.trusting_its_authority();
    let error = database.rotate(PostgresRotator::single_user().tls(tls)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("the server accepts logins without a password"), "{error}");
    assert_eq!(database.current().await, ("trusted".to_owned(), FIRST.to_owned()));
}

/// Whoever can write the secret could else name a user whose password they do not know, and be made a clone of that one.
#[tokio::test]
async fn a_server_that_accepts_no_password_does_not_test_the_current_one() {
    let test = "a_server_that_accepts_no_password_does_not_test_the_current_one";
    // The clone's name is another one, which the server asks.
    let Some(database) = database(test, "trusted_in_turns", "localhost").await else { return };
    assert!(database.log_in_with_tls("trusted_in_turns", "any password").await.is_ok());
    let rotator = database.alternating().tls(database.trusting_its_authority());
    let error = database.rotate(rotator).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("the server accepts logins without a password"), "{error}");
    let clones = "SELECT count(*)::text FROM pg_roles WHERE rolname = 'trusted_in_turns_clone'";
    assert_eq!(scalar(&database.superuser, clones).await, "0");
    assert_eq!(database.current().await, ("trusted_in_turns".to_owned(), FIRST.to_owned()));
}
